"""The migrations from a shell, before the code that needs them is deployed: one process each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pg8000.native
import pytest

from infra.database.migrate import Outcome, migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.clients.postgres import Postgres
from tests.support.servers import server_environment

ROOT: Final = Path(__file__).parents[3]
FILES: Final = read_migrations()
NAMES: Final = [migration.name for migration in FILES]

type Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, url: str) -> Shell:
    """Run the command over the database, with the environment variables of the functions."""
    variables = server_environment(postgres, valkey, DATABASE_URL=url)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": "shared", **variables}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "infra/database", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def test_it_does_and_records_what_the_function_would(shell: Shell, database: Postgres) -> None:
    """Both are one: neither does again what the other has done."""
    would, done = shell("--dry-run"), shell()
    assert json.loads(would.stdout) == {"applied": [], "current": None, "pending": NAMES, "roles_made": []}
    assert json.loads(done.stdout) == {"applied": NAMES, "current": NAMES[-1], "pending": [], "roles_made": []}
    assert (would.returncode, done.returncode, done.stderr) == (0, 0, "")
    assert migrate(database, FILES) == Outcome((), NAMES[-1], ())


def test_what_fails_is_said_and_is_no_success(shell: Shell, inside: pg8000.native.Connection) -> None:
    inside.run("CREATE TABLE users (id INT)")
    failed = shell()
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"{NAMES[0]}: ")
    assert failed.stderr.endswith("nothing of this file was applied\n")
