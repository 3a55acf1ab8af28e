"""The published document is OpenAPI 3.1, and says what the code does; the fuzzers hold the answers to it."""

import inspect
import json
from typing import Any

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from infra.local.door.front_door import front_door
from infra.local.door.http_server import HttpServer, listen
from session_management.errors import TooManyAttemptsError
from session_management.http import bodies, responses
from session_management.http.requests import BODY_BYTES
from session_management.models import UserRole
from session_management.tokens import new_session_id
from tests.functions.service import handler_of
from tests.fuzz.document import document, followed, operations, schema
from tests.packaging.template import functions

OWN_METHODS = {
    **{path: {"POST"} for path in ("/login", "/register", "/password", "/logout", "/sessions/extend")},
    **{path: {"GET"} for path in ("/validate", "/me")},
    "/sessions": {"GET", "DELETE"},
    "/sessions/{handle}": {"DELETE"},
}
# One route of API Gateway, two paths of the document.
BELOW = {"/sessions/{proxy+}": ("/sessions/extend", "/sessions/{handle}")}
BODIES = {"LoginBody": "Login", "RegisterBody": "Register", "PasswordBody": "Password"}


def model_of(function: str, name: str) -> Any:
    """Return the JSON schema of a body's model, without what pydantic makes of names and docstrings."""
    module: dict[str, Any] = inspect.unwrap(handler_of(function)).__globals__
    model = module.get(name) or getattr(bodies, name)
    return without(model.model_json_schema(), "title", "description")


def without(part: Any, *names: str) -> Any:
    if isinstance(part, dict):
        return {name: without(value, *names) for name, value in part.items() if name not in names}
    return part


def answers() -> list[tuple[str, dict[str, Any]]]:
    """Return each answer of each operation, with its status."""
    others = [
        ("405", followed(item["x-other-methods"])) for item in document()["paths"].values() if "x-other-methods" in item
    ]
    return [*others, *(answer for operation in operations().values() for answer in operation["responses"].items())]


def codes_of(problem: dict[str, Any]) -> list[str]:
    """Return the codes that a problem may have: the one, or several where they share a status."""
    code = problem["properties"]["code"]
    return code.get("enum") or [code["const"]]


def test_it_is_valid() -> None:
    OpenAPIV31SpecValidator(document()).validate()


def test_it_has_every_route_of_the_api_and_no_other() -> None:
    routes = {
        path: route["Properties"]["Method"]
        for function in functions().values()
        for route in function.get("Events", {}).values()
        if route["Type"] == "HttpApi"
        for path in BELOW.get(route["Properties"]["Path"], [route["Properties"]["Path"]])
    }
    named = {
        path: {name.upper() for name in item if name[:2] != "x-" and name != "parameters"}
        for path, item in document()["paths"].items()
    }

    assert named == {
        path: {*OWN_METHODS[path], "OPTIONS"} if method == "ANY" else {method} for path, method in routes.items()
    }
    assert {path for path, item in document()["paths"].items() if "x-other-methods" in item} == {
        path for path, method in routes.items() if method == "ANY"
    }


@pytest.mark.parametrize(("name", "function"), BODIES.items())
def test_a_function_takes_what_the_document_says(name: str, function: str) -> None:
    assert without(schema(name), "description") == model_of(function, name)
    body = operations()[f"POST /{function.lower()}"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == schema(name)
    assert f"At most {BODY_BYTES // 1024} KiB" in body["description"]


def test_no_other_function_takes_a_body() -> None:
    assert sum("requestBody" in operation for operation in operations().values()) == len(BODIES)


def test_its_codes_are_those_of_the_table_each_with_its_status() -> None:
    told = {code: int(status) for status, code in responses._TABLE.values()}
    said = {
        code: problem["properties"]["status"]["const"]
        for _, answer in answers()
        if (problem := answer.get("content", {}).get("application/problem+json", {}).get("schema"))
        for code in codes_of(problem)
    }

    assert said == told
    assert set(schema("Code")["enum"]) == told.keys()


def test_each_answer_stands_under_its_status_with_its_headers() -> None:
    for status, answer in answers():
        problem = answer.get("content", {}).get("application/problem+json")
        headers = answer.get("headers", {})
        if problem:
            assert str(problem["schema"]["properties"]["status"]["const"]) == status
        if problem or status == "204":
            assert headers.keys() >= {"Vary", *responses._ALWAYS}
        assert ("Retry-After" in headers) == (status in ("429", "503"))
        assert ("WWW-Authenticate" in headers) == (status == "401" and bool(problem))
    retry_after = document()["components"]["headers"]["RetryAfter"]["schema"]["const"]
    assert retry_after == responses.RETRY_AFTER_SECONDS


@pytest.mark.parametrize("operation", ["POST /login", "POST /register", "POST /password"])
def test_what_is_limited_is_answered_as_the_document_says(operation: str) -> None:
    payload = responses.problem(TooManyAttemptsError(4)).as_payload()
    answer = operations()[operation]["responses"]["429"]
    OAS31Validator(answer["content"]["application/problem+json"]["schema"]).validate(json.loads(payload["body"]))
    OAS31Validator(answer["headers"]["Retry-After"]["schema"]).validate(int(payload["headers"]["Retry-After"]))


@pytest.mark.parametrize(("status", "answer"), answers())
def test_each_example_is_what_its_schema_says(status: str, answer: dict[str, Any]) -> None:
    for content in answer.get("content", {}).values():
        assert content["examples"]
        for example in content["examples"].values():
            OAS31Validator(content["schema"], format_checker=OAS31Validator.FORMAT_CHECKER).validate(example["value"])
            assert str(example["value"].get("status", status)) == status


def test_roles_and_session_ids_are_the_codes_own() -> None:
    assert schema("Role")["enum"] == [role.value for role in UserRole]
    OAS31Validator(schema("SessionId")).validate(new_session_id())


def test_the_front_door_serves_it_under_the_name_that_the_cookie_has_there() -> None:
    with HttpServer(front_door({}, ()), listen()) as server:
        answer = httpx.get(f"{server.url}/openapi.yaml")
    served = yaml.safe_load(answer.text)

    assert answer.headers["content-type"].startswith("application/yaml")
    assert served["components"]["securitySchemes"]["cookie"]["name"] == "sessionId"
    assert json.loads(json.dumps(document()).replace("__Host-sessionId", "sessionId")) == served
