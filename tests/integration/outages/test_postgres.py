"""PostgreSQL stopped, restarted, killed, paused: copies answer as long as they may, and nobody is told a falsehood."""

from collections.abc import Callable

import pytest

from infra.local.servers import EmbeddedPostgres
from session_management.errors import StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.integration.outages.conftest import PASSWORD, log_in, within
from tests.support.managers import Environment

COPY, STALE_IF_ERROR = ValidationPath.COPY, ValidationPath.STALE_IF_ERROR


def test_while_postgresql_is_stopped_a_copy_is_believed_to_its_bound_and_not_beyond(
    env: Environment, postgres: EmbeddedPostgres
) -> None:
    """P6: after a minute as a stand-in, until it is 300 seconds old; then it cannot be told. It is never "no"."""
    logged_in = log_in(env)
    postgres.stop()
    for seconds, path in ((0, COPY), (59.999, COPY), (0.001, STALE_IF_ERROR), (239.999, STALE_IF_ERROR)):
        env.clock.advance(seconds)
        assert env.manager.find_by_session_id(logged_in.session_id) == logged_in.user
        assert env.observer.last_path() is path
    env.clock.advance(0.001)
    with pytest.raises(StoreUnavailableError):
        env.manager.find_session(logged_in.session_id)
    postgres.start()
    env.clock.advance(5)
    assert env.manager.find_session(logged_in.session_id)


def test_no_copy_is_believed_past_the_end_of_its_session(env: Environment, postgres: EmbeddedPostgres) -> None:
    """P3: an outage makes nobody's session longer. ASVS 7.4.1."""
    session_id = env.manager.create_session(log_in(env).user.id, SessionMetadata(), 90)
    postgres.stop()
    env.clock.advance(89.999)
    assert env.manager.find_session(session_id)
    env.clock.advance(0.001)
    with pytest.raises(StoreUnavailableError):
        env.manager.find_session(session_id)


def test_without_a_copy_it_cannot_be_told(env: Environment, postgres: EmbeddedPostgres) -> None:
    """P6: neither of who is logged in nor of who is not. ASVS 16.5.3."""
    logged_in = log_in(env)
    env.redis.command("DEL", f"session:{logged_in.session.key}")
    postgres.stop()
    for session_id in (logged_in.session_id, "A" * 43):
        with pytest.raises(StoreUnavailableError):
            env.manager.find_session(session_id)


def test_a_copy_that_the_record_denied_is_not_believed_again_when_postgresql_is_gone(
    env: Environment, postgres: EmbeddedPostgres
) -> None:
    """P2: whoever asked the record, and was told no, leaves a fence where the copy stood."""
    revoked, gone = log_in(env), log_in(env)
    env.postgres.execute(
        "UPDATE sessions SET revoked = true, revoked_at = now() WHERE id = :key", key=revoked.session.key
    )
    env.postgres.execute("DELETE FROM sessions WHERE id = :key", key=gone.session.key)
    env.clock.advance(60)
    for logged_in in (revoked, gone):
        assert env.manager.find_session(logged_in.session_id) is None
    postgres.stop()
    assert env.manager.find_session(revoked.session_id) is None
    assert env.observer.last_path() is ValidationPath.FENCE
    with pytest.raises(StoreUnavailableError):
        env.manager.find_session(gone.session_id)


def test_a_stale_fence_lets_nobody_in_while_postgresql_is_down(env: Environment, postgres: EmbeddedPostgres) -> None:
    logged_in = log_in(env)
    env.manager.update(logged_in.user.id, {"role": "ADMIN"})
    postgres.stop()
    with pytest.raises(StoreUnavailableError):
        env.manager.find_session(logged_in.session_id)


def test_nobody_is_logged_in_while_postgresql_is_down(env: Environment, postgres: EmbeddedPostgres) -> None:
    """P6: neither let in nor told that the password is wrong. ASVS 16.5.3."""
    postgres.stop()
    for password in (PASSWORD, "wrong"):
        with pytest.raises(StoreUnavailableError):
            env.manager.log_in("ann@example.com", password, SessionMetadata())


def test_a_logout_while_postgresql_is_down_writes_the_fence_and_says_that_it_is_not_done(
    env: Environment, postgres: EmbeddedPostgres
) -> None:
    logged_in = log_in(env)
    postgres.stop()
    with pytest.raises(StoreUnavailableError) as failure:
        env.manager.delete_session(logged_in.session_id)
    assert failure.value.store == "postgresql"
    assert env.manager.find_session(logged_in.session_id) is None
    assert env.observer.last_path() is ValidationPath.FENCE
    postgres.start()
    env.clock.advance(5)
    env.manager.delete_session(logged_in.session_id)
    assert env.manager.find_session(logged_in.session_id) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda env, user_id: env.manager.change_password(user_id, "another password"),
        lambda env, user_id: env.manager.update(user_id, {"role": "ADMIN"}),
        lambda env, user_id: env.manager.revoke_all(user_id),
        lambda env, user_id: env.manager.delete(user_id),
    ],
    ids=["password", "role", "revoke all", "delete"],
)
def test_a_change_that_postgresql_did_not_take_fences_nothing(
    env: Environment, postgres: EmbeddedPostgres, change: Callable[[Environment, str], object]
) -> None:
    """What was not done may not log anybody out."""
    logged_in = log_in(env)
    postgres.stop()
    with pytest.raises(StoreUnavailableError):
        change(env, logged_in.user.id)
    assert env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is COPY


@pytest.mark.parametrize("pooler", ["none", "transaction"])
@pytest.mark.parametrize("crash", [False, True], ids=["restart", "crash"])
def test_a_postgresql_that_was_down_for_a_moment_costs_no_request(
    env: Environment, make_environment: MakeEnvironment, postgres: EmbeddedPostgres, pooler: str, crash: bool
) -> None:
    """P1: what was committed is there again, and the first request reopens the connection."""
    other = make_environment(DATABASE_POOLER=pooler)
    logged_in = log_in(other)
    other.clock.advance(60)
    if crash:
        postgres.kill()
        postgres.start()
    else:
        postgres.restart()
    assert other.manager.find_session(logged_in.session_id)
    assert other.observer.last_path() is ValidationPath.RECORD
    assert other.observer.failures == []
    log_in(other)


def test_a_paused_postgresql_costs_three_time_outs_and_then_nothing_until_it_is_tried_again(
    env: Environment, postgres: EmbeddedPostgres
) -> None:
    """P9."""
    logged_in = log_in(env)
    env.clock.advance(60)
    postgres.pause()
    for _ in range(3):
        with within(0.8):
            assert env.manager.find_session(logged_in.session_id)
    with within(0.25):
        assert env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is STALE_IF_ERROR
    assert env.observer.breakers == [("postgresql", True)]

    postgres.resume()
    env.clock.advance(5)
    assert env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is ValidationPath.RECORD
    assert env.observer.breakers == [("postgresql", True), ("postgresql", False)]


def test_a_connection_lost_inside_a_transaction_undoes_it_and_is_not_tried_again(
    env: Environment,
) -> None:
    """A statement of a transaction cannot be sent again by itself: what came before it is gone."""

    def change_name_and_lose_the_connection() -> None:
        with env.postgres.transaction():
            env.postgres.execute("UPDATE users SET email = 'gone@example.com'")
            env.postgres.fetch("SELECT pg_terminate_backend(pg_backend_pid())")
            env.postgres.execute("UPDATE users SET role = 'ADMIN'")

    with pytest.raises(StoreUnavailableError):
        change_name_and_lose_the_connection()
    user = env.manager.find_by_email("ann@example.com")
    assert user
    assert user.role == "USER"


def test_a_user_is_never_created_twice_by_a_lost_connection(env: Environment, postgres: EmbeddedPostgres) -> None:
    env.manager.count()
    postgres.restart()
    env.manager.create(CreateUserData(email="bob@example.com"))
    assert env.manager.count() == 2
