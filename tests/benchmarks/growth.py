"""`make growth`: what sessions take in Valkey, and whether a validation takes longer where there are more of them.

A Valkey for each number of sessions, all looked at in the same rounds, by sessions drawn from all of its own: fewer
sessions would profit more from the processor's caches otherwise. What is told of time is a ratio, to a raw GET of the
same keys from the same Valkey in the same round.
"""

import argparse
import random
import socket
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.tokens import handle_of
from tests.benchmarks.copies import bytes_each, load
from tests.benchmarks.equivalence import Comparison, compare
from tests.benchmarks.raw import REPLY_BYTES, raw_connection
from tests.benchmarks.rounds import parsed
from tests.load.crowd.population import session_id_of
from tests.support.clock import ToldClock
from tests.support.managers import Environment, an_environment
from tests.support.servers import valkey_connection

SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
_MOST: Final = 1_000_000
_CALLS: Final = 400
_SAMPLE: Final = 400
_HEAD: Final = (
    f"{'sessions':>10} {'bytes each':>11} {'of which keys':>14} {'raw GET µs':>11} {'ratio':>6}   95 % interval"
)

type Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Grown:
    """A Valkey with so many copies; *bytes_each* is what its memory grew by for each, *bytes_of_keys* what they add."""

    count: int
    bytes_each: float
    bytes_of_keys: float
    environment: Environment
    connection: socket.socket


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the table."""
    asked = _parse(arguments)
    draws = random.Random()
    with grown([size for size in SIZES if size <= asked.most], _say) as all_grown:
        seconds = measure(all_grown, asked.rounds, draws, _say)
        _say("")
        sys.stdout.write(f"\n{table(all_grown, seconds, draws)}\n")


@contextmanager
def grown(sizes: Sequence[int], progress: Progress) -> Iterator[list[Grown]]:
    """Start a Valkey for each of *sizes*, filled. PostgreSQL has no tables: a validation that asked it would fail."""
    clock = ToldClock()
    with ExitStack() as opened:
        postgres = opened.enter_context(EmbeddedPostgres(durable=False))
        yield [_filled(opened, postgres, clock, size, progress) for size in sizes]


def measure(
    all_grown: Sequence[Grown], rounds: int, draws: random.Random, progress: Progress
) -> dict[int, dict[str, list[float]]]:
    """Return the seconds of a call, round by round, for each size, raw and by the manager; the first round warms up."""
    seconds: dict[int, dict[str, list[float]]] = defaultdict(lambda: {"raw": [], "manager": []})
    for number in range(-1, rounds):
        for one in draws.sample(all_grown, len(all_grown)):
            session_ids = [session_id_of(draws.randrange(one.count)) for _ in range(_CALLS)]
            raw, manager = _raw_seconds(one.connection, session_ids), _manager_seconds(one.environment, session_ids)
            if number >= 0:
                seconds[one.count]["raw"].append(raw)
                seconds[one.count]["manager"].append(manager)
        progress(f"{number + 1} of {rounds} rounds")
    return seconds


def table(all_grown: Sequence[Grown], seconds: dict[int, dict[str, list[float]]], draws: random.Random) -> str:
    """Return the figures as lines for a person."""
    return "\n".join([_HEAD, *(_row(one, seconds[one.count], draws) for one in all_grown)])


def _row(one: Grown, seconds: dict[str, list[float]], draws: random.Random) -> str:
    raw, manager = compare(seconds, "raw", draws)
    return f"{one.count:>10,} {one.bytes_each:>11.0f} {one.bytes_of_keys:>14.0f} {_told(raw, manager)}"


def _told(raw: Comparison, manager: Comparison) -> str:
    interval = f"{manager.low:.2f} to {manager.high:.2f}"
    return f"{raw.median_seconds * 1e6:>11.1f} {manager.ratio:>6.2f}   {interval}"


def _filled(opened: ExitStack, postgres: EmbeddedPostgres, clock: ToldClock, count: int, progress: Progress) -> Grown:
    valkey = opened.enter_context(EmbeddedValkey())
    keys = opened.enter_context(valkey_connection(valkey))
    empty = keys.info("memory")["used_memory"]
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        progress(f"{done:,} of {count:,} sessions")

    load(keys, count, clock.now(), tell)
    names = [f"session:{handle_of(session_id_of(number))}" for number in range(min(count, _SAMPLE))]
    return Grown(
        count=count,
        bytes_each=(keys.info("memory")["used_memory"] - empty) / count,
        bytes_of_keys=statistics.mean(bytes_each(keys, names)),
        environment=opened.enter_context(an_environment(postgres, valkey, clock)),
        connection=opened.enter_context(raw_connection(valkey)),
    )


def _raw_seconds(connection: socket.socket, session_ids: Sequence[str]) -> float:
    keys = [f"session:{handle_of(session_id)}" for session_id in session_ids]
    questions = [f"*2\r\n$3\r\nGET\r\n${len(key)}\r\n{key}\r\n".encode() for key in keys]
    begun = time.perf_counter()
    for question in questions:
        connection.sendall(question)
        connection.recv(REPLY_BYTES)
    return (time.perf_counter() - begun) / len(questions)


def _manager_seconds(environment: Environment, session_ids: Sequence[str]) -> float:
    find = environment.manager.find_session
    begun = time.perf_counter()
    found = [find(session_id) for session_id in session_ids]
    passed = (time.perf_counter() - begun) / len(session_ids)
    if None in found:
        raise RuntimeError("a session was not found")
    environment.observer.validations.clear()
    return passed


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make growth", description="Does it take longer with more sessions?")
    parser.add_argument("--most", type=int, default=_MOST, help="the most sessions that are looked at")
    return parsed(parser, arguments, rounds=60)


def _say(text: str) -> None:
    sys.stderr.write(f"\r{text:<60}")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
