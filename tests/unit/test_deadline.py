"""P9: every store time-out shrinks to what is left of the request."""

import math

import pytest

from session_management import deadline as module
from session_management.deadline import asking_again, deadline, seconds_left, within_deadline
from session_management.errors import StoreUnavailableError
from tests.support.clock import ToldClock


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, clock: ToldClock) -> ToldClock:
    """The clock that deadlines go by."""
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_without_a_deadline_there_is_all_the_time_in_the_world() -> None:
    assert math.isinf(seconds_left())
    assert within_deadline("redis", 0.3) == 0.3


def test_time_runs_out_as_it_passes(told: ToldClock) -> None:
    with deadline(10):
        told.advance(4)
        assert seconds_left() == pytest.approx(6)


def test_early_in_a_request_a_store_has_its_whole_time_out(told: ToldClock) -> None:
    with deadline(10):
        assert within_deadline("postgresql", 2.0) == 2.0


def test_late_in_a_request_a_store_has_what_is_left_less_a_reserve_for_the_answer(told: ToldClock) -> None:
    with deadline(3):
        told.advance(2)

        assert within_deadline("postgresql", 2.0) == pytest.approx(0.75)


def test_at_the_end_of_a_request_no_store_is_asked_any_more(told: ToldClock) -> None:
    with deadline(3):
        told.advance(2.75)

        with pytest.raises(StoreUnavailableError) as raised:
            within_deadline("postgresql", 2.0)

    assert not raised.value.was_tried
    assert raised.value.store == "postgresql"


def test_a_deadline_ends_with_its_request_even_if_that_fails(told: ToldClock) -> None:
    with pytest.raises(KeyError), deadline(3):
        raise KeyError

    assert math.isinf(seconds_left())


def test_the_next_request_of_a_warm_environment_has_its_own_deadline(told: ToldClock) -> None:
    with deadline(3):
        told.advance(2.9)
    with deadline(3):
        assert seconds_left() == pytest.approx(3)


def test_whoever_asks_again_has_no_more_time_than_before(told: ToldClock) -> None:
    with deadline(3):
        told.advance(1)
        with asking_again():
            assert seconds_left() == pytest.approx(2)
        assert seconds_left() == pytest.approx(2)
    with asking_again():
        assert math.isinf(seconds_left())
