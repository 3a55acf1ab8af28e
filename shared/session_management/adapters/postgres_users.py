"""Users in PostgreSQL."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from session_management.adapters.postgres_rows import USER_COLUMNS, may_be_in, user_of
from session_management.clients.postgres import Postgres
from session_management.errors import EmailTakenError, UniqueViolationError
from session_management.models import User, is_user_id
from session_management.tokens import handle_of

_BY_EMAIL: Final = f"SELECT {USER_COLUMNS}, u.hashed_password FROM users u WHERE lower(u.email) = lower(:email)"
_BY_ID: Final = f"SELECT {USER_COLUMNS} FROM users u WHERE u.id = :user_id"
_HASH: Final = "SELECT hashed_password FROM users WHERE id = :user_id AND status = 'ACTIVE'"
_BY_SESSION_ID: Final = f"""
    SELECT {USER_COLUMNS} FROM users u
    WHERE u.session_id = :session_id AND u.status = 'ACTIVE' AND u.last_login_at > :logged_in_after
        AND {may_be_in("u.last_login_at")}
"""
_IN_SESSION: Final = f"""
    SELECT {USER_COLUMNS} FROM users u
    WHERE u.id = :user_id AND u.status = 'ACTIVE' AND {may_be_in(":created_at")}
"""
_INSERT: Final = f"""
    INSERT INTO users AS u (email, hashed_password, role, is_verified)
    VALUES (:email, :hashed_password, :role, :is_verified) RETURNING {USER_COLUMNS}
"""
_DELETE: Final = "DELETE FROM users u WHERE u.id = :user_id"
_PAGE: Final = f"SELECT {USER_COLUMNS} FROM users u WHERE u.id > :after ORDER BY u.id LIMIT :limit"
_COUNT: Final = "SELECT count(*) FROM users"

_BEFORE_ALL: Final = str(uuid.UUID(int=0))


class PostgreSQLUserAdapter:
    """Users in the table `users`. Every method raises StoreUnavailableError if PostgreSQL does not answer."""

    def __init__(self, postgres: Postgres) -> None:
        """Use *postgres*."""
        self._postgres = postgres

    def find_by_email(self, email: str) -> User | None:
        """Return the user with *email*, regardless of case, with the password hash; or None."""
        rows = self._postgres.fetch(_BY_EMAIL, email=email) if _is_text(email) else []
        return user_of(rows[0][:-1], rows[0][-1]) if rows else None

    def find_by_id(self, user_id: str) -> User | None:
        """Return the user, or None."""
        if not is_user_id(user_id):
            return None
        return _first(self._postgres.fetch(_BY_ID, user_id=user_id))

    def find_hash(self, user_id: str) -> str | None:
        """Return the password hash of an enabled user; None if they have none, or there is no such user."""
        rows = self._postgres.fetch(_HASH, user_id=user_id) if is_user_id(user_id) else []
        hashed: str | None = rows[0][0] if rows else None
        return hashed

    def find_by_session_id(self, session_id: str, logged_in_after: datetime) -> User | None:
        """Return the enabled user whose legacy `session_id` is *session_id*, if they logged in since; or None."""
        handle = handle_of(session_id)
        rows = self._postgres.fetch(
            _BY_SESSION_ID, session_id=session_id, handle=handle, logged_in_after=logged_in_after
        )
        return _first(rows)

    def find_in_session(self, user_id: str, handle: str, created_at: datetime) -> User | None:
        """Return the enabled user; None if all sessions but another were ended since *created_at*, when this began."""
        if not is_user_id(user_id):
            return None
        return _first(self._postgres.fetch(_IN_SESSION, user_id=user_id, handle=handle, created_at=created_at))

    def create(self, email: str, hashed_password: str | None, role: str, is_verified: bool) -> User:
        """Insert a user. Raises EmailTakenError."""
        values = {
            "email": email,
            "hashed_password": hashed_password,
            "role": role,
            "is_verified": is_verified,
        }
        try:
            # In a transaction, so that it is not sent again when a connection dies: the first may have arrived.
            with self._postgres.transaction():
                return user_of(self._postgres.fetch(_INSERT, **values)[0])
        except UniqueViolationError as error:
            raise EmailTakenError("another user has this email") from error

    def update(self, user_id: str, fields: Mapping[str, Any]) -> User | None:
        """Set *fields*, whose names the manager has checked; None if there is no such user. Raises EmailTakenError."""
        if not is_user_id(user_id):
            return None
        assignments = ", ".join(f"{name} = :{name}" for name in fields)
        sql = f"UPDATE users u SET {assignments}, updated_at = now() WHERE u.id = :user_id RETURNING {USER_COLUMNS}"
        try:
            return _first(self._postgres.fetch(sql, user_id=user_id, **fields))
        except UniqueViolationError as error:
            raise EmailTakenError("another user has this email") from error

    def delete(self, user_id: str) -> bool:
        """Remove the user and the rows of their sessions; whether there was one."""
        return is_user_id(user_id) and self._postgres.execute(_DELETE, user_id=user_id) > 0

    def get_all(self, limit: int, after: str | None) -> list[User]:
        """Return up to *limit* users in the order of their IDs, from beyond the ID *after*."""
        after = after or _BEFORE_ALL
        return [user_of(row) for row in self._postgres.fetch(_PAGE, after=after, limit=limit)]

    def count(self) -> int:
        """Return how many users there are."""
        return int(self._postgres.fetch(_COUNT)[0][0])


def _first(rows: list[list[Any]]) -> User | None:
    return user_of(rows[0]) if rows else None


def _is_text(value: str) -> bool:
    """Tell whether PostgreSQL can hold *value*: it takes no NUL, and no half of a surrogate pair."""
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
