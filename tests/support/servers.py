"""The embedded servers as tests use them: migrated, emptied, and with a clock that can be told."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

import pg8000.native
import redis
from pg8000.exceptions import InterfaceError

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.breaker import Breaker
from session_management.clients.credentials import FixedCredentials
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.clock import SystemClock
from session_management.interfaces import Clock
from session_management.settings import Settings
from tests.support.observer import RecordingObserver

# `now()` is looked up in `told` before PostgreSQL's own: statements then run by the time in this table.
_TELL_THE_TIME = """
    CREATE SCHEMA told;
    CREATE TABLE told.clock (at TIMESTAMPTZ NOT NULL);
    CREATE FUNCTION told.now() RETURNS TIMESTAMPTZ STABLE PARALLEL SAFE LANGUAGE sql
        AS 'SELECT COALESCE((SELECT at FROM told.clock), pg_catalog.now())';
    ALTER DATABASE postgres SET search_path = public, told, pg_catalog;
"""


def server_environment(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, **variables: str) -> dict[str, str]:
    """Return the environment of a function in production mode over these servers."""
    return {
        "APP_ENV": "production",
        "DATABASE_URL": postgres.url,
        "DATABASE_SSLMODE": "disable",
        "REDIS_URL": valkey.url,
        "REDIS_TLS": "false",
        **variables,
    }


def server_settings(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, **variables: str) -> Settings:
    """Return the settings of `server_environment`."""
    return Settings.from_environment(server_environment(postgres, valkey, **variables))


@contextmanager
def sql_connection(server: EmbeddedPostgres, **overrides: Any) -> Iterator[pg8000.native.Connection]:
    """Open a connection of the tests' own: it autocommits, and never waits long for a lock."""
    facts: dict[str, Any] = {
        "user": server.user,
        "password": server.password,
        "database": server.database,
        "host": server.host,
        "port": server.port,
        "ssl_context": False,
        "application_name": "tests",
        **overrides,
    }
    connection = pg8000.native.Connection(**facts)
    try:
        connection.run("SET lock_timeout = '10s'")
        yield connection
    finally:
        ends = connection._sock, connection._usock
        with suppress(InterfaceError, OSError):
            connection.close()
        for end in ends:
            with suppress(OSError):
                end.close()


@contextmanager
def valkey_connection(server: EmbeddedValkey) -> Iterator[redis.Redis]:
    """Open a connection of the tests' own."""
    with closing(redis.Redis.from_url(server.url)) as connection:
        yield connection


def prepare(server: EmbeddedPostgres, look: Mapping[str, Any] | None = None, **variables: str) -> None:
    """Bring the schema up to date, as the migrate function would, and let the time be told.

    *variables* are settings, and *look* is what the tests' own connection needs besides.
    """
    with postgres_client(server, clock=None, **variables) as postgres:
        migrate(postgres, read_migrations())
    with sql_connection(server, **(look or {})) as connection:
        connection.run(_TELL_THE_TIME)


def empty(connection: pg8000.native.Connection) -> None:
    """Remove every row, and leave the time to PostgreSQL's own clock again."""
    ((many,),) = connection.run("SELECT count(*) > 1000 FROM sessions")
    # Emptying a large table is one new file; of a small one, rows are deleted faster than files are made.
    remove = "TRUNCATE sessions, users" if many else "DELETE FROM sessions; DELETE FROM users"
    connection.run(f"{remove}; DELETE FROM told.clock")


@contextmanager
def postgres_client(server: EmbeddedPostgres, *, clock: Clock | None = None, **variables: str) -> Iterator[Postgres]:
    """Give a client of the layer's to *server*, and close it; *variables* are settings."""
    with postgres_client_of({"DATABASE_URL": server.url} | variables, clock=clock) as client:
        yield client


@contextmanager
def postgres_client_of(variables: Mapping[str, str], *, clock: Clock | None = None) -> Iterator[Postgres]:
    """Give a client of the layer's as these settings say, and close it."""
    options = Settings.from_environment(variables).postgres
    clock = clock or SystemClock()
    breaker = Breaker("postgresql", clock=clock, observer=RecordingObserver())
    credentials = FixedCredentials(options.user, options.password)
    client = Postgres(options, credentials=credentials, breaker=breaker, clock=clock)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def redis_client(server: EmbeddedValkey, *, clock: Clock | None = None, **variables: str) -> Iterator[Redis]:
    """Give a client of the layer's to *server*, and close it; *variables* are settings."""
    options = Settings.from_environment({"REDIS_URL": server.url} | variables).redis
    clock = clock or SystemClock()
    breaker = Breaker("redis", clock=clock, observer=RecordingObserver())
    credentials = FixedCredentials(options.user, options.password)
    client = Redis(options, credentials=credentials, breaker=breaker, clock=clock)
    try:
        yield client
    finally:
        client.close()
