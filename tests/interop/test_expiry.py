"""P3 beside the original: a session ends at its expiry on every path, and on both sides where its rules have one."""

from collections.abc import Callable
from datetime import timedelta

import pg8000.native
import redis

from session_management.models import SessionMetadata, User
from session_management.session_data import to_ms
from tests.conftest import MakeEnvironment
from tests.interop.original_application import Original
from tests.support.managers import Environment
from tests.support.policies import a_policy

type PassTime = Callable[[float], None]

HOUR, WEEK = 3600, 604_800
A_MOMENT = 0.001


def let_the_key_outlive(keys: redis.Redis, session_id: str) -> None:
    """As an extension there does: what ends the session is then what stands in the value."""
    keys.pexpire(f"session:{session_id}", WEEK * 10_000)


def test_a_session_of_ours_ends_on_both_at_the_same_instant(
    env: Environment, original: Original, ann: User, pass_time: PassTime, keys: redis.Redis
) -> None:
    session_id = env.manager.create_session(ann.id, SessionMetadata(), HOUR)
    let_the_key_outlive(keys, session_id)
    pass_time(HOUR - A_MOMENT)
    assert original.accepts(session_id)
    assert env.manager.find_session(session_id)
    pass_time(A_MOMENT)
    assert env.manager.find_session(session_id) is None
    assert not original.accepts(session_id)
    assert env.manager.find_session(session_id) is None, "from the record, since the original deleted the copy"


def test_a_session_of_ours_that_was_extended_here_lives_on_there_to_its_new_end(
    env: Environment, original: Original, ann: User, pass_time: PassTime, keys: redis.Redis
) -> None:
    session_id = env.manager.create_session(ann.id, SessionMetadata(), HOUR)
    env.manager.extend_session(session_id, 3 * HOUR)
    let_the_key_outlive(keys, session_id)
    pass_time(3 * HOUR - A_MOMENT)
    assert original.accepts(session_id)
    pass_time(A_MOMENT)
    assert not original.accepts(session_id)
    assert env.manager.find_session(session_id) is None


def test_an_extension_there_moves_no_end_of_ours_on_either_side(
    env: Environment, original: Original, ann: User, pass_time: PassTime
) -> None:
    """It pushes the key's life alone."""
    session_id = env.manager.create_session(ann.id, SessionMetadata(), HOUR)
    original.extend(session_id, WEEK)
    pass_time(HOUR)
    assert env.manager.find_session(session_id) is None
    assert not original.accepts(session_id)


def test_an_idle_timeout_holds_here_and_is_unknown_there(
    make_environment: MakeEnvironment, original: Original, ann: User, pass_time: PassTime
) -> None:
    """What its rules do not allow: they know one end alone."""
    idle = make_environment(a_policy(at_rest="plain", idle=timedelta(hours=1)))
    session_id = idle.manager.create_session(ann.id, SessionMetadata(), WEEK)
    pass_time(HOUR)
    assert idle.manager.find_session(session_id) is None
    assert original.accepts(session_id)


def test_its_session_in_redis_ends_on_both_at_the_same_instant(
    env: Environment, original: Original, ann: User, pass_time: PassTime, keys: redis.Redis
) -> None:
    session_id = original.log_in(ann.email).session_id
    original.extend(session_id, 10 * WEEK)
    assert keys.pttl(f"session:{session_id}") > WEEK * 1000
    pass_time(WEEK - A_MOMENT)
    assert env.manager.find_session(session_id)
    assert original.accepts(session_id)
    pass_time(A_MOMENT)
    assert env.manager.find_session(session_id) is None
    assert not original.accepts(session_id)


def test_its_session_in_redis_goes_with_its_key(
    env: Environment, original: Original, ann: User, pass_time: PassTime, keys: redis.Redis
) -> None:
    session_id = original.log_in(ann.email).session_id
    keys.delete(f"session:{session_id}")
    assert not original.accepts(session_id)
    assert env.manager.find_session(session_id) is None


def test_its_session_is_not_extended_from_here(
    env: Environment, original: Original, ann: User, keys: redis.Redis
) -> None:
    session_id = original.log_in(ann.email).session_id
    before = keys.get(f"session:{session_id}")
    assert env.manager.extend_session(session_id, 2 * WEEK) is None
    assert keys.get(f"session:{session_id}") == before


def test_its_session_in_the_column_ends_here_after_a_week_and_there_with_the_next_sweep(
    env: Environment, original: Original, ann: User, pass_time: PassTime
) -> None:
    """Its fallback knows no expiry. The sweeper clears the column, the only end that its rules see."""
    session_id = original.log_in(ann.email, is_production=False).session_id
    pass_time(WEEK - A_MOMENT)
    assert env.manager.find_session(session_id)
    pass_time(A_MOMENT)
    assert env.manager.find_session(session_id) is None
    assert original.accepts(session_id), "its fallback knows no expiry"
    pass_time(A_MOMENT)
    assert env.manager.sweep().legacy_cleared == 1
    assert not original.accepts(session_id)


def test_a_session_that_ended_in_redis_does_not_come_back_here_by_the_column(
    env: Environment, original: Original, ann: User, pass_time: PassTime, sql: pg8000.native.Connection
) -> None:
    """The original looks into its column even then."""
    session_id = original.log_in(ann.email).session_id
    sql.run("UPDATE users SET session_id = :session_id", session_id=session_id)
    pass_time(WEEK)
    assert env.manager.find_session(session_id) is None
    assert original.accepts(session_id), "it does come back there"
    assert env.manager.find_session(session_id) is None


def test_both_reckon_in_the_same_milliseconds(
    env: Environment, original: Original, ann: User, pass_time: PassTime
) -> None:
    session_id = original.log_in(ann.email).session_id
    found = env.manager.find_session(session_id)
    assert found
    assert to_ms(found.session.expires_at) == to_ms(env.clock.now()) + WEEK * 1000
