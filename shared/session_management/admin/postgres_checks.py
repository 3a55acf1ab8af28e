"""What the doctor looks at in PostgreSQL."""

from collections.abc import Callable
from typing import Final

from session_management.adapters.postgres_inspection import PostgreSQLInspection
from session_management.adapters.postgres_sweep import PostgreSQLSweepAdapter
from session_management.admin.checks import Check, Status, clock_check, looked, untold
from session_management.admin.plain_form import plain_form_check
from session_management.clients.postgres import Postgres
from session_management.clock import SystemClock
from session_management.errors import StoreUnavailableError
from session_management.policy import SessionPolicy
from session_management.schema import MIGRATIONS

_OLDEST_TESTED: Final = 15
_MUCH, _TOO_MUCH = 0.8, 0.95
_GRANTS: Final = "Run infra/database/grants.sql again, as the owner of the tables."
_HELP_TO_COUNT: Final = f"{_GRANTS} Where it took too long: infra/database/upgrade_index.sql builds an index for it."
_ASK_THE_OWNER: Final = "Ask as a user who may see it."


def postgres_checks(postgres: Postgres, policy: SessionPolicy) -> list[Check]:
    """Return all of PostgreSQL's lines; with one that it does not answer the others are there, too."""
    inspection = PostgreSQLInspection(postgres)
    looks: dict[str, tuple[Callable[[], Check], str]] = {
        "migrations": (lambda: _migrations(inspection), _GRANTS),
        "postgresql_connections": (lambda: _connections(inspection), _ASK_THE_OWNER),
        "postgresql_clock": (
            lambda: clock_check("postgresql_clock", "PostgreSQL", inspection.now, policy.revalidate),
            _ASK_THE_OWNER,
        ),
        "plain_form": (lambda: _plain_form(postgres, policy), _HELP_TO_COUNT),
    }
    try:
        first = _version(inspection)
    except StoreUnavailableError as error:
        advice = "Look at the host, the user, the password, TLS and the network, in this order."
        down = Check("postgresql", Status.FAULT, f"PostgreSQL does not answer: {error.reason}", advice)
        return [down, *untold(looks, "PostgreSQL")]
    return [first, *(looked(name, look, hint=hint) for name, (look, hint) in looks.items())]


def _plain_form(postgres: Postgres, policy: SessionPolicy) -> Check:
    return plain_form_check(PostgreSQLSweepAdapter(postgres).plain_left(), policy, SystemClock().now())


def _version(inspection: PostgreSQLInspection) -> Check:
    major, version = inspection.version()
    facts = {"version": version}
    if major < _OLDEST_TESTED:
        advice = f"Upgrade: nothing before PostgreSQL {_OLDEST_TESTED} is tested."
        return Check("postgresql", Status.WARNING, f"PostgreSQL {version} answers", advice, facts)
    return Check("postgresql", Status.OK, f"PostgreSQL {version} answers", None, facts)


def _connections(inspection: PostgreSQLInspection) -> Check:
    connections = inspection.connections()
    usable = connections.limit - connections.reserved
    share = connections.in_use / max(usable, 1)
    found = f"{connections.in_use} of {usable} connections are in use, {connections.reserved} more are reserved"
    facts = {"in_use": connections.in_use, "usable": usable, "max_connections": connections.limit}
    if share < _MUCH:
        return Check("postgresql_connections", Status.OK, found, None, facts)
    status = Status.FAULT if share >= _TOO_MUCH else Status.WARNING
    advice = "Put a pooler (RDS Proxy, PgBouncer) between, raise max_connections, or limit the functions' concurrency."
    return Check("postgresql_connections", status, found, advice, facts)


def _migrations(inspection: PostgreSQLInspection) -> Check:
    applied = inspection.migrations()
    pending = [name for name in MIGRATIONS if name not in applied]
    unknown = sorted(applied - set(MIGRATIONS))
    facts = {"applied": sorted(applied), "pending": pending}
    if pending:
        found = f"{len(pending)} of {len(MIGRATIONS)} migrations are pending: {', '.join(pending)}"
        return Check("migrations", Status.FAULT, found, "Invoke the migrate function.", facts)
    if unknown:
        found = f"the schema is newer than this code: {', '.join(unknown)}"
        return Check("migrations", Status.WARNING, found, "Deploy the code that the migrations belong to.", facts)
    return Check("migrations", Status.OK, f"all {len(MIGRATIONS)} migrations are applied", None, facts)
