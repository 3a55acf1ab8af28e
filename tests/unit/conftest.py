"""Fixtures of the unit tests: what is logged, and values to start from."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from session_management.models import Session, SessionWithUser, User, UserRole
from session_management.tokens import handle_of
from tests.support.clock import ToldClock
from tests.support.fuzz import draw_steadily
from tests.support.log import Log

draw_steadily()


@pytest.fixture
def log() -> Iterator[Log]:
    """What the service logs."""
    with Log.captured() as captured:
        yield captured


@pytest.fixture
def user(clock: ToldClock) -> User:
    """Somebody who logged in a moment ago."""
    now = clock.now()
    return User(
        id="0b7e6a52-5f0c-4f7e-9a53-3c1f2d4b5a69",
        email="Ann@example.com",
        role=UserRole.ADMIN,
        is_verified=True,
        created_at=now - timedelta(days=400),
        last_login_at=now,
    )


@pytest.fixture
def session(clock: ToldClock, user: User) -> Session:
    """A session that was opened just now, for a week."""
    now = clock.now()
    return Session(
        key=handle_of("a" * 43),
        handle=handle_of("a" * 43),
        user_id=user.id,
        created_at=now,
        expires_at=now + timedelta(days=7),
        absolute_expires_at=now + timedelta(days=30),
        last_activity=now,
        authenticated_at=now,
        ip="192.0.2.7",
        user_agent="Mozilla/5.0",
    )


@pytest.fixture
def found(session: Session, user: User) -> SessionWithUser:
    """The session with its user."""
    return SessionWithUser(session, user)
