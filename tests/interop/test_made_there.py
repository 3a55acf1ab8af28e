"""A session that the original made is accepted here, and ends here when it ends there, and there when it ends here."""

from datetime import timedelta

import pg8000.native
import pytest
import redis

from session_management.models import User
from session_management.session_data import to_datetime
from tests.interop.here import Functions
from tests.interop.original_application import Original
from tests.support.clock import ToldClock

FENCE_SECONDS = 900


def column(sql: pg8000.native.Connection) -> object:
    ((value,),) = sql.run("SELECT session_id FROM users")
    return value


def forget_fences(keys: redis.Redis) -> None:
    """Let 15 minutes pass in Valkey."""
    for name in keys.scan_iter():
        if keys.pttl(name) <= FENCE_SECONDS * 1000:
            keys.delete(name)


def test_its_session_in_redis_is_accepted_here_with_what_it_wrote(
    here: Functions, original: Original, ann: User, clock: ToldClock
) -> None:
    session_id = original.log_in(ann.email).session_id
    found = here.validated(session_id)
    assert found
    assert here.accepts(session_id)
    assert original.accepts(session_id)
    assert (found["user"]["id"], found["user"]["email"]) == (ann.id, ann.email)
    assert (found["session"]["ip"], found["session"]["user_agent"]) == ("192.0.2.9", "a browser")
    assert found["session"]["created_at"] == written(clock)
    assert found["session"]["expires_at"] == written(clock, timedelta(days=7))


def written(clock: ToldClock, later: timedelta = timedelta()) -> str:
    instant = to_datetime(round((clock.now() + later).timestamp() * 1000))
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("scheme", ["Bearer", "cookie"])
def test_its_session_is_accepted_here_and_there_however_it_is_presented(
    here: Functions, original: Original, ann: User, scheme: str
) -> None:
    session_id = original.log_in(ann.email).session_id
    accepts = original.user_of_bearer if scheme == "Bearer" else original.user_of
    user = accepts(session_id)
    assert user
    assert user["email"] == ann.email
    assert here.accepts(session_id)


def test_its_session_in_the_column_alone_is_accepted_here(here: Functions, original: Original, ann: User) -> None:
    session_id = original.log_in(ann.email, is_production=False).session_id
    assert original.accepts(session_id)
    assert here.accepts(session_id)


def test_its_second_id_is_a_session_as_well_though_no_client_has_it(
    here: Functions, original: Original, ann: User
) -> None:
    """Its login writes one ID into the column and gives another to the client."""
    logged_in = original.log_in(ann.email)
    assert logged_in.column_id != logged_in.session_id
    assert original.accepts(logged_in.column_id)
    assert here.accepts(logged_in.column_id)


def test_its_next_login_replaces_the_column_and_leaves_the_session_in_redis(
    here: Functions, original: Original, ann: User
) -> None:
    first, second = original.log_in(ann.email), original.log_in(ann.email)
    accepted = [first.session_id, second.session_id, second.column_id]
    assert [session_id for session_id in accepted if here.accepts(session_id)] == accepted
    assert [session_id for session_id in accepted if original.accepts(session_id)] == accepted
    assert not here.accepts(first.column_id)
    assert not original.accepts(first.column_id)


def test_an_id_that_neither_made_is_nobodys(here: Functions, original: Original, ann: User) -> None:
    assert not original.accepts("3f1e5f0a-9f5c-4c8e-8f66-0d8d5a3e2b11")
    assert not here.accepts("3f1e5f0a-9f5c-4c8e-8f66-0d8d5a3e2b11")


@pytest.mark.parametrize("is_production", [True, False], ids=["in redis", "in the column"])
def test_a_logout_here_ends_its_session_on_both_for_good(
    here: Functions, either_original: Original, ann: User, keys: redis.Redis, is_production: bool
) -> None:
    session_id = either_original.log_in(ann.email, is_production=is_production).session_id
    assert here.accepts(session_id)
    here.log_out(session_id)
    assert not here.accepts(session_id)
    assert not either_original.accepts(session_id)
    forget_fences(keys)
    assert not here.accepts(session_id)
    assert not either_original.accepts(session_id)


def test_a_logout_here_that_the_original_sees_first_is_final_as_well(
    here: Functions, original: Original, ann: User, keys: redis.Redis
) -> None:
    """To it the fence is an expired session, which it deletes."""
    session_id = original.log_in(ann.email).session_id
    here.log_out(session_id)
    assert not original.accepts(session_id)
    assert keys.get(f"session:{session_id}") is None
    assert not here.accepts(session_id)


def test_a_logout_there_ends_its_session_here_at_once(here: Functions, either_original: Original, ann: User) -> None:
    session_id = either_original.log_in(ann.email).session_id
    assert here.accepts(session_id)
    either_original.log_out(session_id)
    assert not either_original.accepts(session_id)
    assert not here.accepts(session_id)


def test_a_logout_there_ends_a_session_of_the_column_where_it_clears_it(
    here: Functions, either_original: Original, ann: User, sql: pg8000.native.Connection
) -> None:
    """Its text asks for `sessionId: undefined`. Where that clears nothing, the session lives on for both."""
    session_id = either_original.log_in(ann.email, is_production=False).session_id
    either_original.log_out(session_id)
    lives_on = column(sql) is not None
    assert either_original.accepts(session_id) == lives_on
    assert here.accepts(session_id) == lives_on
    here.log_out(session_id)
    assert column(sql) is None
    assert not either_original.accepts(session_id)
    assert not here.accepts(session_id)


def test_a_login_here_ends_its_session_that_was_presented(here: Functions, original: Original, ann: User) -> None:
    theirs = original.log_in(ann.email).session_id
    ours = here.log_in(presented=theirs)
    assert not here.accepts(theirs)
    assert not original.accepts(theirs)
    assert here.accepts(ours)
    assert original.accepts(ours)


@pytest.mark.parametrize("is_production", [True, False], ids=["in redis", "in the column"])
def test_whoever_is_on_its_session_and_ends_all_others_here_stays_on_it_on_both(
    here: Functions, original: Original, ann: User, is_production: bool
) -> None:
    ours = here.log_in()
    theirs = original.log_in(ann.email, is_production=is_production).session_id
    here.end_others(theirs)
    assert here.accepts(theirs)
    assert original.accepts(theirs)
    assert not here.accepts(ours)
    assert not original.accepts(ours)


@pytest.mark.parametrize("is_production", [True, False], ids=["in redis", "in the column"])
def test_whoever_is_on_its_session_and_ends_all_here_is_out_on_both_for_good(
    here: Functions, original: Original, ann: User, keys: redis.Redis, is_production: bool
) -> None:
    ours = here.log_in()
    theirs = original.log_in(ann.email, is_production=is_production).session_id
    assert here.end_all(theirs) == (3 if is_production else 2), "its second ID is a session as well"
    forget_fences(keys)
    for session_id in (ours, theirs):
        assert not here.accepts(session_id)
        assert not original.accepts(session_id)


def test_a_login_here_replaces_its_session_in_the_column_as_its_own_login_does(
    here: Functions, original: Original, ann: User
) -> None:
    logged_in = original.log_in(ann.email)
    here.log_in()
    assert not here.accepts(logged_in.column_id)
    assert not original.accepts(logged_in.column_id)
    assert here.accepts(logged_in.session_id)
    assert original.accepts(logged_in.session_id)
