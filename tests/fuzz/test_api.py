"""The published document against the service, over HTTP and real stores: each answer is one that it promises."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import BaseSchema

from infra.local.deployment import StackOptions
from infra.local.stack import LocalStack
from tests.fuzz.document import operations
from tests.fuzz.values import UNKNOWN_ID

EXAMPLES: Final = 60
# Nothing but a body can be other than documented: all else is optional text.
MODES: Final = [
    *((name, GenerationMode.POSITIVE) for name in operations()),
    *((name, GenerationMode.NEGATIVE) for name in ("POST /login", "POST /register", "POST /password")),
]
CONFORMS: Final = (
    *("status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "positive_data_acceptance"),
)
drawing: Final = settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass(frozen=True)
class Api:
    """The document, as the front door serves it, and what it describes."""

    schema: BaseSchema
    stack: LocalStack

    def send(self, data: st.DataObject, name: str, mode: GenerationMode, *session_ids: str) -> int:
        """Send a request that is drawn, with one of the session IDs or none; return the status of its answer.

        The answer is held to the document.
        """
        method, path = name.split()
        case = data.draw(self.schema[path][method].as_strategy(mode))
        ways = [("Cookie", "sessionId={}"), ("Authorization", "Bearer {}")]
        presented = [{header: value.format(session_id)} for header, value in ways for session_id in session_ids]
        headers = data.draw(st.sampled_from([{}, *presented]))
        answer = case.call(base_url=self.stack.url, headers=headers)
        # No schema can say which passwords are weak, nor which characters of an email can be printed. Such a refusal
        # points at no fault of the body.
        is_of_a_rule = answer.status_code == 400 and "errors" not in answer.json()
        names = [name for name in CONFORMS if not (is_of_a_rule and name == "positive_data_acceptance")]
        checks: list[Any] = CHECKS.get_by_names(names)
        case.validate_response(answer, checks=checks, headers=headers)
        status: int = answer.status_code
        return status

    def log_in(self) -> str:
        """Return the ID of a new session."""
        user = self.stack.demo_user
        body = {"email": user.email, "password": user.password, "transport": "bearer"}
        session_id: str = httpx.post(f"{self.stack.url}/login", json=body).json()["session_id"]
        return session_id


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    """The service on this machine, with its servers."""
    load_all_checks()
    # What is drawn are wrong passwords, and all comes from one address.
    lenient = dict.fromkeys(("LOGIN_ACCOUNT_FREE_ATTEMPTS", "LOGIN_IP_ATTEMPTS"), "1000000")
    with LocalStack(StackOptions(durable=False, variables=lenient)) as stack:
        served = httpx.get(f"{stack.url}/openapi.yaml").text
        yield Api(schemathesis.openapi.from_dict(yaml.safe_load(served)), stack)


@pytest.fixture
def live(api: Api) -> str:
    """The ID of a session that nobody ended yet."""
    return api.log_in()


@pytest.fixture
def outage(api: Api) -> Iterator[None]:
    """Both stores are stopped."""
    servers = (api.stack.postgres, api.stack.valkey)
    for server in servers:
        server.stop()
    yield
    for server in servers:
        server.start()


@pytest.mark.parametrize(("name", "mode"), MODES, ids=str)
@drawing
@given(data=st.data())
def test_each_answer_is_one_that_the_document_promises(
    api: Api, live: str, name: str, mode: GenerationMode, data: st.DataObject
) -> None:
    assert api.send(data, name, mode, live, UNKNOWN_ID, "x") < 500


def test_a_request_without_a_fault_is_not_refused(api: Api, live: str) -> None:
    """What the other tests here send is not all refused."""
    for name in ("/validate", "/me"):
        assert httpx.get(f"{api.stack.url}{name}", headers={"Authorization": f"Bearer {live}"}).status_code == 200


@pytest.mark.usefixtures("outage")
@pytest.mark.parametrize("name", ["POST /login", "POST /register", "POST /password", "GET /validate", "POST /logout"])
@drawing
@given(data=st.data())
def test_so_is_each_answer_while_no_store_answers(api: Api, name: str, data: st.DataObject) -> None:
    """P6."""
    # A weak password is told without a store.
    refusals = (400,) if name == "POST /register" else ()
    assert api.send(data, name, GenerationMode.POSITIVE, UNKNOWN_ID) in (204, 401, 403, 503, *refusals)
