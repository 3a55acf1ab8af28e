"""How long sessions live: remembered or not, sliding or not, and what a login does to the session it finds."""

from datetime import timedelta

import pytest

from session_management.errors import InvalidCredentialsError
from session_management.interfaces import ValidationPath
from session_management.managers.user_manager import UserManager
from session_management.models import LogIn, SessionMetadata, User
from tests.contract.manager.conftest import PASSWORD, log_in
from tests.contract.stores import Stores

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
TOUCH = 300.0


def log_in_briefly(manager: UserManager) -> LogIn:
    return manager.log_in("ann@example.com", PASSWORD, SessionMetadata(), remember=False)


def test_a_login_that_is_not_to_be_remembered_has_the_shorter_lifetime(
    stores: Stores, manager: UserManager, ann: User
) -> None:
    brief = log_in_briefly(manager)
    assert brief.session.expires_at == stores.clock.now() + DAY
    assert not brief.session.is_persistent
    for lose in (lambda: None, stores.lose_copies):
        lose()
        found = manager.find_session(brief.session_id)
        assert found
        assert not found.session.is_persistent
    stores.pass_time(DAY.total_seconds())
    assert manager.find_session(brief.session_id) is None


def test_no_session_is_shorter_by_being_remembered(stores: Stores, ann: User) -> None:
    """The shorter lifetime is never the longer one."""
    manager = stores.manager(max_age=timedelta(hours=1), short_max_age=timedelta(hours=1))
    assert log_in_briefly(manager).session.expires_at == log_in(manager).session.expires_at


def test_a_session_tells_when_its_user_proved_who_they_are(
    stores: Stores, manager: UserManager, logged_in: LogIn
) -> None:
    """NIST SP 800-63B-4, 2.2.3: what a re-authentication is counted from."""
    at = stores.clock.now()
    assert logged_in.session.authenticated_at == at
    stores.pass_time(TOUCH + 1)
    manager.extend_session(logged_in.session_id, 864_000)
    for lose in (lambda: None, stores.lose_copies):
        lose()
        found = manager.find_session(logged_in.session_id)
        assert found
        assert found.session.authenticated_at == at


@pytest.mark.parametrize(("remember", "life"), [(True, WEEK), (False, DAY)])
def test_activity_pushes_the_end_of_a_session_that_slides(
    stores: Stores, ann: User, remember: bool, life: timedelta
) -> None:
    manager = stores.manager(slides=True)
    session_id = manager.log_in("ann@example.com", PASSWORD, SessionMetadata(), remember=remember).session_id
    for _ in range(3):
        stores.pass_time(0.9 * life.total_seconds())
        found = manager.find_session(session_id)
        assert found
        assert found.session.expires_at == stores.clock.now() + life
        assert manager.find_session(session_id) == found, "the copy has the new end as well"
        assert stores.observer.last_path() is ValidationPath.COPY


def test_no_session_slides_past_its_absolute_end(stores: Stores, ann: User) -> None:
    """P3."""
    manager = stores.manager(slides=True)
    logged_in = log_in(manager)
    for _ in range(5):
        stores.pass_time(0.9 * WEEK.total_seconds())
        found = manager.find_session(logged_in.session_id)
        if found is None:
            break
        assert found.session.expires_at <= logged_in.session.absolute_expires_at
    assert stores.clock.now() >= logged_in.session.absolute_expires_at


def test_a_session_that_does_not_slide_keeps_its_end(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    stores.pass_time(TOUCH + 1)
    found = manager.find_session(logged_in.session_id)
    assert found
    assert found.session.last_activity == stores.clock.now()
    assert found.session.expires_at == logged_in.session.expires_at


def test_a_login_ends_the_session_that_is_presented_with_it(
    stores: Stores, manager: UserManager, logged_in: LogIn
) -> None:
    """ASVS 7.2.4."""
    again = manager.log_in("ann@example.com", PASSWORD, SessionMetadata(), presented_session_id=logged_in.session_id)
    assert manager.find_session(logged_in.session_id) is None
    assert manager.find_session(again.session_id)
    row = stores.row(logged_in.session.key)
    assert row
    assert row.reason == "replaced"


@pytest.mark.parametrize("presented", ["A" * 43, "malformed", ""])
def test_a_login_goes_on_whatever_is_presented_with_it(manager: UserManager, ann: User, presented: str) -> None:
    made = manager.log_in("ann@example.com", PASSWORD, SessionMetadata(), presented_session_id=presented)
    assert manager.find_session(made.session_id)


def test_a_refused_login_ends_nothing(manager: UserManager, logged_in: LogIn) -> None:
    """P1."""
    with pytest.raises(InvalidCredentialsError):
        manager.log_in("ann@example.com", "wrong", SessionMetadata(), presented_session_id=logged_in.session_id)
    assert manager.find_session(logged_in.session_id)
