"""`make bench-sweep`: how much longer a sweep takes than a DELETE of the same rows, and what others wait for."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.benchmarks.benchmark import RESULTS, say
from tests.benchmarks.equivalence import compare
from tests.benchmarks.machine import revision, this_machine
from tests.benchmarks.measuring import Operation
from tests.benchmarks.rounds import parsed
from tests.benchmarks.runs import Layer, Run, keep, layer_of, read_kept, write
from tests.benchmarks.swept import Filled, Seconds, filled, one_round
from tests.benchmarks.table import table

NAME: Final = "bench-sweep"
SERVER: Final = ("shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=1h", "autovacuum=off")
"""All in memory, and no checkpoint or vacuum beside one way and not the other. What is committed is on disk."""
BOUNDS: Final = (
    ("plain DELETE", "sweep", 1 / 0.95, 1 / 0.8),
    ("a statement of 50 ms", "longest statement of a sweep", 1.0, 2.0),
    ("find: 99 of 100", "find beside a sweep: 99 of 100", 2.0, 2.0),
    ("touch: 99 of 100", "touch beside a sweep: 99 of 100", 2.0, 2.0),
    ("login: 99 of 100", "login beside a sweep: 99 of 100", 2.0, 2.0),
)
"""What is measured beside what, and the most that the ratio may be: as its target, and as its limit."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure it as the command line asks."""
    asked = _parse(arguments)
    seconds: dict[str, list[float]] = {}
    draws = Random()
    with _prepared(asked) as prepared:
        for number in range(-1, asked.rounds):
            found = one_round(prepared, draws)
            if number >= 0:
                for name, figure in found.items():
                    seconds.setdefault(name, []).append(figure)
            say(f"\r{number + 1} of {asked.rounds} rounds ")
    say("\n")
    done = Run(
        benchmark=NAME,
        reference="the row above",
        rounds=asked.rounds,
        at=datetime.now(UTC).replace(microsecond=0),
        revision=revision(),
        machine=this_machine(),
        layers=list(_layers(seconds, draws)),
    )
    sys.stdout.write(f"\n{table(done, read_kept().get(NAME))}\n")
    write(done, asked.json)
    sys.stdout.write(f"All figures are in {asked.json}.\n")
    if asked.keep:
        keep(done)


@contextmanager
def _prepared(asked: Namespace) -> Iterator[Filled]:
    with ExitStack() as opened:
        postgres = opened.enter_context(EmbeddedPostgres(settings=SERVER))
        valkey = opened.enter_context(EmbeddedValkey())
        say(f"making {asked.rows:,} sessions, of which {asked.expired:,} have expired\n")
        yield filled(postgres, valkey, asked.rows, asked.expired)


def _layers(seconds: Mapping[str, Seconds], draws: Random) -> Iterator[Layer]:
    """Yield the rows, those that are compared with each other one after the other."""
    for reference, name, target, limit in BOUNDS:
        bounds = Operation(name, lambda: None, round(target, 2), round(limit, 2))
        both = {one: seconds[one] for one in (reference, name)}
        for one in compare(both, reference, draws):
            yield layer_of(one, bounds if one.path == name else None, None)


def _parse(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog=f"make {NAME}", description="How much longer than a DELETE does a sweep take?")
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many sessions there are")
    parser.add_argument("--expired", type=int, default=200_000, help="how many of them have expired")
    parser.add_argument("--json", type=Path, default=RESULTS / f"{NAME}.json", help="where all figures go")
    parser.add_argument("--keep", action="store_true", help="keep the figures for later runs to compare with")
    return parsed(parser, arguments, rounds=20)


if __name__ == "__main__":
    main()
