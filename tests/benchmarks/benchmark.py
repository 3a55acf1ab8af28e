"""What every benchmark has in common: measure, compare with the kept run, print, write. Its figures fail nothing."""

import random
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.benchmarks.equivalence import Comparison, compare
from tests.benchmarks.instructions import count
from tests.benchmarks.machine import revision, this_machine
from tests.benchmarks.measuring import Operation, Pair, Share, measure, pin, seconds_of
from tests.benchmarks.rounds import parsed
from tests.benchmarks.runs import Layer, Run, keep, layer_of, read_kept, write
from tests.benchmarks.table import table

RESULTS: Final = Path(".local/benchmarks")
"""Where a run is written unless it is told where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What is measured; *name* is that of its make target, *started* gives the operations.

    *calls* are those of an operation in one of *rounds*. Ratios are to the operation *reference*, or to what each names
    as its own: *reference* is then what these have in common. *shares* are told as well, and the ratios of *pairs*.
    One that *may_count* can count instructions.
    """

    name: str
    about: str
    started: Callable[[], AbstractContextManager[Sequence[Operation]]]
    reference: str
    calls: int
    rounds: int
    shares: Sequence[Share] = ()
    pairs: Sequence[Pair] = ()
    may_count: bool = True


def run(benchmark: Benchmark, arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks for."""
    asked = _parse(benchmark, arguments)
    pin()
    say(f"{benchmark.about}\n")
    with benchmark.started() as operations:
        seconds = measure(operations, asked.rounds, benchmark.calls, random.Random(), _Progress(asked.rounds))
        say("\n")
        counts = count(benchmark.started, operations, say) if benchmark.may_count and asked.instructions else {}
    done = Run(
        benchmark=benchmark.name,
        reference=benchmark.reference,
        rounds=asked.rounds,
        at=datetime.now(UTC).replace(microsecond=0),
        revision=revision(),
        machine=this_machine(),
        layers=_layers(benchmark, operations, seconds, counts),
    )
    sys.stdout.write(f"\n{table(done, read_kept().get(benchmark.name))}\n")
    write(done, asked.json)
    sys.stdout.write(f"All figures are in {asked.json}.\n")
    if asked.keep:
        keep(done)


def say(text: str) -> None:
    """Tell a person how far it is: what is printed to standard output is the result alone."""
    sys.stderr.write(text)
    sys.stderr.flush()


class _Progress:
    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._begun: float | None = None

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if self._begun is None:
            self._begun = now
            return
        left = (now - self._begun) / done * (self._rounds - done)
        say(f"\r{done} of {self._rounds} rounds, {left:.0f} s left ")


def _layers(
    benchmark: Benchmark,
    operations: Sequence[Operation],
    seconds: Mapping[str, Sequence[float]],
    counts: Mapping[str, int],
) -> list[Layer]:
    """Return the rows of the operations, then those of the shares and of the pairs."""
    shared = {share.name: seconds_of(share, seconds) for share in benchmark.shares}
    shared_counts = {one.name: counts[one.whole] - counts[one.part] for one in benchmark.shares if counts}
    by_name = {operation.name: operation for operation in operations}
    compared = _compared({**seconds, **shared}, by_name, benchmark.reference)
    layers = [layer_of(one, by_name.get(one.path), {**counts, **shared_counts}.get(one.path)) for one in compared]
    return [
        *layers,
        *(layer_of(_beside(pair.name, pair.one, pair.other, seconds), None, None) for pair in benchmark.pairs),
    ]


def _compared(
    seconds: Mapping[str, Sequence[float]], by_name: Mapping[str, Operation], reference: str
) -> Iterator[Comparison]:
    """Yield each beside its reference."""
    for name in seconds:
        yield _beside(name, name, (by_name[name].beside if name in by_name else None) or reference, seconds)


def _beside(name: str, one: str, other: str, seconds: Mapping[str, Sequence[float]]) -> Comparison:
    return compare({other: seconds[other], name: seconds[one]}, other, random.Random())[-1]


def _parse(benchmark: Benchmark, arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog=f"make {benchmark.name}", description=benchmark.about)
    parser.add_argument("--json", type=Path, default=RESULTS / f"{benchmark.name}.json", help="where all figures go")
    parser.add_argument("--keep", action="store_true", help="keep the figures for later runs to compare with")
    if benchmark.may_count:
        parser.add_argument("--instructions", action="store_true", help="count instructions, too: some minutes")
    return parsed(parser, arguments, rounds=benchmark.rounds)
