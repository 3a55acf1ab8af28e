"""What limits guesses: only failures count, a success forgets them, and beyond a limit no hash is computed."""

from typing import Any

import pytest

from session_management.attempts import ACCOUNT_LIFE_MS, Limit
from session_management.errors import (
    EmailTakenError,
    InvalidCredentialsError,
    StoreUnavailableError,
    TooManyAttemptsError,
)
from session_management.managers import authentication
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata, User
from session_management.policy import LoginPolicy
from tests.contract.manager.conftest import PASSWORD
from tests.contract.stores import Stores

WRONG, NEW_PASSWORD = "wrong", "nine umbrellas under one moon"
LIMITED = LoginPolicy(account=Limit(3, ACCOUNT_LIFE_MS, 1_000, 300_000), address=Limit(6, 900_000))


@pytest.fixture
def manager(stores: Stores) -> UserManager:
    """The rules with limits that are soon reached."""
    return stores.manager(login=LIMITED)


def try_to_log_in(manager: UserManager, password: str = WRONG, email: str = "ann@example.com", ip: str = "::1") -> Any:
    """Return what came of it: a login, "wrong", or for how many seconds it is refused."""
    try:
        return manager.log_in(email, password, SessionMetadata(ip))
    except InvalidCredentialsError:
        return "wrong"
    except TooManyAttemptsError as refusal:
        return refusal.retry_after_seconds


def test_failures_of_an_account_are_delayed_and_a_delay_that_is_over_lets_the_right_password_in(
    stores: Stores, manager: UserManager, ann: User
) -> None:
    assert [try_to_log_in(manager) for _ in range(4)] == ["wrong", "wrong", "wrong", 1]
    assert try_to_log_in(manager, PASSWORD) == 1
    stores.pass_time(1)
    assert try_to_log_in(manager) == "wrong"
    assert try_to_log_in(manager, PASSWORD) == 2
    stores.pass_time(2)
    assert try_to_log_in(manager, PASSWORD).user.id == ann.id


def test_a_success_forgets_the_failures_of_its_account(manager: UserManager, ann: User) -> None:
    for _ in range(2):
        assert [try_to_log_in(manager) for _ in range(2)] == ["wrong", "wrong"]
        assert try_to_log_in(manager, PASSWORD).user.id == ann.id
    assert [try_to_log_in(manager) for _ in range(2)] == ["wrong", "wrong"]


def test_a_success_forgets_no_failure_of_its_address(manager: UserManager, ann: User) -> None:
    for number in range(5):
        assert try_to_log_in(manager, email=f"{number}@example.com") == "wrong"
        assert try_to_log_in(manager, PASSWORD).user.id == ann.id
    assert try_to_log_in(manager) == "wrong"
    assert try_to_log_in(manager) == 900
    assert try_to_log_in(manager, ip="2001:db8::1") == "wrong"


def test_successes_are_never_limited(manager: UserManager, ann: User) -> None:
    for _ in range(20):
        assert try_to_log_in(manager, PASSWORD).user.id == ann.id


def test_an_email_that_nobody_has_is_delayed_like_any_other(manager: UserManager, ann: User) -> None:
    def tries(email: str, ip: str) -> list[Any]:
        return [try_to_log_in(manager, email=email, ip=ip) for _ in range(5)]

    assert tries("ann@example.com", "192.0.2.1") == tries("nobody@example.com", "192.0.2.2")


def test_an_email_has_one_counter_in_every_case(manager: UserManager, ann: User) -> None:
    for email in ("ann@example.com", "ANN@example.com", "Ann@Example.Com"):
        assert try_to_log_in(manager, email=email) == "wrong"
    assert try_to_log_in(manager, PASSWORD) == 1


def test_beyond_a_limit_no_hash_is_computed_and_the_record_is_not_asked(
    manager: UserManager, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        try_to_log_in(manager)
    monkeypatch.setattr(authentication, "verify_password", None)
    monkeypatch.setattr(manager._opening, "_database", None)
    assert [try_to_log_in(manager, email=email) for email in ("ann@example.com", "ANN@example.com")] == [1, 1]


def test_an_outage_of_the_record_is_no_failure(
    manager: UserManager, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not the client's, and tells nobody whether a password is right."""

    def unavailable(*_: object) -> None:
        raise StoreUnavailableError("postgresql", "it did not answer in time")

    with monkeypatch.context() as outage:
        outage.setattr(type(manager._database.users), "find_by_email", unavailable)
        for _ in range(9):
            with pytest.raises(StoreUnavailableError):
                try_to_log_in(manager)
    assert [try_to_log_in(manager) for _ in range(4)] == ["wrong", "wrong", "wrong", 1]


def test_a_success_under_an_email_that_shares_the_counter_forgets_no_failure_of_the_other(
    manager: UserManager, ann: User
) -> None:
    """Or whoever registers another's email with an accent could guess on for ever, between logins of their own."""
    manager.create(CreateUserData("\u00e4nn@example.com", password=PASSWORD))
    for _ in range(2):
        assert try_to_log_in(manager) == "wrong"
    assert try_to_log_in(manager, PASSWORD, "\u00e4nn@example.com").user.id != ann.id
    assert [try_to_log_in(manager) for _ in range(2)] == ["wrong", 1]


def try_to_change(manager: UserManager, session_id: str, current: str) -> Any:
    """Return what came of it: a login, "wrong", or for how many seconds it is refused."""
    try:
        return manager.change_own_password(session_id, current, NEW_PASSWORD, SessionMetadata("192.0.2.7"))
    except InvalidCredentialsError:
        return "wrong"
    except TooManyAttemptsError as refusal:
        return refusal.retry_after_seconds


def test_whoever_holds_a_session_may_guess_its_password_no_more_than_anybody(
    stores: Stores, manager: UserManager, ann: User
) -> None:
    session_id = try_to_log_in(manager, PASSWORD).session_id
    assert try_to_log_in(manager) == "wrong"
    assert [try_to_change(manager, session_id, WRONG) for _ in range(3)] == ["wrong", "wrong", 1]
    assert try_to_change(manager, session_id, PASSWORD) == 1
    assert try_to_log_in(manager, PASSWORD) == 1
    stores.pass_time(1)
    assert try_to_change(manager, session_id, PASSWORD).user.id == ann.id
    assert [try_to_log_in(manager) for _ in range(4)] == ["wrong", "wrong", "wrong", 1]


def try_to_register(manager: UserManager, email: str, ip: str = "192.0.2.7") -> Any:
    """Return what came of it: a login, "taken", or for how many seconds it is refused."""
    try:
        return manager.register(email, NEW_PASSWORD, SessionMetadata(ip))
    except EmailTakenError:
        return "taken"
    except TooManyAttemptsError as refusal:
        return refusal.retry_after_seconds


def test_registrations_from_an_address_are_counted_whatever_comes_of_them(
    stores: Stores, manager: UserManager, ann: User
) -> None:
    for number in range(3):
        assert try_to_register(manager, f"{number}@example.com").user.email == f"{number}@example.com"
        assert try_to_register(manager, ann.email) == "taken"
    assert [try_to_register(manager, email) for email in ("3@example.com", ann.email)] == [900, 900]
    assert manager.count() == 4
    with pytest.raises(TooManyAttemptsError):
        manager.register_unseen("3@example.com", NEW_PASSWORD, SessionMetadata("192.0.2.7"))
    assert try_to_register(manager, "3@example.com", "192.0.2.8").user.email == "3@example.com"
    stores.pass_time(900)
    assert try_to_register(manager, "4@example.com").user.email == "4@example.com"


def test_registrations_that_nobody_sees_count_as_well(manager: UserManager, ann: User) -> None:
    for number in range(3):
        for email in (f"{number}@example.com", ann.email):
            manager.register_unseen(email, NEW_PASSWORD, SessionMetadata("192.0.2.7"))
    assert try_to_register(manager, "3@example.com") == 900


def test_an_operator_lifts_the_limit_of_one_account(manager: UserManager, ann: User) -> None:
    for email in (ann.email, "bob@example.com"):
        assert [try_to_log_in(manager, email=email, ip="") for _ in range(4)] == ["wrong", "wrong", "wrong", 1]
    assert manager.lift_limit("ANN@example.com") == 3
    assert try_to_log_in(manager, PASSWORD).user.id == ann.id
    assert try_to_log_in(manager, email="bob@example.com") == 1
    assert manager.lift_limit("ann@example.com") == 0


def test_without_an_address_the_account_alone_is_limited(manager: UserManager, ann: User) -> None:
    tries = [try_to_log_in(manager, email=f"{number}@example.com", ip="") for number in range(20)]
    assert tries == ["wrong"] * 20
    assert [try_to_log_in(manager, ip="") for _ in range(4)] == ["wrong", "wrong", "wrong", 1]
