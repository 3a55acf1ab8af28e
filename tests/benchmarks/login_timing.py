"""`make timing`: whether the time of a failed login tells why it failed. Exits with 1 unless all ways take the same.

Whole logins are measured, from the event to the answer, over real servers and at the cost of hashes that is in force:
a round is one login on each path, in random order. What is told is how a path's time is to that of a wrong password
in the same round, in the median, and whether the 95 % interval of that ratio lies within 1 ± the margin.

Why a margin, and why 5 %: no measurement shows that two times are equal, only that they differ by less than something.
A login is one hash of some tens of milliseconds and little besides. What the rules are to prevent is a hash that is
missing, a second one, or one of another kind, which make the ratio less than 0.2, about 2, or far from 1: a margin of
5 % notices each, and stays above what a busy machine adds to some minutes of measuring. The rest between the paths, a
row that is found or not, is some microseconds: far within the margin, and, over a network, so far below what one
request varies by that it takes very many to see, which limits on failed logins and their alarms are for.
"""

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from typing import Final

from tests.benchmarks.equivalence import Comparison, Verdict, compare
from tests.benchmarks.failing_logins import PATHS, WRONG_PASSWORD, FailingLogins
from tests.benchmarks.rounds import parsed

_WARM_UP: Final = 2
_ROW: Final = "{:<16} {:>10} {:>7}   {:<15} {}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return the exit code."""
    asked = _parse(arguments)
    draws = random.Random()
    with FailingLogins.started() as logins:
        seconds = measure(logins, asked.rounds, draws, lambda done: _say(f"\r{done} of {asked.rounds} rounds"))
    compared = compare(seconds, WRONG_PASSWORD, draws)
    _say(f"\n\n{table(compared, asked.margin)}\n")
    return 0 if are_alike(compared, asked.margin) else 1


def measure(
    logins: FailingLogins, rounds: int, draws: random.Random, progress: Callable[[int], None]
) -> dict[str, list[float]]:
    """Return the seconds of each path, round by round; the first rounds only warm up."""
    seconds: dict[str, list[float]] = {path: [] for path in PATHS}
    for number in range(-_WARM_UP, rounds):
        logins.prepare(number + _WARM_UP)
        for path in draws.sample(list(PATHS), len(PATHS)):
            passed = logins.seconds(path, number + _WARM_UP)
            if number >= 0:
                seconds[path].append(passed)
        progress(max(0, number + 1))
    return seconds


def table(compared: Sequence[Comparison], margin: float) -> str:
    """Return the figures as lines for a person."""
    lines = [_ROW.format("path", "median ms", "ratio", "95 % interval", f"within ±{margin:.0%}")]
    for one in compared:
        interval = f"{one.low:.3f} to {one.high:.3f}"
        lines.append(
            _ROW.format(one.path, f"{one.median_seconds * 1000:.2f}", f"{one.ratio:.3f}", interval, one.verdict(margin))
        )
    return "\n".join(lines)


def are_alike(compared: Sequence[Comparison], margin: float) -> bool:
    """Return whether no path could be told from a wrong password."""
    return all(one.verdict(margin) is Verdict.ALIKE for one in compared)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make timing", description="Does the time of a failed login tell why?")
    parser.add_argument("--margin", type=float, default=0.05, help="how far from 1 a ratio may be")
    return parsed(parser, arguments, rounds=200)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
