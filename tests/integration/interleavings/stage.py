"""Where scenes are set: three execution environments over real servers, and one to look with."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import replace
from datetime import timedelta
from typing import Any

import pg8000.native
import redis

from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.errors import StoreUnavailableError
from session_management.interfaces import AttemptAdapter, DatabaseAdapter, SessionAdapter
from session_management.managers.user_manager import UserManager
from session_management.models import SessionWithUser
from session_management.policy import SessionPolicy
from session_management.session_data import encode_copy, to_ms
from session_management.tokens import new_session_id
from tests.integration.interleavings.explorer import Explorer, Scene
from tests.integration.interleavings.operation import REDIS, Gate, Operation, Outcome, stopping, stopping_tries
from tests.support.managers import Environment

PASSWORD = "the password of old"
USER_ID = "00000000-0000-4000-8000-00000000000a"
EMAIL = "ann@example.com"
_LONG = timedelta(days=400)

type Work = Callable[[UserManager], Any]


class _OnlyLooking:
    """Copies that are read, and never written."""

    def __init__(self, copies: SessionAdapter) -> None:
        self.get = copies.get

    def __getattr__(self, method: str) -> Callable[..., bool]:
        return lambda *_: False


class _Down:
    """A record that does not answer."""

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def fail(*_: object) -> Any:
            raise StoreUnavailableError("postgresql", method)

        return fail


class Stage:
    """Prepares a user and a session afresh for each run, and answers what a validation would say at any moment."""

    def __init__(
        self, sql: pg8000.native.Connection, keys: redis.Redis, environments: Sequence[Environment], hashed: str
    ) -> None:
        self.sql, self.keys = sql, keys
        self.clock = environments[0].clock
        self.session_id = ""
        self.policy = environments[0].policy
        self._watcher, *self._actors = environments
        self._hashed = hashed
        self._gates = [Gate() for _ in self._actors]
        processes = (actor.postgres.fetch("SELECT pg_backend_pid()")[0][0] for actor in self._actors)
        self.explorer = Explorer(sql, {id(gate): pid for gate, pid in zip(self._gates, processes, strict=True)})

    @property
    def key(self) -> str:
        """The name of the session in both stores."""
        return self.key_of(self.session_id)

    @property
    def manager(self) -> UserManager:
        """The manager of the environment that looks on."""
        return self._watcher.manager

    def key_of(self, session_id: str) -> str:
        """Return the name of any session in both stores."""
        return self.policy.names.key_of(session_id) or ""

    def set_up(self, *, session: bool = True, copied: timedelta | None = None) -> None:
        """Have one user; one session of theirs unless told not to; and its copy, checked *copied* ago."""
        self.session_id = new_session_id()
        self.keys.flushall()
        self.sql.run(
            "DELETE FROM sessions; DELETE FROM users; INSERT INTO users (id, email, hashed_password) "
            f"VALUES ('{USER_ID}', '{EMAIL}', '{self._hashed}')"
        )
        if session:
            self.sql.run(
                "INSERT INTO sessions (id, user_id, created_at, last_activity, expires_at) VALUES ("
                f"'{self.key}', '{USER_ID}', now() - INTERVAL '1 hour', now() - INTERVAL '10 minutes', "
                "now() + INTERVAL '3 days')"
            )
        if copied is not None:
            self.put_copy(self.recorded(), checked=copied)

    def put_copy(self, found: SessionWithUser, *, checked: timedelta) -> None:
        """Have a copy that says *found*, *checked* ago; Valkey's clock is behind, and lets it live on."""
        self.keys.set(f"session:{self.key}", encode_copy(found, self.clock.now() - checked), px=_LONG)

    @contextmanager
    def under(self, **changes: Any) -> Iterator[None]:
        """Have all act and look by a policy with *changes*."""
        before, self.policy = self.policy, replace(self.policy, **changes)
        try:
            yield
        finally:
            self.policy = before

    def record(self, session_id: str | None = None) -> SessionWithUser | None:
        """Return what PostgreSQL says."""
        now, key = self.clock.now(), self.key_of(session_id or self.session_id)
        return self.manager._database.sessions.check(key, now, now - _LONG, now - _LONG)

    def recorded(self) -> SessionWithUser:
        """Return what PostgreSQL says of the session, which is there."""
        found = self.record()
        assert found
        return found

    def live(self, session_id: str | None = None) -> SessionWithUser | None:
        """Return what PostgreSQL says, if by that the session is live."""
        found = self.record(session_id)
        is_over = found and self.policy.expiry.is_over(found.session, self.clock.now())
        return None if found is None or found.session.revoked or is_over else found

    def has_row(self) -> bool:
        """Return whether PostgreSQL has a row of the session."""
        return bool(self.sql.run("SELECT 1 FROM sessions WHERE id = :key", key=self.key))

    def original_accepts(self, session_id: str | None = None) -> bool:
        """Return what the original makes of what Redis has: `sessionData && sessionData.expires_at > Date.now()`."""
        value: Any = self.keys.get(f"session:{self.key_of(session_id or self.session_id)}")
        return value is not None and json.loads(value)["expires_at"] > to_ms(self.clock.now())

    def is_revoked(self) -> bool:
        """Return whether PostgreSQL says that the session was revoked."""
        found = self.record()
        return found is None or found.session.revoked

    def seen_now(self, session_id: str | None = None) -> SessionWithUser | None:
        """Return what a validation would answer at this moment, without leaving a trace of it."""
        looking: Any = _OnlyLooking(self.manager._adapter)
        looker = self.a_manager(replace(self.policy, touch=_LONG), looking)
        return looker.find_session(session_id or self.session_id)

    def seen_without_the_record(self, session_id: str) -> SessionWithUser | None:
        """Return whom a validation would accept at this moment if PostgreSQL did not answer."""
        down: Any = _Down()
        try:
            return self.a_manager(self.policy, database=DatabaseAdapter(down, down, down, down)).find_session(
                session_id
            )
        except StoreUnavailableError:
            return None

    def a_manager(
        self, policy: SessionPolicy, copies: SessionAdapter | None = None, database: DatabaseAdapter | None = None
    ) -> UserManager:
        """Return a manager of the environment that looks on, under another policy."""
        return UserManager(
            database=database or self.manager._database,
            copies=copies or self.manager._adapter,
            attempts=MemoryAttemptAdapter(self.clock),
            policy=policy,
            clock=self.clock,
            observer=self._watcher.observer,
        )

    def explore(
        self,
        works: dict[str, Work],
        *,
        set_up: Callable[[], None],
        holds: Callable[[dict[str, Outcome]], None],
        policy: SessionPolicy | None = None,
        stops_inside_transactions: bool = False,
        faults: int = 0,
        losing: str = REDIS,
        stops_at_tries: bool = False,
        holds_at_end: Callable[[dict[str, Outcome]], None] | None = None,
    ) -> int:
        """Run *works* in every order of their steps; *holds* is asked after each step. How many orders there are.

        With *stops_at_tries* the counters are the shared ones, and counting is a step; else each has its own.
        """

        def prepare() -> Scene:
            set_up()
            actors = zip(self._actors, self._gates, works.items(), strict=False)
            operations = []
            for actor, gate, (name, work) in actors:
                gate.stops_inside_transactions = stops_inside_transactions
                tries: AttemptAdapter = MemoryAttemptAdapter(actor.clock)
                if stops_at_tries:
                    tries = stopping_tries(actor.manager._limiter._shared, gate)
                operations.append(self._operation(actor, gate, policy or self.policy, name, work, tries))
            return Scene(operations, holds, holds_at_end)

        return self.explorer.explore(prepare, faults=faults, losing=losing)

    def _operation(  # noqa: PLR0917 (what one actor is)
        self, actor: Environment, gate: Gate, policy: SessionPolicy, name: str, work: Work, tries: AttemptAdapter
    ) -> Operation:
        database, copies = stopping(actor.manager._database, actor.manager._adapter, gate)
        manager = UserManager(
            database=database,
            copies=copies,
            attempts=tries,
            policy=policy,
            clock=actor.clock,
            observer=actor.observer,
        )
        return Operation(name, lambda: work(manager), gate)
