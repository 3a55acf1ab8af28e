"""Sockets that died while nobody looked, as after a freeze, and answers that were lost on their way."""

import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.clients.redis_node import Node
from session_management.deadline import deadline
from session_management.errors import StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, LogIn, SessionMetadata
from tests.integration.conftest import ThroughRelays
from tests.integration.outages.conftest import PASSWORD, within
from tests.support.managers import Environment


def log_in(env: Environment) -> LogIn:
    env.manager.create(CreateUserData(email="ann@example.com", password=PASSWORD))
    return env.manager.log_in("ann@example.com", PASSWORD, SessionMetadata())


@pytest.mark.parametrize("pooler", ["none", "transaction"])
@pytest.mark.parametrize("with_reset", [False, True], ids=["FIN", "RST"])
def test_the_first_request_over_dead_sockets_succeeds(
    through_relays: ThroughRelays, cheap_passwords: None, pooler: str, with_reset: bool
) -> None:
    env, to_postgres, to_valkey = through_relays(DATABASE_POOLER=pooler)
    logged_in = log_in(env)
    env.clock.advance(60)
    for relay in (to_postgres, to_valkey):
        relay.cut(with_reset=with_reset)

    assert env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is ValidationPath.RECORD
    assert env.observer.failures == []
    assert (to_postgres.connections, to_valkey.connections) == (2, 2)


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_every_operation_succeeds_over_dead_sockets(
    through_relays: ThroughRelays, cheap_passwords: None, pooler: str
) -> None:
    env, *relays = through_relays(DATABASE_POOLER=pooler)
    logged_in = log_in(env)
    user_id = logged_in.user.id
    for operation in (
        lambda: env.manager.create(CreateUserData(email="bob@example.com")),
        lambda: env.manager.update(user_id, {"role": "ADMIN"}),
        lambda: env.manager.extend_session(logged_in.session_id, 864_000),
        lambda: env.manager.log_in("ann@example.com", PASSWORD, SessionMetadata()),
        env.manager.sweep,
        lambda: env.manager.revoke_all(user_id),
        lambda: env.manager.delete_session(logged_in.session_id),
    ):
        for relay in relays:
            relay.cut(with_reset=True)
        operation()
    assert env.manager.count() == 2


def test_a_login_whose_answer_was_lost_opens_one_session(through_relays: ThroughRelays, cheap_passwords: None) -> None:
    """Its statement is sent again, under the same key."""
    env, to_postgres, _ = through_relays(DATABASE_POOLER="none")
    session_id = env.manager.create_session(log_in(env).user.id, SessionMetadata(), 60)
    assert session_id
    before = env.postgres.fetch("SELECT count(*) FROM sessions")[0][0]
    user_id = env.manager.get_all()[0].id
    env.manager.find_by_id(user_id)

    opening = env.manager._opening
    session = opening._new_session("B" * 43, user_id, SessionMetadata(), env.policy.max_age, is_persistent=True)
    to_postgres.lose_next_answers(1)
    assert env.manager._database.sessions.open(session, None, None)
    assert env.postgres.fetch("SELECT count(*) FROM sessions")[0][0] == before + 1


def test_a_command_whose_answer_was_lost_is_sent_twice_at_most(
    through_relays: ThroughRelays, keys: redis.Redis
) -> None:
    env, _, to_valkey = through_relays()
    assert env.redis.command("INCR", "counter") == 1
    to_valkey.lose_next_answers(1)
    assert env.redis.command("INCR", "counter") == 3
    to_valkey.lose_next_answers(9)
    with pytest.raises(StoreUnavailableError):
        env.redis.command("INCR", "counter")
    assert int(keys.get("counter") or 0) <= 5


def test_a_command_that_timed_out_is_not_sent_again(through_relays: ThroughRelays, keys: redis.Redis) -> None:
    env, _, to_valkey = through_relays()
    env.redis.command("INCR", "counter")
    to_valkey.withhold_next_answer()
    with within(1.0), pytest.raises(StoreUnavailableError, match="did not answer in time"):
        env.redis.command("INCR", "counter")
    assert int(keys.get("counter") or 0) == 2
    assert env.redis.command("INCR", "counter") == 3


def test_with_a_second_left_both_stores_dead_cost_less_than_that(
    environment: Environment, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, cheap_passwords: None
) -> None:
    """P9: time-outs shrink to what the request has left, and leave it time to answer."""
    logged_in = log_in(environment)
    environment.clock.advance(3600)
    postgres.pause()
    valkey.pause()
    with within(1.0), deadline(1.0), pytest.raises(StoreUnavailableError):
        environment.manager.find_session(logged_in.session_id)


def test_with_no_time_left_no_store_is_asked(environment: Environment, cheap_passwords: None) -> None:
    logged_in = log_in(environment)
    with within(0.1), deadline(0.2), pytest.raises(StoreUnavailableError, match="no time is left"):
        environment.manager.find_session(logged_in.session_id)
    assert environment.observer.failures == []
    assert environment.manager.find_session(logged_in.session_id)


def test_a_request_in_a_hurry_does_not_hurry_the_next(
    environment: Environment, valkey: EmbeddedValkey, cheap_passwords: None
) -> None:
    logged_in = log_in(environment)
    with deadline(0.35):
        assert environment.manager.find_session(logged_in.session_id)
    connection = environment.redis._client
    assert isinstance(connection, Node)
    assert environment.manager.find_session(logged_in.session_id)
    assert connection.timeouts.answer == pytest.approx(0.3)
