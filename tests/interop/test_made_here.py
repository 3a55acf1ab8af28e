"""A session that was made here is accepted by the original; and what its rules make of its end."""

import json

import pg8000.native
import redis

from session_management.models import User
from tests.interop.here import Functions
from tests.interop.original_application import Original


def test_a_session_of_ours_is_accepted_there_by_cookie_and_by_bearer(
    here: Functions, original: Original, ann: User
) -> None:
    session_id = here.log_in()
    for user in (original.user_of(session_id), original.user_of_bearer(session_id)):
        assert user
        assert (user["id"], user["email"]) == (ann.id, ann.email)
    assert here.accepts(session_id)


def test_a_logout_here_ends_our_session_on_both_at_once_and_for_good(
    here: Functions, original: Original, ann: User, keys: redis.Redis
) -> None:
    session_id = here.log_in()
    here.log_out(session_id)
    assert not original.accepts(session_id)
    assert keys.get(f"session:{session_id}") is None, "the original deletes what has expired: the fence is gone"
    assert not here.accepts(session_id)
    assert not original.accepts(session_id)


def test_a_logout_there_of_our_session_holds_until_it_is_presented_here(
    here: Functions, either_original: Original, ann: User
) -> None:
    """What its rules do not allow: it deletes a key, as an eviction would, and the record knows nothing of it."""
    session_id = here.log_in()
    either_original.log_out(session_id)
    assert not either_original.accepts(session_id)
    assert here.accepts(session_id)
    assert either_original.accepts(session_id), "the copy is back"
    here.log_out(session_id)
    assert not either_original.accepts(session_id)
    assert not here.accepts(session_id)


def test_a_logout_there_of_our_session_leaves_the_record_of_it(
    here: Functions, original: Original, ann: User, sql: pg8000.native.Connection
) -> None:
    session_id = here.log_in()
    original.log_out(session_id)
    assert sql.run("SELECT id, revoked FROM sessions") == [[session_id, False]]


def test_where_redis_lost_its_data_the_original_has_our_session_back_when_it_is_validated_here(
    here: Functions, original: Original, ann: User, keys: redis.Redis
) -> None:
    session_id = here.log_in()
    keys.flushall()
    assert not original.accepts(session_id)
    assert here.accepts(session_id)
    assert original.accepts(session_id)


def test_a_login_there_leaves_our_session_to_both(here: Functions, original: Original, ann: User) -> None:
    ours, theirs = here.log_in(), original.log_in(ann.email).session_id
    assert [here.accepts(session_id) for session_id in (ours, theirs)] == [True, True]
    assert [original.accepts(session_id) for session_id in (ours, theirs)] == [True, True]


def test_the_original_reads_all_its_fields_of_our_session(
    here: Functions, original: Original, ann: User, keys: redis.Redis
) -> None:
    session_id = here.log_in()
    value = keys.get(f"session:{session_id}")
    assert isinstance(value, bytes)
    data = json.loads(value)
    assert (data["user_id"], data["ip"], data["user_agent"]) == (ann.id, "192.0.2.7", "tests")
    assert data["expires_at"] - data["created_at"] == 604_800_000
