"""The front door: HTTP into Lambda's events, to the last field, and answers back, as AWS would do it."""

import base64
import http.client
import io
import json
import re
import socket
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from infra.local.door.front_door import front_door
from infra.local.door.http_server import HttpServer, PortTakenError, listen
from infra.local.door.routes import ROUTES, FrontRoute
from infra.local.lambdas.execution_environment import ExecutionEnvironments
from infra.local.lambdas.local_function import LocalFunction

MEGABYTE = 1024 * 1024

HANDLERS = {
    "echo": """
        import json

        def lambda_handler(event, context):
            if "body" in event and len(event["body"]) > 10_000:
                event["body"] = len(event["body"])
            return {"statusCode": 200, "body": json.dumps(event)}
    """,
    "scripted": """
        import json, os, time

        def lambda_handler(event, context):
            script = json.loads(event["body"])
            match script["do"]:
                case "answer":
                    return script["answer"]
                case "fail":
                    raise ValueError(script["text"])
                case "die":
                    os._exit(1)
                case "hang":
                    time.sleep(60)
    """,
    "waits": """
        import time
        from pathlib import Path

        def lambda_handler(event, context):
            Path(event["headers"]["x-touch"]).touch()
            while not Path(event["headers"]["x-await"]).exists():
                time.sleep(0.001)
            return "met"
    """,
    "authorizer": """
        import json, os

        def lambda_handler(event, context):
            script = json.loads(event["headers"].get("x-authorizer", "{}"))
            if "raise" in script:
                raise Exception(script["raise"])
            if "die" in script:
                os._exit(1)
            if "return" in script:
                return script["return"]
            return {"isAuthorized": True, "context": {"user_id": "u1", "event": json.dumps(event)}}
    """,
}
PATHS = (
    FrontRoute("/echo", "echo"),
    FrontRoute("/echo/{rest:path}", "echo"),
    FrontRoute("/scripted", "scripted"),
    FrontRoute("/waits", "waits"),
    FrontRoute("/other", "waiter"),
    FrontRoute("/me", "echo", authorizer="authorizer"),
    FrontRoute("/me/{rest:path}", "echo", authorizer="authorizer"),
)


@dataclass(frozen=True)
class Door:
    """A running front door, as a client meets it."""

    url: str
    log: Path

    def request(self, method: str, target: str, **options: Any) -> httpx.Response:
        return httpx.request(method, self.url + target, trust_env=False, timeout=30, **options)

    def event(self, method: str, target: str, **options: Any) -> dict[str, Any]:
        """Return the event that the echo function received."""
        event: dict[str, Any] = self.request(method, target, **options).raise_for_status().json()
        return event

    def answered(self, answer: Any) -> httpx.Response:
        """Return what becomes of a function's *answer*."""
        return self.scripted(do="answer", answer=answer)

    def scripted(self, **script: Any) -> httpx.Response:
        return self.request("POST", "/scripted", json=script)

    def raw(self, request: bytes) -> http.client.HTTPResponse:
        """Send *request* as it is; return the answer, read whole."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(request)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        answer = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type]
        answer.begin()
        return answer

    def raw_event(self, *lines: bytes) -> dict[str, Any]:
        host = self.url.removeprefix("http://").encode()
        answer = self.raw(b"\r\n".join((lines[0], b"Host: " + host, *lines[1:], b"Connection: close", b"", b"")))
        assert answer.status == 200
        event: dict[str, Any] = json.loads(answer.read())
        return event


class _Received:
    """What http.client needs of a socket."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._received)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("functions")
    log = folder / "log"
    functions = {}
    with ExitStack() as resources:
        output = resources.enter_context(log.open("ab"))
        for name, file in {**{name: name for name in HANDLERS}, "waiter": "waits"}.items():
            (folder / file).mkdir(exist_ok=True)
            (folder / file / "app.py").write_text(textwrap.dedent(HANDLERS[file]))
            function = LocalFunction(name=name, folder=folder / file, timeout_seconds=1 if name == "scripted" else 30)
            functions[name] = ExecutionEnvironments(function, log=output.fileno())
            resources.callback(functions[name].close)
        server = resources.enter_context(HttpServer(front_door(functions, PATHS), listen()))
        yield Door(server.url, log)


def test_a_plain_request_becomes_the_event_of_a_function_url(door: Door) -> None:
    before = datetime.now(UTC)
    event = door.event("GET", "/echo", headers={"User-Agent": "test/1", "Accept": "text/html"})
    after = datetime.now(UTC)

    context = event["requestContext"]
    request_id = context.pop("requestId")
    assert str(UUID(request_id)) == request_id
    moment = datetime.fromtimestamp(context.pop("timeEpoch") / 1000, UTC)
    assert before.timestamp() - 0.001 <= moment.timestamp() <= after.timestamp()
    assert context.pop("time") == moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", event["headers"].pop("x-amzn-trace-id"))
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/echo",
        "rawQueryString": "",
        "headers": {
            "accept": "text/html",
            "accept-encoding": event["headers"]["accept-encoding"],
            "host": door.url.removeprefix("http://"),
            "user-agent": "test/1",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": door.url.rpartition(":")[2],
            "x-forwarded-proto": "http",
        },
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "localstack",
            "domainName": "127.0.0.1",
            "domainPrefix": "127",
            "http": {
                "method": "GET",
                "path": "/echo",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "test/1",
            },
            "routeKey": "$default",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


def test_cookies_are_a_list_and_not_among_the_headers(door: Door) -> None:
    event = door.raw_event(
        b"GET /echo HTTP/1.1", b"Cookie: a=1; b=2;c=x=y; ;d", b"cookie: a=3", b'COOKIE: q="s p a c e"'
    )

    assert event["cookies"] == ["a=1", "b=2", "c=x=y", "d", "a=3", 'q="s p a c e"']
    assert "cookie" not in event["headers"]


def test_an_empty_cookie_header_is_no_cookie(door: Door) -> None:
    assert "cookies" not in door.raw_event(b"GET /echo HTTP/1.1", b"Cookie: ")


def test_headers_are_lower_case_and_duplicates_joined_by_commas(door: Door) -> None:
    headers = door.raw_event(
        b"GET /echo HTTP/1.1",
        b"X-Some-Thing: One",
        b"x-some-thing: two, three",
        b"AUTHORIZATION: Bearer A",
        b"X-E:",
    )["headers"]

    assert headers["x-some-thing"] == "One,two, three"
    assert headers["authorization"] == "Bearer A"
    assert headers["x-e"] == ""
    assert "connection" not in headers


def test_bytes_beyond_ascii_in_a_header_arrive_as_they_are(door: Door) -> None:
    event = door.raw_event(b"GET /echo HTTP/1.1", b"X-Bytes: \xff\xc3\xa4", b"Cookie: a=\xfe")

    assert event["headers"]["x-bytes"].encode("latin-1") == b"\xff\xc3\xa4"
    assert event["cookies"] == ["a=\xfe"]


def test_a_client_that_claims_another_address_does_not_become_it(door: Door) -> None:
    event = door.event("GET", "/echo", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})

    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
    assert event["headers"]["x-forwarded-proto"] == "http"


def test_the_query_is_given_raw_and_decoded(door: Door) -> None:
    event = door.raw_event(b"GET /echo?a=1&b=%C3%A4+c&a=2&empty=&flag HTTP/1.1")

    assert event["rawQueryString"] == "a=1&b=%C3%A4+c&a=2&empty=&flag"
    assert event["queryStringParameters"] == {"a": "1,2", "b": "ä c", "empty": "", "flag": ""}


def test_a_function_url_leaves_the_path_as_it_was_sent(door: Door) -> None:
    event = door.raw_event(b"GET /echo/a%2Fb%20c/%C3%A4 HTTP/1.1")

    assert event["rawPath"] == event["requestContext"]["http"]["path"] == "/echo/a%2Fb%20c/%C3%A4"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "text/plain",
        "application/xml",
        "application/javascript",
    ],
)
def test_bodies_of_text_types_arrive_as_text(door: Door, content_type: str) -> None:
    event = door.event("POST", "/echo", content="{ä}\r\n", headers={"content-type": content_type})

    assert (event["body"], event["isBase64Encoded"]) == ("{ä}\r\n", False)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/octet-stream"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/problem+json"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": ""},
        {},
    ],
)
def test_all_other_bodies_arrive_as_base64(door: Door, headers: dict[str, str]) -> None:
    event = door.event("POST", "/echo", content=b"a=1", headers=headers)

    assert (event["body"], event["isBase64Encoded"]) == ("YT0x", True)


def test_text_that_is_not_utf_8_arrives_as_base64(door: Door) -> None:
    event = door.event("POST", "/echo", content=b'{"\xff"}', headers={"content-type": "application/json"})

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b'{"\xff"}'


def test_nul_in_a_body_arrives(door: Door) -> None:
    event = door.event("POST", "/echo", content=b"a\0b", headers={"content-type": "text/plain"})

    assert event["body"] == "a\0b"


def test_without_a_body_there_is_no_body(door: Door) -> None:
    event = door.event("POST", "/echo", headers={"content-type": "application/json"})

    assert "body" not in event
    assert event["isBase64Encoded"] is False


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_every_method_reaches_the_function(door: Door, method: str) -> None:
    assert door.event(method, "/echo")["requestContext"]["http"]["method"] == method


def test_head_reaches_the_function_and_its_answer_has_no_body(door: Door) -> None:
    answer = door.request("HEAD", "/echo")

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/", "/nowhere", "/scripted/", "/scripted/x", "/ECHO"])
def test_other_paths_are_not_found(door: Door, path: str) -> None:
    answer = door.request("GET", path)

    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_an_answer_becomes_status_headers_and_body(door: Door) -> None:
    answer = door.answered(
        {
            "statusCode": 418,
            "headers": {"Content-Type": "text/plain", "X-Number": 7, "X-Flag": True, "Content-Length": "999"},
            "body": "ä",
        }
    )

    assert (answer.status_code, answer.text) == (418, "ä")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["x-number"] == "7"
    assert answer.headers["x-flag"] == "true"
    assert answer.headers["content-length"] == "2"


def test_each_cookie_of_an_answer_is_a_set_cookie_of_its_own(door: Door) -> None:
    cookies = ["a=1; Path=/; HttpOnly", "b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=3"]

    assert door.answered({"statusCode": 200, "cookies": cookies}).headers.get_list("set-cookie") == cookies


def test_a_base64_body_is_decoded(door: Door) -> None:
    body = base64.b64encode(b"\0\xff").decode()
    answer = door.answered({"statusCode": 200, "body": body, "isBase64Encoded": True})

    assert answer.content == b"\0\xff"


def test_json_is_the_content_type_unless_the_function_says_otherwise(door: Door) -> None:
    assert door.answered({"statusCode": 200, "body": "{}"}).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "body"),
    [({"message": "hi"}, '{"message": "hi"}'), ([1], "[1]"), ("text", "text"), (None, "null"), ({}, "{}")],
)
def test_an_answer_without_a_status_is_a_200_with_all_of_it(door: Door, answer: Any, body: str) -> None:
    got = door.answered(answer)

    assert (got.status_code, got.text, got.headers["content-type"]) == (200, body, "application/json")


def test_a_204_has_neither_body_nor_content_type(door: Door) -> None:
    answer = door.answered({"statusCode": 204, "body": "", "cookies": ["a=; Max-Age=0"]})

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["set-cookie"] == "a=; Max-Age=0"
    assert not {"content-type", "content-length"} & set(answer.headers)


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "two hundred"},
        {"statusCode": 99},
        {"statusCode": True},
        {"statusCode": None},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
        {"statusCode": 200, "headers": {"X-Split": "a\r\nSet-Cookie: b=1"}},
        {"statusCode": 200, "headers": {"X Y": "a"}},
        {"statusCode": 200, "headers": {"X-List": ["a"]}},
        {"statusCode": 200, "headers": {"X-Wide": "\u20ac"}},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "cookies": ["a=1\r\nX-Split: b"]},
        {"statusCode": 200, "cookies": "a=1"},
    ],
)
def test_an_answer_that_is_malformed_is_a_502(door: Door, answer: Any) -> None:
    got = door.answered(answer)

    assert (got.status_code, got.json()) == (502, {"message": "Bad Gateway"})
    assert "set-cookie" not in got.headers
    assert "x-split" not in got.headers


def test_an_exception_is_a_502_and_its_text_is_in_the_log_only(door: Door) -> None:
    answer = door.scripted(do="fail", text="the password is hunter2")

    assert (answer.status_code, answer.json()) == (502, {"message": "Bad Gateway"})
    assert "hunter2" not in str(answer.headers) + answer.text
    assert "ValueError: the password is hunter2" in door.log.read_text()


def test_a_process_that_dies_is_a_502_and_the_next_request_is_served(door: Door) -> None:
    assert door.scripted(do="die").status_code == 502
    assert door.answered("back").text == "back"


def test_a_handler_that_overruns_is_a_504_and_the_next_request_is_served(door: Door) -> None:
    assert door.scripted(do="hang").status_code == 504
    assert door.answered("back").text == "back"


def test_functions_work_side_by_side(door: Door, tmp_path: Path) -> None:
    """Each of the two handlers waits for the other."""
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(door.request, "GET", "/waits", headers={"x-touch": one, "x-await": two})
        second = pool.submit(door.request, "GET", "/other", headers={"x-touch": two, "x-await": one})

    assert first.result().text == second.result().text == "met"


def test_requests_that_queue_for_one_function_do_not_hold_up_another(door: Door, tmp_path: Path) -> None:
    """More of them than there are threads; the one that they wait for ends only after /echo has answered."""
    entered, end = tmp_path / "entered", tmp_path / "end"
    wait = {"x-touch": str(entered), "x-await": str(end)}
    with ThreadPoolExecutor(max_workers=60) as pool:
        queued = [pool.submit(door.request, "GET", "/waits", headers=wait) for _ in range(60)]
        while not entered.exists():
            threading.Event().wait(0.001)
        assert door.request("GET", "/echo").status_code == 200
        end.touch()

    assert {answer.result().status_code for answer in queued} == {200}


def test_the_authorizers_context_reaches_the_function(door: Door) -> None:
    event = door.event("GET", "/me?a=1", headers={"cookie": "s=1"})

    assert event["requestContext"]["authorizer"]["lambda"]["user_id"] == "u1"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "ANY /me"
    assert event["requestContext"]["accountId"] == "123456789012"
    assert event["cookies"] == ["s=1"]


def test_the_authorizer_gets_an_http_apis_event(door: Door) -> None:
    answer = door.event("POST", "/me?a=1", headers={"cookie": "s=1"}, json={"secret": "body"})
    event = json.loads(answer["requestContext"]["authorizer"]["lambda"]["event"])

    context = event.pop("requestContext")
    assert set(context) == set(answer["requestContext"]) - {"authorizer"}
    assert (context["stage"], context["http"]["method"]) == ("$default", "POST")
    assert event.pop("headers")["content-type"] == "application/json"
    assert event == {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:eu-central-1:123456789012:localstack/$default/POST/me",
        "identitySource": None,
        "routeKey": "ANY /me",
        "rawPath": "/me",
        "rawQueryString": "a=1",
        "cookies": ["s=1"],
        "queryStringParameters": {"a": "1"},
    }


def test_an_http_api_decodes_the_path(door: Door) -> None:
    assert door.raw_event(b"GET /me/a%20%C3%A4 HTTP/1.1")["rawPath"] == "/me/a ä"


def test_an_authorizer_may_allow_without_a_context(door: Door) -> None:
    event = door.event("GET", "/me", headers=authorizer({"return": {"isAuthorized": True}}))

    assert event["requestContext"]["authorizer"] == {"lambda": {}}


@pytest.mark.parametrize(
    ("script", "status", "text"),
    [
        ({"return": {"isAuthorized": False}}, 403, "Forbidden"),
        ({"return": {"isAuthorized": False, "context": {"user_id": "u1"}}}, 403, "Forbidden"),
        ({"raise": "Unauthorized"}, 401, "Unauthorized"),
        ({"raise": "Unauthorized: no session"}, 500, "Internal Server Error"),
        ({"raise": "the store is down"}, 500, "Internal Server Error"),
        ({"die": True}, 500, "Internal Server Error"),
        ({"return": {"isAuthorized": "true"}}, 500, "Internal Server Error"),
        ({"return": {"isAuthorized": True, "context": ["u1"]}}, 500, "Internal Server Error"),
        ({"return": {"principalId": "u1"}}, 500, "Internal Server Error"),
        ({"return": None}, 500, "Internal Server Error"),
    ],
)
def test_who_is_not_allowed_gets_the_gateways_words_alone(door: Door, script: Any, status: int, text: str) -> None:
    answer = door.request("GET", "/me", headers=authorizer(script))

    assert (answer.status_code, answer.json()) == (status, {"message": text})


def authorizer(script: dict[str, Any]) -> dict[str, str]:
    """Return the header that tells the authorizer what to do."""
    return {"x-authorizer": json.dumps(script)}


def test_six_megabytes_pass_and_more_do_not(door: Door) -> None:
    options: dict[str, Any] = {"headers": {"content-type": "text/plain"}}
    assert door.event("POST", "/echo", content=b"x" * 6 * MEGABYTE, **options)["body"] == 6 * MEGABYTE

    announced = b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    assert door.raw(announced % (6 * MEGABYTE + 1)).status == 413


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_as_well(door: Door) -> None:
    start = b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = door.raw(start + b"%x\r\n" % (6 * MEGABYTE + 1) + b"x" * (6 * MEGABYTE + 1) + b"\r\n")

    assert answer.status == 413


def test_a_client_that_goes_away_does_no_harm(door: Door) -> None:
    address = urlsplit(door.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")

    assert door.request("GET", "/echo").status_code == 200


def test_what_is_no_http_is_a_400(door: Door) -> None:
    assert door.raw(b"GET /echo HTTP/1.1\r\nHost: a\r\nX-Bad\0Name: a\r\n\r\n").status == 400


def test_a_port_that_is_taken_is_said_in_one_line(door: Door) -> None:
    port = int(door.url.rpartition(":")[2])
    with pytest.raises(PortTakenError, match=f"^port {port} of 127.0.0.1 is taken$"):
        listen(port)


def test_the_services_routes() -> None:
    assert [(route.path, route.function, route.authorizer) for route in ROUTES] == [
        ("/login", "login", None),
        ("/register", "register", None),
        ("/password", "password", None),
        ("/logout", "logout", None),
        ("/validate", "validate", None),
        ("/sessions", "sessions", None),
        ("/sessions/{rest:path}", "sessions", None),
        ("/me", "me", "authorizer"),
    ]
