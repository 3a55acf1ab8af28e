"""The roles of PostgreSQL that operators make with the grants in infra/database."""

import secrets
from typing import Final

import pg8000.native

from infra.database.migrate import MIGRATIONS
from infra.local.servers import EmbeddedPostgres
from tests.support.psql import psql
from tests.support.servers import sql_connection

BEFORE: Final = MIGRATIONS.parent / "roles.sql"
GRANTS: Final = MIGRATIONS.parent / "grants.sql"
UPGRADE_GRANTS: Final = MIGRATIONS.parent / "upgrade_grants.sql"
KINDS: Final = ("migrator", "service", "validator")

_NOTHING_FOR_EVERYBODY: Final = """
    REVOKE ALL ON DATABASE {database} FROM PUBLIC;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
"""


def make_roles(connection: pg8000.native.Connection, prefix: str) -> dict[str, str]:
    """Create a role for each purpose, that may do nothing but log in; return `role:password` for a URL, by kind."""
    logins = {kind: f"{prefix}_{kind}:{secrets.token_urlsafe(24)}" for kind in KINDS}
    for role, password in (login.split(":") for login in logins.values()):
        connection.run(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
    return logins


def let_in(server: EmbeddedPostgres, logins: dict[str, str], database: str) -> None:
    """Run roles.sql as an operator does, as the owner of a *database* in which nobody else may do anything."""
    with sql_connection(server, database=database) as owner:
        owner.run(_NOTHING_FOR_EVERYBODY.format(database=database))
    psql(server, *_variables(logins, *KINDS), "-f", BEFORE, database=database)


def grant(server: EmbeddedPostgres, logins: dict[str, str], database: str, *, by: str | None = None) -> None:
    """Run grants.sql as an operator does, as the owner of the tables: *by* one of the *logins*, or by the superuser."""
    user, password = (logins[by] if by else f"{server.user}:{server.password}").split(":")
    variables = _variables(logins, "service", "validator")
    psql(server, *variables, "-f", GRANTS, database=database, user=user, password=password)


def grant_upgrades(server: EmbeddedPostgres, logins: dict[str, str], database: str, *options: str) -> None:
    """Run upgrade_grants.sql as an operator does."""
    psql(server, *_variables(logins, "validator"), *options, "-f", UPGRADE_GRANTS, database=database)


def _variables(logins: dict[str, str], *kinds: str) -> list[str]:
    return [part for kind in kinds for part in ("-v", f"{kind}={logins[kind].split(':')[0]}")]
