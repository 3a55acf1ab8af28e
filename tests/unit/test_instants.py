"""Spans by both clocks, of which either may be strange after a freeze or a restore."""

from collections.abc import Callable

import pytest

from session_management.instants import is_within, present
from tests.support.clock import ToldClock


@pytest.mark.parametrize(
    ("passes", "are_within"),
    [
        (lambda clock: clock.advance(0.0), True),
        (lambda clock: clock.advance(9.999), True),
        (lambda clock: clock.advance(10.0), False),
        (lambda clock: clock.freeze(9.999), True),
        (lambda clock: clock.freeze(10.0), False),
        (lambda clock: clock.advance(-0.001), False),
        (lambda clock: clock.restart_monotonic(999.999), False),
        (lambda clock: clock.restart_monotonic(1009.999), True),
        (lambda clock: clock.restart_monotonic(1010.0), False),
    ],
    ids=[
        "no time",
        "less",
        "as much",
        "frozen for less",
        "frozen for as much",
        "the calendar was set back",
        "restarted before",
        "restarted within",
        "restarted beyond",
    ],
)
def test_less_than_ten_seconds_have_passed_only_if_both_clocks_say_so(
    clock: ToldClock, passes: Callable[[ToldClock], None], are_within: bool
) -> None:
    since = present(clock)
    passes(clock)

    assert is_within(10.0, since, present(clock)) is are_within
