"""The migrations that this version of the code needs, by the names of their files in infra/database/migrations."""

from typing import Final

MIGRATIONS: Final = (
    "0001_original_tables",
    "0002_promises",
    "0003_authentication",
    "0004_upgrade",
    "0005_room",
)
