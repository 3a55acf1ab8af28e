"""Invocations killed at any call to a store: nothing is half done, no lock stays behind, the next one finishes."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pg8000.native
import pytest
import redis

from session_management.session_data import decode
from tests.integration.lambda_life.conftest import Live, log_in
from tests.integration.lambda_life.live_function import LiveFunction
from tests.integration.lambda_life.requests import DONE, event_for, outcome
from tests.support.managers import Environment

MOMENTS = ("before", "after")
ONE_EACH = {"SESSION_MAX_PER_USER": "1"}
AT_WORK = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'session-management' AND (state <> 'idle' OR wait_event_type = 'Lock')
"""
LIVE = "SELECT id FROM sessions WHERE NOT revoked"
LAST_LOGIN = "SELECT s.id FROM sessions s JOIN users u ON s.created_at = u.last_login_at WHERE NOT s.revoked"


def deaths(dying: LiveFunction, event: Callable[[], Any], moment: str) -> Iterator[str]:
    """Kill it at its first call to a store, at its second, and so on; yields which call that was."""
    for call in count(1):
        words = dying.die(event(), call, moment)
        if words is None:
            return
        yield words


def until(condition: Callable[[], bool], within_seconds: float = 10.0) -> None:
    ends_at = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < ends_at, "it did not come about in time"


def assert_nothing_is_held(sql: pg8000.native.Connection) -> None:
    """Wait until PostgreSQL has noticed who died; then nobody is at anything."""
    until(lambda: sql.run(AT_WORK) == [[0]])


def copied(keys: redis.Redis) -> set[str]:
    """Return the keys of what Redis has a copy of that may be believed."""
    found = {str(name, "utf-8"): keys.get(name) for name in keys.scan_iter("session:*")}
    return {
        name.removeprefix("session:")
        for name, value in found.items()
        if isinstance(value, bytes) and decode(value).fence is None
    }


def ids(rows: list[Any]) -> set[str]:
    return {key for (key,) in rows}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_login_happened_or_it_did_not(
    live: Live, env: Environment, sql: pg8000.native.Connection, keys: redis.Redis, moment: str
) -> None:
    """P1: with a limit of one, the older session ends if, and only if, there is the newer one."""
    dying, following = live("login", **ONE_EACH), live("login", **ONE_EACH)
    event, seen = event_for("login", ""), []
    assert outcome(following.invoke(event)) == DONE["login"]
    for words in deaths(dying, lambda: event, moment):
        seen.append(words)
        assert_nothing_is_held(sql)
        assert len(ids(sql.run(LIVE))) == 1, words
        assert sql.run(LAST_LOGIN) == sql.run(LIVE), words
        assert copied(keys) <= ids(sql.run("SELECT id FROM sessions")), words
        env.manager.sweep()
        assert copied(keys) <= ids(sql.run(LIVE)), words

        assert outcome(following.invoke(event)) == DONE["login"], words
        assert copied(keys) == ids(sql.run(LIVE)) == ids(sql.run(LAST_LOGIN)), words
        # What died counts as failed, and the next success forgets it.
        assert keys.keys("attempts:account:*") == [], words
    in_transaction = ["BEGIN", "WITH", "UPDATE", "COMMIT"]
    assert [words.split()[0] for words in seen] == ["EVAL", "SELECT", *in_transaction, "SET", "EVAL"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_logout_is_finished_by_a_sweep_and_by_the_next_logout(
    live: Live, env: Environment, sql: pg8000.native.Connection, moment: str
) -> None:
    """P2: once the record knows, the next sweep fences the copy; until then nothing was acknowledged."""
    dying, following = live("logout"), live("logout")
    session_id, seen = "", []

    def event() -> Any:
        nonlocal session_id
        session_id = log_in(env).session_id
        return event_for("logout", session_id)

    for words in deaths(dying, event, moment):
        seen.append(words)
        assert_nothing_is_held(sql)
        key = env.policy.names.key_of(session_id)
        ((is_revoked,),) = sql.run("SELECT revoked FROM sessions WHERE id = :key", key=key)
        env.manager.sweep()
        assert (env.manager.find_session(session_id) is None) is is_revoked, words

        assert outcome(following.invoke(event_for("logout", session_id))) == DONE["logout"]
        assert env.manager.find_session(session_id) is None, words
    assert seen == ["WITH ended", "SET"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_validation_leaves_the_session_as_it_was(
    live: Live, env: Environment, sql: pg8000.native.Connection, keys: redis.Redis, moment: str
) -> None:
    dying, following = live("validate"), live("validate")
    event, seen = event_for("validate", log_in(env).session_id), []

    def forgotten() -> Any:
        keys.flushall()
        sql.run("UPDATE sessions SET last_activity = now() - INTERVAL '1 hour'")
        return event

    for words in deaths(dying, forgotten, moment):
        seen.append(words)
        assert_nothing_is_held(sql)
        assert outcome(following.invoke(event)) == DONE["validate"], words
        assert copied(keys) == ids(sql.run(LIVE)), words
    assert seen == ["GET", "WITH touched", "SET"]


ENDED = """
    DELETE FROM sessions;
    INSERT INTO sessions (id, user_id, expires_at, revoked, revoked_at)
    SELECT name || '-' || n, users.id, now() + ends, dated IS NOT NULL, now() - dated
    FROM users, generate_series(1, 2) n, (VALUES
        ('live', INTERVAL '1 day', NULL),
        ('expired', INTERVAL '-1 day', NULL),
        ('lately', INTERVAL '1 day', INTERVAL '1 minute'),
        ('purgeable', INTERVAL '1 day', INTERVAL '31 days'),
        ('over', INTERVAL '-1 day', INTERVAL '31 days')
    ) AS kinds (name, ends, dated);
    UPDATE users SET session_id = 'legacy', last_login_at = now() - INTERVAL '8 days'
"""
KINDS = "SELECT split_part(id, '-', 1), count(*) FROM sessions GROUP BY 1"


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_sweep_is_finished_by_the_next_one(
    live: Live, env: Environment, sql: pg8000.native.Connection, keys: redis.Redis, moment: str
) -> None:
    """Section 3, rule 3: whatever it came to, no row is gone whose copy could still be believed."""
    dying, following = live("sweeper"), live("sweeper")
    event, seen = event_for("sweeper", ""), []

    def to_be_swept() -> Any:
        keys.flushall()
        sql.run(ENDED)
        for n in (1, 2):
            keys.set(f"session:purgeable-{n}", b'{"user_id": "x"}')
        return event

    for words in deaths(dying, to_be_swept, moment):
        seen.append(words)
        assert_nothing_is_held(sql)
        left: dict[str, int] = dict(sql.run(KINDS))
        assert (left["live"], left["lately"]) == (2, 2), words
        assert copied(keys) <= ids(sql.run("SELECT id FROM sessions")), words

        assert outcome(following.invoke(event)) is DONE["sweeper"], words
        assert dict(sql.run(KINDS)) == {"live": 2, "lately": 2}, words
        assert copied(keys) == set(), words
        assert all(keys.exists(f"session:lately-{n}") for n in (1, 2)), words
        assert sql.run("SELECT session_id FROM users") == [[None]], words
    assert {"UPDATE sessions", "DELETE FROM", "UPDATE users", "SET"} <= set(seen)
