"""What an operator may want to know of PostgreSQL itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from session_management.clients.postgres import Postgres
from session_management.session_data import to_datetime

_VERSION: Final = "SELECT current_setting('server_version_num')::int, current_setting('server_version')"
_NOW: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
# Everybody may read this view; of pg_stat_activity a user without privileges sees who is connected, but not what it is.
_CONNECTIONS: Final = """
    SELECT (SELECT sum(numbackends) FROM pg_stat_database WHERE datname IS NOT NULL)::int,
        current_setting('max_connections')::int,
        current_setting('superuser_reserved_connections')::int
            + COALESCE(current_setting('reserved_connections', true), '0')::int
"""
_HAS_MIGRATIONS: Final = "SELECT to_regclass('session_migrations') IS NOT NULL"
_MIGRATIONS: Final = "SELECT name FROM session_migrations"


@dataclass(frozen=True, slots=True)
class Connections:
    """How many connections there are, how many there may be, and how many of those are not for the service."""

    in_use: int
    limit: int
    reserved: int


class PostgreSQLInspection:
    """Questions about the server. Every method raises StoreUnavailableError if it does not answer, or may not."""

    def __init__(self, postgres: Postgres) -> None:
        """Use *postgres*."""
        self._postgres = postgres

    def version(self) -> tuple[int, str]:
        """Return the major version, and the whole of it in the server's words."""
        ((number, text),) = self._postgres.fetch(_VERSION)
        return number // 10_000, str(text)

    def now(self) -> datetime:
        """Return what time it is by the server's clock."""
        ((milliseconds,),) = self._postgres.fetch(_NOW)
        return to_datetime(milliseconds)

    def connections(self) -> Connections:
        """Return the connections to the whole server, whosever they are."""
        ((in_use, limit, reserved),) = self._postgres.fetch(_CONNECTIONS)
        return Connections(in_use, limit, reserved)

    def migrations(self) -> set[str]:
        """Return the names of the migrations that are applied."""
        ((exists,),) = self._postgres.fetch(_HAS_MIGRATIONS)
        return {name for (name,) in self._postgres.fetch(_MIGRATIONS)} if exists else set()
