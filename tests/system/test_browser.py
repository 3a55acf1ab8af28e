"""A real browser at the front door: what it does with the cookie, and what it lets pages of other origins do."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from infra.local.deployment import DemoUser, StackOptions
from infra.local.stack import LocalStack
from tests.system.browser import Browser, ChromeDriver
from tests.system.pages import empty_page

COOKIE = "__Host-sessionId"
WEEK = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Origins:
    """The front door, and pages beside it: of its own site (another port) and of another site (another host)."""

    own: str
    allowed: str
    allowed_site: str
    foreign: str
    foreign_site: str


class BrowserStack(LocalStack):
    """The local stack as it runs for browsers: the cookie Secure, and some pages of other origins allowed."""

    allowed_origins: tuple[str, ...] = ()

    @property
    def environment(self) -> Mapping[str, str]:
        local = {name: value for name, value in super().environment.items() if name != "COOKIE_SECURE"}
        return {**local, "ALLOWED_ORIGINS": ",".join(self.allowed_origins)}


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origins]:
    """Start the service and the pages."""
    with ExitStack() as resources:
        log = resources.enter_context((tmp_path_factory.mktemp("stack") / "log").open("ab"))
        allowed, foreign = (resources.enter_context(empty_page()) for _ in range(2))
        stack = BrowserStack(StackOptions(durable=False, log=log.fileno()))
        stack.allowed_origins = (f"http://127.0.0.1:{allowed}", f"http://localhost:{allowed}")
        resources.enter_context(stack)
        yield Origins(stack.url, *stack.allowed_origins, f"http://127.0.0.1:{foreign}", f"http://localhost:{foreign}")


@pytest.fixture(scope="module")
def started_browser() -> Iterator[Browser]:
    with ChromeDriver() as driver, driver.browser() as browser:
        yield browser


@pytest.fixture
def browser(started_browser: Browser, origins: Origins) -> Browser:
    """Return the browser without any cookie, on a page of the front door's origin."""
    started_browser.open(f"{origins.own}/validate")
    started_browser.forget_cookies()
    return started_browser


def login(**fields: object) -> dict[str, Any]:
    """Return what a page passes to `fetch` to log in, with these *fields* besides email and password."""
    user = DemoUser()
    return {
        "method": "POST",
        "body": json.dumps({"email": user.email, "password": user.password, **fields}),
        "headers": {"content-type": "application/json"},
        "credentials": "include",
    }


def log_in(browser: Browser, **fields: object) -> dict[str, Any]:
    """Log in from a page of the front door's own origin; return the cookie that the browser keeps."""
    assert browser.fetch("/login", **login(**fields))["status"] == 200
    (cookie,) = browser.cookies()
    return cookie


def test_the_browser_keeps_the_cookie_as_it_was_meant(browser: Browser) -> None:
    """ASVS 3.3.1, 3.3.2."""
    cookie = log_in(browser)
    value, expiry = cookie.pop("value"), cookie.pop("expiry")

    assert len(value) == 43
    assert abs(expiry - (time.time() + WEEK)) < 60
    assert cookie == {
        "name": COOKIE,
        "domain": "127.0.0.1",
        "path": "/",
        "httpOnly": True,
        "secure": True,
        "sameSite": "Lax",
    }


def test_the_browser_keeps_a_login_that_is_not_to_be_remembered_until_it_is_closed(browser: Browser) -> None:
    cookie = log_in(browser, remember=False)

    assert cookie["name"] == COOKIE
    assert "expiry" not in cookie


def test_scripts_do_not_see_the_cookie(browser: Browser) -> None:
    """ASVS 3.3.4."""
    log_in(browser)
    browser.add_cookie({"name": "visible", "value": "1"})

    assert browser.cookies_that_scripts_see() == "visible=1"


def test_the_cookie_opens_validate_and_the_protected_route(browser: Browser) -> None:
    before = [browser.fetch(path)["status"] for path in ("/validate", "/me")]
    log_in(browser)
    validated, protected = browser.fetch("/validate"), browser.fetch("/me")

    assert before == [401, 403]
    assert validated["status"] == 200
    assert json.loads(validated["body"])["user"]["email"] == DemoUser().email
    assert protected["status"] == 200
    assert DemoUser().email in protected["body"]


def test_a_logout_removes_the_cookie_and_ends_its_session(browser: Browser) -> None:
    cookie = log_in(browser)

    assert browser.fetch("/logout", method="POST")["status"] == 204
    assert browser.cookies() == []
    assert browser.fetch("/validate")["status"] == 401
    browser.add_cookie(cookie)
    assert browser.cookies() == [cookie]
    assert browser.fetch("/validate")["status"] == 401


def test_a_logout_in_one_tab_logs_the_other_out(browser: Browser, origins: Origins) -> None:
    log_in(browser)
    browser.open_tab(f"{origins.own}/validate")
    in_second_tab = [
        browser.fetch("/validate")["status"],
        browser.fetch("/logout", method="POST")["status"],
    ]
    browser.close_tab()

    assert in_second_tab == [200, 204]
    assert browser.fetch("/validate")["status"] == 401
    assert browser.cookies() == []


def test_a_session_is_listed_with_its_device_and_ended_from_another_profile(browser: Browser, origins: Origins) -> None:
    """ASVS 7.5.2."""
    log_in(browser)
    ours = json.loads(browser.fetch("/validate")["body"])["session"]["handle"]
    with ChromeDriver() as driver, driver.browser() as other:
        other.open(f"{origins.own}/validate")
        log_in(other)
        listed = {one["handle"]: one for one in json.loads(other.fetch("/sessions")["body"])["sessions"]}
        ended = other.fetch(f"/sessions/{ours}", method="DELETE")
        still_in = other.fetch("/validate")

    assert re.fullmatch(r"\w*Chrom\w+ on Linux", listed[ours]["device"])
    assert not listed[ours]["is_current"]
    assert (ended["status"], still_in["status"]) == (204, 200)
    assert browser.fetch("/validate")["status"] == 401


def test_a_refused_login_leaves_no_cookie(browser: Browser) -> None:
    wrong = login() | {"body": json.dumps({"email": DemoUser().email, "password": "wrong"})}

    assert browser.fetch("/login", **wrong)["status"] == 401
    assert browser.cookies() == []


def test_a_page_of_an_allowed_origin_logs_in_reads_and_logs_out(browser: Browser, origins: Origins) -> None:
    browser.open(origins.allowed)
    logged_in = browser.fetch(f"{origins.own}/login", **login())
    validated = browser.fetch(f"{origins.own}/validate", credentials="include")
    logged_out = browser.fetch(f"{origins.own}/logout", method="POST", credentials="include")

    assert logged_in["status"] == 200
    assert validated["status"] == 200
    assert json.loads(validated["body"])["user"]["email"] == DemoUser().email
    assert logged_out["status"] == 204
    assert browser.fetch(f"{origins.own}/validate", credentials="include")["status"] == 401


def test_a_page_of_an_allowed_other_site_uses_a_bearer_token(browser: Browser, origins: Origins) -> None:
    """SameSite=Lax keeps the cookie from it."""
    browser.open(origins.allowed_site)
    session_id = json.loads(browser.fetch(f"{origins.own}/login", **login(transport="bearer"))["body"])["session_id"]
    with_token = browser.fetch(f"{origins.own}/validate", headers={"authorization": f"Bearer {session_id}"})

    assert with_token["status"] == 200
    assert json.loads(with_token["body"])["user"]["email"] == DemoUser().email


@pytest.mark.parametrize("page", ["foreign", "foreign_site"])
def test_a_page_of_a_foreign_origin_reads_nothing(browser: Browser, origins: Origins, page: str) -> None:
    log_in(browser)
    browser.open(getattr(origins, page))

    assert browser.fetch(f"{origins.own}/validate", credentials="include") == {"error": "TypeError"}


@pytest.mark.parametrize("page", ["foreign", "foreign_site"])
def test_a_page_of_a_foreign_origin_cannot_log_anybody_in(browser: Browser, origins: Origins, page: str) -> None:
    """Neither with a script, whose preflight is refused, nor with a form, which needs none."""
    browser.open(getattr(origins, page))
    by_script = browser.fetch(f"{origins.own}/login", **login())
    by_form = browser.post_form(f"{origins.own}/login", login()["body"].replace("}", ', "a": "="}'))

    assert by_script == {"error": "TypeError"}
    assert (json.loads(by_form)["status"], json.loads(by_form)["code"]) == (403, "forbidden_origin")
    assert browser.cookies() == []


@pytest.mark.parametrize("page", ["foreign", "foreign_site"])
def test_a_page_of_a_foreign_origin_cannot_log_anybody_out(browser: Browser, origins: Origins, page: str) -> None:
    """ASVS 3.5.1."""
    cookie = log_in(browser)
    browser.open(getattr(origins, page))
    browser.fetch(f"{origins.own}/logout", method="POST", credentials="include", mode="no-cors")
    by_form = browser.post_form(f"{origins.own}/logout", "a=b")

    assert (json.loads(by_form)["status"], json.loads(by_form)["code"]) == (403, "forbidden_origin")
    browser.open(f"{origins.own}/validate")
    assert browser.cookies() == [cookie]
    assert browser.fetch("/validate")["status"] == 200


def password_change() -> dict[str, Any]:
    """Return what a page passes to `fetch` to change the password."""
    body = {"current_password": DemoUser().password, "new_password": "the cat reads no newspaper"}
    return {"method": "POST", "body": json.dumps(body), "headers": {"content-type": "application/json"}}


@pytest.mark.parametrize("page", ["foreign", "foreign_site"])
@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/sessions?all=true", {"method": "DELETE"}),
        ("/sessions/extend", {"method": "POST"}),
        ("/password", password_change()),
    ],
)
def test_a_page_of_a_foreign_origin_changes_nothing_of_a_session(
    browser: Browser, origins: Origins, page: str, path: str, change: dict[str, Any]
) -> None:
    """ASVS 3.5.1: neither by what the browser asks about before, nor by what it just sends."""
    log_in(browser)
    before = json.loads(browser.fetch("/validate")["body"])
    browser.open(getattr(origins, page))
    asked_before = browser.fetch(f"{origins.own}{path}", **change, credentials="include")
    browser.fetch(f"{origins.own}{path}", method="POST", body=change.get("body"), credentials="include", mode="no-cors")

    assert asked_before == {"error": "TypeError"}
    browser.open(f"{origins.own}/validate")
    assert json.loads(browser.fetch("/validate")["body"])["session"] == before["session"]
