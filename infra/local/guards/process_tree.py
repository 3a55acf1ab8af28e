"""The processes below one process, and signals to all of them.

A signal to a process group is not enough: PostgreSQL puts each of its backends in a session of its own.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def descendants(root: int) -> Iterator[int]:
    """Yield the ids of the processes below *root*, parents before their children."""
    children: dict[int, list[int]] = {}
    for pid, parent in _processes():
        children.setdefault(parent, []).append(pid)
    waiting = children.get(root, [])
    while waiting:
        yield (pid := waiting.pop(0))
        waiting.extend(children.get(pid, []))


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended already."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends (Linux; elsewhere `init` takes them)."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(number: int) -> None:
    """Have this process receive signal *number* when its parent ends (Linux; elsewhere nothing)."""
    _prctl(_PR_SET_PDEATHSIG, number)


def _processes() -> Iterator[tuple[int, int]]:
    """Yield (process id, parent's id) of every process."""
    if not sys.platform.startswith("linux"):
        yield from _listed_by_ps()
        return
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name, in brackets, may hold anything; the parent is the second field behind it.
            yield int(status.parent.name), int(status.read_bytes().rpartition(b")")[2].split()[1])


def _listed_by_ps() -> Iterator[tuple[int, int]]:
    with subprocess.Popen(["/bin/ps", "-axo", "pid=,ppid="], stdout=subprocess.PIPE, text=True) as listing:
        rows = [line.split() for line in listing.communicate()[0].splitlines()]
    yield from ((int(pid), int(parent)) for pid, parent in rows if int(pid) != listing.pid)


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
