"""What each operation costs in round trips and connections: the table of section 3, measured."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pg8000.native
import pytest
import redis

from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, SessionMetadata
from session_management.tokens import handle_of, new_session_id
from tests.conftest import MakeEnvironment
from tests.integration.conftest import ThroughRelays
from tests.support.managers import Environment
from tests.support.relay import Relay

SESSIONS_OF_OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'session-management'"


@dataclass
class Costs:
    """Round trips since the last look: to Valkey, and to PostgreSQL."""

    to_postgres: Relay
    to_valkey: Relay
    seen: tuple[int, int] = (0, 0)

    def since(self) -> tuple[int, int]:
        before, self.seen = self.seen, (self.to_valkey.round_trips, self.to_postgres.round_trips)
        return self.seen[0] - before[0], self.seen[1] - before[1]


def warm(env: Environment) -> str:
    """Prepare every statement of a validation, load nothing later; return a session ID with a fresh copy."""
    user = env.manager.create(CreateUserData(email="ann@example.com"))
    session_id = env.manager.create_session(user.id, SessionMetadata(), 604_800)
    for _ in range(2):
        env.clock.advance(61)
        assert env.manager.find_session(session_id)
    return session_id


def logging_in(env: Environment) -> Callable[[], str]:
    """Return what logs a new user in and gives the session's ID."""
    env.manager.create(CreateUserData(email="ann@example.com", password="correct horse"))
    client = SessionMetadata(ip="192.0.2.7", user_agent="a browser")
    return lambda: env.manager.log_in("ann@example.com", "correct horse", client).session_id


@pytest.mark.parametrize(("pooler", "statement"), [("none", 1), ("transaction", 5)])
def test_a_validation_costs_what_the_design_says(
    through_relays: ThroughRelays, keys: redis.Redis, pooler: str, statement: int
) -> None:
    """Hot 1 + 0; stale or lost 2 + 1. Behind a pooler the statement takes BEGIN, three trips and COMMIT."""
    env, to_postgres, to_valkey = through_relays(DATABASE_POOLER=pooler)
    session_id = warm(env)
    costs = Costs(to_postgres, to_valkey)
    costs.since()

    assert env.manager.find_session(session_id)
    assert costs.since() == (1, 0), "a fresh copy"
    env.clock.advance(60)
    assert env.manager.find_session(session_id)
    assert costs.since() == (2, statement), "a stale copy"
    env.clock.advance(239)
    assert env.manager.find_session(session_id)
    assert costs.since() == (2, statement), "a stale copy, and activity to record"
    keys.flushall()
    assert env.manager.find_session(session_id)
    assert costs.since() == (2, statement), "no copy"
    env.manager.delete_session(session_id)
    costs.since()
    assert env.manager.find_session(session_id) is None
    assert costs.since() == (1, 0), "a fence"


@pytest.mark.parametrize(("pooler", "statements"), [("none", 2), ("transaction", 10)])
def test_a_login_costs_what_the_design_says(
    through_relays: ThroughRelays,
    sql: pg8000.native.Connection,
    cheap_passwords: None,
    pooler: str,
    statements: int,
) -> None:
    """2 + 2 and one commit: the try and the user; the session, and the copy with the end of the try."""
    env, to_postgres, to_valkey = through_relays(DATABASE_POOLER=pooler)
    log_in = logging_in(env)
    assert [log_in() for _ in range(2)]
    costs = Costs(to_postgres, to_valkey)
    costs.since()

    session_id = log_in()
    assert costs.since() == (2, statements)
    by_one_commit = "SELECT s.xmin = u.xmin FROM sessions s, users u WHERE s.id = :key"
    assert sql.run(by_one_commit, key=handle_of(session_id)) == [[True]]
    assert env.manager.find_session(session_id)
    assert env.observer.last_path() is ValidationPath.COPY


@pytest.mark.parametrize(("pooler", "statement"), [("none", 1), ("transaction", 5)])
def test_a_logout_costs_what_the_design_says(through_relays: ThroughRelays, pooler: str, statement: int) -> None:
    """1 + 1, whether or not it has ended before; of what nobody has, Valkey is told nothing."""
    env, to_postgres, to_valkey = through_relays(DATABASE_POOLER=pooler)
    session_id = warm(env)
    env.manager.delete_session(new_session_id())
    costs = Costs(to_postgres, to_valkey)
    costs.since()

    env.manager.delete_session(session_id)
    assert costs.since() == (1, statement)
    env.manager.delete_session(session_id)
    assert costs.since() == (1, statement), "it has ended before"
    env.manager.delete_session(new_session_id())
    assert costs.since() == (0, statement), "nobody has it"


def test_what_cannot_be_a_session_id_costs_nothing(through_relays: ThroughRelays) -> None:
    """P7."""
    env, to_postgres, to_valkey = through_relays()
    for garbage in ("", "x", "a" * 10_000, "\0" * 43, "é" * 43, "a" * 42 + " ", "a" * 44):
        assert env.manager.find_session(garbage) is None
        env.manager.delete_session(garbage)
        assert env.manager.extend_session(garbage, 60) is None
    assert (to_postgres.connections, to_valkey.connections) == (0, 0)


def test_an_environment_served_by_valkey_never_connects_to_postgresql(
    environment: Environment, make_environment: MakeEnvironment, sql: pg8000.native.Connection
) -> None:
    user = environment.manager.create(CreateUserData(email="ann@example.com"))
    session_id = environment.manager.create_session(user.id, SessionMetadata(), 60)
    environment.postgres.close()
    authorizer = make_environment()
    for _ in range(3):
        assert authorizer.manager.find_session(session_id)
    assert sql.run(SESSIONS_OF_OURS) == [[0]]


def test_an_environment_has_one_connection_to_each_store_whatever_it_does(
    environment: Environment, sql: pg8000.native.Connection, keys: redis.Redis
) -> None:
    before = len(keys.client_list())
    user = environment.manager.create(CreateUserData(email="ann@example.com"))
    made = [environment.manager.create_session(user.id, SessionMetadata(), 604_800) for _ in range(20)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            environment.clock.advance(61)
            assert all(pool.map(environment.manager.find_session, made))
    environment.manager.sweep()
    assert sql.run(SESSIONS_OF_OURS) == [[1]]
    assert len(keys.client_list()) == before + 1


def test_every_key_in_valkey_has_an_end(environment: Environment, keys: redis.Redis) -> None:
    user = environment.manager.create(CreateUserData(email="ann@example.com"))
    copied, ended, stale = (environment.manager.create_session(user.id, SessionMetadata(), 3600) for _ in range(3))
    environment.manager.update(user.id, {"role": "ADMIN"})
    environment.manager.find_session(copied)
    environment.manager.delete_session(ended)
    assert environment.manager.find_session(ended) is None
    assert stale
    lives = sorted(keys.pttl(key) for key in keys.scan_iter())
    assert len(lives) == 3
    assert 890_000 < lives[0] <= lives[1] <= 900_000
    assert 3_590_000 < lives[2] <= 3_600_000
