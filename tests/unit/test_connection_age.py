"""How long a connection may be idle, and open, before it is replaced."""

from collections.abc import Callable

import pytest

from session_management.clients.connection_age import ConnectionAge
from tests.support.clock import ToldClock

HOURS = 3600.0


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def age(clock: ToldClock) -> ConnectionAge:
    """Of a connection that was opened just now."""
    made = ConnectionAge(clock)
    made.begin()
    return made


@pytest.mark.parametrize(("seconds", "may_be_used"), [(0.0, True), (239.999, True), (240.0, False), (1e9, False)])
def test_a_connection_may_be_idle_for_less_than_four_minutes(
    age: ConnectionAge, clock: ToldClock, seconds: float, may_be_used: bool
) -> None:
    """Since it was opened, and since it was used."""
    clock.advance(seconds)
    assert age.use() is may_be_used
    age.begin()
    clock.advance(120)
    assert age.use()
    clock.advance(seconds)
    assert age.use() is may_be_used


def test_a_connection_lives_for_less_than_eleven_hours_however_busy(age: ConnectionAge, clock: ToldClock) -> None:
    for _ in range(659):
        clock.advance(60)
        assert age.use()
    clock.advance(60)
    assert not age.use()
    assert not age.use(), "as long as it is not replaced"
    age.begin()
    assert age.use()


@pytest.mark.parametrize(
    "strange",
    [
        lambda clock: clock.freeze(240),
        lambda clock: clock.advance(-0.001),
        lambda clock: clock.restart_monotonic(999.999),
        lambda clock: clock.restart_monotonic(1240.0),
    ],
    ids=["the monotonic clock stood still", "the calendar was set back", "restarted before", "restarted after"],
)
def test_a_connection_is_not_trusted_when_either_clock_is_strange(
    age: ConnectionAge, clock: ToldClock, strange: Callable[[ToldClock], None]
) -> None:
    strange(clock)
    assert not age.use()
    age.begin()
    assert age.use()
