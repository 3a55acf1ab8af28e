"""Room in pages: what changes often changes where it is, and adds nothing to any index."""

import random
from datetime import timedelta
from typing import Final

import pg8000.native
import pytest

from infra.database.migrate import migrate, read_migrations
from session_management.clients.postgres import Postgres
from session_management.models import SessionMetadata
from session_management.tokens import handle_of
from tests.conftest import MakeEnvironment
from tests.load.crowd.population import populate, session_id_of
from tests.support.managers import Environment

ROWS: Final = 5_000
CHANGED: Final = 200
"""About one on each page, as in a large table: hardly one has room from the change before."""
HASH: Final = "a password's hash, " * 5

_IN_PLACE: Final = """
    SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = CAST(:name AS regclass)
"""
_INDEXED: Final = """
    SELECT DISTINCT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
    WHERE indrelid IN ('sessions'::regclass, 'users'::regclass)
"""


@pytest.fixture
def environment(
    database: Postgres, inside: pg8000.native.Connection, url: str, make_environment: MakeEnvironment
) -> Environment:
    """One over a database that was filled by inserts alone."""
    migrate(database, read_migrations())
    populate(inside, ROWS, HASH)
    return make_environment(DATABASE_URL=url)


def changed_in_place(environment: Environment, inside: pg8000.native.Connection, table: str) -> float:
    """Return the share of a table's updates that added nothing to an index."""
    environment.postgres.fetch("SELECT pg_stat_force_next_flush()")
    ((updated, in_place),) = inside.run(_IN_PLACE, name=table)
    assert updated == CHANGED
    return float(in_place / updated)


def test_activity_is_recorded_in_place(environment: Environment, inside: pg8000.native.Connection) -> None:
    environment.clock.advance(301)
    now = environment.clock.now()
    check = environment.manager._database.sessions.check
    for number in random.Random(1).sample(range(ROWS), CHANGED):
        assert check(handle_of(session_id_of(number)), now, now - timedelta(seconds=300), now - timedelta(days=7))
    assert changed_in_place(environment, inside, "sessions") >= 0.9


def test_a_login_changes_its_user_in_place(environment: Environment, inside: pg8000.native.Connection) -> None:
    chosen = inside.run("SELECT id::text FROM users ORDER BY md5(email) LIMIT :count", count=CHANGED)
    for (user_id,) in chosen:
        environment.manager.create_session(user_id, SessionMetadata(), 3_600)
    assert changed_in_place(environment, inside, "users") >= 0.9


def test_no_index_has_what_changes_often(database: Postgres, inside: pg8000.native.Connection) -> None:
    """Else no room would help: a change of what an index has is never in place."""
    migrate(database, read_migrations())
    indexed = {name for (name,) in inside.run(_INDEXED)}
    assert {"expires_at", "email"} < indexed
    assert not indexed & {"last_activity", "last_login_at", "hashed_password"}
