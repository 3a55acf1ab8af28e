"""One execution environment of the crowd: a process with the real handlers, which draws its own requests.

It is forked from a process that has imported all that requests need (`nursery`): 200 of them share that memory. What
one environment alone may have, connections above all, is made after the fork, as after a snapshot.
"""

import gc
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from random import Random
from typing import Any, Final

import pytest

from session_management import factory, passwords
from session_management.clock import SystemClock
from session_management.interfaces import ValidationPath
from session_management.observability import LoggingObserver
from session_management.snapshots import before_snapshot
from tests.functions.service import handler_of
from tests.load.answers import OK, answer_of
from tests.load.crowd.orders import LOGIN, Order, Told
from tests.load.crowd.population import draw, email_of, session_id_of
from tests.load.events import DOORS_THAT_ASK, login, question
from tests.support.contexts import FakeContext

_LOGINS: Final = 0.01
_HANDLERS: Final = {name: handler_of(name.capitalize()) for name in (LOGIN, *DOORS_THAT_ASK)}
_NOWHERE: Final = {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1/nothing",
    "REDIS_URL": "redis://127.0.0.1",
}


def import_everything() -> None:
    """Import all that requests will need, as before a snapshot, and have it stay shared."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _NOWHERE.items():
            patch.setenv(name, value)
        before_snapshot()
    gc.freeze()  # no collection looks at it, which would write to it


@dataclass(frozen=True, slots=True)
class Facts:
    """What an environment knows from its start: its number, its variables, how many sessions there are."""

    number: int
    variables: Mapping[str, str]
    sessions: int
    password: str


class ShiftedClock(SystemClock):
    """The machine's clock, and so many seconds more."""

    ahead_seconds = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead_seconds)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_seconds


class WatchingObserver(LoggingObserver):
    """Tells log and metrics as ever, and remembers the way of the latest validation."""

    path: ValidationPath | None = None

    def validated(self, path: ValidationPath, *, is_valid: bool) -> None:
        WatchingObserver.path = path
        super().validated(path, is_valid=is_valid)


def serve(orders: Connection, facts: Facts) -> None:
    """Carry out what comes over *orders*, and tell what came of it, until it is closed."""
    _be_quiet()
    os.environ.update(facts.variables)
    clock = ShiftedClock()
    with pytest.MonkeyPatch.context() as patch:
        hash_cheaply(patch)
        patch.setattr(factory, "_CLOCK", clock)
        patch.setattr(factory, "LoggingObserver", WatchingObserver)
        environment = _Environment(facts)
        while order := orders.recv():
            clock.ahead_seconds = order.ahead_seconds
            orders.send(environment.carry_out(order))
    factory.UserManagerFactory.clear_cache()


def hash_cheaply(patch: pytest.MonkeyPatch) -> None:
    """Hash at next to no cost: at the real one, one login would take as long as a hundred validations."""
    patch.setattr(passwords, "_MEMORY_KIB", 8)
    patch.setattr(passwords, "_PASSES", 1)
    passwords._hasher.cache_clear()


def _be_quiet() -> None:
    """Have logs and metrics written as ever, to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


class _Environment:
    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._random = Random(facts.number)
        self._context = FakeContext()
        self._told = Told()

    def carry_out(self, order: Order) -> Told:
        self._told = Told()
        for due in _moments(order, self._random):
            if self._random.random() < _LOGINS:
                self._log_in(due)
            else:
                self._ask_for(draw(self._random, self._facts.sessions), due)
        return self._told

    def _ask_for(self, number: int, due: float) -> None:
        path = self._ask(session_id_of(number), due)
        self._told.asked[number] += 1
        self._told.recorded[number] += path != ValidationPath.COPY

    def _log_in(self, due: float) -> None:
        """Log in; the new session is asked for at once, as a page does after a login."""
        email = email_of(self._random.randrange(self._facts.sessions))
        body = self._call(LOGIN, login(email, self._facts.password))
        self._told.login_seconds.append(time.monotonic() - due)
        if body is not None and self._ask(body["session_id"], time.monotonic()) != ValidationPath.COPY:
            self._told.faults["a login left no copy"] += 1

    def _ask(self, session_id: str, due: float) -> ValidationPath | None:
        door = self._random.choice(DOORS_THAT_ASK)
        WatchingObserver.path = None
        self._call(door, question(door, session_id))
        self._told.seconds.append(time.monotonic() - due)
        self._told.paths[str(WatchingObserver.path)] += 1
        return WatchingObserver.path

    def _call(self, function: str, event: dict[str, Any]) -> Mapping[str, Any] | None:
        """Return the body of the answer, or None where it is not the one that is right; that is a fault."""
        try:
            answer = answer_of(_HANDLERS[function](event, self._context), 0.0)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is told)
            self._told.faults[f"{function} ended with {type(error).__name__}: {error}"] += 1
            return None
        if answer.status != OK:
            self._told.faults[f"{function} answered {answer.status}"] += 1
            return None
        return answer.body


def _moments(order: Order, random: Random) -> Iterator[float]:
    """Yield when each request is due, at that moment or, where the one before took longer, after it."""
    due = began = time.monotonic()
    done = 0
    while order.requests is None or done < order.requests:
        due = time.monotonic() if order.rate is None else due + random.expovariate(order.rate)
        if due - began > order.seconds:
            return
        time.sleep(max(0.0, due - time.monotonic()))
        yield due
        done += 1
