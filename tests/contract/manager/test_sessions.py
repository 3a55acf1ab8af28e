"""The manager's sessions: logged in, extended, ended."""

from copy import replace
from datetime import timedelta

import bcrypt
import pytest

from session_management.errors import InvalidCredentialsError, InvalidInputError
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, LogIn, SessionMetadata, SweepReport, User
from session_management.tokens import handle_of
from tests.contract.manager.conftest import PASSWORD, log_in
from tests.contract.stores import Stores

WEEK = timedelta(days=7)
MALFORMED = ("", "x", "a" * 15, "a" * 256, "ü" * 43, "a b" * 15, "a" * 42 + "\n", "../" * 14, "*" * 43)


def test_a_login_opens_a_session_of_the_full_lifetime(stores: Stores, ann: User, logged_in: LogIn) -> None:
    now, session = stores.clock.now(), logged_in.session
    assert logged_in.user == replace(ann, last_login_at=now)
    assert (session.created_at, session.last_activity, session.expires_at) == (now, now, now + WEEK)
    assert session.absolute_expires_at == now + timedelta(days=30)
    assert (session.ip, session.user_agent) == ("192.0.2.7", "a test")
    assert session.handle == handle_of(logged_in.session_id)


def test_a_login_is_found_with_its_user(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    for lose in (lambda: None, stores.lose_copies):
        lose()
        found = manager.find_session(logged_in.session_id)
        assert found
        assert (found.session, found.user) == (logged_in.session, logged_in.user)
        assert manager.find_by_session_id(logged_in.session_id) == logged_in.user


def test_every_login_is_a_session_of_its_own(manager: UserManager, ann: User) -> None:
    """ASVS 7.2.2."""
    first, second = log_in(manager), log_in(manager)
    manager.delete_session(first.session_id)
    assert first.session_id != second.session_id
    assert manager.find_by_session_id(second.session_id)


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ann@example.com", "wrong"),
        ("ann@example.com", ""),
        ("ann@example.com", PASSWORD + " "),
        ("bob@example.com", PASSWORD),
    ],
)
def test_a_wrong_email_or_password_is_refused_and_leaves_no_trace(
    manager: UserManager, ann: User, email: str, password: str
) -> None:
    with pytest.raises(InvalidCredentialsError):
        manager.log_in(email, password, SessionMetadata())
    assert manager.find_by_id(ann.id) == ann


def test_a_bcrypt_hash_of_old_is_verified_and_replaced(manager: UserManager) -> None:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    manager.create(CreateUserData(email="ann@example.com", hashed_password=hashed))
    log_in(manager)
    found = manager.find_by_email("ann@example.com")
    assert found
    assert found.hashed_password
    assert found.hashed_password.startswith("$argon2id$")
    log_in(manager)


def test_a_user_verified_elsewhere_gets_a_session_of_the_asked_for_length(
    stores: Stores, manager: UserManager, ann: User
) -> None:
    session_id = manager.create_session(ann.id, SessionMetadata(), 90)
    stores.pass_time(89.999)
    assert manager.find_by_session_id(session_id)
    stores.pass_time(0.001)
    assert manager.find_by_session_id(session_id) is None


def test_no_session_is_longer_than_the_absolute_lifetime(stores: Stores, manager: UserManager, ann: User) -> None:
    session_id = manager.create_session(ann.id, SessionMetadata(), 365 * 86_400)
    found = manager.find_session(session_id)
    assert found
    assert found.session.expires_at == stores.clock.now() + timedelta(days=30)


@pytest.mark.parametrize("ttl", [0, -1, 1.5, "60", None, True])
def test_a_lifetime_that_is_none_is_refused(manager: UserManager, logged_in: LogIn, ttl: object) -> None:
    with pytest.raises(InvalidInputError, match="ttl_seconds"):
        manager.create_session(logged_in.user.id, SessionMetadata(), ttl)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="ttl_seconds"):
        manager.extend_session(logged_in.session_id, ttl)  # type: ignore[arg-type]


def test_nobody_and_the_disabled_get_no_session(manager: UserManager, ann: User) -> None:
    manager.update(ann.id, {"status": "DISABLED"})
    for user_id in (ann.id, "00000000-0000-0000-0000-000000000001", "no-uuid"):
        with pytest.raises(InvalidInputError, match="user_id"):
            manager.create_session(user_id, SessionMetadata(), 60)


def test_a_logout_ends_the_session_for_good(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    """ASVS 7.4.1, NIST SP 800-63B-4, 5.1."""
    manager.delete_session(logged_in.session_id)
    manager.delete_session(logged_in.session_id)
    for seconds in (0, 61, 901):
        stores.pass_time(seconds)
        assert manager.find_session(logged_in.session_id) is None
        assert manager.extend_session(logged_in.session_id, 3600) is None
    stores.lose_copies()
    assert manager.find_session(logged_in.session_id) is None


def test_a_logout_clears_the_legacy_column_that_names_the_session(
    stores: Stores, manager: UserManager, ann: User
) -> None:
    """Section 3, rule 5: where session IDs are plain, the original's column is a session too."""
    session_id = "a-session-of-the-original"
    stores.give_legacy_session(ann.id, session_id, stores.clock.now())
    assert (manager.find_session(session_id) is not None) == (stores.names.at_rest == "plain")
    manager.delete_session("another-session-of-the-original")
    assert stores.legacy_session(ann.id) == session_id
    manager.delete_session(session_id)
    assert (stores.legacy_session(ann.id) is None) == (stores.names.at_rest == "plain")
    stores.pass_time(901)
    assert manager.find_session(session_id) is None


def test_what_is_no_session_id_is_nobodys_and_ended_already(
    stores: Stores, manager: UserManager, logged_in: LogIn
) -> None:
    for text in MALFORMED:
        assert manager.find_session(text) is None
        assert manager.extend_session(text, 60) is None
        manager.delete_session(text)
        assert manager.revoke_all(logged_in.user.id, except_session_id=text) in (0, 1)
    assert stores.observer.last_path() == "malformed"


def test_a_handle_is_no_session_id(manager: UserManager, logged_in: LogIn) -> None:
    """P5: who reads a log or a list cannot use what it names."""
    manager.delete_session(logged_in.session.handle)
    assert manager.find_session(logged_in.session.handle) is None
    assert manager.find_session(logged_in.session_id)


def test_an_unknown_session_id_is_nobodys(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    """ASVS 7.2.1."""
    unknown = "A" * 43
    manager.delete_session(unknown)
    assert manager.find_session(unknown) is None
    assert manager.extend_session(unknown, 60) is None
    assert stores.names.at_rest == "plain" or stores.value(handle_of(unknown)) is None


def test_all_sessions_are_ended_but_the_one_kept(manager: UserManager, ann: User) -> None:
    made = [log_in(manager) for _ in range(3)]
    assert manager.revoke_all(ann.id, except_session_id=made[0].session_id) == 2
    assert [manager.find_session(one.session_id) is not None for one in made] == [True, False, False]
    assert manager.revoke_all(ann.id) == 1
    assert manager.find_session(made[0].session_id) is None


def test_an_extension_is_seen_on_every_path(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    stores.pass_time(3600)
    until = stores.clock.now() + timedelta(days=10)
    assert manager.extend_session(logged_in.session_id, 864_000) == until
    for lose in (lambda: None, stores.lose_copies):
        lose()
        found = manager.find_session(logged_in.session_id)
        assert found
        assert found.session.expires_at == until


def test_an_extension_that_reached_the_record_alone_counts(
    stores: Stores, manager: UserManager, logged_in: LogIn
) -> None:
    """A copy past its expiry is no refusal: the record decides."""
    now = stores.clock.now()
    stores.database.sessions.extend(logged_in.session.key, now + 2 * WEEK, now, now - timedelta(days=400))
    stores.pass_time(WEEK.total_seconds() + 60)
    found = manager.find_session(logged_in.session_id)
    assert found
    assert found.session.expires_at == now + 2 * WEEK


def test_only_the_newest_sessions_are_kept_where_there_is_a_limit(stores: Stores, ann: User) -> None:
    manager = stores.manager(max_per_user=2)
    made = []
    for _ in range(4):
        made.append(log_in(manager))
        stores.pass_time(1)
    assert [manager.find_session(one.session_id) is not None for one in made] == [False, False, True, True]


def test_a_sweep_removes_what_has_ended_and_leaves_the_rest(stores: Stores, manager: UserManager, ann: User) -> None:
    """ASVS 14.2.7."""
    expired = manager.create_session(ann.id, SessionMetadata(), 60)
    ended, live = log_in(manager), log_in(manager)
    manager.delete_session(ended.session_id)
    stores.pass_time(61)

    swept = manager.sweep()
    assert swept == SweepReport(1, 0, fences_written=1, batches=4, lag_seconds=swept.lag_seconds, finished=True)
    assert swept.lag_seconds is not None
    assert 1 <= swept.lag_seconds < 6
    assert stores.row(stores.names.key_of(expired) or "") is None
    assert stores.row(ended.session.key)
    assert manager.find_session(live.session_id)
    manager.extend_session(live.session_id, 2_592_000)
    stores.pass_time(2_591_000)
    swept = manager.sweep()
    assert (swept.expired_deleted, swept.revoked_deleted, swept.finished) == (0, 0, True)
    stores.pass_time(1_000)
    swept = manager.sweep()
    assert (swept.expired_deleted, swept.revoked_deleted, swept.finished) == (1, 1, True)
