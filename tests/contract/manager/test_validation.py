"""How a session is validated: by the copy for a minute, then by the record; and exactly until it ends."""

import json
from datetime import timedelta

import pytest

from session_management.interfaces import ValidationPath
from session_management.managers.user_manager import UserManager
from session_management.models import LogIn, SessionMetadata, User, UserRole
from tests.contract.manager.conftest import log_in
from tests.contract.stores import Stores

COPY, RECORD, FENCE = ValidationPath.COPY, ValidationPath.RECORD, ValidationPath.FENCE
SOON = timedelta(seconds=30)
EDGES = [(-0.001, True), (0.0, False), (0.001, False)]


def path_of(stores: Stores, manager: UserManager, logged_in: LogIn) -> ValidationPath:
    manager.find_session(logged_in.session_id)
    return stores.observer.last_path()


def test_a_copy_is_believed_for_a_minute_and_then_checked(
    stores: Stores, manager: UserManager, logged_in: LogIn
) -> None:
    assert path_of(stores, manager, logged_in) is COPY
    stores.pass_time(59.999)
    assert path_of(stores, manager, logged_in) is COPY
    stores.pass_time(0.001)
    assert path_of(stores, manager, logged_in) is RECORD
    assert path_of(stores, manager, logged_in) is COPY


def test_a_lost_copy_is_made_again(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    """P1: a flush logs nobody out."""
    stores.lose_copies()
    assert path_of(stores, manager, logged_in) is RECORD
    assert path_of(stores, manager, logged_in) is COPY


@pytest.mark.parametrize("value", [b"garbage", b"null", b"[1]", b"\x00\xff", b"{}", b'{"user_id": 1}'])
def test_garbage_in_the_store_is_asked_about_and_replaced(
    stores: Stores, manager: UserManager, logged_in: LogIn, value: bytes
) -> None:
    stores.put(logged_in.session.key, value)
    assert manager.find_session(logged_in.session_id)
    assert stores.observer.last_path() is RECORD
    assert path_of(stores, manager, logged_in) is COPY


@pytest.mark.parametrize("ahead_ms", [1, 3_600_000, 10**12])
def test_a_copy_of_a_clock_that_runs_ahead_is_not_believed(
    stores: Stores, manager: UserManager, logged_in: LogIn, ahead_ms: int
) -> None:
    """It would be for too long."""
    fields = json.loads(stores.value(logged_in.session.key) or b"")
    fields["copy"][0] += ahead_ms  # when the record was asked
    stores.put(logged_in.session.key, json.dumps(fields).encode())
    assert path_of(stores, manager, logged_in) is RECORD


def test_an_ended_session_is_refused_by_its_fence_and_then_by_the_record(
    stores: Stores, manager: UserManager, logged_in: LogIn
) -> None:
    manager.delete_session(logged_in.session_id)
    assert path_of(stores, manager, logged_in) is FENCE
    stores.pass_time(900)
    manager.find_session(logged_in.session_id)
    assert stores.observer.last_path() in (RECORD, ValidationPath.ORIGINAL)
    assert manager.find_session(logged_in.session_id) is None


def test_what_changed_through_the_manager_is_seen_at_once(
    stores: Stores, manager: UserManager, ann: User, logged_in: LogIn
) -> None:
    """P4."""
    manager.update(ann.id, {"role": "ADMIN", "is_verified": False, "email": "ann@example.org"})
    seen = manager.find_by_session_id(logged_in.session_id)
    assert seen
    assert (seen.role, seen.is_verified, seen.email) == (UserRole.ADMIN, False, "ann@example.org")
    assert stores.observer.last_path() is RECORD
    assert path_of(stores, manager, logged_in) is COPY


def test_what_changed_behind_the_managers_back_is_seen_within_a_minute(
    stores: Stores, manager: UserManager, ann: User, logged_in: LogIn
) -> None:
    """P4."""
    stores.database.users.update(ann.id, {"role": UserRole.ADMIN})
    stores.pass_time(60)
    seen = manager.find_by_session_id(logged_in.session_id)
    assert seen
    assert seen.role is UserRole.ADMIN


def test_a_user_deleted_behind_the_managers_back_is_out_within_a_minute(
    stores: Stores, manager: UserManager, ann: User, logged_in: LogIn
) -> None:
    stores.database.users.delete(ann.id)
    stores.pass_time(60)
    assert manager.find_session(logged_in.session_id) is None


def test_activity_is_recorded_when_the_copy_is_checked_and_the_interval_has_passed(
    stores: Stores, manager: UserManager, logged_in: LogIn
) -> None:
    stores.pass_time(300)
    first = manager.find_session(logged_in.session_id)
    assert first
    assert first.session.last_activity == logged_in.session.created_at
    stores.pass_time(60)
    second = manager.find_session(logged_in.session_id)
    assert second
    assert second.session.last_activity == stores.clock.now()


ENDINGS: dict[str, dict[str, timedelta]] = {
    "expiry": {"max_age": SOON},
    "idle timeout": {"idle": SOON},
    "absolute lifetime": {"absolute": SOON},
}


@pytest.mark.parametrize("edge", EDGES, ids=["before", "at", "after"])
@pytest.mark.parametrize("how", ENDINGS)
@pytest.mark.parametrize("path", [COPY, RECORD])
def test_a_session_lives_until_the_very_instant_of_its_end_on_every_path(
    stores: Stores, ann: User, how: str, path: ValidationPath, edge: tuple[float, bool]
) -> None:
    """P3. Half a minute after the login its copy is still believed, but for this."""
    seconds, is_live = edge
    manager = stores.manager(**ENDINGS[how])
    logged_in = log_in(manager)
    stores.clock.advance(SOON.total_seconds() + seconds)
    if path is RECORD:
        stores.lose_copies()
    assert (manager.find_session(logged_in.session_id) is not None) == is_live
    assert not is_live or stores.observer.last_path() is path
    assert (manager.extend_session(logged_in.session_id, 1) is not None) == is_live


def test_a_copy_past_its_end_is_a_miss_and_the_record_decides(stores: Stores, ann: User) -> None:
    """P1: an extension may have reached the record alone."""
    manager = stores.manager(max_age=SOON)
    logged_in = log_in(manager)
    key = logged_in.session.key
    copy = stores.value(key)
    assert copy
    assert manager.extend_session(logged_in.session_id, 3600)
    stores.put(key, copy)
    stores.clock.advance(SOON.total_seconds())

    assert manager.find_session(logged_in.session_id)
    assert stores.observer.last_path() is RECORD
    assert path_of(stores, manager, logged_in) is COPY


def test_a_session_kept_active_does_not_become_idle(stores: Stores, ann: User) -> None:
    manager = stores.manager(idle=timedelta(minutes=30))
    logged_in = log_in(manager)
    for _ in range(12):
        stores.pass_time(600)
        assert manager.find_session(logged_in.session_id)
    stores.pass_time(1800)
    assert manager.find_session(logged_in.session_id) is None


def test_no_activity_outlives_the_absolute_lifetime(stores: Stores, ann: User) -> None:
    """ASVS 7.3.2."""
    manager = stores.manager(absolute=timedelta(hours=1), max_age=timedelta(minutes=30))
    session_id = manager.create_session(ann.id, SessionMetadata(), 1800)
    for _ in range(5):
        stores.pass_time(600)
        assert manager.extend_session(session_id, 1800)
    stores.pass_time(600)
    assert manager.find_session(session_id) is None
    assert manager.extend_session(session_id, 1800) is None
