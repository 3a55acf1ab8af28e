"""What a built function has imported with its first answer, in a fresh interpreter: no more than that needs."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any, Final

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.benchmarks.built_functions import FIRST_ANSWER
from tests.benchmarks.first_events import AUTHORIZER, LOGIN, VALIDATE, first_events
from tests.packaging.built import Built
from tests.packaging.emulator import LAMBDA_PYTHON, runtime_environment
from tests.support.servers import server_environment

NEVER: Final = (
    "asyncio",
    "boto3",
    "botocore.session",
    "pydantic",
    "redis",
    "session_management.managers.mock",
    "ua_parser",
    "zxcvbn",
)
"""What no first success needs, whichever function gives it."""

OF_A_LOGIN: Final = ("argon2", "aws_lambda_powertools", "bcrypt", "pg8000", "pwdlib", "session_management.metrics")
"""What one needs besides that asks the record, verifies a password and tells an event."""

DENIED: Final[Mapping[str, Iterable[str]]] = {
    AUTHORIZER: (*NEVER, *OF_A_LOGIN, "botocore"),
    VALIDATE: (*NEVER, *OF_A_LOGIN, "botocore"),
    LOGIN: NEVER,
}


@pytest.fixture
def environment(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Mapping[str, str]:
    """The functions' settings."""
    return server_environment(postgres, valkey)


@pytest.fixture
def events(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What each function is asked first."""
    return first_events(environment)


@pytest.fixture
def imported(name: str, built: Built, environment: Mapping[str, str], events: dict[str, dict[str, Any]]) -> set[str]:
    """All modules that the function has imported; a first answer without a session is an error."""
    function = built.function(name.partition(",")[0].capitalize())
    done = subprocess.run(
        [LAMBDA_PYTHON, "-X", "importtime", FIRST_ANSWER, json.dumps(events[name])],
        env={**runtime_environment(function, built.layer), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"^import time: .*\| +(\S+)$", done.stderr, re.MULTILINE))


@pytest.mark.parametrize("name", DENIED)
def test_a_first_success_has_imported_nothing_that_it_does_not_need(name: str, imported: set[str]):
    denied = DENIED[name]

    assert "session_management.managers.production" in imported
    assert {one for one in imported if any(one == other or one.startswith(f"{other}.") for other in denied)} == set()


@pytest.mark.parametrize("name", [LOGIN])
def test_what_a_login_needs_is_seen_where_it_is_imported(imported: set[str]):
    assert set(OF_A_LOGIN) - imported == set()
