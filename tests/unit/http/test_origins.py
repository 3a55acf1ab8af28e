"""Pages of other origins: which may read answers, and which may not change anything."""

from typing import Any

import pytest

from session_management.http.errors import ForbiddenOriginError
from session_management.http.origins import check_origin, cors_headers, preflight_headers
from session_management.settings import Settings
from tests.support.http_events import HOST, SAME_ORIGIN, a_request

APP = "https://app.example.com"
EVIL = "https://evil.example"
ALLOWED = (APP, "http://localhost:3000")
SETTINGS = Settings.from_environment({"ALLOWED_ORIGINS": " ".join(ALLOWED)})
COOKIE = f"__Host-sessionId={'a' * 43}"


# --- CORS ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [APP, "http://localhost:3000", "https://APP.example.com"])
def test_an_allowed_origin_may_read_the_answer_with_credentials(origin: str) -> None:
    assert cors_headers({"origin": origin}, ALLOWED) == {
        "Access-Control-Allow-Origin": origin.lower(),
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "null",
        "",
        "*",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://evil.example/https://app.example.com",
        "https://notapp.example.com",
        f"{APP}/",
        f"{APP}, {EVIL}",
    ],
)
def test_no_other_origin_may(origin: str) -> None:
    """Caches must still know that the answer depends on who asks. ASVS 3.4.2."""
    assert cors_headers({"origin": origin}, ALLOWED) == {"Vary": "Origin"}


def test_without_an_origin_there_is_nothing_to_allow() -> None:
    assert cors_headers({}, ALLOWED) == {"Vary": "Origin"}


def test_where_no_origin_is_allowed_there_is_no_cors() -> None:
    assert cors_headers({"origin": APP}, ()) == {}


# --- Preflight ----------------------------------------------------------------------------------


def test_a_preflight_of_an_allowed_origin_is_told_methods_and_headers() -> None:
    request = a_request("OPTIONS", headers={"origin": APP, "access-control-request-method": "POST"})

    assert preflight_headers(request, ALLOWED, ("POST",)) == {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type",
        "Access-Control-Max-Age": "600",
    }


@pytest.mark.parametrize("origin", [EVIL, "null", ""])
def test_a_preflight_of_another_origin_is_refused(origin: str) -> None:
    with pytest.raises(ForbiddenOriginError):
        preflight_headers(a_request("OPTIONS", headers={"origin": origin}), ALLOWED, ("POST",))


def test_options_of_no_page_is_told_what_is_allowed() -> None:
    assert preflight_headers(a_request("OPTIONS"), ALLOWED, ("GET",)) == {"Allow": "GET, OPTIONS"}


# --- Requests that change something -------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": APP},
        {"origin": "https://APP.EXAMPLE.com"},
        {"origin": APP, "sec-fetch-site": "cross-site"},
        {"origin": APP, "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": f"https://{HOST}", "sec-fetch-site": "same-origin"},
        {"origin": f"https://{HOST}"},
        {"origin": f"https://{HOST.upper()}"},
    ],
    ids=repr,
)
def test_our_own_pages_allowed_ones_and_what_is_no_browser_may_change_things(headers: dict[str, str]) -> None:
    check_origin(a_request("POST", headers=headers), SETTINGS)
    if headers:
        check_origin(a_request("POST", headers=headers, cookies=[COOKIE]), SETTINGS)


@pytest.mark.parametrize("sent", [{"cookies": [COOKIE]}, {"headers": {"cookie": COOKIE}}], ids=["cookies", "header"])
def test_what_carries_the_cookie_has_to_say_where_it_comes_from(sent: dict[str, Any]) -> None:
    """ASVS 3.5.1: whatever does not tell, an old browser may have sent for a foreign page."""
    request = a_request("POST", **sent)
    silent = request._replace(headers={name: text for name, text in request.headers.items() if name not in SAME_ORIGIN})

    with pytest.raises(ForbiddenOriginError, match="send Origin or Sec-Fetch-Site"):
        check_origin(silent, SETTINGS)
    check_origin(a_request("POST", cookies=["another=one"], headers={"accept": "x"}), SETTINGS)


@pytest.mark.parametrize("headers", [{}, {"origin": EVIL}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}])
def test_what_carries_a_bearer_token_alone_may_come_from_anywhere(headers: dict[str, str]) -> None:
    """No page can have a browser add one."""
    bearer = {"authorization": f"Bearer {'a' * 43}", **headers}

    check_origin(a_request("POST", headers=bearer), SETTINGS)
    with pytest.raises(ForbiddenOriginError):
        check_origin(a_request("POST", headers={"origin": EVIL, **bearer}, cookies=[COOKIE]), SETTINGS)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": EVIL, "sec-fetch-site": "cross-site"},
        {"origin": EVIL, "sec-fetch-site": "same-site"},
        {"origin": f"https://{HOST}", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": ""},
        {"sec-fetch-site": "something new"},
        {"origin": f"https://{HOST}.evil.example"},
        {"origin": f"https://evil.example@{HOST}"},
        {"origin": f"https://{HOST}:8443"},
        {"origin": f"h://{HOST}"},
        {"origin": f"https://{HOST}#"},
        {"origin": f"https://{HOST}/"},
        {"origin": f"//{HOST}"},
        {"origin": "https://[::1"},
        {"origin": HOST},
        {"origin": "https://"},
        {"origin": "https://", "host": ""},
        {"origin": "null", "host": ""},
        {"origin": EVIL, "x-forwarded-host": "evil.example"},
    ],
    ids=repr,
)
def test_a_page_of_a_foreign_origin_may_not(headers: dict[str, str]) -> None:
    """ASVS 3.5.1: cross-site request forgery."""
    with pytest.raises(ForbiddenOriginError):
        check_origin(a_request("POST", headers=headers), SETTINGS)


def test_an_answer_names_an_origin_as_the_setting_has_it() -> None:
    """What a client writes in letters that only become these comes back in no header."""
    told = cors_headers({"origin": "https://boo\N{KELVIN SIGN}.example"}, ("https://book.example",))

    assert told["Access-Control-Allow-Origin"] == "https://book.example"


def test_where_no_origin_is_allowed_our_own_still_is() -> None:
    settings = Settings.from_environment({})
    check_origin(a_request("POST", headers={"origin": f"https://{HOST}"}), settings)
    with pytest.raises(ForbiddenOriginError):
        check_origin(a_request("POST", headers={"origin": APP}), settings)
