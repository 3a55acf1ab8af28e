"""Values in Redis: anything can be read, and only what is wholly as we write it can be believed."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from session_management.models import Session, SessionWithUser, User, UserRole
from session_management.session_data import (
    Fence,
    SessionData,
    decode,
    encode_copy,
    encode_revoked,
    encode_stale,
    session_of,
)
from tests.fuzz.targets.target import Target

_AT: Final = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def check(data: bytes) -> None:
    """Hold what was read to what stands there."""
    read = decode(data)
    assert read.version == data
    assert decode(data) == read
    if read.user is None or read.checked is None:
        return
    stands: dict[str, Any] = json.loads(data)
    found = SessionWithUser(session_of(read, "key", "handle"), read.user)
    written = json.loads(encode_copy(found, read.checked))
    _is_written_so(stands, {name: value for name, value in written.items() if name != "nonce"})
    assert read.is_ours
    assert read.user.id == read.user_id
    _check_orders(read, found)


def _check_orders(read: SessionData, found: SessionWithUser) -> None:
    """Whatever the rules reckon with such a copy, it stays within what a date holds."""
    session = found.session
    assert (read.fence is None) or isinstance(read.fence, Fence)
    for moment in (session.created_at, session.expires_at, session.absolute_expires_at, session.last_activity):
        assert moment.tzinfo is UTC
        assert moment + timedelta(days=3650) > moment


def _is_written_so(stands: Any, written: Any) -> None:
    """Hold every field that we write to what stands there; a later version may add fields, of which nothing is read."""
    if isinstance(written, dict):
        for name, value in written.items():
            _is_written_so(stands[name], value)
    elif isinstance(written, list):
        assert len(stands) == len(written)
        for place, value in enumerate(written):
            _is_written_so(stands[place], value)
    else:
        assert (type(stands), stands) == (type(written), written)


def _copies() -> tuple[bytes, ...]:
    user = User("7f3c2a9e-5b1d-4c8e-9f60-2a4b6c8d0e1f", "a@b.c", UserRole.USER, is_verified=True, created_at=_AT)
    session = Session("k", "h", user.id, _AT, _AT + timedelta(7), _AT + timedelta(30), _AT, _AT, "192.0.2.7", "curl")
    original = {"user_id": user.id, "created_at": 1, "expires_at": 2, "ip": None, "user_agent": None}
    return (
        encode_copy(SessionWithUser(session, user), _AT),
        encode_stale(session),
        encode_revoked(),
        json.dumps(original).encode(),
    )


TARGET: Final = Target(
    check,
    # The same each time, nonces included.
    seeds=tuple(re.sub(rb'(?<="nonce":")[^"]*', b"n", copy) for copy in _copies()),
    words=(
        *("copy", "fence", "stale", "revoked", "nonce", "USER", "ADMIN", "true", "false", "null"),
        *("user_id", "expires_at", "created_at", "ip", "user_agent"),
    ),
    is_json=True,
)
