"""What `make bench` measures: the same session looked up at each layer, beside the least that Redis can be asked."""

import itertools
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.factory import UserManagerFactory, get_redis
from session_management.models import CreateUserData, SessionMetadata
from session_management.tokens import handle_of
from tests.benchmarks.measuring import Operation, each
from tests.benchmarks.raw import REPLY_BYTES, raw_connection
from tests.benchmarks.runtime_client import RuntimeClient
from tests.benchmarks.unheard import unheard
from tests.functions.service import FOLDERS, ROOT, Service, handler_of
from tests.support.contexts import FakeContext
from tests.support.http_events import http_event
from tests.support.servers import postgres_client, server_environment

RAW_GET: Final = "raw GET"
EMPTY_HANDLER: Final = "runtime client: empty handler"
AUTHORIZER: Final = "runtime client: authorizer"
_EMPTY: Final = Path(__file__).parent / "empty_handler"
_SESSIONS: Final = 500
_CLIENT: Final = SessionMetadata(ip="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
LONG_BELIEVED: Final = {"SESSION_REVALIDATE_SECONDS": "890", "SESSION_STALE_IF_ERROR_SECONDS": "5"}
"""As long as there may be: what is measured is the hot copy, and not the record that is asked once in a while."""


@contextmanager
def started() -> Iterator[list[Operation]]:
    """Start both stores and a service in production mode over them, with sessions whose copies are hot."""
    with EmbeddedPostgres() as postgres, EmbeddedValkey() as valkey:
        with postgres_client(postgres) as client:
            migrate(client, read_migrations())
        with pytest.MonkeyPatch.context() as monkeypatch, Service.started(monkeypatch) as service:
            service.configure(**server_environment(postgres, valkey, DATABASE_POOLER="none", **LONG_BELIEVED))
            with unheard(), raw_connection(valkey) as connection, ExitStack() as clients:
                session_ids = _opened()
                yield [*_calls(session_ids, connection), *_invocations(session_ids, clients)]


def _opened() -> list[str]:
    manager = UserManagerFactory.create()
    user = manager.create(CreateUserData("ann@example.com"))
    return [manager.create_session(user.id, _CLIENT, 604_800) for _ in range(_SESSIONS)]


def _calls(session_ids: Sequence[str], connection: socket.socket) -> Iterator[Operation]:
    """Yield what this process does; each goes through all sessions in turn, so that none is remembered by the last."""
    keys = [f"session:{handle_of(session_id)}" for session_id in session_ids]
    questions = [f"*2\r\n$3\r\nGET\r\n${len(key)}\r\n{key}\r\n".encode() for key in keys]
    manager, redis, context = UserManagerFactory.create(), get_redis(), FakeContext()
    validate, authorizer = handler_of("Validate"), handler_of("Authorizer")

    def ask(question: bytes) -> bytes:
        connection.sendall(question)
        return connection.recv(REPLY_BYTES)

    yield Operation(RAW_GET, each(ask, questions))
    yield Operation("raw GET, parsed", each(lambda question: json.loads(ask(question).split(b"\r\n")[1]), questions))
    yield Operation("store call", each(lambda key: redis.command("GET", key), keys))
    yield Operation("manager: find_session", each(manager.find_session, session_ids), 1.7, 2.5)
    requests = [_request(session_id) for session_id in session_ids]
    yield Operation("handler: validate", each(lambda event: validate(event, context), requests), 4, 6)
    questions_of_gateways = [_question(session_id) for session_id in session_ids]
    yield Operation("handler: authorizer", each(lambda event: authorizer(event, context), questions_of_gateways), 4, 6)


def _invocations(session_ids: Sequence[str], clients: ExitStack) -> Iterator[Operation]:
    """Yield what Lambda's runtime client does in a process of its own, with our handler and with one that is empty."""
    events = [json.dumps(_question(session_id)).encode() for session_id in session_ids]
    for name, function in ((EMPTY_HANDLER, _EMPTY), (AUTHORIZER, ROOT / FOLDERS["Authorizer"])):
        client = clients.enter_context(RuntimeClient.started(function))
        yield Operation(name, each(client.invoke, events), elsewhere=partial(_invoke, function, events))


def _invoke(function: Path, events: Sequence[bytes], under: Sequence[str], number: int) -> None:
    with RuntimeClient.started(function, under=under) as client:
        for event in itertools.islice(itertools.cycle(events), number):
            client.invoke(event)


def _request(session_id: str) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {session_id}", "user-agent": _CLIENT.user_agent or ""}
    event = http_event("GET", headers=headers)
    event["requestContext"]["http"]["sourceIp"] = _CLIENT.ip
    return event


def _question(session_id: str) -> dict[str, Any]:
    arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/$default/GET/orders"
    return {**_request(session_id), "type": "REQUEST", "routeArn": arn}
