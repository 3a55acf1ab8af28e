"""P4 in every order of store calls: the first validation after an acknowledged change shows it, and so do all after."""

from collections.abc import Callable
from copy import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.interfaces import SessionRepository
from session_management.managers.user_manager import UserManager
from session_management.models import SessionMetadata, UserRole
from tests.integration.interleavings.operation import Outcome
from tests.integration.interleavings.stage import EMAIL, PASSWORD, USER_ID, Stage, Work
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


def test_a_repair_that_comes_minutes_late_finds_the_fence_still_there(stage: Stage) -> None:
    """Fences outlive every request: Lambda's longest takes 15 minutes, this service's 30 seconds."""

    def promote_and_wait(manager: UserManager) -> None:
        promote(manager)
        life = stage.keys.pttl(f"session:{stage.key}")
        stage.keys.pexpire(f"session:{stage.key}", life - 600_000)

    works: dict[str, Work] = {"validate": partial(validate, stage), "promote": promote_and_wait}
    stage.explore(works, set_up=lambda: stage.set_up(copied=None), holds=Seen(stage))


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

    def __getattr__(self, method: str) -> Callable[..., object]:
        def ask(*arguments: Any, **named: Any) -> object:
            found = getattr(self._sessions, method)(*arguments, **named)
            self._stage.sql.run(f"UPDATE users SET role = 'ADMIN' WHERE id = '{USER_ID}'")
            self._stage.clock.advance(50)
            return found

        return ask


@pytest.fixture
def slow(stage: Stage, environment: Environment) -> UserManager:
    """A manager whose record answers slowly."""
    database = environment.manager._database
    sessions: Any = _SlowAnswers(stage, database.sessions)
    return UserManager(
        database=replace(database, sessions=sessions),
        copies=environment.manager._adapter,
        attempts=MemoryAttemptAdapter(stage.clock),
        policy=stage.policy,
        clock=stage.clock,
        observer=environment.observer,
    )


def assert_seen_in_time(stage: Stage, session_id: str) -> None:
    """A change behind the manager's back, made while the answer was under way, is seen a minute after the question."""
    stage.clock.advance(10)
    seen = stage.seen_now(session_id)
    assert seen
    assert seen.user.role is UserRole.ADMIN


@pytest.mark.parametrize("copied", [None, STALE], ids=["repair", "revalidate"])
def test_a_copy_dates_from_before_the_question_not_from_its_answer(
    stage: Stage, slow: UserManager, copied: timedelta | None
) -> None:
    stage.set_up(copied=copied)
    assert slow.find_session(stage.session_id)
    assert_seen_in_time(stage, stage.session_id)


def test_so_does_that_of_a_login(stage: Stage, slow: UserManager) -> None:
    stage.set_up(session=False)
    opened = slow.log_in(EMAIL, PASSWORD, SessionMetadata())
    assert stage.manager._adapter.get(opened.session.key)
    assert_seen_in_time(stage, opened.session_id)


@pytest.mark.parametrize("copied", [None, FRESH], ids=["no copy", "fresh copy"])
def test_so_does_that_of_an_extension(stage: Stage, slow: UserManager, copied: timedelta | None) -> None:
    stage.set_up(copied=copied)
    assert slow.extend_session(stage.session_id, 864_000)
    assert stage.manager._adapter.get(stage.key)
    assert_seen_in_time(stage, stage.session_id)
