"""Wrong passwords from many execution environments at once: no more are looked at than the limits allow."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.attempts import ACCOUNT_LIFE_MS, Limit, account_counter, address_counter
from session_management.errors import InvalidCredentialsError, TooManyAttemptsError
from session_management.managers import authentication
from session_management.models import CreateUserData, SessionMetadata
from session_management.passwords import Verification, verify_password
from session_management.policy import LoginPolicy
from tests.support.clock import ToldClock
from tests.support.managers import Environment, an_environment
from tests.support.policies import a_policy

EMAIL, PASSWORD = "ann@example.com", "correct horse"
ENVIRONMENTS, TRIES = 12, 10
LIMITED = LoginPolicy(account=Limit(10, ACCOUNT_LIFE_MS, 1_000, 300_000), address=Limit(15, 900_000))


@pytest.fixture
def environments(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, clock: ToldClock, cheap_passwords: None
) -> Iterator[list[Environment]]:
    """Many, each with its connections, and Ann."""
    with ExitStack() as made:
        policy = a_policy(login=LIMITED)
        wired = [made.enter_context(an_environment(postgres, valkey, clock, policy)) for _ in range(ENVIRONMENTS)]
        wired[0].manager.create(CreateUserData(EMAIL, password=PASSWORD))
        yield wired


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many passwords were looked at, by the password."""
    looked_at: Counter[str] = Counter()
    lock = threading.Lock()

    def counting(password: str, hashed: str | None) -> Verification:
        with lock:
            looked_at[password] += 1
        return verify_password(password, hashed)

    monkeypatch.setattr(authentication, "verify_password", counting)
    return looked_at


def guess_at_once(environments: list[Environment], email_of: Callable[[int], str], ip_of: Callable[[int], str]) -> int:
    """Have every environment try wrong passwords, one after the other, all at once; how many were refused unseen."""
    together = threading.Barrier(len(environments))

    def guess(number: int) -> int:
        refused = 0
        together.wait()
        for turn in range(TRIES):
            one = number * TRIES + turn
            try:
                environments[number].manager.log_in(email_of(one), "wrong", SessionMetadata(ip_of(one)))
            except TooManyAttemptsError:
                refused += 1
            except InvalidCredentialsError:
                pass
        return refused

    with ThreadPoolExecutor(len(environments)) as pool:
        return sum(pool.map(guess, range(len(environments))))


def test_of_one_account_no_more_hashes_are_computed_than_it_has_free(
    environments: list[Environment], computed: Counter[str], clock: ToldClock
) -> None:
    """ASVS 6.3.1: each from an address of its own, as a botnet would; and one more after each delay."""
    refused = guess_at_once(environments, lambda _: EMAIL, lambda number: f"192.0.2.{number}")
    assert (computed["wrong"], refused) == (10, ENVIRONMENTS * TRIES - 10)
    for further, wait in enumerate((1, 2, 4, 8), start=11):
        clock.advance(wait)
        guess_at_once(environments, lambda _: EMAIL, lambda number: f"192.0.2.{number}")
        assert computed["wrong"] == further


def test_from_one_address_no_more_hashes_are_computed_than_it_has(
    environments: list[Environment], computed: Counter[str]
) -> None:
    """ASVS 6.3.1: each for an account of its own; the addresses are of one IPv6 /64."""
    refused = guess_at_once(
        environments, lambda number: f"{number}@example.com", lambda number: f"2001:db8::{number:x}"
    )
    assert (computed["wrong"], refused) == (15, ENVIRONMENTS * TRIES - 15)


def test_successes_at_once_are_all_let_in_and_leave_nothing_counted(
    environments: list[Environment], keys: redis.Redis
) -> None:
    """As many as an account has free: each is reserved before anybody knows that it is right."""
    with ThreadPoolExecutor(ENVIRONMENTS) as pool:
        opened = list(
            pool.map(
                lambda one: one.manager.log_in(EMAIL, PASSWORD, SessionMetadata()), environments[: LIMITED.account.free]
            )
        )
    assert len({one.session_id for one in opened}) == LIMITED.account.free
    assert keys.exists(account_counter(EMAIL, LIMITED.account).key) == 0


def test_every_counter_ends_by_itself_and_holds_no_email_and_no_address(
    environments: list[Environment], keys: redis.Redis
) -> None:
    """P5."""
    guess_at_once(environments, lambda _: EMAIL, lambda _: "192.0.2.7")
    counters = {account_counter(EMAIL, LIMITED.account), address_counter("192.0.2.7", LIMITED.address)}
    assert set(keys.keys("attempts:*")) == {counter.key.encode() for counter in counters}
    for counter in counters:
        assert 0 < keys.pttl(counter.key) <= counter.limit.life_ms
        held = counter.key + repr(keys.zrange(counter.key, 0, -1))
        assert EMAIL not in held
        assert "192.0.2.7" not in held
