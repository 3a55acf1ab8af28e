"""What the tests draw is the same in every run, so that a failure in one is a failure in the next."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import HypothesisProvider

from tests.support.fuzz import RANDOM


def drawn() -> list[str]:
    texts: list[str] = []

    @given(st.text())
    def draw(text: str) -> None:
        texts.append(text)

    draw()
    return texts


def test_the_same_is_drawn_each_time() -> None:
    assert settings().derandomize
    assert drawn() == drawn()


def test_it_does_not_depend_on_what_else_is_imported() -> None:
    assert len(HypothesisProvider(None)._local_constants) == 0


def test_the_long_runs_draw_anew() -> None:
    assert not settings.get_profile(RANDOM).derandomize
