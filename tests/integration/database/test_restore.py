"""docs/runbook.md's way to restore PostgreSQL: what was restored is there, and nobody is logged in by it."""

import os
import re
import subprocess
from pathlib import Path

from infra.local.servers import EmbeddedPostgres
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata
from tests.support.clock import ToldClock
from tests.support.managers import Environment
from tests.support.psql import psql

RUNBOOK = Path(__file__).parents[3] / "docs/runbook.md"


def run(server: EmbeddedPostgres, commands: str, folder: Path) -> None:
    """Run an operator's commands with PostgreSQL's own programs."""
    path = f"{server.programs}:{os.environ['PATH']}"
    subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env={"PATH": path}, check=True, timeout=60)


def from_the_runbook(restored: str, stack_s: str) -> str:
    """The commands of the runbook, with these URLs in the places of RDS's."""
    section = RUNBOOK.read_text().partition("## Restore PostgreSQL")[2]
    (commands,) = re.findall(r"```sh\n([^`]*pg_dump[^`]*)```", section)
    commands, one = re.subn(r'"host=<restored> [^"]*"', f'"{restored}"', commands)
    commands, other = re.subn(r'"host=<DatabaseHost> [^"]*"', f'"{stack_s}"', commands)
    assert (one, other) == (1, 1)
    return commands


def log_in(manager: UserManager, email: str) -> str:
    user = manager.find_by_email(email) or manager.create(CreateUserData(email=email))
    return manager.create_session(user.id, SessionMetadata(), 3600)


def test_what_is_restored_is_the_earlier_record_and_nobody_is_logged_in_by_it(
    postgres: EmbeddedPostgres, url: str, environment: Environment, clock: ToldClock, tmp_path: Path
):
    """P2: a session that was revoked since is not live again."""
    manager = environment.manager
    ended, live = log_in(manager, "ann@example.com"), log_in(manager, "ann@example.com")
    run(postgres, f'pg_dump "{postgres.url}" | psql -Xq "{url}"', tmp_path)
    manager.delete_session(ended)
    later = log_in(manager, "bob@example.com")

    run(postgres, from_the_runbook(url, postgres.url), tmp_path)
    clock.advance(environment.policy.stale_if_error.total_seconds())

    assert psql(postgres, "-c", "SELECT email FROM users") == "ann@example.com"
    assert [manager.find_by_session_id(session_id) for session_id in (ended, live, later)] == [None] * 3
    assert manager.find_by_session_id(log_in(manager, "ann@example.com"))
