"""What has become of a session: told by its handle, and the same as what a validation then says."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from session_management.constants import FENCE_SECONDS
from session_management.expiry import EndingClock
from session_management.explanation import Explanation, Held, SessionState
from session_management.interfaces import ValidationPath
from session_management.managers.user_manager import UserManager
from session_management.models import LogIn, SessionWithUser, User, UserStatus
from session_management.session_data import encode_copy, encode_stale
from tests.contract.manager.conftest import PASSWORD, log_in
from tests.contract.stores import Stores

IDLE, WEEK = timedelta(hours=1), 7 * 86_400.0
LIVE, EXPIRED, REVOKED, DISABLED = (
    SessionState.LIVE,
    SessionState.EXPIRED,
    SessionState.REVOKED,
    SessionState.USER_DISABLED,
)
NOTHING, COPY, FENCED, STALE, OTHER = Held.NOTHING, Held.COPY, Held.REVOKED_FENCE, Held.STALE_FENCE, Held.OTHER


@dataclass(frozen=True)
class Scene:
    """A login, to which something happens."""

    stores: Stores
    manager: UserManager
    logged_in: LogIn

    @property
    def key(self) -> str:
        return self.logged_in.session.key

    @property
    def user_id(self) -> str:
        return self.logged_in.user.id

    def passes(self, seconds: float) -> None:
        self.stores.pass_time(seconds)

    def holds(self, value: bytes) -> None:
        self.stores.put(self.key, value)

    def log_out(self, long_ago: float = 0) -> None:
        self.manager.delete_session(self.logged_in.session_id)
        self.passes(long_ago)

    def miss_a_fence(self) -> None:
        self.stores.database.sessions.revoke(self.key, "logout")

    def disable_behind_its_back(self, long_ago: float = 0) -> None:
        self.stores.database.users.update(self.user_id, {"status": UserStatus.DISABLED})
        self.passes(long_ago)

    def hold_the_originals(self) -> None:
        fields = {"user_id": self.user_id, "created_at": 0, "expires_at": 1, "ip": None, "user_agent": None}
        self.holds(json.dumps(fields).encode())

    def hold_a_copy_of_the_future(self) -> None:
        found = SessionWithUser(self.logged_in.session, self.logged_in.user)
        self.holds(encode_copy(found, self.stores.clock.now() + timedelta(seconds=1)))


EVENTS: dict[str, tuple[Callable[[Scene], object], SessionState, str | None, Held]] = {
    "nothing": (lambda s: s.passes(0), LIVE, None, COPY),
    "59 seconds": (lambda s: s.passes(59), LIVE, None, COPY),
    "60 seconds": (lambda s: s.passes(60), LIVE, None, COPY),
    "10 minutes": (lambda s: s.passes(600), LIVE, None, COPY),
    "an hour": (lambda s: s.passes(3600), EXPIRED, "idle", COPY),
    "a week": (lambda s: s.passes(WEEK), EXPIRED, "idle", NOTHING),
    "a flush": (lambda s: s.stores.lose_copies(), LIVE, None, NOTHING),
    "garbage": (lambda s: s.holds(b"garbage"), LIVE, None, OTHER),
    "the original's": (Scene.hold_the_originals, LIVE, None, OTHER),
    "a copy of a clock ahead": (Scene.hold_a_copy_of_the_future, LIVE, None, COPY),
    "a change of the user": (lambda s: s.manager.update(s.user_id, {"role": "ADMIN"}), LIVE, None, STALE),
    "a stale fence alone": (lambda s: s.holds(encode_stale(s.logged_in.session)), LIVE, None, STALE),
    "a logout": (Scene.log_out, REVOKED, "logout", FENCED),
    "a logout long ago": (lambda s: s.log_out(FENCE_SECONDS), REVOKED, "logout", NOTHING),
    "a logout that Redis missed": (Scene.miss_a_fence, REVOKED, "logout", COPY),
    "a new password": (lambda s: s.manager.change_password(s.user_id, "another"), REVOKED, "password_change", FENCED),
    "an end by handle": (
        lambda s: s.manager.end_session(s.user_id, s.logged_in.session.handle),
        REVOKED,
        "ended",
        FENCED,
    ),
    "the end of all": (lambda s: s.manager.revoke_all(s.user_id), REVOKED, "revoke_all", FENCED),
    "a disabled user": (
        lambda s: s.manager.update(s.user_id, {"status": "DISABLED"}),
        REVOKED,
        "user_disabled",
        FENCED,
    ),
    "a user disabled behind its back": (Scene.disable_behind_its_back, DISABLED, None, COPY),
    "the same, later": (lambda s: s.disable_behind_its_back(60), DISABLED, None, COPY),
}


@pytest.fixture
def manager(stores: Stores) -> UserManager:
    """The rules with an idle timeout."""
    return stores.manager(idle=IDLE)


def explained(manager: UserManager, logged_in: LogIn) -> Explanation:
    return manager.explain(logged_in.session.handle)


def agrees(stores: Stores, manager: UserManager, logged_in: LogIn, explanation: Explanation) -> bool:
    """Whether a validation now goes the way that was told, and says what was told."""
    is_accepted = manager.find_session(logged_in.session_id) is not None
    return (explanation.path, explanation.is_accepted) == (stores.observer.last_path(), is_accepted)


@pytest.mark.parametrize("case", EVENTS.values(), ids=EVENTS)
def test_what_became_of_a_session_is_told_as_a_validation_sees_it(
    stores: Stores, manager: UserManager, logged_in: LogIn, case: tuple[Callable[[Scene], object], *tuple[Any, ...]]
) -> None:
    happen, *expected = case
    happen(Scene(stores, manager, logged_in))
    found = explained(manager, logged_in)

    assert found.recorded
    assert [found.state, found.ended_by or found.recorded.revoked_reason, found.held] == expected
    assert agrees(stores, manager, logged_in, found)


def test_an_explanation_changes_nothing(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    stores.pass_time(600)
    value, row = stores.value(logged_in.session.key), manager.list_sessions(logged_in.user.id)
    explained(manager, logged_in)
    assert (stores.value(logged_in.session.key), manager.list_sessions(logged_in.user.id)) == (value, row)
    assert stores.observer.validations == []


def test_an_unknown_session_is_unknown(stores: Stores, manager: UserManager, logged_in: LogIn) -> None:
    found = manager.explain("f" * 64)
    assert (found.state, found.recorded) == (SessionState.UNKNOWN, None)
    # Where IDs are plain, the handle alone does not say where to look in Redis.
    is_plain = stores.names.at_rest == "plain"
    expected = (Held.CANNOT_TELL, None, None) if is_plain else (NOTHING, ValidationPath.RECORD, False)
    assert (found.held, found.path, found.is_accepted) == expected


def test_a_copy_of_a_deleted_users_session_is_told_to_win(
    stores: Stores, manager: UserManager, logged_in: LogIn
) -> None:
    """P4: until it is looked at again."""
    value = stores.value(logged_in.session.key) or b""
    manager.delete(logged_in.user.id)
    stores.put(logged_in.session.key, value)
    found = explained(manager, logged_in)
    assert found.state is SessionState.UNKNOWN
    if stores.names.at_rest == "digest":
        assert (found.held, found.path, found.is_accepted) == (COPY, ValidationPath.COPY, True)
        assert agrees(stores, manager, logged_in, found)


def test_each_end_says_when_it_was(stores: Stores, manager: UserManager, ann: User) -> None:
    idle, revoked = log_in(manager), log_in(manager)
    stores.pass_time(5)
    manager.delete_session(revoked.session_id)
    revoked_at = stores.clock.now()
    stores.pass_time(3600)

    assert explained(manager, idle).ended_at == idle.session.created_at + IDLE
    assert explained(manager, revoked).ended_at == revoked_at
    assert explained(manager, log_in(manager)).ended_at is None


def test_an_end_by_expiry_and_one_by_the_absolute_lifetime_are_told_apart(stores: Stores, ann: User) -> None:
    by_expiry, by_age = stores.manager(), stores.manager(absolute=timedelta(days=7))
    one, other = log_in(by_expiry, PASSWORD), log_in(by_age, PASSWORD)
    stores.pass_time(WEEK)
    assert explained(by_expiry, one).ended_by is EndingClock.EXPIRY
    assert explained(by_age, other).ended_by is EndingClock.ABSOLUTE
