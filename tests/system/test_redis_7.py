"""Redis 7 in the place of Valkey: copies and fences as the two-store protocol has them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from infra.local.servers import EmbeddedPostgres
from session_management import (
    CreateUserData,
    RedisSessionAdapter,
    SessionMetadata,
    SessionWithUser,
    Settings,
    UserManager,
    UserRole,
)
from session_management.clients import connections
from session_management.clock import SystemClock
from session_management.observability import LoggingObserver
from session_management.tokens import handle_of
from tests.system.conftest import Managing, migrated
from tests.system.debian_redis import DebianRedis
from tests.system.scenes import PATIENT, Variables

PASSWORD = "correct horse battery staple"
FROM = SessionMetadata(ip="192.0.2.7")
WEEK_MS = 7 * 24 * 3600 * 1000
FENCE_MS = 15 * 60 * 1000
_numbers = count()


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def redis() -> Iterator[DebianRedis]:
    with DebianRedis() as server:
        yield server


@pytest.fixture(scope="module")
def variables(postgres: EmbeddedPostgres, redis: DebianRedis) -> Variables:
    variables = {**PATIENT, "DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
    assert migrated(variables)["applied"]
    return variables


@pytest.fixture
def manager(variables: Variables, managing: Managing) -> UserManager:
    return managing(variables)


@pytest.fixture
def session_id(manager: UserManager) -> str:
    """Log a new user in."""
    email = f"ann.{next(_numbers)}@example.com"
    manager.create(CreateUserData(email=email, password=PASSWORD))
    return manager.log_in(email, PASSWORD, FROM).session_id


@pytest.fixture
def adapter(variables: Variables, manager: UserManager) -> RedisSessionAdapter:
    """Return an adapter on the manager's own connection."""
    settings, clock = Settings.from_environment(variables), SystemClock()
    client = connections.redis_for(settings.redis, clock=clock, observer=LoggingObserver(settings.mode, clock=clock))
    return RedisSessionAdapter(client, clock, keeps_plain_ids=False)


def stored(redis: DebianRedis, session_id: str) -> tuple[dict[str, Any], int]:
    """Return what stands under the session's key, and for how many milliseconds yet."""
    key = f"session:{handle_of(session_id)}"
    _, value, life = redis.ask(f"GET {key}", f"PTTL {key}").decode().split("\r\n")[:3]
    return json.loads(value), int(life.removeprefix(":"))


def found_by(manager: UserManager, session_id: str) -> SessionWithUser:
    found = manager.find_session(session_id)
    assert found is not None
    return found


def test_the_server_is_redis_7(redis: DebianRedis) -> None:
    info = redis.ask("INFO server")

    assert b"redis_version:7." in info
    assert b"valkey_version" not in info


def test_a_login_leaves_a_copy_that_ends_with_the_session(redis: DebianRedis, session_id: str) -> None:
    copy, life = stored(redis, session_id)

    assert "USER" in copy["copy"]
    assert WEEK_MS - 60_000 < life <= WEEK_MS


def test_the_copy_alone_answers_a_validation(manager: UserManager, postgres: EmbeddedPostgres, session_id: str) -> None:
    postgres.stop()
    try:
        assert found_by(manager, session_id).session.handle == handle_of(session_id)
    finally:
        postgres.start()


def test_a_logout_puts_a_fence_over_the_copy(manager: UserManager, redis: DebianRedis, session_id: str) -> None:
    manager.delete_session(session_id)
    fence, life = stored(redis, session_id)

    assert (fence["fence"], fence["expires_at"]) == ("revoked", 0)
    assert FENCE_MS - 60_000 < life <= FENCE_MS
    assert manager.find_session(session_id) is None


def test_after_a_flush_the_record_brings_the_copy_back(
    manager: UserManager, redis: DebianRedis, session_id: str
) -> None:
    assert redis.ask("FLUSHALL") == b"+OK\r\n"

    assert found_by(manager, session_id).session.ip == FROM.ip
    assert "copy" in stored(redis, session_id)[0]


def test_a_changed_user_is_fenced_and_then_copied_anew(
    manager: UserManager, redis: DebianRedis, session_id: str
) -> None:
    manager.update(found_by(manager, session_id).user.id, {"role": "ADMIN"})
    fence, _ = stored(redis, session_id)
    found = found_by(manager, session_id)
    copy, life = stored(redis, session_id)

    assert fence["fence"] == "stale"
    assert found.user.role is UserRole.ADMIN
    assert "ADMIN" in copy["copy"]
    assert life > FENCE_MS


def test_compare_and_set_writes_where_what_was_seen_still_stands(
    manager: UserManager, adapter: RedisSessionAdapter, session_id: str
) -> None:
    found, key = found_by(manager, session_id), handle_of(session_id)
    seen = adapter.get(key)
    assert seen is not None

    assert adapter.extend(key, found, datetime.now(UTC), seen)
    after = adapter.get(key)
    assert after is not None
    assert after.version != seen.version


def test_compare_and_set_leaves_a_newer_fence_alone(
    manager: UserManager, adapter: RedisSessionAdapter, redis: DebianRedis, session_id: str
) -> None:
    found, key = found_by(manager, session_id), handle_of(session_id)
    seen = adapter.get(key)
    assert seen is not None
    manager.delete_session(session_id)

    assert not adapter.extend(key, found, datetime.now(UTC), seen)
    assert not adapter.set(key, found, datetime.now(UTC))
    assert stored(redis, session_id)[0]["fence"] == "revoked"
