"""Logins beside changes of the same user, in every order of store calls, with the steps inside transactions."""

from collections.abc import Callable
from copy import replace
from typing import Final

import pytest

from session_management.errors import InvalidCredentialsError
from session_management.managers.user_manager import UserManager
from session_management.models import LogIn, SessionMetadata, UserRole
from tests.integration.interleavings.operation import Outcome
from tests.integration.interleavings.stage import EMAIL, PASSWORD, USER_ID, Stage, Work

ENDERS: Final[dict[str, Work]] = {
    "revoke all": lambda manager: manager.revoke_all(USER_ID),
    "change password": lambda manager: manager.change_password(USER_ID, "the new password"),
    "disable": lambda manager: manager.update(USER_ID, {"status": "DISABLED"}),
    "delete": lambda manager: manager.delete(USER_ID),
}


def log_in(manager: UserManager) -> LogIn:
    return manager.log_in(EMAIL, PASSWORD, SessionMetadata())


def session_of(ended: dict[str, Outcome], name: str = "log in") -> LogIn | None:
    """Return the session that a login opened, if it was acknowledged."""
    value = ended[name].value if name in ended else None
    assert value is None or isinstance(value, LogIn)
    return value


def only_refusals(ended: dict[str, Outcome]) -> None:
    for outcome in ended.values():
        assert outcome.error is None or isinstance(outcome.error, InvalidCredentialsError), outcome


def alive(stage: Stage, logged_in: LogIn) -> bool:
    return stage.seen_now(logged_in.session_id) is not None


class NoneLeft:
    """Whoever was logged in with what held before is out once the change is acknowledged."""

    def __init__(self, stage: Stage, ender: str) -> None:
        self.stage, self.ender = stage, ender
        self.survivors = 0

    def __call__(self, ended: dict[str, Outcome]) -> None:
        only_refusals(ended)
        if len(ended) < 2:
            return
        logged_in = session_of(ended)
        if logged_in and alive(self.stage, logged_in):
            self.survivors += 1
            assert self.ender == "revoke all", f"a login survives an acknowledged {self.ender}"
            ((live,),) = self.stage.sql.run("SELECT count(*) FROM sessions WHERE NOT revoked")
            assert live == 1, "a session that the record calls revoked is accepted"


@pytest.mark.parametrize("ender", ENDERS)
def test_no_login_with_what_held_before_outlives_the_change(stage: Stage, ender: str) -> None:
    """The password change, above all: an attacker's login beside it must not survive it."""
    holds = NoneLeft(stage, ender)
    stage.explore(
        {"log in": log_in, ender: ENDERS[ender]},
        set_up=lambda: stage.set_up(session=False),
        holds=holds,
        stops_inside_transactions=True,
    )
    # A login that comes after a revoke-all is a new session, and lives.
    assert (holds.survivors > 0) == (ender == "revoke all")


def test_a_session_revoked_with_all_others_is_accepted_in_no_order(stage: Stage) -> None:
    """The login creates its copy only where nothing is: the fence may have been there first."""

    def holds(ended: dict[str, Outcome]) -> None:
        logged_in = session_of(ended)
        if logged_in and "revoke all" in ended and ended["revoke all"].error is None:
            rows = stage.sql.run("SELECT revoked FROM sessions")
            assert alive(stage, logged_in) != rows[0][0]

    stage.explore(
        {"log in": log_in, "revoke all": ENDERS["revoke all"]},
        set_up=lambda: stage.set_up(session=False),
        holds=holds,
        stops_inside_transactions=True,
        faults=1,
    )


class NoneAfter:
    """No session is recorded any more once the withdrawal is acknowledged; one recorded before it goes on."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.recorded_before: int | None = None
        self.ends: set[bool] = set()

    def set_up(self) -> None:
        self.recorded_before = None
        self.stage.set_up(session=False)
        self.stage.sql.run("UPDATE users SET is_verified = true")

    def __call__(self, ended: dict[str, Outcome]) -> None:
        only_refusals(ended)
        ((recorded,),) = self.stage.sql.run("SELECT count(*) FROM sessions WHERE NOT revoked")
        if "withdraw" in ended and self.recorded_before is None:
            self.recorded_before = recorded
        assert self.recorded_before in (None, recorded), "a session was opened after the withdrawal"
        if len(ended) == 2:
            logged_in = session_of(ended)
            self.ends.add(logged_in is not None and alive(self.stage, logged_in))


def test_no_login_is_recorded_once_a_verification_that_it_needs_was_withdrawn(stage: Stage) -> None:
    """The re-check under the lock of the user's row: what the login read before has no say."""
    holds = NoneAfter(stage)
    stage.explore(
        {"log in": log_in, "withdraw": lambda manager: manager.update(USER_ID, {"is_verified": False})},
        set_up=holds.set_up,
        holds=holds,
        policy=replace(stage.policy, login_requires_verified=True),
        stops_inside_transactions=True,
    )
    assert holds.ends == {True, False}, "there are orders of both kinds"


def promote(manager: UserManager) -> object:
    return manager.update(USER_ID, {"role": "ADMIN"})


@pytest.mark.parametrize("stops_inside_transactions", [False, True])
def test_a_login_beside_a_change_of_role_shows_the_new_role_once_that_is_acknowledged(
    stage: Stage, stops_inside_transactions: bool
) -> None:
    """What the login copies is what its row-locked statement returned; handles are listed after the commit."""

    def holds(ended: dict[str, Outcome]) -> None:
        only_refusals(ended)
        logged_in = session_of(ended)
        if logged_in and "promote" in ended:
            seen = stage.seen_now(logged_in.session_id)
            assert seen
            assert seen.user.role is UserRole.ADMIN, "shown with the old role"

    stage.explore(
        {"log in": log_in, "promote": promote},
        set_up=lambda: stage.set_up(session=False),
        holds=holds,
        stops_inside_transactions=stops_inside_transactions,
    )


def keeping(count: int) -> Callable[[Stage, dict[str, Outcome]], None]:
    def holds(stage: Stage, ended: dict[str, Outcome]) -> None:
        only_refusals(ended)
        acknowledged = [outcome.value for outcome in ended.values()]
        accepted = [logged_in for logged_in in acknowledged if alive(stage, logged_in)]
        assert len(accepted) <= count, f"{len(accepted)} sessions are accepted, {count} are allowed"
        if len(ended) == 2:
            assert len(accepted) == count, "more sessions ended than had to"

    return holds


@pytest.mark.parametrize("count", [1, 2])
def test_logins_at_once_never_leave_more_sessions_than_allowed_nor_end_too_many(stage: Stage, count: int) -> None:
    """The newest N are counted after the lock of the user's row, and a login never evicts itself."""
    holds = keeping(count)
    orders = stage.explore(
        {"log in 1": log_in, "log in 2": log_in},
        set_up=lambda: stage.set_up(session=count == 2),
        holds=lambda ended: holds(stage, ended),
        policy=replace(stage.policy, max_per_user=count),
        stops_inside_transactions=True,
    )
    assert orders >= 10


def test_a_login_by_a_clock_that_is_behind_never_evicts_itself(stage: Stage) -> None:
    """The session that is there was opened by another environment, whose clock is ahead."""
    stage.set_up()
    stage.sql.run("UPDATE sessions SET created_at = now() + INTERVAL '1 minute'")
    logged_in = log_in(stage.a_manager(replace(stage.policy, max_per_user=1)))
    assert alive(stage, logged_in)
    assert stage.seen_now() is None
