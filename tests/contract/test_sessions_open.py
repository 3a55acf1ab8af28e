"""Opening a session in the record: the session and its user's login, as one."""

from datetime import timedelta

import pytest

from session_management.models import SessionWithUser, User, UserStatus
from tests.contract.sessions import a_session, checked, opened
from tests.contract.stores import Stores


def test_an_opened_session_is_recorded_whole_with_its_users_login(stores: Stores, user: User) -> None:
    session = a_session(stores, user)
    found = stores.database.sessions.open(session, "hash", None)

    assert found
    assert found.session == session
    assert found.user.last_login_at == session.created_at
    assert (found.user.id, found.user.hashed_password) == (user.id, None)
    assert checked(stores, session.key) == found
    assert stores.database.users.find_by_id(user.id) == found.user


@pytest.mark.parametrize(
    ("ip", "user_agent"), [(None, None), ("2001:db8::1", "ä" * 512), ("192.0.2.7", "'; DROP TABLE users; --")]
)
def test_where_a_session_came_from_is_kept_as_it_was(
    stores: Stores, user: User, ip: str | None, user_agent: str | None
) -> None:
    key = opened(stores, user, ip=ip, user_agent=user_agent).session.key
    found = checked(stores, key)
    assert found
    assert (found.session.ip, found.session.user_agent) == (ip, user_agent)


@pytest.mark.parametrize("ip", ["::ffff:192.0.2.1", "::c000:201", "2001:db8::1", None])
def test_a_session_is_at_once_as_its_record_has_it(stores: Stores, user: User, ip: str | None) -> None:
    """A store may spell an address its own way."""
    found = opened(stores, user, ip=ip)
    assert checked(stores, found.session.key) == found


def test_a_handle_never_shows_a_session_id(stores: Stores, user: User) -> None:
    """P5: where the key is the session ID itself, the handle is still a digest."""
    found = opened(stores, user)
    assert len(found.session.handle) == 64
    assert (found.session.handle == found.session.key) == (stores.names.at_rest == "digest")
    assert found.session.key not in repr(found) or stores.names.at_rest == "digest"


def assert_refused(stores: Stores, user: User, verified_hash: str | None, **needs: bool) -> None:
    session = a_session(stores, user)
    before = stores.database.users.find_by_email(user.email)
    assert stores.database.sessions.open(session, verified_hash, "newer hash", **needs) is None
    assert stores.row(session.key) is None
    assert stores.database.users.find_by_email(user.email) == before


def test_a_disabled_user_opens_no_session(stores: Stores, user: User) -> None:
    stores.database.users.update(user.id, {"status": UserStatus.DISABLED})
    assert_refused(stores, user, "hash")
    assert_refused(stores, user, None)


def test_an_unverified_user_opens_no_session_where_a_verified_email_is_needed(stores: Stores, user: User) -> None:
    stores.database.users.update(user.id, {"is_verified": False})
    assert_refused(stores, user, "hash", needs_verified_email=True)
    assert_refused(stores, user, None, needs_verified_email=True)
    assert stores.database.sessions.open(a_session(stores, user), "hash", None)


def test_a_verified_user_opens_one_there(stores: Stores, user: User) -> None:
    assert stores.database.sessions.open(a_session(stores, user), "hash", None, needs_verified_email=True)


def test_a_hash_that_changed_meanwhile_opens_no_session(stores: Stores, user: User) -> None:
    stores.database.users.update(user.id, {"hashed_password": "another hash"})
    assert_refused(stores, user, "hash")


def test_a_hash_that_was_removed_meanwhile_opens_no_session(stores: Stores, user: User) -> None:
    stores.database.users.update(user.id, {"hashed_password": None})
    assert_refused(stores, user, "hash")


def test_a_deleted_user_opens_no_session(stores: Stores, user: User) -> None:
    stores.database.users.delete(user.id)
    assert_refused(stores, user, "hash")
    assert_refused(stores, user, None)


def test_who_was_verified_elsewhere_opens_a_session_whatever_the_hash(stores: Stores, user: User) -> None:
    assert isinstance(stores.database.sessions.open(a_session(stores, user), None, None), SessionWithUser)


def test_a_better_hash_replaces_the_verified_one(stores: Stores, user: User) -> None:
    stores.database.sessions.open(a_session(stores, user), "hash", "better hash")
    found = stores.database.users.find_by_email(user.email)
    assert found
    assert found.hashed_password == "better hash"


def test_without_a_better_hash_the_verified_one_stays(stores: Stores, user: User) -> None:
    stores.database.sessions.open(a_session(stores, user), "hash", None)
    found = stores.database.users.find_by_email(user.email)
    assert found
    assert found.hashed_password == "hash"


def test_an_opening_leaves_other_sessions_and_other_users_alone(stores: Stores, user: User) -> None:
    other = stores.a_user("bob@example.com")
    first = opened(stores, user)
    stores.pass_time(10)
    opened(stores, user)

    before = checked(stores, first.session.key)
    assert before
    assert before.session == first.session
    assert before.user.last_login_at == first.session.created_at + timedelta(seconds=10)
    assert stores.database.users.find_by_id(other.id) == other


def test_an_opening_replaces_the_legacy_session(stores: Stores, user: User) -> None:
    """It would live on with the new login's date."""
    stores.give_legacy_session(user.id, "legacy-session-id", stores.clock.now())
    opened(stores, user)
    assert stores.legacy_session(user.id) is None
