"""An operation that stops before each of its calls to a store, and goes on when it is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from session_management.errors import CommitUnknownError, StoreUnavailableError
from session_management.interfaces import AttemptAdapter, DatabaseAdapter, SessionAdapter

REDIS, POSTGRES = "redis", "postgresql"


def store_of(call: str) -> str:
    """Return the store that *call* goes to."""
    return REDIS if call.startswith(("copies.", "attempts.")) else POSTGRES


class Fault(StrEnum):
    """What may befall a call to a store: lost on its way there, or its answer on the way back."""

    BEFORE = "lost before"
    AFTER = "lost after"


class _AbandonedError(BaseException):
    """The test has failed already; nobody waits for this operation any more."""


@dataclass(frozen=True)
class Outcome:
    """What an operation came to."""

    value: Any = None
    error: BaseException | None = None


class Operation:
    """A thread that runs only between two calls of `go`, so that no two operations run at once.

    `next_call` names the call that it stands before; `outcome` is set when it has ended.
    """

    def __init__(self, name: str, work: Callable[[], Any], gate: "Gate") -> None:
        self.name = name
        self.kind = name.rstrip(" 12")
        self.next_call = ""
        self.steps_taken = 0
        self.outcome: Outcome | None = None
        self._work = work
        self.gate = gate
        self._fault: Fault | None = None
        self._may_go = threading.Semaphore(0)
        self._stands = threading.Semaphore(0)
        self._is_abandoned = False
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Run up to the first call."""
        self.gate.operation = self
        self._thread.start()

    def go(self, fault: Fault | None) -> None:
        """Let it make the call that it stands before."""
        self._fault = fault
        self.steps_taken += 1
        self._may_go.release()

    def stands(self, timeout_seconds: float) -> bool:
        """Return whether it has come to its next call or its end by then."""
        return self._stands.acquire(timeout=timeout_seconds)

    def pause(self, call: str) -> Fault | None:
        """Stand before *call*; returns the fault that is to befall it."""
        self.next_call = call
        self._stands.release()
        self._may_go.acquire()
        if self._is_abandoned:
            raise _AbandonedError
        return self._fault

    def abandon(self) -> None:
        """Make it end wherever it stands."""
        self._is_abandoned = True
        self._may_go.release()

    def join(self) -> None:
        """Return when it has ended."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self.outcome = Outcome(value=self._work())
        except BaseException as error:  # noqa: BLE001 (whatever it is, it is the outcome)
            self.outcome = Outcome(error=error)
        self.gate.operation = None
        self._stands.release()


class Gate:
    """What the calls of one environment pass: an operation's stop there, all others go through."""

    def __init__(self) -> None:
        self.operation: Operation | None = None
        self.stops_inside_transactions = False
        self._is_inside = False

    def passing(self, call: str) -> Fault | None:
        """Stop before *call*, unless the transaction around it is one step."""
        if self.operation is None or (self._is_inside and not self.stops_inside_transactions):
            return None
        return self.operation.pause(call)

    @contextmanager
    def transaction(self, database: DatabaseAdapter) -> Iterator[None]:
        """Begin; where a transaction is not one step, its COMMIT is a step of its own."""
        fault = None if self.stops_inside_transactions else self.passing("a transaction")
        if fault is Fault.BEFORE:
            raise StoreUnavailableError(POSTGRES, fault)
        self._is_inside = True
        try:
            with database.begin():
                yield
                self.passing("COMMIT")
        finally:
            self._is_inside = False
        if fault is Fault.AFTER:
            raise CommitUnknownError(POSTGRES, fault)


class _Stopping:
    def __init__(self, target: Any, name: str, gate: Gate) -> None:
        self._target, self._name, self._gate = target, name, gate

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            fault = self._gate.passing(f"{self._name}.{method}")
            store = store_of(f"{self._name}.{method}")
            if fault is Fault.BEFORE:
                raise StoreUnavailableError(store, fault)
            value = getattr(self._target, method)(*arguments, **named)
            if fault is Fault.AFTER:
                raise (StoreUnavailableError if store == REDIS else CommitUnknownError)(store, fault)
            return value

        return call


def stopping(database: DatabaseAdapter, copies: SessionAdapter, gate: Gate) -> tuple[DatabaseAdapter, SessionAdapter]:
    """Return both adapters with *gate* before every call."""
    users: Any = _Stopping(database.users, "users", gate)
    sessions: Any = _Stopping(database.sessions, "sessions", gate)
    sweep: Any = _Stopping(database.sweep, "sweep", gate)
    stopped: Any = _Stopping(copies, "copies", gate)
    return DatabaseAdapter(users, sessions, sweep, lambda: gate.transaction(database)), stopped


def stopping_tries(attempts: AttemptAdapter, gate: Gate) -> AttemptAdapter:
    """Return the counters of tries with *gate* before every call."""
    stopped: Any = _Stopping(attempts, "attempts", gate)
    return stopped  # type: ignore[no-any-return]
