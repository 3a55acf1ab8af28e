"""Tries of passwords: each counts once, in all its counters or in none, until it is given back or forgotten."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from session_management.attempts import Attempt, Counter, Limit, account_counter, address_counter
from tests.contract.stores import Stores

ACCOUNT = Limit(free=3, life_ms=86_400_000, first_wait_ms=1_000, longest_wait_ms=10_000)
ADDRESS = Limit(free=5, life_ms=900_000)
ANN = account_counter("ann@example.com", ACCOUNT)
BOB = account_counter("bob@example.com", ACCOUNT)
HERE = address_counter("192.0.2.7", ADDRESS)
THERE = address_counter("198.51.100.7", ADDRESS)

type Ids = Iterator[int]


@pytest.fixture
def ids() -> Ids:
    return count()


def an_attempt(ids: Ids, *counters: Counter) -> Attempt:
    return Attempt(f"attempt {next(ids):03}", counters)


def fail(stores: Stores, ids: Ids, times: int, *counters: Counter) -> None:
    """Have so many tries let through, which fail."""
    assert [stores.attempts.reserve(an_attempt(ids, *counters)) for _ in range(times)] == [0] * times


def test_what_an_account_has_free_goes_without_a_wait_and_then_the_wait_doubles(stores: Stores, ids: Ids) -> None:
    fail(stores, ids, 3, ANN)
    for wait_ms in (1_000, 2_000, 4_000, 8_000, 10_000, 10_000):
        assert stores.attempts.reserve(an_attempt(ids, ANN)) == wait_ms
        stores.pass_time(wait_ms / 1000 - 0.001)
        assert stores.attempts.reserve(an_attempt(ids, ANN)) == 1
        stores.pass_time(0.001)
        fail(stores, ids, 1, ANN)


def test_what_is_refused_does_not_lengthen_the_wait(stores: Stores, ids: Ids) -> None:
    fail(stores, ids, 3, ANN, HERE)
    assert {stores.attempts.reserve(an_attempt(ids, ANN, HERE)) for _ in range(9)} == {1_000}
    stores.pass_time(1)
    fail(stores, ids, 1, ANN, HERE)
    # Nor was any of it counted at the address, which has one left.
    fail(stores, ids, 1, BOB, HERE)


def test_an_address_has_so_many_in_its_window_and_waits_for_the_oldest_to_leave_it(stores: Stores, ids: Ids) -> None:
    for _ in range(5):
        fail(stores, ids, 1, HERE)
        stores.pass_time(100)
    assert stores.attempts.reserve(an_attempt(ids, HERE)) == 400_000
    stores.pass_time(399.999)
    assert stores.attempts.reserve(an_attempt(ids, HERE)) == 1
    stores.pass_time(0.001)
    fail(stores, ids, 1, HERE)
    assert stores.attempts.reserve(an_attempt(ids, HERE)) == 100_000


def test_what_one_counter_refuses_is_counted_in_no_other(stores: Stores, ids: Ids) -> None:
    fail(stores, ids, 5, HERE)
    for _ in range(9):
        assert stores.attempts.reserve(an_attempt(ids, HERE, ANN)) == 900_000
    fail(stores, ids, 3, ANN, THERE)


def test_accounts_and_addresses_are_counted_apart(stores: Stores, ids: Ids) -> None:
    fail(stores, ids, 3, ANN, HERE)
    fail(stores, ids, 2, BOB, HERE)
    fail(stores, ids, 1, BOB, THERE)


def test_a_try_that_is_sent_again_counts_once(stores: Stores, ids: Ids) -> None:
    again = an_attempt(ids, HERE, ANN)
    assert [stores.attempts.reserve(again) for _ in range(9)] == [0] * 9
    fail(stores, ids, 2, HERE, ANN)
    assert stores.attempts.reserve(an_attempt(ids, ANN)) == 1_000


def test_a_try_that_is_given_back_was_none(stores: Stores, ids: Ids) -> None:
    fail(stores, ids, 2, ANN, HERE)
    for _ in range(9):
        attempt = an_attempt(ids, ANN, HERE)
        assert stores.attempts.reserve(attempt) == 0
        stores.attempts.give_back(attempt, is_success=False)
    fail(stores, ids, 1, ANN, HERE)
    assert stores.attempts.reserve(an_attempt(ids, ANN)) == 1_000


def test_a_success_empties_the_accounts_counter_and_no_other(stores: Stores, ids: Ids) -> None:
    """Or whoever has one account could try as many passwords of others as they like."""
    fail(stores, ids, 2, ANN, HERE)
    fail(stores, ids, 2, BOB, HERE)
    success = an_attempt(ids, ANN, HERE)
    assert stores.attempts.reserve(success) == 0
    stores.attempts.give_back(success, is_success=True)
    fail(stores, ids, 3, ANN)
    fail(stores, ids, 1, HERE)
    assert stores.attempts.reserve(an_attempt(ids, HERE)) == 900_000
    fail(stores, ids, 1, BOB)
    assert stores.attempts.reserve(an_attempt(ids, BOB)) == 1_000


def test_a_success_takes_out_what_its_owner_has_and_leaves_to_others_what_is_theirs(stores: Stores, ids: Ids) -> None:
    """Emails that differ in an accent share a counter and are different accounts."""
    accented = account_counter("\u00e4nn@example.com", ACCOUNT)
    assert accented.key == ANN.key
    fail(stores, ids, 2, ANN)
    success = an_attempt(ids, accented)
    assert stores.attempts.reserve(success) == 0
    stores.attempts.give_back(success, is_success=True)
    fail(stores, ids, 1, ANN)
    assert stores.attempts.reserve(an_attempt(ids, ANN)) == 1_000


def test_a_counter_is_emptied_whoever_owns_what_it_holds(stores: Stores, ids: Ids) -> None:
    fail(stores, ids, 2, ANN)
    fail(stores, ids, 1, account_counter("\u00e4nn@example.com", ACCOUNT))
    fail(stores, ids, 3, BOB)
    assert [stores.attempts.forget(ANN) for _ in range(2)] == [3, 0]
    fail(stores, ids, 3, ANN)
    assert stores.attempts.reserve(an_attempt(ids, BOB)) == 1_000


def test_a_failure_is_forgotten_after_its_life(stores: Stores, ids: Ids) -> None:
    fail(stores, ids, 2, ANN)
    stores.pass_time(86_399)
    fail(stores, ids, 1, ANN)
    assert stores.attempts.reserve(an_attempt(ids, ANN)) == 1_000
    stores.pass_time(1)
    fail(stores, ids, 2, ANN)


def test_tries_at_once_are_each_counted_and_no_more_let_through_than_allowed(stores: Stores, ids: Ids) -> None:
    made = [an_attempt(ids, ANN, HERE) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(stores.attempts.reserve, made))
    assert sorted(waits) == [0] * 3 + [1_000] * 17


def test_a_clock_that_is_ahead_makes_nobody_wait_for_longer_than_the_wait(stores: Stores, ids: Ids) -> None:
    """The failures were counted by another machine, whose clock is a minute ahead."""
    stores.clock.advance(60)
    fail(stores, ids, 5, HERE)
    fail(stores, ids, 3, ANN)
    stores.clock.advance(-60)
    assert stores.attempts.reserve(an_attempt(ids, ANN)) == 1_000
    assert stores.attempts.reserve(an_attempt(ids, HERE)) == 900_000


def test_a_limit_that_was_lowered_holds_at_once(stores: Stores, ids: Ids) -> None:
    for _ in range(5):
        fail(stores, ids, 1, HERE)
        stores.pass_time(100)
    lower = address_counter("192.0.2.7", Limit(free=2, life_ms=900_000))
    assert stores.attempts.reserve(an_attempt(ids, lower)) == 700_000
