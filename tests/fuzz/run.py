"""`make fuzz`: every fuzzer, longer than in the tests; ends with 1 and how to see a failure again, if there was one."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from tests.fuzz.fuzzers import Tally, fuzz, fuzzers
from tests.fuzz.guided_run import CAN_BE_GUIDED, WHY_NOT

_STEP_SECONDS: Final = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(description="Fuzz every door; the time is shared by the fuzzers.")
    parser.add_argument("--minutes", type=float, default=5, help="for all of them; the last round may take longer")
    parser.add_argument("fuzzers", nargs="*", metavar="FUZZER", help=f"only these of: {', '.join(fuzzers())}")
    asked = parser.parse_args(arguments)
    names = asked.fuzzers or [*fuzzers()]
    if unknown := {*names} - fuzzers().keys():
        parser.error(f"there is no fuzzer {', '.join(sorted(unknown))}; there are {', '.join(fuzzers())}")
    if not CAN_BE_GUIDED:
        _say(WHY_NOT)
    tallies = [fuzz(name, asked.minutes * 60 / len(names), _progress()) for name in names]
    _say(table(tallies))
    failed = [tally for tally in tallies if tally.failures]
    for tally in failed:
        _say(f"\n{tally.name} failed:\n{tally.failure}")
    return 1 if failed else 0


def table(tallies: Sequence[Tally]) -> str:
    """Return what each fuzzer did, as a table."""
    head = f"{'fuzzer':<18}{'runs':>6}{'inputs':>12}{'seconds':>9}{'failures':>10}"
    rows = [
        f"{tally.name:<18}{tally.runs:>6}{tally.inputs:>12,}{tally.seconds:>9.0f}{tally.failures:>10}"
        for tally in tallies
    ]
    return "\n".join([head, *rows, f"{'all':<18}{_sums(tallies)}"])


def _sums(tallies: Sequence[Tally]) -> str:
    runs, inputs = sum(tally.runs for tally in tallies), sum(tally.inputs for tally in tallies)
    seconds, failures = sum(tally.seconds for tally in tallies), sum(tally.failures for tally in tallies)
    return f"{runs:>6}{inputs:>12,}{seconds:>9.0f}{failures:>10}"


def _progress() -> Callable[[Tally], None]:
    """Return what prints a line every few seconds."""
    told_at = time.monotonic()

    def tell(tally: Tally) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _STEP_SECONDS:
            told_at = time.monotonic()
            tried = f"{tally.inputs:,} inputs in {tally.seconds:.0f} s, {tally.failures} failures"
            _say(f"{tally.name}: {tried}{f', at work on round {tally.runs}' if tally.is_in_a_round else ''}")

    return tell


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
