"""The limits at the doors: failed logins, wrong current passwords and registrations, by a clock that is told."""

from typing import Any

import pytest

from session_management import factory
from session_management.managers import password_change
from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.password_rules import require_strong
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of, told
from tests.functions.test_login import EMAIL, log_in, login_event, session_id_in, validate
from tests.functions.test_password import NEW, change
from tests.functions.test_register import register
from tests.support.clock import ToldClock
from tests.support.hash_computations import watch_hashes
from tests.support.log import Log

WRONG, REFUSED, GONE = (401, "invalid_credentials"), (429, "too_many_attempts"), (503, "unavailable")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ToldClock:
    """What the functions go by."""
    told_clock = ToldClock()
    monkeypatch.setattr(factory, "_CLOCK", told_clock)
    return told_clock


@pytest.fixture
def service(clock: ToldClock, cheap_passwords: None, service: Service) -> Service:
    """The functions, where anybody may register, on that clock."""
    service.configure(REGISTRATION="open")
    return service


def fail(service: Service, times: int, **fields: str) -> None:
    """Log in wrongly, so many times."""
    for _ in range(times):
        assert told(log_in(service, password="wrong", **fields)) == WRONG


def wait_of(answer: Any) -> int:
    """Return the seconds after which a refused try is looked at again."""
    assert told(answer) == REFUSED
    return int(answer["headers"]["Retry-After"])


# --- Logins ---------------------------------------------------------------------------------------


def test_after_ten_failures_an_account_is_delayed_and_no_store_but_the_counters_is_asked(
    service: Service, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 6.3.1."""
    fail(service, 10)
    stores.calls.clear()
    computed = watch_hashes(monkeypatch)

    assert wait_of(log_in(service)) == 1
    assert stores.calls == [f"{REDIS}: reserve"]
    assert computed == []


def test_the_delay_doubles_with_each_further_failure_up_to_five_minutes(service: Service, clock: ToldClock) -> None:
    """ASVS 6.3.1: 24 failures take 47 minutes, and each next one 5."""
    fail(service, 10)
    waits = []
    for _ in range(14):
        waits.append(wait_of(log_in(service, password="wrong")))
        clock.advance(waits[-1] - 0.001)
        assert wait_of(log_in(service)) == 1
        clock.advance(0.001)
        fail(service, 1)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300, 300]


def test_a_delay_that_is_over_lets_its_owner_in_and_all_is_forgotten(service: Service, clock: ToldClock) -> None:
    """ASVS 6.1.1: it is no lock that somebody could put on another's account."""
    for _ in range(2):
        fail(service, 10)
        clock.advance(wait_of(log_in(service)))
        assert log_in(service)["statusCode"] == 200


def test_an_account_that_nobody_has_is_delayed_with_the_same_answer(service: Service, clock: ToldClock) -> None:
    """ASVS 6.3.8."""
    for _ in range(3):
        emails = (EMAIL, "nobody@example.com")
        for email in emails:
            for _ in range(10):
                log_in(service, email=email, password="wrong")
        refused, nobodys = (log_in(service, email=email, password="wrong") for email in emails)
        assert refused == nobodys
        clock.advance(wait_of(refused))


def test_an_address_has_a_hundred_failures_in_a_quarter_of_an_hour_over_all_accounts(
    service: Service, clock: ToldClock
) -> None:
    """ASVS 6.3.1."""
    for number in range(100):
        fail(service, 1, email=f"{number}@example.com")

    assert wait_of(log_in(service)) == 900
    clock.advance(900)
    assert log_in(service)["statusCode"] == 200


def test_whoever_forges_the_header_is_one_address_and_behind_a_proxy_each_client_is_its_own(service: Service) -> None:
    def statuses() -> list[int]:
        said = (f"203.0.113.9, 198.51.100.{number}, 192.0.2.7" for number in range(3))
        headers = [{"x-forwarded-for": one} for one in said]
        wrong = {"email": EMAIL, "password": "wrong"}
        return [service.invoke("Login", login_event(wrong, headers=one))["statusCode"] for one in headers]

    service.configure(LOGIN_IP_ATTEMPTS="1")
    assert statuses() == [401, 429, 429]
    service.configure(TRUSTED_PROXY_HOPS="1")
    assert statuses() == [401, 401, 401]


def test_what_is_refused_is_logged_and_counted_and_nobody_is_named(
    service: Service, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """ASVS 16.3.3."""
    fail(service, 10)
    capsys.readouterr()
    before = len(log.lines)
    assert wait_of(log_in(service)) == 1

    (line,) = [one for one in log.lines[before:] if one["level"] != "DEBUG"]
    assert (line["level"], line["message"]) == ("WARNING", "too many attempts: a try was refused")
    assert line["retry_after_seconds"] == 1
    printed = capsys.readouterr().out
    assert '"AttemptsRefused":[1.0]' in printed.replace(" ", "")
    for name in (EMAIL, "192.0.2.7"):
        assert name not in printed + repr(line)


# --- Changes of a password ------------------------------------------------------------------------


def test_wrong_current_passwords_and_failed_logins_are_counted_together(service: Service) -> None:
    """ASVS 6.3.1: a stolen session is no way to guess on."""
    for _ in range(5):
        fail(service, 1)
        assert told(change(service, current_password="wrong")) == WRONG

    assert wait_of(change(service)) == 1
    assert wait_of(log_in(service)) == 1
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 200


def test_a_change_that_is_refused_computes_no_hash_and_changes_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(service, 10)
    before = service.manager.find_by_email(EMAIL)
    computed = watch_hashes(monkeypatch)

    assert wait_of(change(service)) == 1
    assert computed == []
    assert service.manager.find_by_email(EMAIL) == before


def test_a_change_forgets_the_failures_of_its_account(service: Service) -> None:
    fail(service, 9)
    assert change(service)["statusCode"] == 200

    fail(service, 10)


# --- Registrations --------------------------------------------------------------------------------


@pytest.mark.parametrize("hides", ["true", "false"])
def test_an_address_has_so_many_registrations_whatever_comes_of_them(
    service: Service, stores: Stores, monkeypatch: pytest.MonkeyPatch, hides: str
) -> None:
    """Free emails and taken ones alike, so that a refusal tells of neither; and before a hash is computed."""
    service.configure(LOGIN_IP_ATTEMPTS="4", REGISTRATION_HIDES_ACCOUNTS=hides)
    for number in range(2):
        assert register(service, email=f"{number}@example.com")["statusCode"] < 300
        assert register(service, email=EMAIL)["statusCode"] == (202 if hides == "true" else 409)
    stores.calls.clear()
    computed = watch_hashes(monkeypatch)

    free, taken = (register(service, email=email) for email in ("ann@example.com", EMAIL))

    assert free == taken
    assert wait_of(free) == 900
    assert stores.calls == [f"{REDIS}: reserve"] * 2
    assert computed == []


def test_registrations_and_failed_logins_are_counted_apart(service: Service) -> None:
    """A new user's first slip is no failure of those who register beside them."""
    service.configure(LOGIN_IP_ATTEMPTS="1")
    fail(service, 1)

    assert register(service)["statusCode"] == 200
    assert wait_of(register(service, email="bob@example.com")) == 900
    assert wait_of(log_in(service)) == 900


def test_what_may_be_no_password_is_no_registration(service: Service) -> None:
    service.configure(LOGIN_IP_ATTEMPTS="1")
    for _ in range(3):
        assert told(register(service, password="weak")) == (400, "weak_password")

    assert register(service)["statusCode"] == 200


# --- Outages --------------------------------------------------------------------------------------


def test_with_redis_down_an_environment_limits_by_itself_and_more_strictly(service: Service, stores: Stores) -> None:
    """ASVS 16.5.3: a fifth of the limits, since every environment counts anew; never none."""
    stores.down = {REDIS}
    fail(service, 2)

    assert wait_of(log_in(service)) == 1
    for number in range(18):
        fail(service, 1, email=f"{number}@example.com")
    assert wait_of(log_in(service, email="nobody@example.com")) == 900


def test_with_redis_down_registrations_are_limited_too(service: Service, stores: Stores) -> None:
    stores.down = {REDIS}
    for number in range(20):
        assert register(service, email=f"{number}@example.com")["statusCode"] == 200

    assert wait_of(register(service)) == 900


def test_with_redis_down_successes_are_not_limited(service: Service, stores: Stores) -> None:
    stores.down = {REDIS}

    assert [log_in(service)["statusCode"] for _ in range(25)] == [200] * 25


@pytest.mark.parametrize("door", ["Login", "Register"])
def test_with_redis_down_who_presents_a_session_waits_for_it_once(service: Service, stores: Stores, door: str) -> None:
    """P9: and the session that was presented is over in the record."""
    parts = {"cookies": [f"__Host-sessionId={DEMO_SESSION_ID}"]}
    stores.down = {REDIS}
    answer = service.invoke("Login", login_event(**parts)) if door == "Login" else register(service, parts)

    assert answer["statusCode"] == 200
    assert [call for call in stores.calls if call.startswith(REDIS)] == [f"{REDIS}: reserve"]
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 401
    assert validate(service, session_id_in(answer))["statusCode"] == 200


def test_a_change_before_whose_first_hash_redis_fails_is_not_begun(
    service: Service, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2: nothing could be fenced; and whether the current password was right is not told."""
    computed = watch_hashes(monkeypatch)

    def judge_and_lose_redis(password: str, *, email: str, min_length: int) -> None:
        require_strong(password, email=email, min_length=min_length)
        stores.down = {REDIS}

    monkeypatch.setattr(password_change, "require_strong", judge_and_lose_redis)
    for current in (DEMO_PASSWORD, "wrong"):
        stores.down = set()
        assert told(change(service, current_password=current)) == GONE
        assert stores.calls[-1] == f"{REDIS}: reserve"

    assert computed == []
    stores.down = set()
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 200


def test_with_postgresql_down_no_try_is_a_failure_and_no_registration_one(service: Service, stores: Stores) -> None:
    service.configure(LOGIN_IP_ATTEMPTS="3")
    stores.down = {POSTGRES}
    for _ in range(12):
        assert told(log_in(service, password="wrong")) == GONE
        assert told(register(service)) == GONE
    stores.down = set()

    fail(service, 3)
    assert register(service)["statusCode"] == 200


# --- Operators ------------------------------------------------------------------------------------


def test_an_operator_lifts_the_limit_of_an_account_and_of_no_other(service: Service) -> None:
    for email in (EMAIL, "admin@example.com"):
        fail(service, 10, email=email)

    assert service.invoke("Admin", {"command": "lift_limit", "email": EMAIL.upper()}) == {"forgotten": 10}
    assert log_in(service)["statusCode"] == 200
    assert wait_of(log_in(service, email="admin@example.com")) == 1
    assert service.invoke("Admin", {"command": "lift_limit", "email": EMAIL}) == {"forgotten": 0}


def test_it_lifts_what_nobody_has_as_well(service: Service) -> None:
    """Or whoever reads the answers would learn which emails are known."""
    fail(service, 10, email="nobody@example.com")

    assert service.invoke("Admin", {"command": "lift_limit", "email": "nobody@example.com"}) == {"forgotten": 10}
    fail(service, 10, email="nobody@example.com")


def test_a_new_password_is_no_way_around_the_limit_of_the_old(service: Service) -> None:
    """It is the account that is limited."""
    fail(service, 10)
    user = service.manager.find_by_email(EMAIL)
    assert user
    service.manager.change_password(user.id, NEW)

    assert wait_of(log_in(service, password=NEW)) == 1
    assert body_of(log_in(service))["code"] == "too_many_attempts"
