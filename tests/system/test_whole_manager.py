"""All that a manager does, over each pair of stores that only Debian's packages can make."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from session_management import (
    CreateUserData,
    EmailTakenError,
    InvalidCredentialsError,
    SessionMetadata,
    User,
    UserManager,
    UserRole,
)
from tests.system.certificates import Certificates
from tests.system.conftest import Managing, migrated
from tests.system.scenes import Variables, behind_pgbouncer, on_redis_7, tls_to_both

PASSWORD = "correct horse battery staple"
FROM = SessionMetadata(ip="192.0.2.7", user_agent="system-test/1")
HOUR = 3600
_numbers = count()


@pytest.fixture(scope="module", params=[tls_to_both, behind_pgbouncer, on_redis_7], ids=lambda scene: scene.__name__)
def variables(request: pytest.FixtureRequest, certificates: Certificates) -> Iterator[Variables]:
    """Start a pair of stores, and have the migrate function make the tables in it."""
    with request.param(certificates) as variables:
        assert migrated(variables)["applied"]
        yield variables


@pytest.fixture
def manager(variables: Variables, managing: Managing) -> UserManager:
    return managing(variables)


@pytest.fixture
def ann(manager: UserManager) -> User:
    return manager.create(CreateUserData(email=f"Ann.{next(_numbers)}@Example.com", password=PASSWORD))


def test_a_second_migration_has_nothing_left_to_do(variables: Variables) -> None:
    again = migrated(variables)

    assert (again["applied"], again["pending"]) == ([], [])


def test_a_user_is_found_by_id_by_email_and_among_all(manager: UserManager, ann: User) -> None:
    by_email = manager.find_by_email(ann.email.upper())

    assert manager.find_by_id(ann.id) == ann
    assert by_email is not None
    assert by_email.id == ann.id
    assert ann in manager.get_all(limit=1000)
    assert manager.count() == len(manager.get_all(limit=1000))


def test_a_taken_email_is_refused_and_the_connection_serves_on(manager: UserManager, ann: User) -> None:
    with pytest.raises(EmailTakenError):
        manager.create(CreateUserData(email=ann.email.lower()))

    assert manager.find_by_id(ann.id) == ann


def test_a_login_is_honoured_until_the_logout(manager: UserManager, ann: User) -> None:
    logged_in = manager.log_in(ann.email, PASSWORD, FROM)
    found = manager.find_session(logged_in.session_id)
    manager.delete_session(logged_in.session_id)

    assert found is not None
    assert found.session == logged_in.session
    assert (found.user.id, found.session.ip, found.session.user_agent) == (ann.id, FROM.ip, FROM.user_agent)
    assert manager.find_session(logged_in.session_id) is None


def test_a_wrong_password_opens_nothing(manager: UserManager, ann: User) -> None:
    with pytest.raises(InvalidCredentialsError):
        manager.log_in(ann.email, "wrong", FROM)

    assert manager.revoke_all(ann.id) == 0


def test_a_change_of_role_is_seen_by_the_next_validation(manager: UserManager, ann: User) -> None:
    session_id = manager.create_session(ann.id, FROM, HOUR)
    before = manager.find_by_session_id(session_id)
    manager.update(ann.id, {"role": "ADMIN"})
    after = manager.find_by_session_id(session_id)

    assert (before and before.role, after and after.role) == (UserRole.USER, UserRole.ADMIN)


def test_an_extension_moves_the_end(manager: UserManager, ann: User) -> None:
    session_id = manager.create_session(ann.id, FROM, HOUR)
    end = manager.extend_session(session_id, 2 * HOUR)
    found = manager.find_session(session_id)

    assert end is not None
    assert timedelta(hours=1.9) < end - datetime.now(UTC) <= timedelta(hours=2)
    assert found is not None
    assert found.session.expires_at == end


def test_a_change_of_password_ends_all_sessions_but_the_one_that_is_kept(manager: UserManager, ann: User) -> None:
    kept, ended = (manager.create_session(ann.id, FROM, HOUR) for _ in range(2))
    manager.change_password(ann.id, "another good password", keep_session_id=kept)

    assert manager.find_by_session_id(kept) is not None
    assert manager.find_by_session_id(ended) is None
    with pytest.raises(InvalidCredentialsError):
        manager.log_in(ann.email, PASSWORD, FROM)
    assert manager.log_in(ann.email, "another good password", FROM).user.id == ann.id


def test_revoking_all_ends_all(manager: UserManager, ann: User) -> None:
    session_ids = [manager.create_session(ann.id, FROM, HOUR) for _ in range(3)]

    assert manager.revoke_all(ann.id) == 3
    assert [manager.find_by_session_id(session_id) for session_id in session_ids] == [None] * 3


def test_a_deleted_user_is_gone_with_their_sessions(manager: UserManager, ann: User) -> None:
    session_id = manager.create_session(ann.id, FROM, HOUR)

    assert manager.delete(ann.id)
    assert manager.find_by_id(ann.id) is None
    assert manager.find_by_session_id(session_id) is None


def test_no_more_sessions_stay_open_than_allowed_and_the_newest_does(variables: Variables, managing: Managing) -> None:
    """The insertion, the lock and the eviction are statements of one transaction."""
    manager = managing({**variables, "SESSION_MAX_PER_USER": "2"})
    bob = manager.create(CreateUserData(email=f"bob.{next(_numbers)}@example.com"))
    session_ids = [manager.create_session(bob.id, FROM, HOUR) for _ in range(3)]

    live = [session_id for session_id in session_ids if manager.find_by_session_id(session_id)]
    assert len(live) == 2
    assert live[-1] == session_ids[-1]


def test_a_sweep_writes_the_fences_again_and_finishes(manager: UserManager, ann: User) -> None:
    manager.delete_session(manager.create_session(ann.id, FROM, HOUR))
    report = manager.sweep()

    assert report.finished
    assert report.fences_written >= 1
