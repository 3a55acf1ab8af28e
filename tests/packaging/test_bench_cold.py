"""`make bench-cold` in small, on the built functions: that it measures what it says, not what it finds."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.benchmarks.built_functions import BARE, UNDER_CLIENT, BuiltFunctions
from tests.benchmarks.cold_start import benchmark
from tests.benchmarks.first_events import AUTHORIZER, LOGIN, VALIDATE, first_events
from tests.packaging.built import Built
from tests.support.servers import server_environment

type Events = dict[str, dict[str, Any]]


@pytest.fixture
def environment(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Mapping[str, str]:
    """The functions' settings."""
    return server_environment(postgres, valkey)


@pytest.fixture
def events(environment: Mapping[str, str]) -> Events:
    """What each function is asked first."""
    return first_events(environment)


def test_every_start_takes_longer_than_python_itself(built: Built, environment: Mapping[str, str], events: Events):
    functions = BuiltFunctions(built, environment)
    operations = [*functions.anchors(), *functions.operations(events)]

    seconds = {operation.name: operation.run() for operation in operations}

    assert next(iter(seconds)) == BARE == benchmark().reference
    assert min(seconds, key=lambda name: seconds[name]) == BARE
    assert list(seconds)[-4:] == [AUTHORIZER, VALIDATE, LOGIN, UNDER_CLIENT]
    assert {one.name: (one.target, one.limit) for one in operations if one.limit} == {
        AUTHORIZER: (10, 13),
        LOGIN: (16, 20),
    }


def test_another_commit_is_told_apart_and_compared(built: Built, environment: Mapping[str, str], events: Events):
    now, then = (BuiltFunctions(built, environment, suffix) for suffix in ("", ", v1"))
    names = {operation.name for one in (now, then) for operation in one.operations(events)}

    compared = benchmark("v1").pairs

    assert [pair.one for pair in compared] == [AUTHORIZER, LOGIN, UNDER_CLIENT]
    assert {name for pair in compared for name in (pair.one, pair.other)} <= names
    assert not any(operation.limit for operation in then.operations(events))
    assert benchmark().pairs == []


@pytest.mark.parametrize("name", [AUTHORIZER, VALIDATE, LOGIN, UNDER_CLIENT])
def test_what_opens_no_session_is_an_error(name: str, built: Built, environment: Mapping[str, str], events: Events):
    for event in events.values():
        event["headers"] |= {"authorization": f"Bearer {'A' * 43}"}
        event["body"] = '{"email": "nobody@example.com", "password": "nine umbrellas under one moon"}'
    operations = {one.name: one.run for one in BuiltFunctions(built, environment).operations(events)}

    with pytest.raises(RuntimeError, match="no session is answered"):
        operations[name]()
