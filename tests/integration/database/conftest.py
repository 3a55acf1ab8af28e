"""Databases of a test's own, in the server that all share."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import pg8000.native
import pytest

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres
from session_management.clients.postgres import Postgres
from tests.support.roles import grant, let_in, make_roles
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


@pytest.fixture
def roles(
    postgres: EmbeddedPostgres, name: str, url: str, inside: pg8000.native.Connection
) -> Iterator[dict[str, str]]:
    """Three roles with what the two files give them, by what they are for: `role:password`. All is run twice."""
    with ExitStack() as undone:
        logins = make_roles(inside, name)
        for role in (login.split(":")[0] for login in logins.values()):
            undone.callback(inside.run, f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}")
        for _ in range(2):
            let_in(postgres, logins, name)
            with postgres_client(postgres, DATABASE_URL=login_url(url, logins["migrator"])) as migrator:
                migrate(migrator, read_migrations())
            grant(postgres, logins, name, by="migrator")
        yield logins


def login_url(url: str, login: str) -> str:
    """Return *url* for another user."""
    return f"postgresql://{login}@" + url.split("@", 1)[1]
