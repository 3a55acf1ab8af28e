"""The code knows the migrations that it needs."""

from infra.database.migrate import read_migrations
from session_management.schema import MIGRATIONS


def test_every_migration_is_known_to_the_code() -> None:
    """The doctor tells by these names which are pending; they are in the layer, the files are not."""
    assert [migration.name for migration in read_migrations()] == list(MIGRATIONS)
