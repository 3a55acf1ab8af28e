"""The schedule's event may be delivered twice, also at the same time: both sweeps succeed, and count nothing double."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pg8000.native
import pytest
import redis

from tests.integration.lambda_life.conftest import Live
from tests.integration.lambda_life.requests import event_for
from tests.support.managers import Environment

EACH = 1_500
"""More than one batch of each kind."""

ENDED = f"""
    INSERT INTO sessions (id, user_id, expires_at, revoked, revoked_at)
    SELECT name || '-' || n, users.id, now() + ends, is_revoked, now() - dated
    FROM users, generate_series(1, {EACH}) n, (VALUES
        ('live', INTERVAL '1 day', false, NULL),
        ('expired', INTERVAL '-1 day', false, NULL),
        ('lately', INTERVAL '1 day', true, INTERVAL '1 minute'),
        ('undated', INTERVAL '1 day', true, NULL),
        ('purgeable', INTERVAL '1 day', true, INTERVAL '31 days')
    ) AS kinds (name, ends, is_revoked, dated);
    INSERT INTO users (email, session_id) SELECT n || '@example.com', 'legacy' || n FROM generate_series(1, {EACH}) n
"""
KINDS = "SELECT split_part(id, '-', 1), count(*) FROM sessions WHERE revoked_at IS NOT NULL OR NOT revoked GROUP BY 1"
SWEPT = {"live": EACH, "lately": EACH, "undated": EACH}


@pytest.fixture
def sweepers(live: Live, env: Environment, sql: pg8000.native.Connection) -> list[Any]:
    """Two environments, warm, and much to sweep."""
    made = [live("sweeper"), live("sweeper")]
    for one in made:
        assert one.invoke(event_for("sweeper", ""))["finished"]
    sql.run(ENDED)
    return made


def assert_swept_once(reports: list[dict[str, Any]]) -> None:
    assert all(report["finished"] for report in reports)
    for what in ("expired_deleted", "revoked_deleted", "legacy_cleared"):
        assert sum(report[what] for report in reports) == EACH, what


def test_twice_at_once(sweepers: list[Any], sql: pg8000.native.Connection, keys: redis.Redis) -> None:
    both_here = Barrier(2)

    def sweep(sweeper: Any) -> Any:
        both_here.wait()
        return sweeper.invoke(event_for("sweeper", ""))

    with ThreadPoolExecutor() as pool:
        assert_swept_once(list(pool.map(sweep, sweepers)))
    assert dict(sql.run(KINDS)) == SWEPT
    assert len(list(keys.scan_iter(count=1000))) == 3 * EACH, "each has its fence"


def test_one_after_the_other(sweepers: list[Any], sql: pg8000.native.Connection) -> None:
    assert_swept_once([sweeper.invoke(event_for("sweeper", "")) for sweeper in sweepers])
    assert dict(sql.run(KINDS)) == SWEPT
