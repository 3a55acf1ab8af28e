"""Sessions as a login would record them, opened straight in the record."""

from datetime import timedelta
from typing import Any

from session_management.models import Session, SessionWithUser, User
from session_management.tokens import new_session_id
from tests.contract.stores import Stores

LIFE = timedelta(days=7)
ABSOLUTE = timedelta(days=30)


def a_session(stores: Stores, user: User, **changes: Any) -> Session:
    """Return a session of *user* that begins now, not recorded yet."""
    now = stores.clock.now()
    key = stores.names.key_of(new_session_id()) or ""
    fields: dict[str, Any] = {
        "key": key,
        "handle": stores.names.handle_of_key(key),
        "user_id": user.id,
        "created_at": now,
        "expires_at": now + LIFE,
        "absolute_expires_at": now + ABSOLUTE,
        "last_activity": now,
        "authenticated_at": now,
        "ip": "192.0.2.7",
        "user_agent": "a test",
    }
    return Session(**(fields | changes))


def opened(stores: Stores, user: User, **changes: Any) -> SessionWithUser:
    """Record a session of *user*."""
    found = stores.database.sessions.open(a_session(stores, user, **changes), None, None)
    assert found
    return found


def checked(stores: Stores, key: str) -> SessionWithUser | None:
    """Read a session from the record without touching it."""
    now = stores.clock.now()
    return stores.database.sessions.check(key, now, now - timedelta(days=400), now - timedelta(days=400))
