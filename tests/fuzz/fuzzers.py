"""Every fuzzer, and how to have it try inputs until its time is up."""

import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from subprocess import PIPE
from typing import Final

from tests.fuzz.guided_run import CAN_BE_GUIDED, ROOT, GuidedRun, guided_run
from tests.fuzz.targets import NAMES
from tests.support.fuzz import RANDOM

_STEP_SECONDS: Final = 1.0
_FOLDER: Final = ROOT / ".local/fuzz"
# By Hypothesis: a round is one run of these tests, with a seed of its own.
_DRAWN: Final = {
    "events": "tests/fuzz/test_events.py",
    "events_on_stores": "tests/fuzz/test_events_on_real_stores.py",
    "api": "tests/fuzz/test_api.py",
}
TRIED: Final = "tried"
"""The property of a test under which it tells its fuzzer, and how many inputs that tried."""

FUZZER_OF: Final = {path: name for name, path in _DRAWN.items()}
_TRIED: Final = re.compile(r"- (\d+) passing, (\d+) failing, and \d+ invalid test cases")


@dataclass(slots=True)
class Tally:
    """What a fuzzer has done: how often it was started, what it tried, and the failure that ended it, if one did."""

    name: str
    runs: int = 0
    inputs: int = 0
    failures: int = 0
    seconds: float = 0.0
    is_in_a_round: bool = False
    """Whether inputs are being tried that are counted when the round is over."""
    failure: str = ""
    """What went wrong, and how to see it again."""


type Told = Callable[[Tally], None]
type Fuzzer = Callable[[Tally, float, Told], None]


def fuzzers() -> dict[str, Fuzzer]:
    """Return every fuzzer that can run on this machine, by its name."""
    guided: dict[str, Fuzzer] = dict.fromkeys(NAMES, _guided) if CAN_BE_GUIDED else {}
    return {**dict.fromkeys(_DRAWN, _drawn), **guided}


def fuzz(name: str, seconds: float, told: Told) -> Tally:
    """Have fuzzer *name* try inputs for *seconds*, a little longer for the last round, or until one fails.

    *told* is called whenever there is something new.
    """
    tally = Tally(name)
    fuzzers()[name](tally, seconds, told)
    return tally


def _guided(tally: Tally, seconds: float, told: Told) -> None:
    began = time.monotonic()

    def tell(run: GuidedRun) -> None:
        tally.inputs, tally.seconds = run.inputs, time.monotonic() - began
        told(tally)

    tally.runs = 1
    seed = secrets.randbelow(2**31) + 1
    flags = (f"-max_total_time={max(1, round(seconds))}", f"-seed={seed}")
    run = guided_run(tally.name, _FOLDER / tally.name, *flags, told=tell)
    tell(run)
    if run.exit_code:
        tally.failures = 1
        again = f"PYTHONPATH=shared:. .venv/bin/python -m tests.fuzz.reproduce {tally.name} {run.crasher}"
        tally.failure = (
            f"{run.output[-4000:]}\nSee it again:\n  {again}\nand keep it in tests/fuzz/crashers/{tally.name}/."
        )


def _drawn(tally: Tally, seconds: float, told: Told) -> None:
    began = time.monotonic()
    while not tally.failures and tally.seconds < seconds:
        seed = secrets.randbelow(2**31)
        tests = [_DRAWN[tally.name], f"--hypothesis-profile={RANDOM}", f"--hypothesis-seed={seed}"]
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "--hypothesis-show-statistics", *tests]
        tally.runs, tally.is_in_a_round = tally.runs + 1, True
        ended = _ended(command, lambda: _tell_time(tally, began, told))
        tally.is_in_a_round = False
        report, _, statistics = ended.stdout.partition("= Hypothesis Statistics =")
        tried = inputs_in(statistics)
        tally.inputs += tried
        tally.seconds = time.monotonic() - began
        if ended.returncode or not tried:
            tally.failures = 1
            tally.failure = f"{report}\n{ended.stderr[-2000:]}\nSee it again:\n  .venv/bin/pytest {' '.join(tests)}"
        told(tally)


def _ended(command: Sequence[str], meanwhile: Callable[[], None]) -> subprocess.CompletedProcess[str]:
    """Run *command* to its end, and call *meanwhile* again and again until then."""
    with subprocess.Popen(command, cwd=ROOT, stdout=PIPE, stderr=PIPE, text=True) as process:
        while True:
            try:
                output, errors = process.communicate(timeout=_STEP_SECONDS)
            except subprocess.TimeoutExpired:
                meanwhile()
            else:
                return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _tell_time(tally: Tally, began: float, told: Told) -> None:
    tally.seconds = time.monotonic() - began
    told(tally)


def inputs_in(statistics: str) -> int:
    """Return how many inputs Hypothesis tried, by its own statistics."""
    return sum(int(number) for found in _TRIED.findall(statistics) for number in found)
