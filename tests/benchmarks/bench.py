"""`make bench`: how much longer each layer of a validation takes than the least that Redis can be asked.

All are measured in each round, in random order, and what is told is a ratio: what slows the machine slows both sides of
it. The servers and the caller share one core where the system lets them be pinned, since a wake-up on another core
takes longer than all that is measured here.
"""

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.benchmarks.equivalence import Comparison, compare
from tests.benchmarks.operations import RAW_GET, Operation, started
from tests.benchmarks.rounds import parsed

KEPT: Final = Path(__file__).parent / "kept.json"
_CALLS: Final = 400
_ROW: Final = "{:<22} {:>9} {:>7}   {:<15} {:>7} {:>8} {:>10}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and keep it where that is asked for."""
    asked = _parse(arguments)
    _pin()
    draws = random.Random()
    with started() as operations:
        seconds = measure(operations, asked.rounds, draws, lambda done: _say(f"\r{done} of {asked.rounds} rounds"))
    compared = compare(seconds, RAW_GET, draws)
    before = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    _say("\n\n")
    sys.stdout.write(f"{table(operations, compared, before)}\n")
    if asked.keep:
        KEPT.write_text(json.dumps({one.path: round(one.ratio, 2) for one in compared}, indent=2) + "\n")


def measure(
    operations: Sequence[Operation], rounds: int, draws: random.Random, progress: Callable[[int], None]
) -> dict[str, list[float]]:
    """Return the seconds that a call of each operation takes, round by round; the first round only warms up."""
    seconds: dict[str, list[float]] = {operation.name: [] for operation in operations}
    for number in range(-1, rounds):
        for operation in draws.sample(operations, len(operations)):
            passed = _seconds(operation.run)
            if number >= 0:
                seconds[operation.name].append(passed)
        progress(number + 1)
    return seconds


def table(operations: Sequence[Operation], compared: Sequence[Comparison], before: Mapping[str, float]) -> str:
    """Return the figures as lines for a person."""
    lines = [_ROW.format("layer", "median µs", "ratio", "95 % interval", "target", "at most", "kept run")]
    for operation, one in zip(operations, compared, strict=True):
        interval = f"{one.low:.2f} to {one.high:.2f}"
        bounds = ["" if bound is None else f"{bound:.1f}" for bound in (operation.target, operation.limit)]
        kept = f"{before[one.path]:.2f}" if one.path in before else ""
        lines.append(
            _ROW.format(one.path, f"{one.median_seconds * 1e6:.1f}", f"{one.ratio:.2f}", interval, *bounds, kept)
        )
    return "\n".join(lines)


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(_CALLS):
        run()
    return (time.perf_counter() - begun) / _CALLS


def _pin() -> None:
    """Keep this process, and the servers that it starts, to one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="How long does a validation take?")
    parser.add_argument("--keep", action="store_true", help="keep the ratios for the next run to compare with")
    return parsed(parser, arguments, rounds=60)


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    main()
