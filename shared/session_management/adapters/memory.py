"""The record in memory, for mock mode and for tests: the same contract as PostgreSQL, within one process."""

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from session_management.errors import EmailTakenError
from session_management.interfaces import Clock
from session_management.models import Session, User, UserRole, UserStatus
from session_management.tokens import handle_of


@dataclass(frozen=True, slots=True)
class UserRow:
    """A row of `users`: the user, the legacy column, and when all their sessions were ended last."""

    user: User
    session_id: str | None = None
    all_ended_at: datetime | None = None
    all_ended_but: str | None = None

    def may_be_in(self, handle: str, created_at: datetime) -> bool:
        """Tell whether the user is enabled, and a session from *created_at* not one of those that were all ended."""
        is_ended = self.all_ended_at is not None and self.all_ended_at >= created_at and self.all_ended_but != handle
        return self.user.status == UserStatus.ACTIVE and not is_ended


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A row of `sessions`: the session, and when and why it was revoked."""

    session: Session
    revoked_at: datetime | None = None
    revoked_reason: str | None = None


@dataclass(slots=True)
class MemoryDatabase:
    """The two tables, and a lock that a transaction holds."""

    users: dict[str, UserRow] = field(default_factory=dict)
    sessions: dict[str, SessionRow] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing; an exception rolls back."""
        with self.lock:
            users, sessions = dict(self.users), dict(self.sessions)
            try:
                yield
            except BaseException:
                self.users, self.sessions = users, sessions
                raise


class MemoryUserAdapter:
    """Users in memory."""

    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        """Use *database*; *clock* dates what is created."""
        self._database = database
        self._clock = clock

    def find_by_email(self, email: str) -> User | None:
        """Return the user with *email*, regardless of case, with the password hash; or None."""
        return next((row.user for row in self._rows() if row.user.email.lower() == email.lower()), None)

    def find_by_id(self, user_id: str) -> User | None:
        """Return the user, or None."""
        row = self._database.users.get(user_id)
        return public(row.user) if row else None

    def find_hash(self, user_id: str) -> str | None:
        """Return the password hash of an enabled user; None if they have none, or there is no such user."""
        row = self._database.users.get(user_id)
        return row.user.hashed_password if row and row.user.status == UserStatus.ACTIVE else None

    def find_by_session_id(self, session_id: str, logged_in_after: datetime) -> User | None:
        """Return the enabled user whose legacy `session_id` is *session_id*, if they logged in since; or None."""
        handle = handle_of(session_id)
        for row in self._rows():
            at = row.user.last_login_at
            if row.session_id == session_id and at and at > logged_in_after and row.may_be_in(handle, at):
                return public(row.user)
        return None

    def find_in_session(self, user_id: str, handle: str, created_at: datetime) -> User | None:
        """Return the enabled user; None if all sessions but another were ended since *created_at*, when this began."""
        row = self._database.users.get(user_id)
        return public(row.user) if row and row.may_be_in(handle, created_at) else None

    def create(self, email: str, hashed_password: str | None, role: str, is_verified: bool) -> User:
        """Insert a user. Raises EmailTakenError."""
        with self._database.lock:
            self._refuse_taken(email, None)
            user = User(
                id=str(uuid.uuid4()),
                email=email,
                role=UserRole(role),
                is_verified=is_verified,
                created_at=self._clock.now(),
                hashed_password=hashed_password,
            )
            self._database.users[user.id] = UserRow(user)
            return public(user)

    def update(self, user_id: str, fields: Mapping[str, Any]) -> User | None:
        """Set *fields*, whose names the manager has checked; None if there is no such user. Raises EmailTakenError."""
        with self._database.lock:
            row = self._database.users.get(user_id)
            if not row:
                return None
            if "email" in fields:
                self._refuse_taken(fields["email"], user_id)
            user = replace(row.user, **fields)
            self._database.users[user_id] = replace(row, user=user)
            return public(user)

    def delete(self, user_id: str) -> bool:
        """Remove the user and the rows of their sessions; whether there was one."""
        with self._database.lock:
            rows = self._database.sessions.items()
            self._database.sessions = {key: row for key, row in rows if row.session.user_id != user_id}
            return self._database.users.pop(user_id, None) is not None

    def get_all(self, limit: int, after: str | None) -> list[User]:
        """Return up to *limit* users in the order of their IDs, from beyond the ID *after*."""
        ids = sorted(user_id for user_id in self._database.users if user_id > (after or ""))
        return [public(self._database.users[user_id].user) for user_id in ids[:limit]]

    def count(self) -> int:
        """Return how many users there are."""
        return len(self._database.users)

    def _rows(self) -> list[UserRow]:
        return list(self._database.users.values())

    def _refuse_taken(self, email: str, own_id: str | None) -> None:
        found = self.find_by_email(email)
        if found and found.id != own_id:
            raise EmailTakenError("another user has this email")


def public(user: User) -> User:
    """Return *user* without the password hash."""
    return replace(user, hashed_password=None)
