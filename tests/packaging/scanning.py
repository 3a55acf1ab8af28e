"""What cfn-lint and checkov say of the templates, and of what every combination of choices makes of them."""

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.packaging.built import ROOT
from tests.packaging.deployments import deployments
from tests.packaging.stacks import Template

WRITTEN: Final = "as they are written"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says of a part of a template."""

    file: str
    rule: str
    part: str
    message: str


def findings() -> dict[str, list[Finding]]:
    """Return what is found in the templates as they are written, and in each combination's stacks, by its name.

    cfn-lint reads the written templates with all their conditions. checkov does not work conditions out, and ends with
    an error of its own at template.yaml as it is written: of that, it is given what it comes to.
    """
    made = deployments()
    with tempfile.TemporaryDirectory() as folder:
        # The templates of the stacks below lie where TemplateURL says, and their parameters are compared with it.
        (Path(folder) / "infra").symlink_to(ROOT / "infra")
        kept = {name: _kept(Path(folder), files) for name, files in made.items()}
        found = _found(_written(), {path for files in kept.values() for path in files.values()})
    return {
        WRITTEN: _named({path.relative_to(ROOT).as_posix(): path for path in _written()}, found),
        **{name: _named(files, found) for name, files in kept.items()},
    }


def _written() -> list[Path]:
    return [ROOT / "template.yaml", *sorted((ROOT / "infra/stacks").glob("*.yaml"))]


def _kept(folder: Path, files: Mapping[str, Template]) -> dict[str, Path]:
    """Write each template into *folder*, alike ones once."""
    kept: dict[str, Path] = {}
    for name, content in files.items():
        text = json.dumps(content, indent=1)
        kept[name] = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
        kept[name].write_text(text)
    return kept


def _found(written: Sequence[Path], made: set[Path]) -> dict[str, list[list[str]]]:
    below = [path for path in written if path.name != "template.yaml"]
    asked = {"lint": sorted(map(str, [*written, *made])), "scan": sorted(map(str, [*below, *made]))}
    done = subprocess.run(
        [ROOT / ".venv-scan/bin/python", ROOT / "tests/packaging/scanner.py"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, list[list[str]]] = json.loads(done.stdout)
    return result


def _named(files: Mapping[str, Path], found: Mapping[str, Any]) -> list[Finding]:
    return [Finding(name, *said) for name, path in files.items() for said in found[str(path)]]
