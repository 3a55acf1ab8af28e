"""From an event to a request: what came, in one form, or why it is none."""

import base64
import json
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from session_management.http.bodies import read_json
from session_management.http.errors import InvalidRequestError, PayloadTooLargeError, UnsupportedMediaTypeError
from session_management.http.requests import BODY_BYTES, lower_case, read_request
from tests.events import CASES
from tests.support.http_events import a_request, http_event

JSON = {"content-type": "application/json"}
HTTP = ("Login", "Register", "Password", "Validate", "Logout", "Sessions")


class Body(BaseModel):
    """What these tests send."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    kind: Literal["a", "b"] = "a"


# --- The request --------------------------------------------------------------------------------


def test_a_request_is_what_the_event_says() -> None:
    request = a_request("post", headers={"X-Custom": "1"}, cookies=["a=1", "b=2"], body="text")

    assert request.method == "POST"
    assert request.headers["x-custom"] == "1"
    assert request.cookies == ("a=1", "b=2")
    assert request.body == b"text"
    assert request.source_ip == "192.0.2.7"


@pytest.mark.parametrize("case", [case for case in CASES if case.function in HTTP], ids=str)
def test_every_event_file_of_an_http_function_is_a_request(case: Any) -> None:
    request = read_request(case.event)

    assert request.method == case.event["requestContext"]["http"]["method"]
    assert request.source_ip


def test_a_request_has_the_path_and_the_query_of_its_event() -> None:
    request = a_request(rawPath="/sessions/%65xtend", queryStringParameters={"all": "true", "x": None, "y": 5})

    assert request.path == "/sessions/%65xtend"
    assert request.query == {"all": "true"}


def test_without_a_path_and_a_query_a_request_is_for_the_root() -> None:
    event = {name: part for name, part in http_event().items() if name not in ("rawPath", "queryStringParameters")}

    assert (read_request(event).path, read_request(event).query) == ("/", {})
    assert read_request(event | {"queryStringParameters": None}).query == {}


def test_a_header_that_comes_in_two_cases_is_joined_as_http_joins_it() -> None:
    assert lower_case({"Accept": "a", "ACCEPT": "b"}) == {"accept": "a, b"}


def test_a_header_whose_value_is_no_text_is_left_out() -> None:
    nested: list[Any] = []
    for _ in range(5_000):
        nested = [nested]

    assert lower_case({"a": None, "b": 5, "c": nested, "d": ["x"], "e": "text"}) == {"e": "text"}


def test_without_headers_there_are_none() -> None:
    assert lower_case(None) == {}
    assert read_request(http_event() | {"headers": None}).headers == {}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"requestContext": {}},
        {"requestContext": None},
        {"requestContext": {"http": {}}},
        {"requestContext": {"http": "POST"}},
        {"requestContext": {"http": []}},
        {"requestContext": {"http": {"method": 5}}},
        http_event() | {"headers": "host: x"},
        http_event() | {"headers": ["host"]},
        http_event() | {"headers": []},
        http_event() | {"cookies": 5},
        http_event() | {"cookies": ""},
        http_event() | {"cookies": "a=b"},
        http_event() | {"cookies": {"a=b": None}},
        http_event() | {"cookies": ["a=b", None]},
        http_event() | {"rawPath": None},
        http_event() | {"rawPath": ["/"]},
        http_event() | {"queryStringParameters": "all=true"},
        http_event() | {"queryStringParameters": [["all", "true"]]},
        http_event() | {"body": []},
        {"httpMethod": "POST", "headers": {}, "body": "{}", "requestContext": {"httpMethod": "POST"}},
        None,
        [],
        "event",
        5,
    ],
    ids=repr,
)
def test_an_event_of_another_format_is_an_invalid_request(event: Any) -> None:
    with pytest.raises(InvalidRequestError):
        read_request(event)


@pytest.mark.parametrize("character", ["\r", "\n", "\r\n", "\x00"], ids=repr)
@pytest.mark.parametrize("header", ["user-agent", "content-type", "Origin", "X-Anything"])
def test_a_line_break_in_a_header_is_an_invalid_request(header: str, character: str) -> None:
    with pytest.raises(InvalidRequestError, match="a header holds a line break"):
        a_request(headers={header: f"a{character}b"})


# --- The body -----------------------------------------------------------------------------------


def test_a_base64_body_is_decoded() -> None:
    assert a_request(body=base64.b64encode(b"\xff\x00").decode(), isBase64Encoded=True).body == b"\xff\x00"


def test_no_body_is_an_empty_one() -> None:
    assert a_request().body == b""
    assert a_request(body="").body == b""
    assert read_request(http_event() | {"body": None}).body == b""


@pytest.mark.parametrize("body", ["!!!!", "YQ", "YQ==YQ==", "YQ==\n", "ü", "a b=", "\ud800"], ids=repr)
def test_what_is_not_the_base64_that_it_says_is_an_invalid_request(body: str) -> None:
    with pytest.raises(InvalidRequestError):
        a_request(body=body, isBase64Encoded=True)


def test_a_lone_surrogate_in_a_body_is_an_invalid_request() -> None:
    with pytest.raises(InvalidRequestError):
        a_request(body='{"name": "\ud800"}')


@pytest.mark.parametrize("body", [5, ["text"], {"name": "x"}, True], ids=repr)
def test_a_body_that_is_no_text_is_an_invalid_request(body: object) -> None:
    with pytest.raises(InvalidRequestError):
        read_request(http_event() | {"body": body})


@pytest.mark.parametrize("is_base64", [False, True], ids=["text", "base64"])
def test_a_body_of_16_kib_is_taken_and_one_byte_more_is_too_large(is_base64: bool) -> None:
    def send(size: int) -> bytes:
        body = base64.b64encode(b"a" * size).decode() if is_base64 else "a" * size
        return a_request(body=body, isBase64Encoded=is_base64).body

    assert BODY_BYTES == 16 * 1024
    assert len(send(BODY_BYTES)) == BODY_BYTES
    with pytest.raises(PayloadTooLargeError):
        send(BODY_BYTES + 1)


def test_bytes_count_not_characters() -> None:
    with pytest.raises(PayloadTooLargeError):
        a_request(body="é" * (BODY_BYTES // 2 + 1))


def test_a_megabyte_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(PayloadTooLargeError):
        a_request(body="!" * 1024 * 1024, isBase64Encoded=True)


# --- JSON ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON", "application/json; charset=utf-8", " application/json ;x"]
)
def test_a_json_body_becomes_the_model(content_type: str) -> None:
    request = a_request("POST", headers={"Content-Type": content_type}, body={"name": "Zoë", "kind": "b"})

    assert read_json(request, Body) == Body(name="Zoë", kind="b")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "json",
        "text/json",
    ],
)
def test_a_body_of_another_type_is_not_looked_at(content_type: str) -> None:
    """A form or a plain-text request of a foreign page needs no preflight: JSON does (ASVS 3.5.2)."""
    request = a_request("POST", headers={"content-type": content_type} if content_type else {}, body={"name": "x"})

    with pytest.raises(UnsupportedMediaTypeError):
        read_json(request, Body)


def test_without_a_body_no_content_type_is_missed() -> None:
    with pytest.raises(InvalidRequestError):
        read_json(a_request("POST"), Body)


@pytest.mark.parametrize("parts", [{"headers": {"cookie": "a\r\nb"}}, {"cookies": ["a=b\n"]}], ids=repr)
def test_with_a_body_no_header_at_all_may_hold_a_line_break(parts: dict[str, Any]) -> None:
    headers = {**JSON, **parts.pop("headers", {})}

    with pytest.raises(InvalidRequestError, match="a header holds a line break"):
        read_json(a_request("POST", headers=headers, body={"name": "x"}, **parts), Body)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"name": null}',
        '{"name": 5}',
        '{"name": ["x"]}',
        '{"name": "x", "kind": "c"}',
        '{"name": "x", "other": 1}',
        "{'name': 'x'}",
        '{"name": "x"} {}',
        '\ufeff{"name": "x"}',
        '{"name": "\\ud800"}',
        '{"name": NaN}',
        '{"name": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"name": ' + "9" * 10_000 + "}",
    ],
    ids=lambda body: body[:30],
)
def test_what_is_not_what_the_model_takes_is_an_invalid_request(body: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_json(a_request("POST", headers=JSON, body=body), Body)


def test_bytes_that_are_no_utf8_are_an_invalid_request() -> None:
    body = base64.b64encode(b'{"name": "\xff\xfe"}').decode()

    with pytest.raises(InvalidRequestError):
        read_json(a_request("POST", headers=JSON, body=body, isBase64Encoded=True), Body)


def test_every_fault_of_a_body_is_told_with_its_place() -> None:
    with pytest.raises(InvalidRequestError) as raised:
        read_json(a_request("POST", headers=JSON, body={"name": 5, "kind": "c", "other": 1}), Body)

    assert sorted(fault.pointer for fault in raised.value.faults) == ["", "/kind", "/name"]
    assert all(fault.detail for fault in raised.value.faults)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["name", "kind", "canary-field"]), json_values | st.just("canary-value")))
def test_any_json_is_the_model_or_faults_that_repeat_nothing(value: dict[str, Any]) -> None:
    """P5: the password is one of these values, and a misplaced one the name of a field."""
    request = a_request("POST", headers=JSON, body=json.dumps(value))
    try:
        assert read_json(request, Body).model_dump()["name"] == value["name"]
    except InvalidRequestError as error:
        told = f"{error} {error.faults} {error.__cause__} {error.__context__ if not error.__suppress_context__ else ''}"
        assert "canary" not in told
