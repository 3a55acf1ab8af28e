"""The verdict of `make timing`, on made-up times: what must pass passes, what must fail fails."""

import random

import pytest

from tests.benchmarks.equivalence import FEWEST_ROUNDS, Comparison, Verdict, compare
from tests.benchmarks.login_timing import are_alike, table

ROUNDS = 40
MARGIN = 0.05


def times(factor: float, noise: float, seed: int, rounds: int = ROUNDS) -> list[float]:
    """Return about *factor* times 30 ms for each round, up to *noise* more or less of it."""
    draws = random.Random(seed)
    return [0.030 * factor * (1 + draws.uniform(-noise, noise)) for _ in range(rounds)]


def compared(other: list[float], reference: list[float] | None = None) -> Comparison:
    """Return *other* beside a reference with little noise."""
    seconds = {"reference": reference or times(1, 0.02, seed=1), "other": other}
    _, found = compare(seconds, "reference", random.Random(3))
    return found


@pytest.mark.parametrize("factor", [0.98, 1, 1.02])
def test_times_that_differ_by_less_than_the_margin_are_alike(factor: float) -> None:
    found = compared(times(factor, 0.02, seed=2))

    assert found.verdict(MARGIN) is Verdict.ALIKE
    assert found.low <= found.ratio <= found.high
    assert found.ratio == pytest.approx(factor, abs=0.01)
    assert found.median_seconds == pytest.approx(0.030 * factor, rel=0.02)


@pytest.mark.parametrize("factor", [0.05, 0.92, 1.08, 2, 8], ids=["no hash", "-8%", "+8%", "two hashes", "bcrypt"])
def test_times_that_differ_by_more_are_different(factor: float) -> None:
    assert compared(times(factor, 0.02, seed=2)).verdict(MARGIN) is Verdict.DIFFERENT


def test_what_is_lost_in_noise_is_neither() -> None:
    """A wide interval proves nothing, and so does not pass."""
    assert compared(times(1, 0.9, seed=2)).verdict(MARGIN) is Verdict.UNTOLD


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.95, 1.05, Verdict.ALIKE),
        (0.949, 1.0, Verdict.UNTOLD),
        (1.0, 1.051, Verdict.UNTOLD),
        (0.9, 1.2, Verdict.UNTOLD),
        (1.051, 1.2, Verdict.DIFFERENT),
        (0.8, 0.949, Verdict.DIFFERENT),
    ],
)
def test_the_whole_interval_has_to_lie_within_the_margin(low: float, high: float, verdict: Verdict) -> None:
    assert Comparison("path", 0.03, 1.0, low, high).verdict(0.05) is verdict


def test_a_machine_that_is_slower_for_some_rounds_makes_no_difference() -> None:
    """Each round is compared with itself alone."""
    slowed = [time * (3 if number % 4 else 1) for number, time in enumerate(times(1, 0.01, seed=1))]

    assert compared([time * 1.01 for time in slowed], slowed).verdict(0.02) is Verdict.ALIKE


def test_of_few_rounds_nothing_is_told() -> None:
    few = times(1, 0.02, seed=1, rounds=FEWEST_ROUNDS - 1)
    with pytest.raises(ValueError, match="too few"):
        compared(few, few)


@pytest.mark.parametrize(("factor", "is_alike"), [(1.0, True), (1.08, False)])
def test_one_path_that_is_not_alike_is_enough(factor: float, is_alike: bool) -> None:
    seconds = {"a": times(1, 0.02, seed=1), "b": times(1, 0.02, seed=2), "c": times(factor, 0.02, seed=4)}

    assert are_alike(compare(seconds, "a", random.Random(3)), MARGIN) is is_alike


def test_the_table_has_every_figure() -> None:
    lines = table(
        [Comparison("a", 0.0301, 1.0, 1.0, 1.0), Comparison("b", 0.04, 1.3333, 1.2, 1.4)], MARGIN
    ).splitlines()

    assert [line.split() for line in lines] == [
        ["path", "median", "ms", "ratio", "95", "%", "interval", "within", "±5%"],
        ["a", "30.10", "1.000", "1.000", "to", "1.000", "alike"],
        ["b", "40.00", "1.333", "1.200", "to", "1.400", "DIFFERENT"],
    ]
