"""P4 and the fences beside the original: what is changed here is seen there as its rules say."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis

from session_management.managers.user_manager import UserManager
from session_management.models import SessionMetadata, User
from tests.interop.original_application import Original
from tests.support.managers import Environment

HOUR, WEEK_MS = 3600, 604_800_000

type PassTime = Callable[[float], None]
type Change = Callable[[UserManager, str], Any]

ENDING_ALL: dict[str, Change] = {
    "revoke all": lambda manager, user_id: manager.revoke_all(user_id),
    "change password": lambda manager, user_id: manager.change_password(user_id, "another password"),
    "disable": lambda manager, user_id: manager.update(user_id, {"status": "DISABLED"}),
    "delete": lambda manager, user_id: manager.delete(user_id),
}
ending_all = pytest.mark.parametrize("change", ENDING_ALL.values(), ids=list(ENDING_ALL))


def stored(keys: redis.Redis, session_id: str) -> dict[str, Any]:
    value = keys.get(f"session:{session_id}")
    assert isinstance(value, bytes)
    data: dict[str, Any] = json.loads(value)
    return data


def ours(env: Environment, user: User) -> str:
    return env.manager.create_session(user.id, SessionMetadata(), 604_800)


def test_a_new_role_is_seen_there_and_here_by_the_next_request(env: Environment, original: Original, ann: User) -> None:
    """It reads the user for every request."""
    sessions = [ours(env, ann), original.log_in(ann.email).session_id]
    env.manager.update(ann.id, {"role": "ADMIN"})
    for session_id in sessions:
        user, found = original.user_of(session_id), env.manager.find_by_session_id(session_id)
        assert user
        assert found
        assert (user["role"], found.role) == ("ADMIN", "ADMIN")


def test_a_stale_fence_is_a_live_session_to_the_original(
    env: Environment, original: Original, ann: User, keys: redis.Redis
) -> None:
    """It has no record to ask: the fence lives as long as the session, or its users would be logged out."""
    session_id = ours(env, ann)
    env.manager.update(ann.id, {"role": "ADMIN"})
    assert stored(keys, session_id)["fence"] == "stale"
    assert keys.pttl(f"session:{session_id}") > WEEK_MS - 60_000
    assert original.accepts(session_id)
    assert stored(keys, session_id)["fence"] == "stale", "it left the fence alone"
    assert env.manager.find_session(session_id)
    assert "fence" not in stored(keys, session_id)
    assert original.accepts(session_id)


def test_a_revoked_fence_is_an_expired_session_to_the_original(
    env: Environment, original: Original, ann: User, keys: redis.Redis
) -> None:
    session_id = ours(env, ann)
    env.manager.delete_session(session_id)
    assert (stored(keys, session_id)["fence"], stored(keys, session_id)["expires_at"]) == ("revoked", 0)
    assert not original.accepts(session_id)
    assert keys.get(f"session:{session_id}") is None, "it deletes what has expired"


def test_a_revoked_fence_that_the_original_deleted_is_not_needed_while_the_record_answers(
    env: Environment, original: Original, ann: User, keys: redis.Redis
) -> None:
    session_id = ours(env, ann)
    env.manager.delete_session(session_id)
    original.user_of(session_id)
    assert env.manager.find_session(session_id) is None
    assert not original.accepts(session_id)


@ending_all
def test_whatever_ends_all_sessions_ends_ours_on_both(
    env: Environment, original: Original, ann: User, change: Change
) -> None:
    session_id = ours(env, ann)
    change(env.manager, ann.id)
    assert not original.accepts(session_id)
    assert env.manager.find_session(session_id) is None


@ending_all
@pytest.mark.parametrize("is_production", [True, False], ids=["beside redis", "alone"])
def test_whatever_ends_all_sessions_ends_the_one_in_its_column_on_both(
    env: Environment, original: Original, ann: User, change: Change, is_production: bool
) -> None:
    column_id = original.log_in(ann.email, is_production=is_production).column_id
    change(env.manager, ann.id)
    assert not original.accepts(column_id)
    assert env.manager.find_session(column_id) is None


@ending_all
def test_whatever_ends_all_sessions_ends_its_sessions_in_redis_here_and_not_there(
    env: Environment, original: Original, ann: User, pass_time: PassTime, change: Change
) -> None:
    """What its rules do not allow: nobody finds a key by its user. Here such a session is too old from then on."""
    session_id = original.log_in(ann.email).session_id
    pass_time(1)
    change(env.manager, ann.id)
    assert env.manager.find_session(session_id) is None
    is_deleted = env.manager.find_by_id(ann.id) is None
    assert original.accepts(session_id) != is_deleted, "it knows no status, no passwords and no record"


def test_a_user_who_is_enabled_again_has_none_of_the_sessions_of_before(
    env: Environment, original: Original, ann: User, pass_time: PassTime
) -> None:
    session_id = original.log_in(ann.email).session_id
    pass_time(1)
    env.manager.update(ann.id, {"status": "DISABLED"})
    env.manager.update(ann.id, {"status": "ACTIVE"})
    assert env.manager.find_session(session_id) is None
    pass_time(1)
    assert env.manager.find_session(original.log_in(ann.email).session_id)


def test_a_new_password_spares_the_session_to_keep_on_both_whichever_made_it(
    env: Environment, original: Original, ann: User, pass_time: PassTime
) -> None:
    session_id, other = original.log_in(ann.email).session_id, ours(env, ann)
    pass_time(1)
    env.manager.change_password(ann.id, "another password", keep_session_id=session_id)
    assert env.manager.find_session(session_id)
    assert original.accepts(session_id)
    assert env.manager.find_session(other) is None
    assert not original.accepts(other)
    kept = ours(env, ann)
    env.manager.change_password(ann.id, "yet another one", keep_session_id=kept)
    assert env.manager.find_session(kept)
    assert original.accepts(kept)
