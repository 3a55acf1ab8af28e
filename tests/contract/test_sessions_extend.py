"""Extending a session in the record: never back, never past its absolute end, never what has ended."""

from datetime import datetime, timedelta

import pytest

from session_management.models import SessionWithUser, User, UserStatus
from tests.contract.sessions import ABSOLUTE, LIFE, checked, opened
from tests.contract.stores import Stores

ALWAYS_ACTIVE = timedelta(days=400)


def extend(stores: Stores, key: str, ttl: timedelta, idle: timedelta = ALWAYS_ACTIVE) -> SessionWithUser | None:
    now = stores.clock.now()
    return stores.database.sessions.extend(key, now + ttl, now, now - idle)


def end_of(stores: Stores, key: str) -> datetime:
    found = checked(stores, key)
    assert found
    return found.session.expires_at


def test_an_extension_moves_the_end_and_counts_as_activity(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.pass_time(100)
    found = extend(stores, session.key, timedelta(days=10))

    assert found
    assert found.session.expires_at == stores.clock.now() + timedelta(days=10)
    assert found.session.last_activity == stores.clock.now()
    assert found.session.absolute_expires_at == session.absolute_expires_at
    assert (found.user.id, found.user.hashed_password) == (user.id, None)
    assert checked(stores, session.key) == found


def test_an_extension_never_moves_the_end_back(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    found = extend(stores, session.key, timedelta(days=1))
    assert found
    assert found.session.expires_at == session.expires_at == end_of(stores, session.key)


def test_an_extension_never_passes_the_absolute_end(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    found = extend(stores, session.key, timedelta(days=365))
    assert found
    assert found.session.expires_at == session.created_at + ABSOLUTE == end_of(stores, session.key)


def test_nobody_extends_an_unknown_session(stores: Stores, user: User) -> None:
    assert extend(stores, "f" * 64, LIFE) is None


def test_a_revoked_session_is_not_extended(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.database.sessions.revoke(session.key, "logout")
    assert extend(stores, session.key, timedelta(days=10)) is None
    assert end_of(stores, session.key) == session.expires_at


@pytest.mark.parametrize(("seconds", "is_live"), [(-0.001, True), (0.0, False), (0.001, False)])
def test_a_session_is_extended_until_the_very_instant_of_its_expiry(
    stores: Stores, user: User, seconds: float, is_live: bool
) -> None:
    session = opened(stores, user).session
    stores.pass_time(LIFE.total_seconds() + seconds)
    assert (extend(stores, session.key, timedelta(days=1)) is not None) == is_live
    assert (end_of(stores, session.key) > session.expires_at) == is_live


@pytest.mark.parametrize(("seconds", "is_live"), [(-0.001, True), (0.0, False), (0.001, False)])
def test_a_session_is_extended_until_the_very_instant_of_its_absolute_end(
    stores: Stores, user: User, seconds: float, is_live: bool
) -> None:
    """The row's expiry may lie beyond, as a setting made shorter since leaves it."""
    end = stores.clock.now() + timedelta(hours=1)
    session = opened(stores, user, absolute_expires_at=end).session
    stores.pass_time(3600 + seconds)
    assert (extend(stores, session.key, timedelta(days=1)) is not None) == is_live


@pytest.mark.parametrize(("seconds", "is_live"), [(-0.001, True), (0.0, False), (0.001, False)])
def test_a_session_is_extended_until_the_very_instant_it_is_idle(
    stores: Stores, user: User, seconds: float, is_live: bool
) -> None:
    session = opened(stores, user).session
    stores.pass_time(1800 + seconds)
    found = extend(stores, session.key, timedelta(days=10), idle=timedelta(minutes=30))
    assert (found is not None) == is_live
    assert (end_of(stores, session.key) > session.expires_at) == is_live


def test_a_session_of_a_disabled_user_is_extended_for_nobody(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.database.users.update(user.id, {"status": UserStatus.DISABLED})
    assert extend(stores, session.key, timedelta(days=10)) is None
