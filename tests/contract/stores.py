"""Both kinds of store behind one face, with what a test must see or do behind the service's back."""

from abc import ABC, abstractmethod
from copy import replace
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pg8000.native
import redis

from session_management.adapters.memory import MemoryDatabase, MemoryUserAdapter
from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.adapters.memory_copies import MemoryCopyAdapter
from session_management.adapters.memory_sessions import MemorySessionAdapter, MemorySweepAdapter
from session_management.adapters.postgres_sessions import PostgreSQLSessionAdapter
from session_management.interfaces import AttemptAdapter, DatabaseAdapter, SessionAdapter
from session_management.managers.user_manager import UserManager
from session_management.models import User
from session_management.policy import SessionPolicy
from session_management.session_data import to_ms
from session_management.tokens import AtRest, SessionNames
from tests.support.clock import ToldClock
from tests.support.managers import Environment
from tests.support.observer import RecordingObserver
from tests.support.policies import a_policy
from tests.support.valkey_cluster import ClusterKeys


@dataclass(frozen=True)
class StoredSession:
    """What the record holds of an ending."""

    revoked_at: datetime | None
    reason: str | None


class Stores(ABC):
    """A record and its copies under one told time."""

    database: DatabaseAdapter
    copies: SessionAdapter
    attempts: AttemptAdapter

    def __init__(self, clock: ToldClock, at_rest: AtRest) -> None:
        self.clock = clock
        self.observer = RecordingObserver()
        self.names = SessionNames(at_rest)

    def policy(self, **changes: Any) -> SessionPolicy:
        """Return a policy that keeps session IDs as these stores do."""
        return a_policy(at_rest=self.names.at_rest, **changes)

    def manager(self, **changes: Any) -> UserManager:
        """Return the rules over these stores under the default policy with *changes*."""
        return UserManager(
            database=self.database,
            copies=self.copies,
            attempts=self.attempts,
            policy=self.policy(**changes),
            clock=self.clock,
            observer=self.observer,
        )

    def a_user(self, email: str = "ann@example.com") -> User:
        """Insert a user whose hash is "hash"."""
        return self.database.users.create(email, "hash", "USER", is_verified=True)

    def pass_time(self, seconds: float) -> None:
        """Let *seconds* pass for the service and for both stores."""
        self.clock.advance(seconds)
        self._pass_time_in_stores(seconds)

    def manager_with(self, names: SessionNames, **changes: Any) -> UserManager:
        """Return the rules over the same stores, where session IDs are kept in another way."""
        return UserManager(
            database=self.database_with(names),
            copies=self.copies,
            attempts=self.attempts,
            policy=replace(self.policy(**changes), names=names),
            clock=self.clock,
            observer=self.observer,
        )

    @abstractmethod
    def database_with(self, names: SessionNames) -> DatabaseAdapter:
        """Return the same record, where session IDs are kept in another way."""

    @abstractmethod
    def _pass_time_in_stores(self, seconds: float) -> None: ...

    @abstractmethod
    def value(self, key: str) -> bytes | None:
        """Return the value in the copies, as it is kept."""

    @abstractmethod
    def life_ms(self, key: str) -> int:
        """Return how many milliseconds the value under *key* will be kept."""

    @abstractmethod
    def put(self, key: str, value: bytes) -> None:
        """Write into the copies behind the adapter's back, for an hour."""

    @abstractmethod
    def lose_copies(self) -> None:
        """Forget every copy and fence."""

    @abstractmethod
    def row(self, key: str) -> StoredSession | None:
        """Return what the record has under *key*."""

    @abstractmethod
    def give_legacy_session(self, user_id: str, session_id: str, logged_in_at: datetime | None) -> None:
        """Write the original's column."""

    @abstractmethod
    def legacy_session(self, user_id: str) -> str | None:
        """Return the original's column."""


class MemoryStores(Stores):
    """Those of mock mode."""

    def __init__(self, clock: ToldClock, at_rest: AtRest) -> None:
        super().__init__(clock, at_rest)
        self._memory = MemoryDatabase()
        self._copies = self.copies = MemoryCopyAdapter(clock)
        self.attempts = MemoryAttemptAdapter(clock)
        self.database = DatabaseAdapter(
            users=MemoryUserAdapter(self._memory, clock),
            sessions=MemorySessionAdapter(self._memory, clock, self.names),
            sweep=MemorySweepAdapter(self._memory, clock),
            begin=self._memory.transaction,
        )

    def database_with(self, names: SessionNames) -> DatabaseAdapter:
        return replace(self.database, sessions=MemorySessionAdapter(self._memory, self.clock, names))

    def _pass_time_in_stores(self, seconds: float) -> None:
        """Both ask the service's clock."""

    def value(self, key: str) -> bytes | None:
        return self._copies._value(key)

    def life_ms(self, key: str) -> int:
        return self._copies._values[key][1] - to_ms(self.clock.now())

    def put(self, key: str, value: bytes) -> None:
        self._copies._values[key] = value, to_ms(self.clock.now()) + 3_600_000

    def lose_copies(self) -> None:
        self._copies._values.clear()

    def row(self, key: str) -> StoredSession | None:
        row = self._memory.sessions.get(key)
        return StoredSession(row.revoked_at, row.revoked_reason) if row else None

    def give_legacy_session(self, user_id: str, session_id: str, logged_in_at: datetime | None) -> None:
        row = self._memory.users[user_id]
        user = replace(row.user, last_login_at=logged_in_at)
        self._memory.users[user_id] = replace(row, user=user, session_id=session_id)

    def legacy_session(self, user_id: str) -> str | None:
        return self._memory.users[user_id].session_id


class ServerStores(Stores):
    """PostgreSQL and Valkey, in any shape."""

    def __init__(
        self,
        environment: Environment,
        sql: pg8000.native.Connection,
        keys: redis.Redis | ClusterKeys,
        at_rest: AtRest,
    ) -> None:
        super().__init__(environment.clock, at_rest)
        self._sql, self._keys, self._postgres = sql, keys, environment.postgres
        self.database = environment.manager._database
        self.copies = environment.manager._adapter
        self.attempts = environment.manager._limiter._shared
        sql.run("INSERT INTO told.clock VALUES (:now)", now=self.clock.now())

    def database_with(self, names: SessionNames) -> DatabaseAdapter:
        return replace(self.database, sessions=PostgreSQLSessionAdapter(self._postgres, names))

    def _pass_time_in_stores(self, seconds: float) -> None:
        self._sql.run("UPDATE told.clock SET at = at + :seconds * INTERVAL '1 second'", seconds=seconds)
        for name in self._keys.scan_iter():
            keys = self._keys_with(name)
            keys.pexpire(name, keys.pttl(name) - round(seconds * 1000))

    def _keys_with(self, name: str | bytes) -> redis.Redis:
        return self._keys.of(name) if isinstance(self._keys, ClusterKeys) else self._keys

    def value(self, key: str) -> bytes | None:
        value = self._keys_with(f"session:{key}").get(f"session:{key}")
        assert not isinstance(value, str)
        return value

    def life_ms(self, key: str) -> int:
        return int(self._keys_with(f"session:{key}").pttl(f"session:{key}"))

    def put(self, key: str, value: bytes) -> None:
        self._keys_with(f"session:{key}").set(f"session:{key}", value, ex=3600)

    def lose_copies(self) -> None:
        self._keys.flushall()

    def row(self, key: str) -> StoredSession | None:
        rows = self._sql.run("SELECT revoked_at, revoked_reason FROM sessions WHERE id = :key", key=key)
        return StoredSession(*rows[0]) if rows else None

    def give_legacy_session(self, user_id: str, session_id: str, logged_in_at: datetime | None) -> None:
        self._sql.run(
            "UPDATE users SET session_id = :session_id, last_login_at = :at WHERE id = :user_id",
            session_id=session_id,
            at=logged_in_at,
            user_id=user_id,
        )

    def legacy_session(self, user_id: str) -> str | None:
        ((session_id,),) = self._sql.run("SELECT session_id FROM users WHERE id = :user_id", user_id=user_id)
        return session_id and str(session_id)
