"""Every statement of the adapters goes by the index that is meant for it, by its values and as it is kept prepared."""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

import pg8000.native
import pytest

from infra.database.migrate import MIGRATIONS, migrate, read_migrations
from infra.local.servers import EmbeddedPostgres
from session_management.adapters import postgres_inspection, postgres_sessions, postgres_sweep, postgres_users
from session_management.adapters.postgres_sessions import PostgreSQLSessionAdapter
from session_management.adapters.postgres_sweep import PostgreSQLSweepAdapter
from session_management.adapters.postgres_users import PostgreSQLUserAdapter
from session_management.clients.postgres import Postgres
from session_management.models import Session
from session_management.tokens import SessionNames
from tests.integration.database.plans import FILL, Plan, PlanningPostgres
from tests.support.psql import psql

ORIGINAL_INDEXES: Final = MIGRATIONS.parent / "original_indexes.sql"
DECISION: Final = Path(__file__).parents[3] / "docs/decisions/0007-indexes.md"
NOT_NEEDED: Final = {
    *("users_email_key", "users_role_idx", "users_created_at_idx"),
    *("sessions_expires_at_idx", "sessions_created_at_idx", "sessions_revoked_idx"),
}
"""The original's indexes that no statement of ours is meant to go by."""
UNIQUE: Final = "users_email_key"
WIDE: Final = timedelta(days=9)
STATEMENT: Final = re.compile(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\b")

_INDEXES: Final = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('users', 'sessions') ORDER BY 1"
_LIVE: Final = "SELECT id FROM sessions WHERE NOT revoked AND expires_at > now() AND length(id) = 64 LIMIT 1"


@dataclass(frozen=True, slots=True)
class Scene:
    """The adapters over a client that plans: sessions by digests, in plain form, and while that is upgraded."""

    planning: PlanningPostgres
    digests: PostgreSQLSessionAdapter
    plain: PostgreSQLSessionAdapter
    upgrading: PostgreSQLSessionAdapter
    sweep: PostgreSQLSweepAdapter
    users: PostgreSQLUserAdapter
    live: Session
    now: datetime

    def new(self, letter: str) -> Session:
        """Return a session that is not recorded yet."""
        return replace(self.live, key=letter * 64, handle=letter * 64)


@dataclass(frozen=True, slots=True)
class Meant:
    """A call, and the indexes meant for each of its statements, in order; and what it may read from end to end."""

    call: Callable[[Scene], object]
    indexes: list[set[str]]
    whole: frozenset[str] = frozenset()


BY_ID, BY_KEY, BY_USER = {"users_pkey"}, {"sessions_pkey"}, {"sessions_user_id_idx"}
BY_COLUMN, BY_PLAIN = {"users_session_id_idx"}, {"sessions_plain_idx"}
BY_EXPIRY, BY_REVOCATION = {"sessions_live_expires_at_idx"}, {"sessions_revoked_at_idx"}

SESSIONS: Final = {
    "open": Meant(lambda it: it.digests.open(it.new("f"), None, None), [BY_ID | BY_KEY]),
    "check": Meant(lambda it: it.digests.check(it.live.key, it.now, it.now, it.now - WIDE), [BY_KEY | BY_ID]),
    "extend": Meant(lambda it: it.digests.extend(it.live.key, it.now, it.now, it.now - WIDE), [BY_KEY | BY_ID]),
    "revoke": Meant(lambda it: it.digests.revoke("f" * 64, "logout"), [BY_KEY]),
    "revoke, plain": Meant(lambda it: it.plain.revoke("plain-100", "logout"), [BY_KEY, BY_COLUMN]),
    "forget": Meant(lambda it: it.plain.forget("plain-200"), [BY_COLUMN]),
    "rename": Meant(lambda it: it.upgrading.rename("plain-300", "e" * 64, it.now, it.now - WIDE), [BY_KEY | BY_ID]),
    "adopt": Meant(lambda it: it.upgrading.adopt(it.new("d"), "plain-400", in_column=False), [BY_ID | BY_KEY]),
    "keep_newest": Meant(lambda it: it.digests.keep_newest(it.live.user_id, 3, ""), [BY_USER | BY_KEY]),
    "live": Meant(lambda it: it.digests.live(it.live.user_id, it.now, it.now - WIDE, 100), [BY_USER]),
    "recent": Meant(lambda it: it.digests.recent(it.live.user_id), [BY_USER]),
    "recent, by handle": Meant(lambda it: it.digests.recent(it.live.user_id, it.live.handle), [BY_USER]),
    "find_by_handle": Meant(lambda it: it.digests.find_by_handle(it.live.handle), [BY_KEY | BY_ID]),
    "find_by_handle, upgrading": Meant(
        lambda it: it.upgrading.find_by_handle(it.live.handle), [BY_KEY | BY_PLAIN | BY_ID]
    ),
    "revoke_all": Meant(lambda it: it.digests.revoke_all(it.live.user_id, "ended", None), [BY_ID, BY_USER]),
}
SWEEP: Final = {
    "recently_revoked": Meant(lambda it: it.sweep.recently_revoked("", 1_000), [BY_REVOCATION, BY_REVOCATION]),
    "lag": Meant(lambda it: it.sweep.lag(), [BY_EXPIRY]),
    # Its size, what has expired, ranges of pages, and what is left.
    "delete_expired": Meant(
        lambda it: list(it.sweep.delete_expired(1_000)), [{"pg_class_oid_index"}, BY_EXPIRY, set(), BY_EXPIRY]
    ),
    "purgeable": Meant(lambda it: it.sweep.purgeable(timedelta(days=20), 1_000, only_expired=False), [BY_REVOCATION]),
    "purge": Meant(lambda it: it.sweep.purge([f"{number:064x}" for number in range(1_000)]), [BY_KEY]),
    "clear_legacy_session_ids": Meant(
        lambda it: it.sweep.clear_legacy_session_ids(timedelta(days=7), 1_000), [BY_COLUMN | BY_ID]
    ),
    "plain_left": Meant(lambda it: it.sweep.plain_left(), [BY_PLAIN | BY_COLUMN]),
    "plain_keys": Meant(lambda it: it.sweep.plain_keys(it.now - WIDE, 1_000), [BY_PLAIN | BY_COLUMN]),
    "forget_plain": Meant(
        lambda it: it.sweep.forget_plain([f"plain-{number}" for number in range(1_000)]), [BY_PLAIN, BY_COLUMN]
    ),
}
USERS: Final = {
    "find_by_email": Meant(lambda it: it.users.find_by_email("User-7@example.com"), [{"users_email_lower_key"}]),
    "find_by_id": Meant(lambda it: it.users.find_by_id(it.live.user_id), [BY_ID]),
    "find_hash": Meant(lambda it: it.users.find_hash(it.live.user_id), [BY_ID]),
    "find_by_session_id": Meant(lambda it: it.users.find_by_session_id("plain-500", it.now - WIDE), [BY_COLUMN]),
    "find_in_session": Meant(lambda it: it.users.find_in_session(it.live.user_id, it.live.handle, it.now), [BY_ID]),
    "create": Meant(lambda it: it.users.create("ann@example.com", None, "USER", is_verified=False), [set()]),
    "update": Meant(lambda it: it.users.update(it.live.user_id, {"role": "ADMIN"}), [BY_ID]),
    "get_all": Meant(lambda it: it.users.get_all(100, None), [BY_ID]),
    # All of them are counted.
    "count": Meant(lambda it: it.users.count(), [set()], frozenset({"users"})),
    "delete": Meant(lambda it: it.users.delete(it.live.user_id), [BY_ID]),
}
# Where all keys are session IDs, none of which an index knows the digest of. An operator asks for it (`explain`).
READING_ALL: Final = {
    "find_by_handle, plain": Meant(
        lambda it: it.plain.find_by_handle(it.live.handle), [set()], frozenset({"sessions", "users"})
    ),
}
ALL: Final = {**SESSIONS, **SWEEP, **USERS}


@pytest.fixture
def planning(
    database: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> PlanningPostgres:
    """A client of tables that are filled, with the index for an upgrade."""
    migrate(database, read_migrations())
    inside.run(FILL)
    psql(postgres, "-f", MIGRATIONS.parent / "upgrade_index.sql", database=name)
    inside.run("VACUUM ANALYZE users, sessions")
    return PlanningPostgres(database)


@pytest.fixture
def scene(planning: PlanningPostgres, inside: pg8000.native.Connection) -> Scene:
    client = cast("Postgres", planning)
    digests, plain, upgrading = (
        PostgreSQLSessionAdapter(client, names)
        for names in (SessionNames(), SessionNames("plain"), SessionNames(takes_plain=True))
    )
    ((key,),) = inside.run(_LIVE)
    found = digests.find_by_handle(key)
    assert found
    users, sweep = PostgreSQLUserAdapter(client), PostgreSQLSweepAdapter(client)
    return Scene(planning, digests, plain, upgrading, sweep, users, found.session, datetime.now(UTC))


def plans(scene: Scene, meant: Meant) -> dict[str, list[Plan]]:
    """Do a call, and return the plans of each of its statements, in order."""
    scene.planning.planned.clear()
    meant.call(scene)
    found: dict[str, list[Plan]] = {}
    for one in scene.planning.planned:
        found.setdefault(one.sql, []).extend((one.by_values, one.for_all))
    return found


def otherwise_than_meant(scene: Scene, table: Mapping[str, Meant]) -> dict[str, list[list[Plan]]]:
    """Do all calls of *table*; return the plans of those that have one that is not as it was meant."""
    found = {}
    for name, meant in table.items():
        told = list(plans(scene, meant).values())
        as_meant = len(told) == len(meant.indexes) and all(
            indexes <= plan.indexes and plan.read_whole <= meant.whole
            for indexes, both in zip(meant.indexes, told, strict=True)
            for plan in both
        )
        if not as_meant:
            found[name] = told
    return found


def test_every_statement_goes_by_the_index_that_is_meant_for_it(scene: Scene) -> None:
    assert otherwise_than_meant(scene, ALL | READING_ALL) == {}


def test_so_it_does_without_the_indexes_of_the_original_that_none_is_meant_to_go_by(
    scene: Scene, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    """docs/decisions/0007 lets an operator drop them, but for the one that keeps emails unique, and make them again."""
    before = inside.run(_INDEXES)
    psql(postgres, "-f", ORIGINAL_INDEXES, database=name)
    assert {index for index, _ in before} - {index for index, _ in inside.run(_INDEXES)} == NOT_NEEDED - {UNIQUE}
    assert otherwise_than_meant(scene, ALL) == {}
    psql(postgres, "-v", "over=1", "-f", ORIGINAL_INDEXES, database=name)
    assert inside.run(_INDEXES) == before


def test_a_statement_whose_index_is_missing_is_noticed(scene: Scene, inside: pg8000.native.Connection) -> None:
    inside.run("DROP INDEX users_email_lower_key, sessions_live_expires_at_idx")
    assert otherwise_than_meant(scene, ALL).keys() == {"find_by_email", "lag", "delete_expired"}


def test_every_index_is_meant_for_a_statement_or_the_originals(
    planning: PlanningPostgres, inside: pg8000.native.Connection
) -> None:
    meant = {index for one in ALL.values() for indexes in one.indexes for index in indexes} - {"pg_class_oid_index"}
    assert {name for name, _ in inside.run(_INDEXES)} == meant | NOT_NEEDED
    assert not meant & NOT_NEEDED
    assert all(f"`{name}`" in DECISION.read_text() for name in NOT_NEEDED)


def statements(module: ModuleType) -> Iterator[str]:
    """Yield the statements that a module of the adapters has: whole, or as their beginnings."""
    for value in vars(module).values():
        if isinstance(value, str) and STATEMENT.match(value) and value != module.__doc__:
            yield value


def test_no_statement_of_the_adapters_is_missing_here(scene: Scene) -> None:
    """Where this fails: add the call to a table above, with the index that is meant for it."""
    done = [sql for meant in (ALL | READING_ALL).values() for sql in plans(scene, meant)]
    modules = (postgres_sessions, postgres_sweep, postgres_users)
    for adapter, table in zip(modules, (SESSIONS, SWEEP, USERS), strict=True):
        assert [one for one in statements(adapter) if not any(sql.startswith(one) for sql in done)] == []
        (methods,) = (vars(kind) for name, kind in vars(adapter).items() if name.startswith("PostgreSQL"))
        assert {name for name in methods if name[0] != "_"} == {name.partition(",")[0] for name in table}


def test_what_operators_ask_the_server_reads_neither_table() -> None:
    asked: list[Any] = list(statements(postgres_inspection))
    assert asked
    assert not any(re.search(r"\b(users|sessions)\b", sql) for sql in asked)
