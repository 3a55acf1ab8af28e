"""What is bounded on the real record, counted there: writes of activity, and the sessions of one user."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pg8000.native
import pytest
import redis

from session_management.models import CreateUserData, LogIn, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.support.managers import Environment
from tests.support.policies import a_policy

TOUCH = 300.0
VALIDATIONS = 1_000
AT_ONCE = 20
_COUNT_TOUCHES = """
    CREATE SCHEMA counted;
    CREATE TABLE counted.touches (id TEXT NOT NULL);
    CREATE FUNCTION counted.count() RETURNS TRIGGER LANGUAGE plpgsql
        AS 'BEGIN INSERT INTO counted.touches VALUES (NEW.id); RETURN NULL; END';
    CREATE TRIGGER counted AFTER UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION counted.count();
"""
_COUNT_NO_MORE = "DROP TRIGGER counted ON sessions; DROP SCHEMA counted CASCADE"


class Touches:
    """How often the row of any session was written, by PostgreSQL's own count."""

    def __init__(self, sql: pg8000.native.Connection) -> None:
        self._sql = sql

    def since(self) -> int:
        """Return how many there were since the last look."""
        ((count,),) = self._sql.run("WITH gone AS (DELETE FROM counted.touches RETURNING 1) SELECT count(*) FROM gone")
        return int(count)


@pytest.fixture
def touches(sql: pg8000.native.Connection) -> Iterator[Touches]:
    """Count every write, by a trigger."""
    sql.run(_COUNT_TOUCHES)
    try:
        yield Touches(sql)
    finally:
        sql.run(_COUNT_NO_MORE)


@pytest.fixture
def session_id(environment: Environment) -> str:
    """A session whose activity is due to be recorded."""
    user = environment.manager.create(CreateUserData(email="ann@example.com"))
    session_id = environment.manager.create_session(user.id, SessionMetadata(), 604_800)
    environment.clock.advance(TOUCH + 1)
    return session_id


@pytest.mark.parametrize("loses_copies", [False, True], ids=["with copies", "without"])
def test_a_thousand_validations_within_one_interval_write_once(
    environment: Environment, touches: Touches, session_id: str, keys: redis.Redis, loses_copies: bool
) -> None:
    """Where Redis keeps nothing, PostgreSQL is asked a thousand times, and written once all the same."""
    for _ in range(VALIDATIONS):
        assert environment.manager.find_session(session_id)
        environment.clock.advance(TOUCH / VALIDATIONS)
        if loses_copies:
            keys.flushall()
    assert touches.since() == 1

    environment.clock.advance(61)
    for _ in range(10):
        assert environment.manager.find_session(session_id)
    assert touches.since() == 1, "the next interval"


def test_environments_that_record_at_once_write_once(
    environment: Environment, make_environment: MakeEnvironment, touches: Touches, session_id: str
) -> None:
    """Whoever waited for the row finds it recorded."""
    environments = [make_environment() for _ in range(AT_ONCE)]
    together = Barrier(AT_ONCE)

    def validate(one: Environment) -> bool:
        one.postgres.fetch("SELECT 1")
        together.wait(30)
        return one.manager.find_session(session_id) is not None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert all(pool.map(validate, environments))
    assert touches.since() == 1


@pytest.mark.usefixtures("cheap_passwords")
@pytest.mark.parametrize("limit", [1, 3, AT_ONCE - 1, AT_ONCE])
@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_logins_at_once_leave_just_as_many_sessions_as_a_user_may_have(
    make_environment: MakeEnvironment, sql: pg8000.native.Connection, limit: int, pooler: str
) -> None:
    """ASVS 7.1.2: each login in an environment and a thread of its own, none of which waits for another."""
    policy = a_policy(max_per_user=limit)
    environments = [make_environment(policy, DATABASE_POOLER=pooler) for _ in range(AT_ONCE)]
    environments[0].manager.create(CreateUserData(email="ann@example.com", password="a long password"))
    together = Barrier(AT_ONCE)

    def log_in(one: Environment) -> LogIn:
        one.postgres.fetch("SELECT 1")
        together.wait(30)
        return one.manager.log_in("ann@example.com", "a long password", SessionMetadata())

    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = list(pool.map(log_in, environments))
    rows = sql.run("SELECT revoked, revoked_reason FROM sessions ORDER BY 1")
    assert rows == limit * [[False, None]] + (AT_ONCE - limit) * [[True, "limit"]]
    for one in environments[:3]:
        assert sum(one.manager.find_session(login.session_id) is not None for login in made) == limit
