"""P5: a session ID or a password is never at rest, and never in anything that is logged."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey, free_port
from session_management.models import CreateUserData, SessionMetadata
from session_management.tokens import handle_of
from tests.support.managers import Environment
from tests.support.servers import server_environment

PROJECT: Final = Path(__file__).resolve().parents[2]
EMAIL: Final = "ann@example.com"
PASSWORD: Final = "the-password-nobody-may-see"
WRONG: Final = "a-wrong-password-nobody-may-see"

# A whole process at its most talkative: what works, what is refused, and what breaks.
_TALK: Final = """
    import os
    from session_management import (
        CreateUserData, InvalidCredentialsError, SessionMetadata, StoreUnavailableError, UserManagerFactory,
    )
    from session_management.observability import logger

    def attempt(work):
        try:
            return work()
        except (InvalidCredentialsError, StoreUnavailableError):
            logger().exception("refused")

    password, wrong = os.environ["PASSWORD"], os.environ["WRONG"]
    manager = UserManagerFactory.create()
    logger().debug("the manager", manager=repr(manager), settings=repr(UserManagerFactory.settings()))
    user_data = CreateUserData(email="ann@example.com", password=password)
    attempt(lambda: manager.create(user_data))
    attempt(lambda: manager.log_in("ann@example.com", wrong, SessionMetadata()))
    logged_in = attempt(lambda: manager.log_in("ann@example.com", password, SessionMetadata()))
    session_id = logged_in.session_id if logged_in else "S" * 43
    logger().info("values", user_data=repr(user_data), logged_in=repr(logged_in))
    for _ in range(5):
        found = attempt(lambda: manager.find_session(session_id))
    logger().info("values", found=repr(found))
    attempt(lambda: manager.extend_session(session_id, 864_000))
    attempt(lambda: manager.delete_session(session_id))
    attempt(lambda: manager.find_session(session_id))
    print("the session was", session_id, file=open(os.environ["TOLD"], "w"))
"""


def talk(tmp_path: Path, environment: dict[str, str]) -> tuple[str, str]:
    """Run it; return the session ID, and all that was written."""
    told = tmp_path / "told"
    answered = subprocess.run(
        [sys.executable, "-c", "\n".join(line[4:] for line in _TALK.splitlines())],
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(PROJECT / "shared"),
            "POWERTOOLS_LOG_LEVEL": "DEBUG",
            "PASSWORD": PASSWORD,
            "WRONG": WRONG,
            "TOLD": str(told),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answered.returncode == 0, answered.stderr
    return told.read_text().split()[-1], answered.stdout + answered.stderr


@pytest.mark.parametrize("at_rest", ["digest", "plain"])
@pytest.mark.parametrize("mode", ["development", "production"])
def test_nothing_secret_is_logged_while_all_is_well(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path: Path, mode: str, at_rest: str
) -> None:
    environment = server_environment(postgres, valkey, APP_ENV=mode, SESSION_ID_AT_REST=at_rest)
    session_id, written = talk(tmp_path, environment)
    assert handle_of(session_id) in written
    for secret in (session_id, PASSWORD, WRONG, postgres.password, valkey.password):
        assert secret not in written
    told = [line for line in written.splitlines() if '"event":' in line or '"_aws":' in line]
    assert {"login_succeeded", "login_failed", "logged_out"} <= {json.loads(line).get("event") for line in told}
    assert not [line for line in told if EMAIL in line]
    assert ("a session was validated" in written) == (mode == "development")


def test_nothing_secret_is_logged_while_nothing_works(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path: Path
) -> None:
    """Tracebacks included."""
    environment = server_environment(
        postgres,
        valkey,
        APP_ENV="development",
        DATABASE_URL=f"postgresql://postgres:{postgres.password}@127.0.0.1:{free_port()}/postgres",
        REDIS_URL=f"redis://:a-wrong-store-password@{valkey.host}:{valkey.port}/0",
    )
    session_id, written = talk(tmp_path, environment)
    assert session_id == "S" * 43
    assert "a store failed repeatedly" in written
    for secret in (session_id, PASSWORD, WRONG, postgres.password, "a-wrong-store-password"):
        assert secret not in written


def files_with(folder: Path, secret: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_neither_store_holds_a_session_id_or_a_password(
    environment: Environment,
    postgres: EmbeddedPostgres,
    sql: pg8000.native.Connection,
    keys: redis.Redis,
) -> None:
    """Not in a table, an index or the log of either, nor in the write-ahead log of what was there before."""
    manager = environment.manager
    user = manager.create(CreateUserData(email="ann@example.com", password=PASSWORD))
    kept, ended = (manager.log_in(user.email, PASSWORD, SessionMetadata()) for _ in range(2))
    manager.delete_session(ended.session_id)
    manager.change_password(user.id, PASSWORD + "2", keep_session_id=kept.session_id)
    assert manager.find_session(kept.session_id)
    sql.run("CHECKPOINT")

    values: list[Any] = [value for key in keys.scan_iter() for value in (key, keys.get(key))]
    assert any(kept.session.handle.encode() in value for value in values)
    assert files_with(postgres.folder, kept.session.handle)
    for secret in (kept.session_id, ended.session_id, PASSWORD):
        assert not any(secret.encode() in value for value in values)
        assert not files_with(postgres.folder, secret)
