"""Migrations: each once, each whole or not at all, over whatever is there, by psql as well."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pg8000.native
import pytest

from infra.database.migrate import (
    MIGRATIONS,
    Migration,
    MigrationError,
    Outcome,
    migrate,
    read_migrations,
)
from infra.local.servers import EmbeddedPostgres
from session_management.clients.postgres import Postgres
from tests.integration.database.looks import schema, tables
from tests.support.psql import psql
from tests.support.servers import postgres_client, sql_connection

FILES: Final = read_migrations()
NAMES: Final = tuple(migration.name for migration in FILES)
ORIGINAL_TABLES: Final = Path(__file__).with_name("original_tables.sql")


def test_an_empty_database_is_brought_up_to_date(database: Postgres, inside: pg8000.native.Connection) -> None:
    assert migrate(database, FILES) == Outcome(NAMES, NAMES[-1], ())
    assert tables(inside) == ["session_migrations", "sessions", "users"]
    assert inside.run("SELECT name FROM session_migrations ORDER BY name") == [[name] for name in NAMES]


def test_a_database_that_is_up_to_date_stays_as_it_is(database: Postgres, inside: pg8000.native.Connection) -> None:
    migrate(database, FILES)
    inside.run("INSERT INTO users (email) VALUES ('ann@example.com')")
    before = schema(inside)
    assert migrate(database, FILES) == Outcome((), NAMES[-1], ())
    assert schema(inside) == before
    assert inside.run("SELECT count(*) FROM users") == [[1]]


def test_the_originals_tables_are_taken_over_with_their_rows(
    database: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    psql(postgres, "-f", ORIGINAL_TABLES, database=name)
    assert migrate(database, FILES) == Outcome(NAMES, NAMES[-1], ())

    user = "SELECT email, role::text, session_id, status, updated_at IS NOT NULL FROM users ORDER BY email"
    assert inside.run(user) == [
        ["Ann@example.com", "ADMIN", "a-session-of-the-original", "ACTIVE", True],
        ["bob@example.com", "USER", None, "ACTIVE", True],
    ]
    session = "SELECT id, revoked, data->>'theme', absolute_expires_at > now() FROM sessions ORDER BY id"
    assert inside.run(session) == [["ended", True, None, True], ["live", False, "dark", True]]


def test_the_originals_tables_and_none_lead_to_the_same_schema(
    database: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    migrate(database, FILES)
    fresh = schema(inside)
    inside.run('DROP TABLE sessions, users, session_migrations; DROP TYPE "UserRole"')
    psql(postgres, "-f", ORIGINAL_TABLES, database=name)
    migrate(database, FILES)
    assert schema(inside) == fresh


def test_the_originals_statements_go_on_working(database: Postgres, inside: pg8000.native.Connection) -> None:
    """Section 6: every addition has a default, and nothing refuses a back-dated row."""
    migrate(database, FILES)
    inside.run("INSERT INTO users (email, hashed_password, role) VALUES ('ann@example.com', 'x', 'ADMIN')")
    inside.run(
        "INSERT INTO sessions (id, user_id, expires_at, created_at, last_activity, revoked, revoked_at) "
        "SELECT 'old', id, '2020-01-08', '2020-01-01', '2020-01-01', true, '2020-01-02' FROM users"
    )
    inside.run("UPDATE users SET session_id = 'x', last_login_at = '2020-01-01'")
    assert inside.run("SELECT status, revoked_reason FROM users, sessions") == [["ACTIVE", None]]


def test_two_people_whose_emails_differ_in_case_stop_the_migration_whole(
    database: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    """Only a person can tell whether they are one: nothing of the file is applied, and the message names it."""
    psql(postgres, "-f", ORIGINAL_TABLES, database=name)
    inside.run("INSERT INTO users (email) VALUES ('ANN@example.com')")
    with pytest.raises(MigrationError, match=NAMES[1]):
        migrate(database, FILES)
    column = "SELECT 1 FROM information_schema.columns WHERE table_name = 'users' AND column_name = 'status'"
    assert inside.run(column) == []
    assert inside.run("SELECT name FROM session_migrations") == [[NAMES[0]]]


def test_a_dry_run_says_what_it_would_apply_and_applies_nothing(
    database: Postgres, inside: pg8000.native.Connection
) -> None:
    assert migrate(database, FILES, dry_run=True) == Outcome((), None, NAMES)
    assert tables(inside) == []
    migrate(database, FILES[:1])
    assert migrate(database, FILES, dry_run=True) == Outcome((), NAMES[0], NAMES[1:])
    assert migrate(database, FILES) == Outcome(NAMES[1:], NAMES[-1], ())


def test_several_at_once_apply_each_file_once(postgres: EmbeddedPostgres, url: str) -> None:
    def migrate_over_a_connection_of_its_own(_: int) -> Outcome:
        with postgres_client(postgres, DATABASE_URL=url) as database:
            return migrate(database, FILES)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(migrate_over_a_connection_of_its_own, range(4)))
    assert sorted(name for outcome in outcomes for name in outcome.applied) == list(NAMES)
    assert {outcome.current for outcome in outcomes} == {NAMES[-1]}


@pytest.fixture
def patient(postgres: EmbeddedPostgres, url: str) -> Iterator[Postgres]:
    """A client that lets a statement take its time, as the migrate function's does."""
    with postgres_client(postgres, DATABASE_URL=url, DATABASE_TIMEOUT_MS="60000") as client:
        yield client


COLUMN: Final = Migration("9000_column", "ALTER TABLE users ADD COLUMN nickname TEXT")


def test_behind_a_long_reader_a_migration_gives_up_before_the_service_stands_still(
    patient: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    """One that changes a table's columns: it keeps readers out."""
    migrate(patient, FILES)
    with ThreadPoolExecutor(1) as pool, sql_connection(postgres, database=name) as reader:
        reader.run("BEGIN; SELECT FROM users")
        migrated = pool.submit(migrate, patient, [*FILES, COLUMN])
        while not inside.run("SELECT FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass"):
            assert not migrated.done()
        assert inside.run("SELECT count(*) FROM users") == [[0]]  # It stands behind the migration for that long.
        said = "9000_column: a table that it changes is in use by a long transaction; run it again when that is over"
        with pytest.raises(MigrationError, match=f"{said}; nothing of this file was applied"):
            migrated.result()
        assert inside.run("SELECT max(name) FROM session_migrations") == [[NAMES[-1]]]
    assert migrate(patient, [*FILES, COLUMN]).applied == (COLUMN.name,)


def test_room_is_made_beside_readers_and_writers_and_they_go_on_beside_it(
    patient: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    before, room = FILES[: NAMES.index("0005_room")], FILES[NAMES.index("0005_room")]
    migrate(patient, before)
    inside.run("INSERT INTO users (email) VALUES ('ann@example.com')")
    with sql_connection(postgres, database=name) as other:
        other.run("BEGIN; SELECT FROM sessions; UPDATE users SET last_login_at = now()")
        assert migrate(patient, [*before, room]).applied == ("0005_room",)
        other.run("COMMIT; BEGIN")
        other.run(room.sql)
        inside.run("UPDATE users SET last_login_at = now()")
        assert inside.run("SELECT count(*) FROM sessions") == [[0]]


BROKEN: Final = Migration("9000_broken", "CREATE TABLE half (id INT); SELECT 1 / 0; CREATE TABLE other (id INT)")
MENDED: Final = Migration("9000_broken", "CREATE TABLE half (id INT)")
NEXT: Final = Migration("9001_next", "CREATE TABLE next (id INT)")


def test_a_file_that_fails_leaves_the_version_before_it_whole(
    database: Postgres, inside: pg8000.native.Connection
) -> None:
    with pytest.raises(MigrationError, match=r"9000_broken: division by zero; nothing of this file was applied"):
        migrate(database, [*FILES, BROKEN, NEXT])
    assert tables(inside) == ["session_migrations", "sessions", "users"]
    assert inside.run("SELECT max(name) FROM session_migrations") == [[NAMES[-1]]]
    assert migrate(database, [*FILES, MENDED, NEXT]).applied == ("9000_broken", "9001_next")


def test_an_edited_file_is_refused_before_anything_is_applied(
    database: Postgres, inside: pg8000.native.Connection
) -> None:
    migrate(database, FILES)
    edited = Migration(NAMES[0], FILES[0].sql + "-- and more")
    for dry_run in (True, False):
        with pytest.raises(MigrationError, match=f"{NAMES[0]}: was edited after it was applied"):
            migrate(database, [edited, *FILES[1:], NEXT], dry_run=dry_run)
    assert "next" not in tables(inside)


def test_older_code_beside_a_newer_schema_says_which_version_is_there(database: Postgres) -> None:
    migrate(database, [*FILES, NEXT])
    for dry_run in (True, False):
        assert migrate(database, FILES, dry_run=dry_run) == Outcome((), "9001_next", ())


def test_the_files_run_under_plain_psql_as_an_owner_who_is_no_superuser(
    database: Postgres, inside: pg8000.native.Connection, postgres: EmbeddedPostgres, name: str
) -> None:
    migrate(database, FILES)
    expected = schema(inside)
    inside.run('DROP TABLE sessions, users, session_migrations; DROP TYPE "UserRole"')
    inside.run(f"CREATE ROLE {name}_owner LOGIN PASSWORD 'a password'")
    inside.run(f"ALTER DATABASE {name} OWNER TO {name}_owner")
    try:
        files = [part for path in sorted(MIGRATIONS.glob("*.sql")) for part in ("-f", path)]
        psql(postgres, *files, database=name, user=f"{name}_owner", password="a password")
        assert schema(inside) == expected
    finally:
        inside.run(f"REASSIGN OWNED BY {name}_owner TO postgres; DROP OWNED BY {name}_owner")
        inside.run(f"DROP ROLE {name}_owner")


def test_the_newest_file_may_have_been_run_by_psql_before_it_is_applied(
    database: Postgres, postgres: EmbeddedPostgres, name: str
) -> None:
    """Nobody recorded that: it is applied again, which changes nothing, and recorded."""
    migrate(database, FILES[:-1])
    psql(postgres, "-f", MIGRATIONS / f"{NAMES[-1]}.sql", database=name)
    assert migrate(database, FILES) == Outcome(NAMES[-1:], NAMES[-1], ())


@pytest.mark.parametrize("migration", FILES, ids=NAMES)
def test_a_file_can_be_undone_by_the_transaction_around_it(
    inside: pg8000.native.Connection, migration: Migration
) -> None:
    """It neither commits by itself nor needs to run outside of a transaction."""
    for before in FILES[: FILES.index(migration)]:
        inside.run(before.sql)
    there = tables(inside)
    inside.run("BEGIN")
    inside.run(migration.sql)
    inside.run("ROLLBACK")
    assert tables(inside) == there
    inside.run(migration.sql)


@pytest.mark.parametrize("migration", FILES, ids=NAMES)
def test_a_file_is_forward_only_and_names_no_role(migration: Migration) -> None:
    words = r"\b(DROP|TRUNCATE|DELETE|GRANT|REVOKE|OWNER|ROLE|COMMIT|ROLLBACK|SAVEPOINT|CONCURRENTLY)\b|BEGIN\s*;"
    code = re.sub(r"--.*|'[^']*'|\"[^\"]*\"|ON DELETE CASCADE", "", migration.sql)
    assert not re.findall(words, code, re.IGNORECASE)


def test_files_are_numbered_in_one_line() -> None:
    assert [name[:4] for name in NAMES] == [f"{number:04}" for number in range(1, len(NAMES) + 1)]
