"""Where scenes are set: three execution environments over real servers, and one to look with."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pg8000.native
import redis

from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.interfaces import SessionAdapter
from session_management.managers.user_manager import UserManager
from session_management.models import SessionWithUser
from session_management.policy import SessionPolicy
from session_management.tokens import new_session_id
from tests.integration.interleavings.explorer import Explorer, Scene
from tests.integration.interleavings.operation import Gate, Operation, Outcome, stopping
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
                "INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES "
                f"('{self.key}', '{USER_ID}', now() - INTERVAL '1 hour', now() + INTERVAL '7 days')"
            )
        if copied is not None:
            found, now = self.record(), self.clock.now()
            assert found
            assert self.manager._adapter.set(self.key, found, now - copied)

    def record(self, session_id: str | None = None) -> SessionWithUser | None:
        """Return what PostgreSQL says."""
        now, key = self.clock.now(), self.key_of(session_id or self.session_id)
        return self.manager._database.sessions.check(key, now, now - _LONG, now - _LONG)

    def is_revoked(self) -> bool:
        """Return whether PostgreSQL says that the session was revoked."""
        found = self.record()
        return found is None or found.session.revoked

    def seen_now(self, session_id: str | None = None) -> SessionWithUser | None:
        """Return what a validation would answer at this moment, without leaving a trace of it."""
        looking: Any = _OnlyLooking(self.manager._adapter)
        looker = self.a_manager(replace(self.policy, touch=_LONG), looking)
        return looker.find_session(session_id or self.session_id)

    def a_manager(self, policy: SessionPolicy, copies: SessionAdapter | None = None) -> UserManager:
        """Return a manager of the environment that looks on, under another policy."""
        return UserManager(
            database=self.manager._database,
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
        holds_at_end: Callable[[dict[str, Outcome]], None] | None = None,
    ) -> int:
        """Run *works* in every order of their steps; *holds* is asked after each step. How many orders there are."""

        def prepare() -> Scene:
            set_up()
            actors = zip(self._actors, self._gates, works.items(), strict=False)
            operations = []
            for actor, gate, (name, work) in actors:
                gate.stops_inside_transactions = stops_inside_transactions
                operations.append(self._operation(actor, gate, policy or self.policy, name, work))
            return Scene(operations, holds, holds_at_end)

        return self.explorer.explore(prepare, faults=faults)

    def _operation(self, actor: Environment, gate: Gate, policy: SessionPolicy, name: str, work: Work) -> Operation:
        database, copies = stopping(actor.manager._database, actor.manager._adapter, gate)
        manager = UserManager(
            database=database,
            copies=copies,
            attempts=MemoryAttemptAdapter(actor.clock),
            policy=policy,
            clock=actor.clock,
            observer=actor.observer,
        )
        return Operation(name, lambda: work(manager), gate)
