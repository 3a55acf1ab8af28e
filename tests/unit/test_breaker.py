"""P9: the breaker opens after 3 failures in a row, spares the store, and tries again within 5 seconds."""

from collections.abc import Callable

import pytest

from session_management.breaker import Breaker
from session_management.deadline import asking_again, deadline
from session_management.errors import StoreUnavailableError
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver


class Store:
    """A store behind a breaker; `uses` counts how often it was really asked."""

    def __init__(self, clock: ToldClock, observer: RecordingObserver) -> None:
        self.breaker = Breaker("redis", clock=clock, observer=observer)
        self.failure: Exception | None = None
        self.uses = 0

    def use(self) -> bool:
        """Whether the store answered, whatever else came of it."""
        try:
            with self.breaker:
                self.uses += 1
                if self.failure:
                    raise self.failure
        except StoreUnavailableError:
            return False
        return True

    def fail(self, times: int) -> None:
        """Fail so often, each time really asked."""
        self.failure = StoreUnavailableError("redis", "it did not answer in time")
        for _ in range(times):
            assert not self.use()


@pytest.fixture
def store(clock: ToldClock, observer: RecordingObserver) -> Store:
    """A store that answers."""
    return Store(clock, observer)


def test_a_store_that_answers_is_always_asked(store: Store, observer: RecordingObserver) -> None:
    assert all(store.use() for _ in range(10))
    assert (observer.failures, observer.breakers) == ([], [])


def test_after_three_failures_in_a_row_the_store_is_spared(store: Store) -> None:
    """ASVS 16.5.2."""
    store.fail(3)

    assert not store.use()
    assert store.uses == 3


def test_two_failures_are_borne(store: Store) -> None:
    store.fail(2)
    store.failure = None

    assert store.use()


def test_an_answer_between_failures_starts_the_count_anew(store: Store) -> None:
    store.fail(2)
    store.failure = None
    store.use()
    store.fail(2)
    store.failure = None

    assert store.use()


def test_a_spared_store_costs_nothing_and_says_so(store: Store) -> None:
    store.fail(3)

    with pytest.raises(StoreUnavailableError) as raised, store.breaker:
        pytest.fail("the store was asked")

    assert not raised.value.was_tried
    assert raised.value.store == "redis"


def test_a_request_that_the_store_failed_waits_for_it_once(store: Store, observer: RecordingObserver) -> None:
    """P9: and what is refused later, for want of the store, needs no word besides: it was told."""
    with deadline(10):
        store.fail(1)
        with pytest.raises(StoreUnavailableError) as raised, store.breaker:
            pytest.fail("the store was asked")

    assert raised.value.was_tried
    assert (store.uses, len(observer.failures)) == (1, 1)


def test_the_next_request_asks_again(store: Store) -> None:
    for _ in range(2):
        with deadline(10):
            store.fail(1)
    store.failure = None

    with deadline(10):
        assert store.use()


def test_a_request_may_ask_again_where_it_has_to(store: Store) -> None:
    with deadline(10):
        store.fail(1)
        store.failure = None
        with asking_again():
            assert store.use()
        assert store.use()


def test_a_store_that_fails_again_where_it_had_to_be_asked_is_not_asked_by_the_rest_of_the_request(
    store: Store,
) -> None:
    with deadline(10):
        store.fail(1)
        with asking_again():
            store.fail(1)
        store.failure = None
        assert not store.use()


def test_one_of_a_requests_stores_does_not_keep_it_from_another(
    store: Store, clock: ToldClock, observer: RecordingObserver
) -> None:
    with deadline(10):
        store.fail(1)
        assert Store(clock, observer).use()


def test_what_an_answering_store_refuses_does_not_keep_the_request_from_it(store: Store) -> None:
    """A missing privilege, for one: the store is up."""
    with deadline(10):
        store.failure = StoreUnavailableError("redis", "it refused the command", is_up=True)
        assert not store.use()
        assert not store.use()
    assert store.uses == 2


def test_within_five_seconds_one_use_is_let_through(store: Store, clock: ToldClock) -> None:
    store.fail(3)
    clock.advance(5)

    assert not store.use()
    assert not store.use()
    assert store.uses == 4


def test_each_try_that_fails_spares_the_store_again(store: Store, clock: ToldClock) -> None:
    store.fail(3)
    for tries in range(1, 6):
        clock.advance(5)
        store.use()
        store.use()
        assert store.uses == 3 + tries


def test_a_try_that_succeeds_closes_the_breaker(store: Store, clock: ToldClock, observer: RecordingObserver) -> None:
    store.fail(3)
    store.failure = None
    clock.advance(5)

    assert all(store.use() for _ in range(3))
    assert observer.breakers == [("redis", True), ("redis", False)]


def test_after_it_closed_three_failures_open_it_again(
    store: Store, clock: ToldClock, observer: RecordingObserver
) -> None:
    store.fail(3)
    store.failure = None
    clock.advance(5)
    store.use()
    store.fail(3)

    assert not store.use()
    assert observer.breakers == [("redis", True), ("redis", False), ("redis", True)]


def test_a_store_that_was_not_tried_did_not_fail(store: Store, observer: RecordingObserver) -> None:
    """A request without time says nothing about the store."""
    store.failure = StoreUnavailableError("redis", "no time is left in this request", was_tried=False)
    for _ in range(10):
        store.use()
    store.failure = None

    assert store.use()
    assert observer.failures == []


def test_an_error_that_is_an_answer_is_no_failure(store: Store) -> None:
    store.fail(2)
    store.failure = KeyError("a row that is missing")
    with pytest.raises(KeyError):
        store.use()
    store.fail(2)
    store.failure = None

    assert store.use()


def test_each_failure_is_reported_and_the_opening_once(
    store: Store, clock: ToldClock, observer: RecordingObserver
) -> None:
    store.fail(3)
    clock.advance(5)
    store.use()

    assert len(observer.failures) == 4
    assert observer.breakers == [("redis", True)]


@pytest.mark.parametrize(
    "strange",
    [
        lambda clock: clock.restart_monotonic(1.0),
        lambda clock: clock.restart_monotonic(1e9),
        lambda clock: clock.freeze(3.0),
        lambda clock: clock.advance(-3_600.0),
    ],
    ids=["restored", "restored elsewhere", "frozen", "the calendar was set back"],
)
def test_a_strange_clock_does_not_keep_it_open(
    store: Store, clock: ToldClock, strange: Callable[[ToldClock], None]
) -> None:
    """The first request after a long freeze finds a store that has long been healthy."""
    clock.advance(100_000)
    store.fail(3)
    store.failure = None
    assert not store.use()
    strange(clock)

    assert store.use()


def test_a_store_that_answers_with_an_error_of_the_statements_own_is_told_and_not_spared(
    store: Store, observer: RecordingObserver
) -> None:
    """A missing privilege is mended by nobody's waiting, and other statements may go on."""
    store.fail(2)
    store.failure = StoreUnavailableError("redis", "SQLSTATE 42501", is_up=True)
    for _ in range(5):
        assert not store.use()

    assert len(observer.failures) == 7
    store.fail(2)
    assert (store.uses, observer.breakers) == (9, [])
