"""What a process of this user holds at this moment: from /proc where there is one, else from lsof and ps."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holding:
    """Open descriptors, and resident memory."""

    descriptors: int
    memory_mb: float


def holding(pid: int) -> Holding:
    """Return what process *pid* holds."""
    process = Path(f"/proc/{pid}")
    if (process / "fd").is_dir():
        status = (process / "status").read_text()
        resident_kb = int(status.partition("VmRSS:")[2].split()[0])
        return Holding(len(list((process / "fd").iterdir())), resident_kb / 1024)
    listed = _said("lsof", "-a", "-p", str(pid), "-F", "f").splitlines()
    # "f" and a number is a descriptor; the rest are files that are mapped, the folder, the program.
    descriptors = sum(line.startswith("f") and line[1:].isdigit() for line in listed)
    return Holding(descriptors, int(_said("ps", "-o", "rss=", "-p", str(pid))) / 1024)


def own_memory_mb(pid: int) -> float | None:
    """Return what of process *pid*'s memory it shares with no other; None where the system does not tell."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.is_file():
        return None
    return sum(int(line.split()[1]) for line in rollup.read_text().splitlines() if line.startswith("Private")) / 1024


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
