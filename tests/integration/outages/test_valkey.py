"""Valkey flushed, stopped, restarted, paused: it costs a little time, and nobody their session."""

from datetime import timedelta

import pytest
import redis

from infra.local.servers import EmbeddedValkey, free_port
from session_management.attempts import ACCOUNT_LIFE_MS, Limit
from session_management.errors import InvalidCredentialsError, StoreUnavailableError, TooManyAttemptsError
from session_management.interfaces import ValidationPath
from session_management.models import SessionMetadata
from session_management.policy import LoginPolicy
from session_management.session_data import Fence
from tests.conftest import MakeEnvironment
from tests.integration.outages.conftest import PASSWORD, QUICK, log_in, within
from tests.support.managers import Environment
from tests.support.policies import a_policy


def test_a_flush_logs_nobody_out(env: Environment, keys: redis.Redis) -> None:
    """P1."""
    logged_in = log_in(env)
    keys.flushall()
    assert env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is ValidationPath.RECORD
    assert env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is ValidationPath.COPY


def test_while_valkey_is_stopped_the_record_answers(env: Environment, valkey: EmbeddedValkey) -> None:
    """P1, P6: also who was not let in, and who is let in meanwhile. ASVS 16.5.2."""
    before = log_in(env)
    valkey.stop()
    during = log_in(env)
    for logged_in in (before, during):
        assert env.manager.find_session(logged_in.session_id)
        assert env.observer.last_path() is ValidationPath.RECORD_WITHOUT_REDIS
    assert env.manager.find_session("A" * 43) is None
    assert env.manager.extend_session(during.session_id, 864_000)


def test_a_restart_of_valkey_costs_no_request(env: Environment, valkey: EmbeddedValkey) -> None:
    """P1: the connection turns out dead, and the first request after it succeeds on a new one."""
    logged_in = log_in(env)
    valkey.restart()
    assert env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is ValidationPath.RECORD
    assert env.observer.failures == []
    assert env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is ValidationPath.COPY


def test_a_paused_valkey_costs_the_first_validations_less_than_a_second_and_then_nothing(
    env: Environment, valkey: EmbeddedValkey
) -> None:
    """P9: the breaker opens after three failures and spares the store from then on."""
    logged_in = log_in(env)
    valkey.pause()
    for _ in range(3):
        with within(1.0):
            assert env.manager.find_session(logged_in.session_id)
    assert env.observer.breakers == [("redis", True)]
    with within(0.25):
        assert env.manager.find_session(logged_in.session_id)
    assert len(env.observer.failures) == 3


def test_the_breaker_lets_one_try_through_within_five_seconds(env: Environment, valkey: EmbeddedValkey) -> None:
    logged_in = log_in(env)
    valkey.pause()
    for _ in range(3):
        env.manager.find_session(logged_in.session_id)

    env.clock.advance(5)
    for _ in range(3):
        env.manager.find_session(logged_in.session_id)
    assert len(env.observer.failures) == 4

    valkey.resume()
    env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() is ValidationPath.RECORD_WITHOUT_REDIS
    env.clock.advance(5)
    env.manager.find_session(logged_in.session_id)
    assert env.observer.last_path() in (ValidationPath.COPY, ValidationPath.RECORD)
    assert env.observer.breakers == [("redis", True), ("redis", False)]


def test_a_logout_while_valkey_is_down_is_not_acknowledged_but_the_row_is_revoked(
    env: Environment, valkey: EmbeddedValkey
) -> None:
    """P2."""
    logged_in = log_in(env)
    valkey.stop()
    with pytest.raises(StoreUnavailableError) as failure:
        env.manager.delete_session(logged_in.session_id)
    assert failure.value.store == "redis"
    assert env.manager.find_session(logged_in.session_id) is None
    valkey.start()
    assert env.manager.find_session(logged_in.session_id) is None


def test_the_sweeper_finishes_a_logout_that_could_not_reach_valkey(
    env: Environment, make_environment: MakeEnvironment
) -> None:
    """P2: until then a copy is believed for what is left of its minute, and no longer."""
    kept, swept = log_in(env), log_in(env)
    elsewhere = make_environment(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0", **QUICK)
    for logged_in in (kept, swept):
        with pytest.raises(StoreUnavailableError):
            elsewhere.manager.delete_session(logged_in.session_id)
    env.clock.advance(59.999)
    assert env.manager.find_session(kept.session_id)
    env.clock.advance(0.001)
    assert env.manager.find_session(kept.session_id) is None

    assert env.manager.sweep().fences_written == 2
    seen = env.manager._adapter.get(swept.session.key)
    assert seen
    assert seen.fence is Fence.REVOKED


def test_a_change_of_a_user_that_could_not_be_fenced_is_seen_within_a_minute(
    env: Environment, make_environment: MakeEnvironment
) -> None:
    """P4."""
    logged_in = log_in(env)
    elsewhere = make_environment(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0", **QUICK)
    with pytest.raises(StoreUnavailableError):
        elsewhere.manager.update(logged_in.user.id, {"role": "ADMIN"})
    env.clock.advance(60)
    seen = env.manager.find_by_session_id(logged_in.session_id)
    assert seen
    assert seen.role == "ADMIN"


def test_a_sweep_while_valkey_is_down_keeps_the_rows_whose_copy_may_live(
    env: Environment, make_environment: MakeEnvironment
) -> None:
    """Section 3, rule 3: a row is purged only after its fence was written, or when its copy must have expired."""
    env.manager.create_session(log_in(env).user.id, SessionMetadata(), 86_400)
    live, over = log_in(env), log_in(env)
    for logged_in in (live, over):
        env.manager.delete_session(logged_in.session_id)
    env.postgres.execute("UPDATE sessions SET revoked_at = now() - INTERVAL '31 days' WHERE revoked")
    env.postgres.execute(
        "UPDATE sessions SET expires_at = now() - INTERVAL '1 second' WHERE id = :key", key=over.session.key
    )
    elsewhere = make_environment(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0", **QUICK)

    report = elsewhere.manager.sweep()
    assert (report.revoked_deleted, report.finished) == (1, False)
    left = env.postgres.fetch("SELECT id FROM sessions WHERE revoked")
    assert left == [[live.session.key]]

    report = env.manager.sweep()
    assert (report.revoked_deleted, report.fences_written, report.finished) == (1, 1, True)


def test_a_login_while_valkey_is_down_is_honoured_when_it_is_back(env: Environment, valkey: EmbeddedValkey) -> None:
    """P1."""
    valkey.stop()
    logged_in = log_in(env)
    valkey.start()
    env.clock.advance(timedelta(days=6).total_seconds())
    assert env.manager.find_session(logged_in.session_id)


GUARDED = LoginPolicy(account=Limit(10, ACCOUNT_LIFE_MS, 1_000, 300_000), address=Limit(100, 900_000))


def guesses(env: Environment, times: int, ip: str = "192.0.2.7") -> list[str]:
    """Return what becomes of so many wrong passwords for Ann."""
    outcomes = []
    for _ in range(times):
        with pytest.raises((InvalidCredentialsError, TooManyAttemptsError)) as refusal:
            env.manager.log_in("ann@example.com", "wrong", SessionMetadata(ip))
        outcomes.append(refusal.type.__name__)
    return outcomes


WRONG, REFUSED = InvalidCredentialsError.__name__, TooManyAttemptsError.__name__


def test_while_valkey_is_stopped_each_environment_limits_guesses_by_itself_and_what_was_counted_holds_again(
    env: Environment, make_environment: MakeEnvironment, valkey: EmbeddedValkey
) -> None:
    """ASVS 16.5.3: never without a limit. A pause, so that Valkey loses nothing."""
    one, other = (make_environment(a_policy(login=GUARDED), **QUICK) for _ in range(2))
    assert guesses(one, 9) == [WRONG] * 9
    valkey.pause()
    for environment in (one, other):
        assert guesses(environment, 4) == [WRONG, WRONG, REFUSED, REFUSED]
    valkey.resume()
    one.clock.advance(5)
    assert guesses(other, 2) == [WRONG, REFUSED]
    assert guesses(one, 1) == [REFUSED]


def test_a_paused_valkey_costs_a_login_one_wait_whatever_it_presents(env: Environment, valkey: EmbeddedValkey) -> None:
    """P9: counting, the copy, the fence of the session presented and giving back are one wait together."""
    before = log_in(env)
    valkey.pause()
    env.manager.log_in("ann@example.com", PASSWORD, SessionMetadata(), presented_session_id=before.session_id)
    assert len(env.observer.failures) == 1
    assert env.manager.find_session(before.session_id) is None
