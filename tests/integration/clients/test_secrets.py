"""A secret that rotates: fetched once, and again when the store refuses what it held."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import boto3
import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.clients import connections
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.deadline import deadline
from session_management.errors import StoreUnavailableError
from session_management.settings import Settings
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver

ROLE: Final = "rotating"

type WriteSecret = Callable[[str], str]


@pytest.fixture
def write_secret(aws: None) -> WriteSecret:
    """Write a secret with a password for the role; return its ARN."""
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="store", SecretString="{}")["ARN"]

    def write(password: str, **more: str) -> str:
        text = json.dumps({"username": ROLE, "password": password, **more})
        secrets.put_secret_value(SecretId=arn, SecretString=text)
        return arn

    return write


@pytest.fixture
def fetches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often a secret was fetched."""
    calls: list[str] = []
    real_client = boto3.client

    def counting(service: Any, **arguments: Any) -> Any:
        calls.append(service)
        return real_client(service, **arguments)

    monkeypatch.setattr(boto3, "client", counting)
    return calls


@pytest.fixture
def role(sql: pg8000.native.Connection) -> Iterator[pg8000.native.Connection]:
    sql.run(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'first'")
    yield sql
    sql.run(f"DROP ROLE {ROLE}")


@pytest.fixture
def connect_postgres(postgres: EmbeddedPostgres, clock: ToldClock) -> Iterator[Callable[[str], Postgres]]:
    def connect(arn: str) -> Postgres:
        settings = Settings.from_environment(
            {
                "DATABASE_HOST": postgres.host,
                "DATABASE_PORT": str(postgres.port),
                "DATABASE_NAME": postgres.database,
                "DATABASE_SSLMODE": "disable",
                "DATABASE_SECRET_ARN": arn,
            }
        )
        return connections.postgres_for(settings.postgres, clock=clock, observer=RecordingObserver())

    yield connect
    connections.close_postgres()


def test_a_rotated_password_costs_one_fetch_and_no_error(
    write_secret: WriteSecret,
    role: pg8000.native.Connection,
    connect_postgres: Callable[[str], Postgres],
    fetches: list[str],
    clock: ToldClock,
) -> None:
    client = connect_postgres(write_secret("first"))
    assert client.fetch("SELECT current_user::text") == [[ROLE]]
    write_secret("second")
    role.run(f"ALTER ROLE {ROLE} PASSWORD 'second'")
    clock.advance(3600)
    client.close()
    assert client.fetch("SELECT current_user::text") == [[ROLE]]
    assert fetches == ["secretsmanager"] * 2


def test_a_password_that_stays_wrong_is_fetched_at_most_once_in_ten_seconds(
    write_secret: WriteSecret,
    role: pg8000.native.Connection,
    connect_postgres: Callable[[str], Postgres],
    fetches: list[str],
    clock: ToldClock,
) -> None:
    client = connect_postgres(write_secret("wrong-secret"))
    for _ in range(3):
        with pytest.raises(StoreUnavailableError, match="the password is wrong") as failure:
            client.fetch("SELECT 1")
        assert "wrong-secret" not in repr(failure.value) + str(failure.value)
    assert len(fetches) == 1
    clock.advance(9.999)
    with pytest.raises(StoreUnavailableError):
        client.fetch("SELECT 1")
    assert len(fetches) == 1
    clock.advance(3.001)
    with pytest.raises(StoreUnavailableError):
        client.fetch("SELECT 1")
    assert len(fetches) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no JSON", "not JSON with the fields username and password"),
        ('"text"', "not JSON with the fields username and password"),
        ('{"user": "x"}', "not JSON with the fields username and password"),
    ],
)
def test_a_secret_of_another_shape_says_what_it_should_be(
    aws: None, connect_postgres: Callable[[str], Postgres], text: str, reason: str
) -> None:
    arn = boto3.client("secretsmanager").create_secret(Name="odd", SecretString=text)["ARN"]
    with pytest.raises(StoreUnavailableError, match=reason):
        connect_postgres(arn).fetch("SELECT 1")


def test_a_secret_that_is_not_there_says_so(aws: None, connect_postgres: Callable[[str], Postgres]) -> None:
    with pytest.raises(StoreUnavailableError, match=r"its secret cannot be read \(ResourceNotFoundException\)"):
        connect_postgres("arn:aws:secretsmanager:eu-central-1:123456789012:secret:none").fetch("SELECT 1")


@pytest.fixture
def connect_redis(valkey: EmbeddedValkey, clock: ToldClock) -> Iterator[Callable[[str], Redis]]:
    def connect(arn: str) -> Redis:
        settings = Settings.from_environment(
            {
                "REDIS_HOST": valkey.host,
                "REDIS_PORT": str(valkey.port),
                "REDIS_TLS": "false",
                "REDIS_SECRET_ARN": arn,
            }
        )
        return connections.redis_for(settings.redis, clock=clock, observer=RecordingObserver())

    yield connect
    connections.close_redis()


def test_a_rotated_password_of_valkey_costs_one_fetch_and_no_error(
    write_secret: WriteSecret,
    keys: redis.Redis,
    connect_redis: Callable[[str], Redis],
    fetches: list[str],
    clock: ToldClock,
) -> None:
    def set_password(password: str) -> None:
        keys.acl_setuser(ROLE, enabled=True, reset=True, passwords=["+" + password], commands=["+@all"], keys=["*"])

    try:
        set_password("first")
        client = connect_redis(write_secret("first"))
        assert client.command("GET", "session:x") is None
        write_secret("second")
        set_password("second")
        clock.advance(3600)
        assert client.command("GET", "session:x") is None
        client.close()
        assert client.command("GET", "session:x") is None
        assert fetches == ["secretsmanager"] * 2
    finally:
        keys.acl_deluser(ROLE)


def test_a_silent_secrets_manager_is_an_unavailable_store_within_the_requests_time(
    monkeypatch: pytest.MonkeyPatch, connect_postgres: Callable[[str], Postgres]
) -> None:
    """P9: it listens, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "eu-central-1"}.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        postgres = connect_postgres("arn:aws:secretsmanager:eu-central-1:123456789012:secret:silent")
        began = time.monotonic()

        with deadline(1.0), pytest.raises(StoreUnavailableError, match="secret cannot be read"):
            postgres.fetch("SELECT 1")

        assert time.monotonic() - began < 3
