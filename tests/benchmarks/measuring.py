"""Operations under a stopwatch: all in each round, in random order, so that what slows the machine slows them alike."""

import itertools
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

type CallsElsewhere = Callable[[Sequence[str], int], None]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that is measured, and the most that its time may be, as ratios to the reference.

    *beside* names the operation that is its reference, where the benchmark has more than one. *elsewhere* is there
    where another process does the work: it starts that process by a command put before its own, has it do so many
    calls, and ends it. What *tells_seconds* returns what a call took, by another clock than ours.
    """

    name: str
    run: Callable[[], Any]
    target: float | None = None
    limit: float | None = None
    beside: str | None = None
    elsewhere: CallsElsewhere | None = None
    tells_seconds: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What *whole* takes longer than *part* in the same round: both are names of operations."""

    name: str
    whole: str
    part: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two operations whose ratio is told besides."""

    name: str
    one: str
    other: str


def each[Item, Answer](call: Callable[[Item], Answer], items: Sequence[Item]) -> Callable[[], Answer]:
    """Return what calls with the next of *items* each time, and goes on with the first after the last."""
    following = itertools.cycle(items).__next__
    return lambda: call(following())


def pin() -> None:
    """Keep this process, and the servers that it starts, to one core where the system can.

    A wake-up on another core takes longer than most of what is measured.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def measure(
    operations: Sequence[Operation], rounds: int, calls: int, draws: random.Random, progress: Callable[[int], None]
) -> dict[str, list[float]]:
    """Return the seconds that a call of each operation takes, round by round; the first round only warms up."""
    seconds: dict[str, list[float]] = {operation.name: [] for operation in operations}
    for number in range(-1, rounds):
        for operation in draws.sample(operations, len(operations)):
            passed = _seconds(operation, calls)
            if number >= 0:
                seconds[operation.name].append(passed)
        progress(number + 1)
    return seconds


def seconds_of(share: Share, seconds: Mapping[str, Sequence[float]]) -> list[float]:
    """Return the seconds of a share, round by round."""
    return [whole - part for whole, part in zip(seconds[share.whole], seconds[share.part], strict=True)]


def _seconds(operation: Operation, calls: int) -> float:
    run = operation.run
    if operation.tells_seconds:
        told: float = sum(run() for _ in range(calls))
        return told / calls
    begun = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - begun) / calls
