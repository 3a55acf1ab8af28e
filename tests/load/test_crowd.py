"""Many environments over one PostgreSQL and one Valkey, in small: what must hold however fast the machine is."""

import itertools
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from tests.load.crowd.crowd import Outcome, Stretch, run
from tests.load.crowd.orders import Order
from tests.load.crowd.population import draw, email_of, session_id_of
from tests.load.crowd.report import report

ENVIRONMENTS, SESSIONS, REQUESTS = 20, 800, 60
MINUTES = 3


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Three minutes by a clock that is told, and then requests at random moments within the last of them."""

    def orders(done: Sequence[Stretch]) -> tuple[str, Order] | None:
        if len(done) < MINUTES:
            return f"minute {len(done)}", Order(seconds=60, requests=REQUESTS, ahead_seconds=61.0 * len(done))
        if len(done) > MINUTES:
            return None
        return "offered", Order(seconds=60, requests=5, rate=20, ahead_seconds=61.0 * (MINUTES - 1))

    return run(ENVIRONMENTS, SESSIONS, orders, lambda _: None)


def test_nothing_goes_wrong(outcome: Outcome) -> None:
    assert outcome.told.faults == Counter()
    assert [one.told.requests >= ENVIRONMENTS * REQUESTS for one in outcome.stretches] == [True] * MINUTES + [False]


def test_an_environment_has_one_connection_to_each_store_at_most(outcome: Outcome) -> None:
    for watch in outcome.watches:
        assert watch.samples > 0
        assert watch.held_too_many == set()
        assert watch.most_of_all <= ENVIRONMENTS


def test_postgresql_is_asked_less_than_once_a_session_and_minute(outcome: Outcome) -> None:
    """By its own count as well: a validation that asks it is one statement, and a login at most three."""
    for stretch in outcome.stretches[:MINUTES]:
        asked, logins = stretch.told.recorded, len(stretch.told.login_seconds)
        assert asked.total() < SESSIONS
        assert asked.total() <= stretch.statements <= asked.total() + 3 * logins
        assert max(asked.values()) <= ENVIRONMENTS, "no environment asks twice for what is in its minute"


def test_within_its_minute_a_session_is_answered_by_its_copy(outcome: Outcome) -> None:
    """Whoever met it at the same moment as the first asks as well, and nobody after that."""
    for stretch in outcome.stretches[:MINUTES]:
        told = stretch.told
        assert set(told.paths) == {"copy", "record"}
        assert told.hit_rate >= 1 - (len(told.asked) + len(told.asked) / 2) / told.paths.total()


def test_requests_fall_due_at_random_moments_and_are_timed_from_then(outcome: Outcome) -> None:
    told = outcome.stretches[MINUTES].told

    assert told.requests >= ENVIRONMENTS * 5
    assert 0 < min(told.seconds) <= max(told.seconds) < 60


def test_the_report_has_a_paragraph_for_each_stretch(outcome: Outcome) -> None:
    lines = report(outcome).splitlines()

    assert [line for line in lines if line.startswith(("minute", "offered"))] == [
        line for line in lines if line.endswith("requests a second")
    ]
    assert sum(line == "  errors: 0" for line in lines) == MINUTES + 1


def test_the_first_session_is_drawn_most() -> None:
    random = Random(1)
    drawn = Counter(draw(random, SESSIONS) for _ in range(50_000))

    assert min(drawn) == 0
    assert max(drawn) == SESSIONS - 1
    assert [number for number, _ in drawn.most_common(3)] == [0, 1, 2]


def test_sessions_and_users_differ() -> None:
    assert len({session_id_of(number) for number in range(100)}) == 100
    assert all(one != other for one, other in itertools.pairwise(email_of(number) for number in range(100)))
