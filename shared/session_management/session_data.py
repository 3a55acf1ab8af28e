"""The value in Redis: a copy of a session, or the fence in a copy's place.

It is the original's `SessionData` (JSON; epoch milliseconds) and our additions, so that either
application reads what the other wrote. A "revoked" fence has `expires_at` 0; a "stale" fence is a
`SessionData` without the user's snapshot.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import Any, Final

from session_management.models import Session, SessionWithUser, User, UserRole

REVOKED_MARK: Final = b'"fence":"revoked"'
"""Stands in a "revoked" fence as it is written, and in no other value of ours: in a text, quotes are escaped."""

_NONCE_BYTES: Final = 9
_OURS_TO_THE_LETTER: Final = (
    "user_id",
    "ip",
    "user_agent",
    "absolute_expires_at",
    "last_activity",
    "authenticated_at",
    "is_persistent",
)
_WRITTEN: Final = itemgetter(*_OURS_TO_THE_LETTER)
_READ: Final = attrgetter(*_OURS_TO_THE_LETTER)
_ROLES: Final = {str(role): role for role in UserRole}
_BEYOND_MS: Final = 2**47
"""In the year 6429: any lifetime added to an earlier instant stays within what a datetime holds."""


class Fence(StrEnum):
    """What stands in a copy's place: the session is revoked, or the copy that was here is not to be believed."""

    REVOKED = "revoked"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class SessionData:
    """What was found under a session's key. Only one with `checked_at` and `user` can be believed by itself.

    `version` is the stored value itself: compare-and-set writes only where it still stands. Every value
    of ours carries a fresh nonce, so that no two of them are alike.
    """

    version: bytes = field(repr=False)
    user_id: str = ""
    created_at: int = 0
    expires_at: int = 0
    ip: str | None = None
    user_agent: str | None = None
    absolute_expires_at: int = 0
    last_activity: int = 0
    authenticated_at: int = 0
    is_persistent: bool = True
    checked_at: int | None = None
    user: User | None = None
    fence: Fence | None = None
    is_ours: bool = False

    @property
    def checked(self) -> datetime | None:
        """The instant before the statement whose answer this copy holds, or None if it holds no snapshot."""
        return None if self.checked_at is None or self.user is None else to_datetime(self.checked_at)


def encode_copy(found: SessionWithUser, checked_at: datetime) -> bytes:
    """Return the copy of *found*, which PostgreSQL was asked for at *checked_at*."""
    user = found.user
    snapshot = {
        "id": user.id,
        "email": user.email,
        "role": user.role,
        "is_verified": user.is_verified,
        "created_at": to_ms(user.created_at),
        "last_login_at": to_ms(user.last_login_at) if user.last_login_at else None,
    }
    return _encode(_original_fields(found.session) | {"checked_at": to_ms(checked_at), "user": snapshot})


def encode_stale(session: Session) -> bytes:
    """Return the fence that makes the next validation of *session* ask PostgreSQL."""
    return _encode(_original_fields(session) | {"fence": Fence.STALE})


def encode_revoked() -> bytes:
    """Return the fence that ends a session in Redis; to the original it is an expired session."""
    fields = {"user_id": "", "created_at": 0, "expires_at": 0, "ip": None, "user_agent": None}
    return _encode(fields | {"fence": Fence.REVOKED})


def decode(value: bytes) -> SessionData:
    """Return what *value* says. Anything unreadable becomes data without a snapshot, which nobody believes."""
    try:
        fields = json.loads(value.decode())
        is_ours = "nonce" in fields
        has_snapshot = is_ours and "user" in fields
        data = SessionData(
            version=value,
            user_id=str(fields["user_id"]),
            created_at=_instant(fields["created_at"]),
            expires_at=_instant(fields["expires_at"]),
            ip=_text(fields.get("ip")),
            user_agent=_text(fields.get("user_agent")),
            absolute_expires_at=_instant(fields.get("absolute_expires_at", fields["expires_at"])),
            last_activity=_instant(fields.get("last_activity", fields["created_at"])),
            authenticated_at=_instant(fields.get("authenticated_at", fields["created_at"])),
            is_persistent=fields.get("is_persistent", True) is not False,
            checked_at=_instant(fields["checked_at"]) if has_snapshot else None,
            user=_decode_user(fields["user"]) if has_snapshot else None,
            fence=Fence(fields["fence"]) if "fence" in fields else None,
            is_ours=is_ours,
        )
        return _refuse_others(data, fields) if has_snapshot else data
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError, RecursionError):
        return SessionData(version=value)


def session_of(data: SessionData, key: str, handle: str) -> Session:
    """Return the session that a copy of ours describes."""
    return Session(
        key=key,
        handle=handle,
        user_id=data.user_id,
        created_at=to_datetime(data.created_at),
        expires_at=to_datetime(data.expires_at),
        absolute_expires_at=to_datetime(data.absolute_expires_at),
        last_activity=to_datetime(data.last_activity),
        authenticated_at=to_datetime(data.authenticated_at),
        is_persistent=data.is_persistent,
        ip=data.ip,
        user_agent=data.user_agent,
    )


def to_ms(instant: datetime) -> int:
    """Return *instant* as epoch milliseconds."""
    return round(instant.timestamp() * 1000)


def to_datetime(milliseconds: int) -> datetime:
    """Return epoch *milliseconds* as an aware UTC datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _original_fields(session: Session) -> dict[str, Any]:
    return {
        "user_id": session.user_id,
        "created_at": to_ms(session.created_at),
        "expires_at": to_ms(session.expires_at),
        "ip": session.ip,
        "user_agent": session.user_agent,
        "absolute_expires_at": to_ms(session.absolute_expires_at),
        "last_activity": to_ms(session.last_activity),
        "authenticated_at": to_ms(session.authenticated_at),
        "is_persistent": session.is_persistent,
    }


def _encode(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields | {"nonce": secrets.token_urlsafe(_NONCE_BYTES)}, separators=(",", ":")).encode()


def _refuse_others(data: SessionData, fields: dict[str, Any]) -> SessionData:
    """Return *data* if every field is what `encode_copy` writes: only then may its snapshot be believed."""
    if data.user is None or data.user.id != data.user_id or _WRITTEN(fields) != _READ(data):
        raise ValueError("no copy of ours")
    return data


def _decode_user(fields: dict[str, Any]) -> User:
    last_login_at = fields["last_login_at"]
    if not isinstance(fields["email"], str) or not isinstance(fields["is_verified"], bool):
        raise TypeError("no user of ours")
    return User(
        id=fields["id"],
        email=fields["email"],
        role=_ROLES[fields["role"]],
        is_verified=fields["is_verified"],
        created_at=to_datetime(_instant(fields["created_at"])),
        last_login_at=None if last_login_at is None else to_datetime(_instant(last_login_at)),
    )


def _instant(milliseconds: Any) -> int:
    """Return *milliseconds* if they are an instant that the rules can reckon with."""
    if type(milliseconds) is not int or not 0 <= milliseconds < _BEYOND_MS:
        raise ValueError("no such instant")
    return milliseconds


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
