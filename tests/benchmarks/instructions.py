"""How many instructions a call takes: the same from run to run, where time is too noisy to tell a small change.

Valgrind's callgrind counts them, in user space, in the process that does the work: not in the stores, and not in the
kernel. It counts a process as a whole; so the work is done few times and many times, and the difference is told, which
has neither start nor end in it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from tests.benchmarks.measuring import CallsElsewhere, Operation

FEW, MANY = 50, 250
_PROJECT: Final = Path(__file__).parents[2]
_COLLECTED: Final = re.compile(r"^==(?P<pid>\d+)== Collected : (?P<count>\d+)$", re.MULTILINE)

type Started = Callable[[], AbstractContextManager[Sequence[Operation]]]


def count(started: Started, operations: Sequence[Operation], say: Callable[[str], None]) -> dict[str, int]:
    """Return the instructions of one call of each operation; none where there is no valgrind, which is said.

    *started* is a function of a module: those operations that a process does by itself are started anew, under
    valgrind. The others are running.
    """
    if not shutil.which("valgrind"):
        say("No instructions are counted: valgrind is not installed.\n")
        return {}
    say("Counting instructions under valgrind, which takes some minutes: calls in this process")
    counts = _counts(started)
    for operation in operations:
        if operation.elsewhere:
            say(f", {operation.name}")
            counts[operation.name] = _per_call(
                _collected(operation.elsewhere, FEW), _collected(operation.elsewhere, MANY)
            )
    say("\n")
    return counts


def _counts(started: Started) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        place = f"{started.__module__}:{started.__qualname__}"
        program = [sys.executable, "-m", "tests.benchmarks.counted", place, str(FEW), str(MANY)]
        # The processes that it starts are the servers, which valgrind leaves alone.
        told = subprocess.run(
            [*_valgrind(log), *program], cwd=_PROJECT, env=_environment(), stdout=subprocess.PIPE, text=True, check=True
        )
        totals = {int(found["pid"]): int(found["count"]) for found in _COLLECTED.finditer(log.read_text())}
    rows = (line.split("\t") for line in told.stdout.splitlines())
    return {name: _per_call(totals[int(few)], totals[int(many)]) for name, few, many in rows}


def _collected(calls: CallsElsewhere, number: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        calls(_valgrind(log), number)
        found = _COLLECTED.search(log.read_text())
    if not found:
        raise RuntimeError("valgrind counted nothing")
    return int(found["count"])


def _per_call(few: int, many: int) -> int:
    return round((many - few) / (MANY - FEW))


def _valgrind(log: Path) -> list[str]:
    return ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={log}"]


def _environment() -> dict[str, str]:
    """Return ours, in which Python's sets and mappings have the same order each time."""
    return {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": f"{_PROJECT / 'shared'}:{_PROJECT}"}
