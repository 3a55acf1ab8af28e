"""P2 in every order of store calls: what was acknowledged as ended is never accepted again, whatever comes late."""

from datetime import timedelta

import pytest

from session_management.errors import StoreUnavailableError
from session_management.managers.user_manager import UserManager
from session_management.models import SessionWithUser
from tests.integration.interleavings.operation import Outcome
from tests.integration.interleavings.stage import USER_ID, Stage, Work

FRESH, STALE = timedelta(), timedelta(seconds=61)


def ending(stage: Stage, *names: str) -> dict[str, Work]:
    """Return the operations with these names; a figure behind a name only tells two of a kind apart."""
    works: dict[str, Work] = {
        "validate": lambda manager: manager.find_session(stage.session_id),
        "logout": lambda manager: manager.delete_session(stage.session_id),
        "end one": lambda manager: manager.end_session(USER_ID, stage.policy.names.handle_of_key(stage.key)),
        "extend": lambda manager: manager.extend_session(stage.session_id, 864_000),
        "revoke all": lambda manager: manager.revoke_all(USER_ID),
        "disable": lambda manager: manager.update(USER_ID, {"status": "DISABLED"}),
        "delete user": lambda manager: manager.delete(USER_ID),
        "change password": lambda manager: manager.change_password(USER_ID, "the new password"),
        "change role": lambda manager: manager.update(USER_ID, {"role": "ADMIN"}),
    }
    return {name: works[name.rstrip(" 12")] for name in names}


class Ended:
    """Once one of the operations that end the session is acknowledged, nobody accepts it; before, nobody refuses."""

    enders = ("logout", "end one", "revoke all", "disable", "delete user", "change password")

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def __call__(self, ended: dict[str, Outcome]) -> None:
        for name, outcome in ended.items():
            assert outcome.error is None or isinstance(outcome.error, StoreUnavailableError), outcome
            if name.rstrip(" 12") in self.enders and outcome.error is None:
                assert self.stage.seen_now() is None, f"accepted after an acknowledged {name}"
            if name.startswith("validate") and outcome.value is None:
                assert self.stage.is_revoked(), f"{name} refused a live session"


@pytest.mark.parametrize("ender", Ended.enders)
@pytest.mark.parametrize("copied", [None, FRESH, STALE], ids=["repair", "fresh copy", "revalidate"])
def test_an_acknowledged_end_is_final_in_every_order(stage: Stage, ender: str, copied: timedelta | None) -> None:
    count = stage.explore(
        ending(stage, "validate", ender), set_up=lambda: stage.set_up(copied=copied), holds=Ended(stage)
    )
    assert count >= 3


@pytest.mark.parametrize("ender", ["logout", "end one", "revoke all"])
@pytest.mark.parametrize("copied", [None, STALE], ids=["repair", "revalidate"])
def test_an_acknowledged_end_is_final_whichever_command_to_redis_is_lost(
    stage: Stage, ender: str, copied: timedelta | None
) -> None:
    count = stage.explore(
        ending(stage, "validate", ender), set_up=lambda: stage.set_up(copied=copied), holds=Ended(stage), faults=1
    )
    assert count >= 40


def test_two_late_repairs_cannot_bring_back_what_was_ended(stage: Stage) -> None:
    count = stage.explore(
        ending(stage, "validate 1", "validate 2", "logout"),
        set_up=lambda: stage.set_up(copied=STALE),
        holds=Ended(stage),
    )
    assert count >= 100


@pytest.mark.parametrize("copied", [None, STALE], ids=["without a copy", "with a copy"])
def test_an_extension_cannot_bring_back_what_was_ended(stage: Stage, copied: timedelta | None) -> None:
    stage.explore(
        ending(stage, "extend", "logout"), set_up=lambda: stage.set_up(copied=copied), holds=Ended(stage), faults=1
    )


@pytest.mark.parametrize("other", ["revoke all", "change role"])
def test_whoever_changes_the_user_beside_a_logout_leaves_the_session_ended(stage: Stage, other: str) -> None:
    """A logout that has not come to its fence yet gets it from whoever lists the user's sessions."""
    stage.explore(
        ending(stage, "logout", other), set_up=lambda: stage.set_up(copied=FRESH), holds=Ended(stage), faults=1
    )


def test_a_session_that_is_logged_out_and_ended_by_its_handle_at_once_is_ended_for_both(stage: Stage) -> None:
    """The handle is still found once the logout has come to the record, and before it came to its fence."""

    def holds(ended: dict[str, Outcome]) -> None:
        Ended(stage)(ended)
        by_handle = ended.get("end one")
        assert by_handle is None or by_handle.error or by_handle.value is True

    stage.explore(
        ending(stage, "logout", "end one"),
        set_up=lambda: stage.set_up(copied=FRESH),
        holds=holds,
        faults=1,
    )


def test_a_session_logged_out_twice_at_once_is_ended_for_both(stage: Stage) -> None:
    stage.explore(
        ending(stage, "logout 1", "logout 2"),
        set_up=lambda: stage.set_up(copied=FRESH),
        holds=Ended(stage),
        faults=1,
    )


def test_a_logout_whose_fence_was_lost_is_no_acknowledged_one(stage: Stage) -> None:
    """The copy is believed for what is left of its minute, and then PostgreSQL is asked."""
    lost: list[bool] = []

    def holds(ended: dict[str, Outcome]) -> None:
        if "logout" in ended and ended["logout"].error:
            lost.append(isinstance(ended["logout"].error, StoreUnavailableError))
            assert stage.is_revoked()

    stage.explore(ending(stage, "logout"), set_up=lambda: stage.set_up(copied=FRESH), holds=holds, faults=1)
    assert lost == [True, True]


def test_a_copy_that_was_never_fenced_is_believed_for_a_minute_at_most(
    stage: Stage,
) -> None:
    """P2: beyond `SESSION_REVALIDATE_SECONDS` PostgreSQL is asked, while it answers."""
    stage.set_up(copied=FRESH)
    stage.sql.run("UPDATE sessions SET revoked = true, revoked_at = now()")
    assert isinstance(stage.seen_now(), SessionWithUser)
    stage.clock.advance(59.999)
    assert isinstance(stage.seen_now(), SessionWithUser)
    stage.clock.advance(0.001)
    assert stage.seen_now() is None


def test_a_repair_that_comes_minutes_late_finds_the_fence_still_there(stage: Stage) -> None:
    """Fences outlive every request: Lambda's longest takes 15 minutes, this service's 30 seconds."""

    def log_out_and_wait(manager: UserManager) -> None:
        manager.delete_session(stage.session_id)
        life = stage.keys.pttl(f"session:{stage.key}")
        stage.keys.pexpire(f"session:{stage.key}", life - 600_000)

    works = ending(stage, "validate", "logout") | {"logout": log_out_and_wait}
    stage.explore(works, set_up=lambda: stage.set_up(copied=None), holds=Ended(stage))
