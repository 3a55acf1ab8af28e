"""What Valkey is asked for: no more than ElastiCache allows, and than an ACL need grant."""

import pytest
import redis

from infra.local.servers import EmbeddedValkey
from session_management.attempts import Attempt, Limit, account_counter
from session_management.errors import InvalidCredentialsError, StoreUnavailableError
from session_management.models import CreateUserData, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.support.managers import Environment

COMMANDS = ("get", "set", "eval", "zadd", "zcard", "zrange", "zrem", "zremrangebyscore", "pexpire")


def use_everything(env: Environment) -> None:
    """Log in and fail to, validate with and without a copy, change, extend, end."""
    user = env.manager.create(CreateUserData(email="ann@example.com", password="correct horse"))
    with pytest.raises(InvalidCredentialsError):
        env.manager.log_in(user.email, "wrong", SessionMetadata("192.0.2.7"))
    beyond = Attempt("one too many", (account_counter(user.email, Limit(1, 60_000, 60_000, 60_000)),))
    assert env.manager._limiter._shared.reserve(beyond) > 0
    env.manager.log_in(user.email, "correct horse", SessionMetadata("192.0.2.7"))
    session_id = env.manager.create_session(user.id, SessionMetadata(), 3600)
    env.clock.advance(61)
    assert env.manager.find_session(session_id)
    env.manager.update(user.id, {"role": "ADMIN"})
    assert env.manager.find_session(session_id)
    assert env.manager.extend_session(session_id, 7200)
    env.manager.delete_session(session_id)
    assert env.manager.find_session(session_id) is None
    assert env.manager.sweep().finished
    assert env.observer.failures == []


def test_nothing_is_sent_but_what_sessions_need(environment: Environment, keys: redis.Redis) -> None:
    """ElastiCache refuses CLIENT subcommands; CLIENT TRACKING, HELLO and INFO are not needed either."""
    keys.config_resetstat()
    use_everything(environment)
    sent = {name.removeprefix("cmdstat_") for name in keys.info("commandstats")}
    assert sent == {"auth", *COMMANDS, "config|resetstat"}
    assert "INFO" not in sent


def test_a_user_allowed_these_commands_on_two_kinds_of_keys_is_enough(
    make_environment: MakeEnvironment, valkey: EmbeddedValkey, keys: redis.Redis
) -> None:
    keys.acl_setuser(
        "service",
        enabled=True,
        reset=True,
        passwords=["+a password"],
        commands=[f"+{command}" for command in COMMANDS],
        keys=["session:*", "attempts:*"],
    )
    try:
        use_everything(make_environment(REDIS_URL=f"redis://service:a%20password@{valkey.host}:{valkey.port}/0"))
    finally:
        keys.acl_deluser("service")


def test_a_wrong_password_is_said_without_saying_it(make_environment: MakeEnvironment, valkey: EmbeddedValkey) -> None:
    env = make_environment(REDIS_URL=f"redis://:wrong-secret@{valkey.host}:{valkey.port}/0")
    with pytest.raises(StoreUnavailableError, match="it refused the user or the password") as failure:
        env.redis.command("GET", "session:x")
    assert "wrong-secret" not in repr(failure.value) + str(failure.value.__cause__)


def test_a_server_without_a_password_is_used_without_one(make_environment: MakeEnvironment) -> None:
    with EmbeddedValkey() as open_server, redis.Redis.from_url(open_server.url) as keys:
        keys.config_set("requirepass", "")
        env = make_environment(REDIS_URL=f"redis://{open_server.host}:{open_server.port}/0")
        assert env.redis.command("GET", "session:x") is None
