"""P4 in every order of store calls: the first validation after an acknowledged change shows it, and so do all after."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.interfaces import SessionRepository
from session_management.managers.user_manager import UserManager
from session_management.models import SessionWithUser, UserRole
from tests.integration.interleavings.operation import Outcome
from tests.integration.interleavings.stage import USER_ID, Stage, Work
from tests.support.managers import Environment

FRESH, STALE = timedelta(), timedelta(seconds=61)


def validate(stage: Stage, manager: UserManager) -> object:
    return manager.find_session(stage.session_id)


def extend(stage: Stage, manager: UserManager) -> object:
    return manager.extend_session(stage.session_id, 864_000)


def log_out(stage: Stage, manager: UserManager) -> None:
    manager.delete_session(stage.session_id)


def promote(manager: UserManager) -> object:
    return manager.update(USER_ID, {"role": "ADMIN"})


class Seen:
    """What is acknowledged is seen at once and ever after; a live session is never refused."""

    def __init__(self, stage: Stage, *, is_live: bool = True) -> None:
        self.stage, self.is_live = stage, is_live

    def __call__(self, ended: dict[str, Outcome]) -> None:
        if "promote" in ended and ended["promote"].error is None:
            seen = self.stage.seen_now()
            assert seen or not self.is_live, "a live session is refused"
            assert not seen or seen.user.role is UserRole.ADMIN, "shown with the old role"


@pytest.mark.parametrize("beside", [validate, extend])
@pytest.mark.parametrize("copied", [None, FRESH, STALE], ids=["no copy", "fresh copy", "stale copy"])
def test_a_change_is_seen_by_whoever_asks_after_it(
    stage: Stage, beside: Callable[[Stage, UserManager], object], copied: timedelta | None
) -> None:
    works: dict[str, Work] = {"beside": partial(beside, stage), "promote": promote}
    stage.explore(works, set_up=lambda: stage.set_up(copied=copied), holds=Seen(stage), faults=0)


def test_two_late_repairs_cannot_bring_back_the_old_role(stage: Stage) -> None:
    works: dict[str, Work] = {
        "validate 1": partial(validate, stage),
        "validate 2": partial(validate, stage),
        "promote": promote,
    }
    assert stage.explore(works, set_up=lambda: stage.set_up(copied=None), holds=Seen(stage)) >= 200


def test_a_late_repair_cannot_take_a_newer_fence_for_the_one_it_saw(stage: Stage) -> None:
    """Two changes in a row leave two fences that say the same; only their nonces tell them apart."""

    def change_twice(manager: UserManager) -> None:
        manager.update(USER_ID, {"is_verified": True})
        promote(manager)

    works: dict[str, Work] = {"validate": partial(validate, stage), "promote": change_twice}
    assert stage.explore(works, set_up=lambda: stage.set_up(copied=FRESH), holds=Seen(stage)) >= 20


def test_a_change_beside_a_logout_is_never_shown_without_it(stage: Stage) -> None:
    works: dict[str, Work] = {
        "log out": partial(log_out, stage),
        "promote": promote,
        "validate": partial(validate, stage),
    }
    stage.explore(works, set_up=lambda: stage.set_up(copied=FRESH), holds=Seen(stage, is_live=False))


class _SlowAnswers:
    """A record whose answers take 50 seconds to arrive, while somebody changes the user behind the manager's back."""

    def __init__(self, stage: Stage, sessions: SessionRepository) -> None:
        self._stage, self._sessions = stage, sessions

    def check(self, *arguments: Any) -> SessionWithUser | None:
        found = self._sessions.check(*arguments)
        self._stage.sql.run(f"UPDATE users SET role = 'ADMIN' WHERE id = '{USER_ID}'")
        self._stage.clock.advance(50)
        return found


@pytest.mark.parametrize("copied", [None, STALE], ids=["repair", "revalidate"])
def test_a_copy_dates_from_before_the_question_not_from_its_answer(
    stage: Stage, environment: Environment, copied: timedelta | None
) -> None:
    """Or a change behind the manager's back, made while the answer was under way, would be seen too late."""
    stage.set_up(copied=copied)
    database = environment.manager._database
    slow: Any = _SlowAnswers(stage, database.sessions)
    manager = UserManager(
        database=replace(database, sessions=slow),
        copies=environment.manager._adapter,
        attempts=MemoryAttemptAdapter(stage.clock),
        policy=stage.policy,
        clock=stage.clock,
        observer=environment.observer,
    )
    assert manager.find_session(stage.session_id)
    stage.clock.advance(10)
    seen = stage.seen_now()
    assert seen
    assert seen.user.role is UserRole.ADMIN
