"""A user's sessions by their handles: listed while they live, and ended one by one."""

from datetime import timedelta

import pytest

from session_management.errors import InvalidInputError
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata, User
from tests.contract.manager.conftest import log_in
from tests.contract.stores import Stores


def handles(manager: UserManager, user: User) -> list[str]:
    return [session.handle for session in manager.list_sessions(user.id)]


def test_live_sessions_are_listed_the_newest_first(stores: Stores, manager: UserManager, ann: User) -> None:
    made = []
    for _ in range(3):
        made.append(log_in(manager).session)
        stores.pass_time(1)
    assert manager.list_sessions(ann.id) == made[::-1]


def test_no_more_are_listed_than_are_asked_for(stores: Stores, manager: UserManager, ann: User) -> None:
    made = []
    for _ in range(3):
        made.append(log_in(manager).session)
        stores.pass_time(1)
    assert manager.list_sessions(ann.id, 2) == made[:0:-1]
    for limit in (0, 1_001, True, "2"):
        with pytest.raises(InvalidInputError, match="limit"):
            manager.list_sessions(ann.id, limit)  # type: ignore[arg-type]


def test_only_the_users_own_sessions_are_listed(manager: UserManager, ann: User) -> None:
    bob = manager.create(CreateUserData(email="bob@example.com"))
    manager.create_session(bob.id, SessionMetadata(), 60)
    assert handles(manager, ann) == []
    assert len(handles(manager, bob)) == 1
    assert manager.list_sessions("no-uuid") == []


def test_what_has_ended_is_not_listed(stores: Stores, manager: UserManager, ann: User) -> None:
    """P3: revoked, expired or idle, and not swept yet."""
    log_in(manager)
    manager.revoke_all(ann.id)
    manager.create_session(ann.id, SessionMetadata(), 60)
    live = log_in(manager).session.handle
    stores.pass_time(60)
    assert handles(manager, ann) == [live]
    assert handles(stores.manager(idle=timedelta(seconds=60)), ann) == []


def test_one_session_is_ended_by_its_handle_everywhere(manager: UserManager, ann: User) -> None:
    """P2."""
    ended, other = log_in(manager), log_in(manager)
    assert manager.end_session(ann.id, ended.session.handle)
    assert handles(manager, ann) == [other.session.handle]
    assert manager.find_session(ended.session_id) is None
    assert manager.find_session(other.session_id)


def test_another_users_session_is_not_ended(manager: UserManager, ann: User) -> None:
    anns = log_in(manager)
    bob = manager.create(CreateUserData(email="bob@example.com"))
    for user_id, handle in ((bob.id, anns.session.handle), ("no-uuid", anns.session.handle), (ann.id, "f" * 64)):
        assert not manager.end_session(user_id, handle)
    assert manager.find_session(anns.session_id)


def test_one_that_has_just_ended_is_fenced_again(stores: Stores, manager: UserManager, ann: User) -> None:
    """Whoever ended it may have missed Redis: the command is given again, and finishes the job."""
    ended = log_in(manager)
    copy = stores.value(ended.session.key) or b""
    stores.database.sessions.revoke(ended.session.key, "ended")
    stores.put(ended.session.key, copy)
    assert manager.find_session(ended.session_id)

    assert manager.end_session(ann.id, ended.session.handle)
    assert manager.find_session(ended.session_id) is None


def test_one_that_is_revoked_keeps_its_first_reason(stores: Stores, manager: UserManager, ann: User) -> None:
    ended = log_in(manager)
    manager.delete_session(ended.session_id)
    assert manager.end_session(ann.id, ended.session.handle)
    row = stores.row(ended.session.key)
    assert row
    assert row.reason == "logout"


@pytest.mark.parametrize("handle", ["F" * 64, "g" * 64, "f" * 63, "an-ID-that-nobody-may-see-00000000000000000"])
def test_what_is_no_handle_is_refused_and_not_repeated(manager: UserManager, handle: str) -> None:
    """P5: it may be a session ID, pasted by mistake."""
    with pytest.raises(InvalidInputError, match=r"^handle: must be the 64 hex digits") as refused:
        manager.explain(handle)
    assert handle not in str(refused.value)
