"""Finding a session's record by its handle: as it stands, whatever has become of it, and untouched."""

from session_management.models import RecordedSession, User, UserStatus
from tests.contract.sessions import LIFE, checked, opened
from tests.contract.stores import Stores


def test_a_live_session_is_found_with_its_user(stores: Stores, user: User) -> None:
    opened(stores, user)
    found = opened(stores, user)
    assert stores.database.sessions.find_by_handle(found.session.handle) == RecordedSession(found.session, found.user)


def test_nobody_has_an_unknown_handle(stores: Stores, user: User) -> None:
    opened(stores, user)
    for handle in ("", "unknown", "f" * 64, "F" * 64):
        assert stores.database.sessions.find_by_handle(handle) is None


def test_where_ids_are_plain_an_id_is_no_handle(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    found = stores.database.sessions.find_by_handle(session.key)
    assert (found is not None) == (stores.names.at_rest == "digest")


def test_a_revoked_session_says_when_and_why(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.pass_time(5)
    stores.database.sessions.revoke(session.key, "logout")
    revoked_at = stores.clock.now()
    stores.pass_time(LIFE.total_seconds())

    found = stores.database.sessions.find_by_handle(session.handle)
    assert found
    assert (found.revoked_at, found.revoked_reason, found.session.revoked) == (revoked_at, "logout", True)


def test_a_disabled_user_is_shown_with_their_session(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.database.users.update(user.id, {"status": UserStatus.DISABLED})
    found = stores.database.sessions.find_by_handle(session.handle)
    assert found
    assert (found.session, found.user.status, found.user.hashed_password) == (session, UserStatus.DISABLED, None)


def test_a_look_records_no_activity(stores: Stores, user: User) -> None:
    session = opened(stores, user).session
    stores.pass_time(86_400)
    stores.database.sessions.find_by_handle(session.handle)
    found = checked(stores, session.key)
    assert found
    assert found.session.last_activity == session.created_at
