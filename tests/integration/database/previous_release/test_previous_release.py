"""Expand and contract: on the newest schema the previous release's functions work, alone and beside today's.

That is what they do from the moment of the migration until a deployment has replaced the last of them, and again when
it is rolled back.
"""

import ast
import zipfile
from collections.abc import Callable
from pathlib import Path

import pg8000.native
import pytest

from infra.database.migrate import read_migrations
from infra.local.lambdas.local_function import FunctionError
from session_management.schema import MIGRATIONS
from tests.integration.database.previous_release.conftest import ARCHIVE, Service
from tests.integration.database.previous_release.walk import walk_through


@pytest.mark.parametrize("at_rest", ["digest", "plain"])
@pytest.mark.parametrize("releases", [("previous",), ("previous", "current")], ids=" and ".join)
def test_the_previous_release_works_on_the_newest_schema(
    service: Service, age: Callable[[], None], releases: tuple[str, ...]
) -> None:
    """With the grants of today; a session that one release opened is every other's."""
    walk_through(service(*releases), age)


CONTRACTING = [
    "ALTER TABLE users DROP COLUMN last_login_at",
    "ALTER TABLE users ADD COLUMN country TEXT NOT NULL",
    "ALTER TABLE sessions RENAME COLUMN revoked_reason TO ended_by",
]


@pytest.mark.parametrize("migration", CONTRACTING)
def test_a_migration_that_takes_away_what_it_uses_would_be_noticed(
    service: Service, age: Callable[[], None], inside: pg8000.native.Connection, migration: str
) -> None:
    inside.run(migration)
    with pytest.raises((AssertionError, FunctionError)):
        walk_through(service("previous"), age)


def test_the_archive_is_of_an_earlier_release(previous: Path) -> None:
    """It knows the first of today's migrations, as they are today, and no others."""
    (names,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse((previous / "shared/session_management/schema.py").read_text()))
        if isinstance(node, ast.AnnAssign) and node.value
    )
    files = read_migrations(previous / "infra/database/migrations")
    assert tuple(one.name for one in files) == names == MIGRATIONS[: len(names)]
    assert files == read_migrations()[: len(names)]
    assert 0 < len(names) <= len(MIGRATIONS)


def test_the_archive_says_which_commit_it_is_and_is_small() -> None:
    with zipfile.ZipFile(ARCHIVE) as archive:
        assert len(bytes.fromhex(archive.comment.decode())) == 20
    assert ARCHIVE.stat().st_size < 300_000
