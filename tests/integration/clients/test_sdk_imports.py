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
    ],
    ids=["neither", "PostgreSQL's secret", "Redis' secret"],
)
def test_the_sdk_is_imported_where_a_secret_is_read_and_then_only(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, variables: dict[str, str], expected: list[object]
) -> None:
    """A request that asks both stores; Secrets Manager is out of reach."""
    printed = run_program(PROGRAM, **server_environment(postgres, valkey), **NOWHERE, **variables)
    assert json.loads(printed.splitlines()[-1]) == expected
