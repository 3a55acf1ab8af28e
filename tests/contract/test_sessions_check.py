"""Checking a session in the record: what it says, and when activity is recorded."""

from datetime import datetime, timedelta

from session_management.models import SessionWithUser, User, UserStatus
from tests.contract.sessions import LIFE, checked, opened
from tests.contract.stores import Stores

TOUCH = timedelta(minutes=5)
MS = timedelta(milliseconds=1)


def check(stores: Stores, key: str, idle: timedelta = timedelta(days=400)) -> SessionWithUser | None:
    now = stores.clock.now()
    return stores.database.sessions.check(key, now, now - TOUCH, now - idle)


def activity(stores: Stores, key: str) -> datetime:
    found = checked(stores, key)
    assert found
    return found.session.last_activity


def test_an_unknown_session_is_none(stores: Stores, user: User) -> None:
    opened(stores, user)
    for key in ("", "unknown", "f" * 64, "x" * 255):
        assert check(stores, key) is None


def test_a_session_of_a_disabled_user_is_none(stores: Stores, user: User) -> None:
    key = opened(stores, user).session.key
    stores.database.users.update(user.id, {"status": UserStatus.DISABLED})
    assert check(stores, key) is None


def test_the_user_is_as_they_are_now(stores: Stores, user: User) -> None:
    key = opened(stores, user).session.key
    stores.database.users.update(user.id, {"role": "ADMIN", "email": "ann@example.org"})
    found = check(stores, key)
    assert found
    assert (found.user.role, found.user.email, found.user.hashed_password) == ("ADMIN", "ann@example.org", None)


def test_activity_is_recorded_only_when_the_interval_has_passed(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.pass_time(TOUCH.total_seconds())

    exactly = check(stores, session.key)
    assert exactly
    assert exactly.session.last_activity == session.created_at == activity(stores, session.key)

    stores.pass_time(0.001)
    after = check(stores, session.key)
    assert after
    assert after.session.last_activity == stores.clock.now() == activity(stores, session.key)


def test_recording_activity_changes_nothing_else(stores: Stores, user: User) -> None:
    before = opened(stores, user).session
    stores.pass_time(3600)
    after = check(stores, before.key)
    assert after
    assert after.session.last_activity == stores.clock.now()
    assert (after.session.expires_at, after.session.absolute_expires_at, after.session.created_at) == (
        before.expires_at,
        before.absolute_expires_at,
        before.created_at,
    )


def test_a_revoked_session_is_told_as_such_and_never_touched(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.database.sessions.revoke(session.key, "logout")
    stores.pass_time(3600)

    found = check(stores, session.key)
    assert found
    assert found.session.revoked
    assert activity(stores, session.key) == session.last_activity


def test_an_expired_session_is_told_as_it_is_and_never_touched(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.pass_time(LIFE.total_seconds())

    found = check(stores, session.key)
    assert found
    assert found.session == session
    assert activity(stores, session.key) == session.last_activity


def test_a_session_past_its_absolute_lifetime_is_never_touched(stores: Stores, user: User) -> None:
    end = stores.clock.now() + timedelta(hours=1)
    session = opened(stores, user, absolute_expires_at=end).session
    stores.pass_time(3600)
    assert check(stores, session.key)
    assert activity(stores, session.key) == session.last_activity


def test_an_idle_session_is_never_touched(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.pass_time(1800)
    assert check(stores, session.key, idle=timedelta(minutes=30))
    assert activity(stores, session.key) == session.last_activity


def test_a_session_a_moment_from_its_ends_is_touched(stores: Stores, user: User) -> None:
    session = opened(stores, user, expires_at=stores.clock.now() + timedelta(seconds=1800)).session
    stores.pass_time(1799.999)
    assert check(stores, session.key, idle=timedelta(minutes=30))
    assert activity(stores, session.key) == stores.clock.now()
