"""Databases of a test's own, in the server that all share."""

import secrets
from collections.abc import Iterator

import pg8000.native
import pytest

from infra.local.servers import EmbeddedPostgres
from session_management.clients.postgres import Postgres
from tests.support.servers import postgres_client, sql_connection


@pytest.fixture
def name(sql: pg8000.native.Connection) -> Iterator[str]:
    """An empty database, dropped again afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    sql.run(f"CREATE DATABASE {name}")
    yield name
    sql.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def url(postgres: EmbeddedPostgres, name: str) -> str:
    """The URL of that database, for the server's superuser."""
    return f"postgresql://{postgres.user}:{postgres.password}@{postgres.host}:{postgres.port}/{name}"


@pytest.fixture
def database(postgres: EmbeddedPostgres, url: str) -> Iterator[Postgres]:
    """A client of the layer's, as the migrate function has it."""
    with postgres_client(postgres, DATABASE_URL=url) as client:
        yield client


@pytest.fixture
def inside(postgres: EmbeddedPostgres, name: str) -> Iterator[pg8000.native.Connection]:
    """A look into that database."""
    with sql_connection(postgres, database=name) as connection:
        yield connection
