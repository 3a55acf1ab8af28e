"""The frame of every HTTP function: each error in its place, CORS on every answer, bugs left to Lambda."""

import json
from typing import Any

import pytest

from session_management.deadline import seconds_left
from session_management.errors import SessionManagementError, StoreUnavailableError, UnauthenticatedError
from session_management.factory import UserManagerFactory
from session_management.http.door import answering, answering_by_path
from session_management.http.errors import NotFoundError
from session_management.http.requests import Request
from session_management.http.responses import Response, ok
from session_management.settings import Settings
from tests.support.contexts import FakeContext
from tests.support.http_events import http_event
from tests.support.log import Log

APP = "https://app.example.com"

pytestmark = pytest.mark.usefixtures("fresh_factory", "mock_mode")


@pytest.fixture
def mock_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings that cannot fail, with one allowed origin."""
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("ALLOWED_ORIGINS", APP)


@answering("GET", "POST")
def echo(request: Request, settings: Settings) -> Response:
    """Answer with the method and the mode."""
    return ok({"method": request.method, "mode": settings.mode, "seconds_left": seconds_left()})


def failing(error: Exception, event: Any = None) -> dict[str, Any]:
    """Return what becomes of an error."""

    @answering("GET", "POST")
    def fail(request: Request, settings: Settings) -> Response:
        raise error

    return fail(event or http_event(), FakeContext())


def send(event: Any) -> dict[str, Any]:
    """Return the answer to an event."""
    return echo(event, FakeContext())


def code_of(answer: dict[str, Any]) -> tuple[int, str]:
    """Return an answer's status and code."""
    return answer["statusCode"], json.loads(answer["body"])["code"]


def test_a_request_with_an_allowed_method_is_answered() -> None:
    for method in ("GET", "POST", "post"):
        answer = send(http_event(method))
        assert answer["statusCode"] == 200
        assert json.loads(answer["body"])["mode"] == "mock"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "TRACE", "", "G\u00cbT"])
def test_any_other_method_is_told_what_is_allowed(method: str) -> None:
    answer = send(http_event(method))

    assert code_of(answer) == (405, "method_not_allowed")
    assert answer["headers"]["Allow"] == "GET, POST, OPTIONS"


@answering_by_path(lambda request: methods_at(request.path))
def by_path(request: Request, settings: Settings) -> Response:
    """Answer with the path."""
    return ok({"path": request.path})


def methods_at(path: str) -> tuple[str, ...]:
    """Return what each path takes."""
    methods = {"/a": ("GET",), "/b": ("POST", "DELETE")}
    if path not in methods:
        raise NotFoundError("there is nothing at this path")
    return methods[path]


def test_each_path_may_have_methods_of_its_own() -> None:
    assert by_path(http_event("GET", rawPath="/a"), FakeContext())["statusCode"] == 200
    assert by_path(http_event("DELETE", rawPath="/b"), FakeContext())["statusCode"] == 200
    refused = by_path(http_event("GET", rawPath="/b"), FakeContext())
    assert (code_of(refused), refused["headers"]["Allow"]) == ((405, "method_not_allowed"), "POST, DELETE, OPTIONS")


def test_a_preflight_is_answered_with_the_methods_of_its_path_and_nowhere_else() -> None:
    headers = {"origin": APP}
    answer = by_path(http_event("OPTIONS", rawPath="/b", headers=headers), FakeContext())

    assert answer["headers"]["Access-Control-Allow-Methods"] == "POST, DELETE"
    elsewhere = by_path(http_event("OPTIONS", rawPath="/c", headers=headers), FakeContext())
    assert code_of(elsewhere) == (404, "not_found")
    assert elsewhere["headers"]["Access-Control-Allow-Origin"] == APP


def test_a_request_has_what_is_left_of_the_invocations_time() -> None:
    left = json.loads(echo(http_event(), FakeContext(seconds=3))["body"])["seconds_left"]

    assert 2 < left <= 3


def test_the_deadline_ends_with_the_request() -> None:
    send(http_event())

    assert seconds_left() == float("inf")


def test_options_is_answered_without_the_function() -> None:
    answer = failing(RuntimeError("the function was called"), http_event("OPTIONS"))

    assert (answer["statusCode"], answer["headers"]["Allow"]) == (204, "GET, POST, OPTIONS")


def test_a_preflight_of_an_allowed_origin_is_answered_with_all_cors_headers() -> None:
    answer = send(http_event("OPTIONS", headers={"Origin": APP, "Access-Control-Request-Method": "POST"}))

    assert answer["statusCode"] == 204
    assert answer["headers"]["Access-Control-Allow-Origin"] == APP
    assert answer["headers"]["Access-Control-Allow-Credentials"] == "true"
    assert answer["headers"]["Access-Control-Allow-Methods"] == "GET, POST"
    assert answer["headers"]["Vary"] == "Origin"


def test_a_preflight_of_another_origin_is_forbidden() -> None:
    answer = send(http_event("OPTIONS", headers={"origin": "https://evil.example"}))

    assert code_of(answer) == (403, "forbidden_origin")
    assert "Access-Control-Allow-Origin" not in answer["headers"]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (http_event(headers={"origin": APP}), 200),
        (http_event("PUT", headers={"origin": APP}), 405),
        (http_event("POST", headers={"origin": APP}, body="x" * 20_000), 413),
        (http_event(headers={"origin": APP, "x-bad": "a\nb"}), 400),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_an_allowed_page_may_read_every_answer_errors_too(event: Any, status: int) -> None:
    """ASVS 3.4.2."""
    answer = send(event)

    assert answer["statusCode"] == status
    assert answer["headers"]["Access-Control-Allow-Origin"] == APP
    assert answer["headers"]["Vary"] == "Origin"


def test_a_foreign_page_may_ask_and_may_not_change() -> None:
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}

    assert send(http_event("GET", headers=foreign))["statusCode"] == 200
    assert code_of(send(http_event("POST", headers=foreign))) == (403, "forbidden_origin")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (UnauthenticatedError("none"), (401, "unauthenticated")),
        (StoreUnavailableError("redis", "silent"), (503, "unavailable")),
    ],
)
def test_an_error_of_ours_is_a_problem_document(error: SessionManagementError, expected: tuple[int, str]) -> None:
    assert code_of(failing(error)) == expected


def test_any_other_exception_is_a_bug_and_goes_to_lambda() -> None:
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())


@pytest.mark.parametrize(
    "event", [{}, [], None, "event", 5, {"headers": []}, {"headers": "x", "requestContext": {}}], ids=repr
)
def test_what_is_no_http_event_is_an_invalid_request(event: Any) -> None:
    assert code_of(send(event)) == (400, "invalid_request")


# --- Settings that cannot work ------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, mock_mode: None) -> None:
    """Three faults."""
    monkeypatch.setenv("APP_ENV", "production")
    monkeypatch.setenv("COOKIE_SECURE", "canary")
    for name in ("DATABASE_URL", "DATABASE_HOST", "REDIS_URL", "REDIS_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("broken")
def test_settings_that_cannot_work_are_a_503_that_says_nothing_of_them() -> None:
    answer = send(http_event())

    assert code_of(answer) == (503, "unavailable")
    assert answer["headers"]["Retry-After"] == "5"
    assert "DATABASE" not in answer["body"]


@pytest.mark.usefixtures("broken")
def test_they_are_one_log_line_with_every_fault_and_no_stack_trace(log: Log) -> None:
    send(http_event())

    (line,) = log.lines
    assert line["level"] == "ERROR"
    assert sorted(fault.partition(":")[0] for fault in line["faults"]) == ["COOKIE_SECURE", "DATABASE_URL", "REDIS_URL"]
    assert "Traceback" not in log.text
    assert "exception" not in line
    assert "canary" not in log.text


@pytest.mark.usefixtures("broken")
def test_once_they_are_mended_a_new_environment_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert send(http_event())["statusCode"] == 503
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.delenv("COOKIE_SECURE")
    UserManagerFactory.clear_cache()

    assert send(http_event())["statusCode"] == 200
