"""P4 in every order of store calls: the first validation after an acknowledged change shows it, and so do all after."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from session_management.managers.user_manager import UserManager
from session_management.models import UserRole
from tests.integration.interleavings.operation import Outcome
from tests.integration.interleavings.stage import USER_ID, Stage, Work

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


def test_what_changed_behind_the_managers_back_is_seen_within_a_minute_even_by_a_slow_repair(
    stage: Stage,
) -> None:
    """A copy dates from before the statement that read the record, not from when it was written."""

    def change_behind_the_back(_: UserManager) -> None:
        stage.sql.run(f"UPDATE users SET role = 'ADMIN' WHERE id = '{USER_ID}'")
        stage.clock.advance(50)

    for copied in (None, STALE):
        works: dict[str, Work] = {"validate": partial(validate, stage), "change": _stepped(change_behind_the_back)}
        stage.explore(
            works,
            set_up=lambda copied=copied: stage.set_up(copied=copied),  # type: ignore[misc]
            holds=partial(_seen_within_a_minute, stage),
        )


def _stepped(work: Work) -> Work:
    """Give *work* a call to a store before it, so that it has a place in the order."""

    def count_and_work(manager: UserManager) -> None:
        manager.count()
        work(manager)

    return count_and_work


def _seen_within_a_minute(stage: Stage, ended: dict[str, Outcome]) -> None:
    if len(ended) < 2:
        return
    stage.clock.advance(10)  # 50 seconds have passed since the change
    seen = stage.seen_now()
    assert seen
    assert seen.user.role is UserRole.ADMIN, "a copy from before the change is believed after a minute"
