"""AWS' SDK takes a while to import: only those wait for it who have a secret to read, or a token to sign."""

import json
from typing import Final

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.support.servers import server_environment
from tests.unit.programs import run_program

ARN: Final = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:store-a1b2c3"
NOWHERE: Final = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_REGION": "eu-central-1",
}

PROGRAM: Final = """
    import json, sys
    from tests.functions.service import handler_of
    from tests.support.contexts import FakeContext
    from tests.support.http_events import http_event

    def imported():
        # Powertools looks whether there is a botocore at all.
        return bool({"boto3", "botocore.session", "botocore.signers"} & set(sys.modules))

    validate = handler_of("Validate")
    before = imported()
    event = http_event(headers={"authorization": "Bearer " + "a" * 43})
    answer = validate(event, FakeContext(seconds=10, function="Validate"))
    print(json.dumps([before, answer["statusCode"], imported()]))
"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [False, 401, False]),
        ({"DATABASE_SECRET_ARN": ARN}, [False, 503, True]),
        ({"REDIS_SECRET_ARN": ARN}, [False, 401, True]),
        ({"DATABASE_IAM_AUTH": "true", "DATABASE_SSLMODE": "verify-full"}, [False, 503, True]),
        (
            {"REDIS_IAM_AUTH": "true", "REDIS_USER": "x", "REDIS_CACHE_NAME": "x", "REDIS_TLS": "true"},
            [False, 401, False],
        ),
    ],
    ids=["neither", "PostgreSQL's secret", "Redis' secret", "PostgreSQL's token", "no token for Redis without TLS"],
)
def test_the_sdk_is_imported_where_a_secret_is_read_or_a_token_signed_and_then_only(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, variables: dict[str, str], expected: list[object]
) -> None:
    """A request that asks both stores; Secrets Manager is out of reach, and both stores have no TLS.

    Redis' token is signed only for a server that has shown who it is.
    """
    printed = run_program(PROGRAM, **server_environment(postgres, valkey) | NOWHERE | variables)
    assert json.loads(printed.splitlines()[-1]) == expected


CONNECTING: Final = """
    import contextlib, json, os, sys
    from session_management.clients.connections import postgres_for, redis_for
    from session_management.clock import SystemClock
    from session_management.errors import StoreUnavailableError
    from session_management.settings import Settings
    from tests.support.observer import RecordingObserver

    def imported():
        return bool({"boto3", "botocore.session", "botocore.signers"} & set(sys.modules))

    settings = Settings.from_environment(os.environ)
    with_them = {"clock": SystemClock(), "observer": RecordingObserver()}
    postgres, redis = postgres_for(settings.postgres, **with_them), redis_for(settings.redis, **with_them)
    told = [imported()]
    for ask in (lambda: postgres.fetch("SELECT 1"), lambda: redis.command("GET", "session:x")):
        with contextlib.suppress(StoreUnavailableError):
            ask()
        told.append(imported())
    postgres.close()
    redis.close()
    print(json.dumps(told))
"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [False, False, False]),
        ({"DATABASE_IAM_AUTH": "true"}, [False, True, True]),
        ({"REDIS_IAM_AUTH": "true", "REDIS_USER": "x", "REDIS_CACHE_NAME": "x"}, [False, False, True]),
    ],
    ids=["neither", "PostgreSQL's token", "Redis' token"],
)
def test_the_sdk_is_imported_when_a_store_that_wants_a_token_is_connected_to(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, variables: dict[str, str], expected: list[bool]
) -> None:
    """First nothing was asked, then PostgreSQL, then Redis: without TLS, as only outside of production."""
    environment = server_environment(postgres, valkey) | {"APP_ENV": "test"}
    printed = run_program(CONNECTING, **environment | NOWHERE | variables)
    assert json.loads(printed.splitlines()[-1]) == expected
