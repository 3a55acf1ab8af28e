"""Each function may do what its code does, and nothing else.

The handlers are the real ones, with the environment that the template gives them, on an AWS of moto's. To PostgreSQL,
who a function is is settled before it connects, so nothing listens. Redis-py asks once TLS stands.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

import boto3
import moto
import pytest

from session_management.errors import StoreUnavailableError
from session_management.factory import UserManagerFactory, get_redis
from tests.events import CASES
from tests.functions.service import handler_of
from tests.packaging.combinations import parameters
from tests.packaging.hanging_up import hanging_up
from tests.packaging.recording import Use, recorded
from tests.packaging.resolution import Resolution
from tests.packaging.roles import Permission, permissions
from tests.packaging.template import functions, template
from tests.packaging.translation import translations
from tests.support.contexts import FakeContext

NOBODY: Final = {
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
SECRETS: Final = ("DatabaseSecretArn", "DatabaseValidatorSecretArn", "DatabaseMigratorSecretArn", "RedisSecretArn")
# Two names of this machine, so that it is seen whether a token is for PostgreSQL or for the proxy before it.
CREATED: Final = {
    "Data.Outputs.DatabaseHost": "127.0.0.1",
    "Data.Outputs.DatabaseDirectHost": "localhost",
    "Data.Outputs.DatabasePort": "1",
    "Data.Outputs.DatabaseResourceId": "prx-0a",
    "Data.Outputs.DatabaseDirectResourceId": "cluster-0a",
    "Data.Outputs.RedisHost": "127.0.0.1",
    "Data.Outputs.RedisUser": "sessions-1a2b3c4d",
    "Data.Outputs.CacheName": "sessions-1a2b3c4d",
    "Data.Outputs.RedisCluster": "true",
}
RESOURCE_OF: Final = {"127.0.0.1": "prx-0a", "localhost": "cluster-0a"}
HERE: Final = {
    "DatabaseHost": "localhost",
    "DatabaseResourceId": "cluster-0a",
    "RedisHost": "localhost",
    "RedisUrl": "rediss://service:word@localhost:1/0",
}
# As everywhere but on loopback.
TLS: Final = {"DATABASE_SSLMODE": "verify-full", "REDIS_TLS": "true"}
OPEN: Final = {"Registration": "open"}
WAYS: Final = (
    ("Aurora", "serverless"),
    ("own by password", "own by URL"),
    ("own by IAM", "own by IAM"),
    ("own by IAM with users apart", "own by secret"),
    ("own by secret", "own by secret"),
    ("own by secrets apart", "own by IAM"),
)
# What Lambda does by a function's role, and no code of the function's.
BY_LAMBDA: Final = {("Sweeper", "sqs:sendmessage"): "It puts the event of a failed sweep into the queue."}
# Who asks Redis only for what PostgreSQL answered.
REDIS_SECOND: Final = {"Sweeper": "It fences in Redis what PostgreSQL has as revoked."}
# As whom functions connect to PostgreSQL, the others as the first.
USERS: Final = {
    "Aurora": ("session_service", "session_validator", "migrator"),
    "own by IAM": ("service", "service", "service"),
    "own by IAM with users apart": ("service", "validator", "owner"),
}


@pytest.fixture(scope="module")
def secrets() -> Iterator[dict[str, str]]:
    """An AWS of moto's with the stores' secrets: their ARNs, by the parameters that name them."""
    with pytest.MonkeyPatch.context() as environment, moto.mock_aws():
        for name, value in NOBODY.items():
            environment.setenv(name, value)
        manager = boto3.client("secretsmanager")
        held = json.dumps({"username": "service", "password": "word"})
        yield {name: manager.create_secret(Name=name, SecretString=held)["ARN"] for name in SECRETS}


@pytest.fixture(scope="module")
def translated(environments: None) -> dict[str, Any]:
    """The template as SAM leaves it."""
    (made,) = translations(template(), [{}])
    return made


@pytest.fixture(scope="module", params=WAYS, ids=" and ".join)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A way to log in to PostgreSQL, and one to Redis."""
    database, cache = request.param
    return database, cache


@pytest.fixture(scope="module")
def resources(way: tuple[str, str], translated: dict[str, Any], secrets: dict[str, str]) -> Mapping[str, Any]:
    """The template's resources with that way."""
    database, cache = way
    network = "created" if database == "Aurora" else "none"
    chosen = parameters([("network", network), ("database", database), ("cache", cache)])
    own = {name: value for name, value in {**HERE, **secrets}.items() if name in chosen}
    found: Mapping[str, Any] = Resolution(translated, {**chosen, **own, **OPEN}, CREATED).of(translated["Resources"])
    return found


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where no PostgreSQL listens, and a Redis that ends each connection once TLS stands: as settings."""
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    with hanging_up(file) as port:
        files = {"DATABASE_CA_FILE": "", "REDIS_CA_FILE": str(file)}
        yield {"DATABASE_PORT": "1", "REDIS_PORT": str(port), **TLS, **files}


@pytest.fixture
def environment(
    secrets: dict[str, str], stores: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Mapping[str, str]], None]]:
    """Sets the environment of a function; nothing is kept from the one before."""

    def set_to(variables: Mapping[str, str]) -> None:
        for name, value in {**variables, **stores}.items():
            monkeypatch.setenv(name, value)

    UserManagerFactory.clear_cache()
    yield set_to
    UserManagerFactory.clear_cache()


@pytest.mark.parametrize("function", list(functions()))
def test_a_function_may_do_what_it_does_and_nothing_else(
    function: str, resources: Mapping[str, Any], environment: Callable[[Mapping[str, str]], None]
):
    told = resources[function]["Properties"]["Environment"]["Variables"]
    environment({**told, "AWS_LAMBDA_FUNCTION_NAME": function})
    with recorded() as uses:
        for case in CASES:
            if case.function == function:
                _invoke(function, case.event)

    allowed = {each for each in permissions(resources, function) if (function, each[0]) not in BY_LAMBDA}
    assert {permission for use in uses for permission in _needed(use)} == allowed


@pytest.mark.parametrize("function", [name for name in functions() if name != "Me"])
def test_a_function_connects_as_its_own_user_alone(function: str, way: tuple[str, str], resources: Mapping[str, Any]):
    """Validate and the authorizer as the validator, migrate as the owner of the tables, and nobody else as these."""
    service, validator, owner = USERS.get(way[0], ("", "", ""))
    user = {"Validate": validator, "Authorizer": validator, "Migrate": owner}.get(function, service)
    connects = {resource for action, resource in permissions(resources, function) if action == "rds-db:connect"}

    assert {resource.rpartition("/")[2] for resource in connects} == ({user} - {""})


def test_what_lambda_does_by_itself_is_allowed(translated: dict[str, Any]):
    made = Resolution(translated, {}).of(translated["Resources"])

    assert all(action in {each[0] for each in permissions(made, function)} for function, action in BY_LAMBDA)


def _invoke(function: str, event: Any) -> None:
    """Have it answer, or fail, as without stores it has to."""
    with suppress(Exception):
        handler_of(function)(event, FakeContext(seconds=300, function=function))
    if function in REDIS_SECOND:
        with suppress(StoreUnavailableError):
            get_redis().command("GET", "session:none")


def _needed(use: Use) -> set[Permission]:
    """Return what *use* has to be allowed; whether a cache is serverless, a token does not always tell."""
    match use:
        case ("rds-db:connect", (host, user)):
            return {("rds-db:connect", f"{_arn('rds-db')}:dbuser:{RESOURCE_OF[host]}/{user}")}
        case ("elasticache:connect", (cache, user)):
            on = (f"serverlesscache:{cache}", f"replicationgroup:{cache}", f"user:{user}")
            return {("elasticache:connect", f"{_arn('elasticache')}:{each}") for each in on}
        case (action, parameters):
            return {(action.lower(), parameter) for parameter in parameters}


def _arn(service: str) -> str:
    return f"arn:aws:{service}:eu-central-1:123456789012"
