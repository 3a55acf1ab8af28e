"""Tries of one account's password beside each other, in every order of their store calls, counting among them."""

from collections import Counter
from collections.abc import Callable
from copy import replace
from typing import Final

import pytest

from session_management.attempts import ACCOUNT_LIFE_MS, Limit, account_counter
from session_management.errors import InvalidCredentialsError, TooManyAttemptsError
from session_management.managers import authentication
from session_management.managers.user_manager import UserManager
from session_management.models import LogIn, SessionMetadata
from session_management.passwords import Verification, verify_password
from session_management.policy import LoginPolicy
from tests.integration.interleavings.operation import Outcome
from tests.integration.interleavings.stage import EMAIL, PASSWORD, Stage

HERE: Final = SessionMetadata("192.0.2.7")
WRONG: Final = "wrong"


def allowing(free: int) -> LoginPolicy:
    return LoginPolicy(account=Limit(free, ACCOUNT_LIFE_MS, 1_000, 300_000), address=Limit(100, 900_000))


def guess(manager: UserManager) -> LogIn:
    return manager.log_in(EMAIL, WRONG, HERE)


def log_in(manager: UserManager) -> LogIn:
    return manager.log_in(EMAIL, PASSWORD, HERE)


class Account:
    """What is counted for the account, and the passwords that were looked at for it."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stage = stage
        self.looked_at: Counter[str] = Counter()
        monkeypatch.setattr(authentication, "verify_password", self._verify)

    def set_up(self) -> None:
        self.stage.set_up(session=False)
        self.stage.keys.flushall()
        self.looked_at.clear()

    @property
    def counted(self) -> int:
        return int(self.stage.keys.zcard(account_counter(EMAIL, allowing(1).account).key))

    def _verify(self, password: str, hashed: str | None) -> Verification:
        self.looked_at[password] += 1
        return verify_password(password, hashed)


@pytest.fixture
def account(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Account:
    return Account(stage, monkeypatch)


def kinds(ended: dict[str, Outcome]) -> list[str]:
    """Return what each came to, in the order of the alphabet."""
    told = {InvalidCredentialsError: "wrong", TooManyAttemptsError: "refused", type(None): "logged in"}
    return sorted(told[type(outcome.error)] for outcome in ended.values())


def explore(
    account: Account,
    first: Callable[[UserManager], LogIn],
    free: int,
    holds_at_end: Callable[[dict[str, Outcome]], None],
    faults: int = 0,
) -> int:
    return account.stage.explore(
        {"guess 1": guess, "guess 2": guess} if first is guess else {"log in": first, "guess": guess},
        set_up=account.set_up,
        holds=lambda _: None,
        holds_at_end=holds_at_end,
        policy=replace(account.stage.policy, login=allowing(free)),
        stops_at_tries=True,
        faults=faults,
    )


def test_the_last_free_try_is_one_persons_in_every_order(account: Account) -> None:
    """It is counted before the password is looked at, not after."""

    def holds(ended: dict[str, Outcome]) -> None:
        assert kinds(ended) == ["refused", "wrong"]
        assert account.looked_at == {WRONG: 1}
        assert account.counted == 1

    assert explore(account, guess, 1, holds) > 1


def test_a_lost_word_to_the_counters_lets_one_more_try_through_at_most(account: Account) -> None:
    """The one that lost it is counted by its environment alone, which may have counted no other."""
    seen: set[int] = set()

    def holds(ended: dict[str, Outcome]) -> None:
        assert set(kinds(ended)) <= {"refused", "wrong"}
        seen.add(account.looked_at[WRONG])
        assert 1 <= account.looked_at[WRONG] <= 2

    explore(account, guess, 1, holds, faults=1)
    assert seen == {1, 2}


def test_a_success_forgets_the_failures_before_it_and_is_never_counted_itself(account: Account) -> None:
    left: set[int] = set()

    def holds(ended: dict[str, Outcome]) -> None:
        assert kinds(ended) == ["logged in", "wrong"]
        left.add(account.counted)

    explore(account, log_in, 2, holds)
    assert left == {0, 1}, "a guess that is counted after the success is left, and none before it"


def test_a_success_goes_through_whatever_word_to_redis_is_lost(account: Account) -> None:
    """What is not given back counts as one failure too many, and not as two."""
    left: set[int] = set()

    def holds(ended: dict[str, Outcome]) -> None:
        assert kinds(ended) == ["logged in", "wrong"]
        left.add(account.counted)

    explore(account, log_in, 2, holds, faults=1)
    assert left == {0, 1, 2}
