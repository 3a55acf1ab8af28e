"""Brings the schema up to date: plain SQL files, in the order of their names, each once, each whole or not at all."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_LOCK: Final = 7_265_381_946_018_237_465
# Whoever waits for a table holds up all who come after: behind a long reader, the whole service. Autovacuum makes way
# within a second, PostgreSQL's `deadlock_timeout`.
_LIMIT_WAITS: Final = "SET LOCAL lock_timeout = '2s'"
_LOCK_NOT_AVAILABLE: Final = "55P03"
_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS session_migrations (
        name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
    )
"""


class MigrationError(Exception):
    """The schema was left at the last version that is whole; the message says which file stopped it, and why."""


class Database(Protocol):
    """PostgreSQL, as far as migrations need it, as the owner of the schema."""

    def fetch(self, sql: str, **parameters: Any) -> list[list[Any]]:
        """Return the rows of one statement."""
        ...

    def run_script(self, sql: str) -> None:
        """Run several statements."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """Return the context of one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name without `.sql`, and its SQL."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """The digest by which an edit of an applied file is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was applied now, the newest that is applied, what is still to be applied, and the roles that were made."""

    applied: tuple[str, ...]
    current: str | None
    pending: tuple[str, ...]
    roles_made: tuple[str, ...] = ()


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """Return the migrations of *folder* in order."""
    return [Migration(path.stem, path.read_text()) for path in sorted(folder.glob("*.sql"))]


def migrate(database: Database, migrations: Sequence[Migration], *, dry_run: bool = False) -> Outcome:
    """Apply what is not applied yet, each file in a transaction of its own; with *dry_run* only say what it would be.

    Two at once take turns.

    Raises:
        MigrationError: a file failed, or would have had to wait for a table; or one that was applied has been edited.
    """
    applied_before = _applied(database)
    _refuse_edited(migrations, applied_before)
    pending = [migration for migration in migrations if migration.name not in applied_before]
    if dry_run:
        return _outcome([], applied_before, pending)
    applied = [migration.name for migration in pending if _apply(database, migration)]
    return _outcome(applied, {*applied_before, *(migration.name for migration in migrations)}, [])


@contextmanager
def turn(database: Database) -> Iterator[None]:
    """Give a transaction that begins when nobody else is in one of these, and waits for no table for long."""
    with database.transaction():
        database.fetch("SELECT pg_advisory_xact_lock(:key)", key=_LOCK)
        database.run_script(_LIMIT_WAITS)
        yield


def reason_of(error: Exception) -> str:
    """Return the server's own words where there are any: the statements here hold no secret."""
    said = getattr(error.__cause__, "args", None) or [None]
    if not isinstance(said[0], dict):
        return str(error)
    if said[0].get("C") == _LOCK_NOT_AVAILABLE:
        return "a table that it changes is in use by a long transaction; run it again when that is over"
    return str(said[0].get("M", error))


def _applied(database: Database) -> dict[str, str]:
    ((exists,),) = database.fetch("SELECT to_regclass('session_migrations') IS NOT NULL")
    rows = database.fetch("SELECT name, sha256 FROM session_migrations") if exists else []
    return dict(rows)


def _refuse_edited(migrations: Iterable[Migration], applied: dict[str, str]) -> None:
    for migration in migrations:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationError(f"{migration.name}: was edited after it was applied; undo that and add a new file")


def _apply(database: Database, migration: Migration) -> bool:
    """Apply one file, unless somebody else has meanwhile; whether it was applied here."""
    try:
        with turn(database):
            database.run_script(_TABLE)
            if database.fetch("SELECT 1 FROM session_migrations WHERE name = :name", name=migration.name):
                return False
            database.run_script(migration.sql)
            record = "INSERT INTO session_migrations (name, sha256) VALUES (:name, :sha256)"
            database.fetch(record, name=migration.name, sha256=migration.sha256)
            return True
    except Exception as error:
        raise MigrationError(f"{migration.name}: {reason_of(error)}; nothing of this file was applied") from error


def _outcome(applied: Iterable[str], current: Iterable[str], pending: Iterable[Migration]) -> Outcome:
    return Outcome(tuple(applied), max(current, default=None), tuple(migration.name for migration in pending))
