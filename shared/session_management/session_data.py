"""The value in Redis: a copy of a session, or the fence in a copy's place.

It is the original's `SessionData` (JSON; epoch milliseconds) and our additions, so that either
application reads what the other wrote: a `nonce` in every value, and in a copy the list `copy`, of when the record was
asked, the end of the absolute lifetime, the last activity, the authentication, whether the session is persistent, and
of its user the email, the role, whether it is verified, the creation and the last login. A list takes a third less of
memory than names would. A "revoked" fence has `expires_at` 0; a "stale" fence is a `SessionData` without the list.
"""

import secrets
from binascii import b2a_base64
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson

from session_management.models import Session, SessionWithUser, User, UserRole, UserStatus, new_tuple

REVOKED_MARK: Final = b'"fence":"revoked"'
"""Stands in a "revoked" fence as it is written, and in no other value of ours: in a text, quotes are escaped."""

_NONCE_BYTES: Final = 9
_OF_THE_ORIGINAL: Final = itemgetter("user_id", "created_at", "expires_at", "ip", "user_agent")
_ROLES: Final = {str(role): role for role in UserRole}
_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)
_DAY_MS: Final = 86_400_000
_from_timestamp: Final = datetime.fromtimestamp
_BEYOND_MS: Final = 2**47
"""In the year 6429: any lifetime added to an earlier instant stays within what a datetime holds."""

type OfSession = tuple[str, datetime, datetime, datetime, datetime, datetime, str | None, str | None, bool, bool]
"""What a value says of a session: the fields of `Session` from `user_id` on, in their order."""

_NOBODYS: Final[OfSession] = ("", *(_LONG_AGO,) * 5, None, None, False, True)


class Fence(StrEnum):
    """What stands in a copy's place: the session is revoked, or the copy that was here is not to be believed."""

    REVOKED = "revoked"
    STALE = "stale"


class SessionData(NamedTuple):
    """What was found under a session's key. Only one with `checked` and `user` can be believed by itself.

    `version` is the stored value itself: compare-and-set writes only where it still stands. Every value
    of ours carries a fresh nonce, so that no two of them are alike. `checked` is the instant before the statement
    whose answer a copy holds.
    """

    version: bytes
    of_session: OfSession = _NOBODYS
    checked: datetime | None = None
    user: User | None = None
    fence: Fence | None = None
    is_ours: bool = False

    @property
    def user_id(self) -> str:
        """Whose session it is; nobody's, if that cannot be read."""
        return self.of_session[0]

    def __repr__(self) -> str:
        """Show what it is, and nothing of whose."""
        return f"SessionData(user_id={self.user_id!r}, checked={self.checked!r}, fence={self.fence!r})"


def encode_copy(found: SessionWithUser, checked_at: datetime) -> bytes:
    """Return the copy of *found*, which PostgreSQL was asked for at *checked_at*."""
    session, user = found.session, found.user
    original = _original_fields(session)
    began = original["created_at"]

    def ms(instant: datetime) -> int:
        # A new session's instants are mostly one.
        return began if instant == session.created_at else to_ms(instant)

    original["copy"] = [
        ms(checked_at),
        to_ms(session.absolute_expires_at),
        ms(session.last_activity),
        ms(session.authenticated_at),
        session.is_persistent,
        user.email,
        user.role,
        user.is_verified,
        to_ms(user.created_at),
        ms(user.last_login_at) if user.last_login_at else None,
    ]
    return _encode(original)


def encode_stale(session: Session) -> bytes:
    """Return the fence that makes the next validation of *session* ask PostgreSQL."""
    return _encode({**_original_fields(session), "fence": Fence.STALE})


def encode_revoked() -> bytes:
    """Return the fence that ends a session in Redis; to the original it is an expired session."""
    fields = {"user_id": "", "created_at": 0, "expires_at": 0, "ip": None, "user_agent": None}
    return _encode({**fields, "fence": Fence.REVOKED})


def decode(value: bytes) -> SessionData:
    """Return what *value* says. Anything unreadable becomes data without a snapshot, which nobody believes."""
    try:
        fields = orjson.loads(value)
        is_ours = "nonce" in fields
        return _copy_of_ours(value, fields) if is_ours and "copy" in fields else _other(value, fields, is_ours)
    except (ValueError, TypeError, KeyError, AttributeError):
        return SessionData(version=value)


def session_of(data: SessionData, key: str, handle: str) -> Session:
    """Return the session that a copy of ours describes."""
    return new_tuple(Session, (key, handle, *data.of_session))


def to_ms(instant: datetime) -> int:
    """Return *instant* as epoch milliseconds."""
    since = instant - _LONG_AGO
    return since.days * _DAY_MS + since.seconds * 1_000 + since.microseconds // 1_000


def to_datetime(milliseconds: int) -> datetime:
    """Return epoch *milliseconds* as an aware UTC datetime."""
    return _from_timestamp(milliseconds / 1000, UTC)


def _original_fields(session: Session) -> dict[str, Any]:
    return {
        "user_id": session.user_id,
        "created_at": to_ms(session.created_at),
        "expires_at": to_ms(session.expires_at),
        "ip": session.ip,
        "user_agent": session.user_agent,
    }


def _encode(fields: dict[str, Any]) -> bytes:
    return orjson.dumps({**fields, "nonce": b2a_base64(secrets.token_bytes(_NONCE_BYTES), newline=False).decode()})


def _copy_of_ours(value: bytes, fields: dict[str, Any]) -> SessionData:
    """Return a copy, if all of it is what `encode_copy` writes: only then may its snapshot be believed."""
    user_id, created_at, expires_at, ip, user_agent = _OF_THE_ORIGINAL(fields)
    (
        checked_at,
        absolute_end,
        active_at,
        authenticated_at,
        is_persistent,
        email,
        role,
        is_verified,
        user_since,
        last_login_at,
    ) = fields["copy"]
    seen_at = user_since if last_login_at is None else last_login_at
    if not (
        type(user_id) is type(email) is str
        and type(is_persistent) is type(is_verified) is bool
        and (ip is None or type(ip) is str)
        and (user_agent is None or type(user_agent) is str)
        and type(created_at) is type(expires_at) is type(absolute_end) is type(active_at) is int
        and type(authenticated_at) is type(checked_at) is type(user_since) is type(seen_at) is int
        # All their bits at once: none is negative, and none is beyond.
        and 0
        <= created_at | expires_at | absolute_end | active_at | authenticated_at | checked_at | user_since | seen_at
        < _BEYOND_MS
    ):
        raise ValueError("no copy of ours")
    began = _from_timestamp(created_at / 1000, UTC)
    last_login = None
    if last_login_at is not None:
        last_login = began if last_login_at == created_at else _from_timestamp(last_login_at / 1000, UTC)
    return new_tuple(
        SessionData,
        (
            value,
            (
                user_id,
                began,
                _from_timestamp(expires_at / 1000, UTC),
                _from_timestamp(absolute_end / 1000, UTC),
                began if active_at == created_at else _from_timestamp(active_at / 1000, UTC),
                began if authenticated_at == created_at else _from_timestamp(authenticated_at / 1000, UTC),
                ip,
                user_agent,
                False,
                is_persistent,
            ),
            _from_timestamp(checked_at / 1000, UTC),
            new_tuple(
                User,
                (
                    user_id,
                    email,
                    _ROLES[role],
                    is_verified,
                    _from_timestamp(user_since / 1000, UTC),
                    last_login,
                    UserStatus.ACTIVE,
                    None,
                ),
            ),
            Fence(fields["fence"]) if "fence" in fields else None,
            True,
        ),
    )


def _other(value: bytes, fields: dict[str, Any], is_ours: bool) -> SessionData:
    """Return a fence, or what the original application wrote, as far as it can be read."""
    created_at, expires_at = _instant(fields["created_at"]), _instant(fields["expires_at"])
    ip, user_agent = _text(fields.get("ip")), _text(fields.get("user_agent"))
    instants = created_at, expires_at, expires_at, created_at, created_at
    return SessionData(
        value,
        (str(fields["user_id"]), *instants, ip, user_agent, False, True),
        fence=Fence(fields["fence"]) if "fence" in fields else None,
        is_ours=is_ours,
    )


def _instant(milliseconds: Any) -> datetime:
    """Return the instant of *milliseconds*, if it is one that the rules can reckon with."""
    if type(milliseconds) is not int or not 0 <= milliseconds < _BEYOND_MS:
        raise ValueError("no such instant")
    return to_datetime(milliseconds)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
