"""`sam build` for the tests: where it puts what it builds, and how it is run."""

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
HOST: Final = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
LAYER: Final = "SessionLayer"


@dataclass(frozen=True, slots=True)
class Built:
    """What `sam build` made below *folder*."""

    folder: Path

    @property
    def layer(self) -> Path:
        """Return what Lambda mounts as /opt/python."""
        return self.folder / LAYER / "python"

    def function(self, name: str) -> Path:
        """Return what Lambda mounts as /var/task for the function of that logical ID."""
        return self.folder / name


def sam_build(folder: Path, architecture: str, *resources: str) -> Built:
    """Build the template, or only *resources* of it, into *folder*."""
    options: Sequence[str | Path] = ["--build-dir", folder, "--parameter-overrides", f"Architecture={architecture}"]
    run(
        [ROOT / ".venv-sam/bin/sam", "build", *resources, *options],
        # SAM wants the functions' own Python, with pip, first on PATH.
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        SAM_CLI_TELEMETRY="0",
        AWS_DEFAULT_REGION="us-east-1",
    )
    return Built(folder)


def source_files(folder: Path) -> dict[Path, bytes]:
    """Return what lies below *folder*, without what Python and the tools keep there for themselves."""
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not _is_cached(name)}


def run(command: Sequence[str | Path], **environment: str) -> str:
    """Return what *command* prints, run from the project's folder; fail with all of it if it fails."""
    # A make above this one leaves its flags, which are not meant for a make below.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=inherited | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))} failed:\n{done.stdout}"
    return done.stdout


def _is_cached(name: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in name.parts)
