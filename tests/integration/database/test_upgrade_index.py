"""The index for a switch to digests: built beside the running service, used, and dropped again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pg8000.native

from infra.database.migrate import MIGRATIONS, migrate, read_migrations
from infra.local.servers import EmbeddedPostgres
from session_management.clients.postgres import Postgres
from tests.support.psql import psql
from tests.support.servers import sql_connection

UPGRADE_INDEX: Final = MIGRATIONS.parent / "upgrade_index.sql"


def is_used(inside: pg8000.native.Connection) -> bool:
    """Whether what the sweep asks for goes by the index, where a scan of all is as dear as on a large table."""
    inside.run("SET enable_seqscan = off")
    plan = inside.run("EXPLAIN SELECT id FROM sessions WHERE length(id) <> 64 LIMIT 1000")
    return "sessions_plain_idx" in str(plan)


def test_it_can_be_made_again_and_dropped_at_the_end(
    database: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    migrate(database, read_migrations())
    for over, used in (([], True), ([], True), (["-v", "over=1"], False), (["-v", "over=1"], False)):
        psql(postgres, *over, "-f", UPGRADE_INDEX, database=name)
        assert is_used(inside) is used


def test_it_is_made_while_the_service_writes(
    database: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    """It waits for who writes already, as any index; but nobody waits behind it."""
    migrate(database, read_migrations())
    with ThreadPoolExecutor(1) as pool, sql_connection(postgres, database=name) as writer:
        writer.run("BEGIN; DELETE FROM sessions")
        made = pool.submit(psql, postgres, "-f", UPGRADE_INDEX, database=name)
        while not inside.run("SELECT FROM pg_locks WHERE NOT granted"):
            assert not made.done()
        inside.run("UPDATE sessions SET revoked = true")
        assert not made.done()
        writer.run("COMMIT")
        made.result()
    assert is_used(inside)
