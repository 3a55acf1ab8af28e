"""Environments that vanish while PostgreSQL works for them, killed or without a word: they hold up nobody for long."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pg8000.native
import pytest

from infra.local.servers import EmbeddedPostgres
from session_management.errors import StoreUnavailableError
from tests.conftest import MakeEnvironment
from tests.integration.lambda_life.conftest import Live, Network, log_in
from tests.integration.lambda_life.requests import DONE, event_for, outcome
from tests.support.managers import Environment
from tests.support.servers import sql_connection

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'session-management' AND wait_event_type = 'Lock'"
)


def until(condition: Callable[[], bool], within_seconds: float = 20.0) -> None:
    ends_at = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < ends_at, "it did not come about in time"


@contextmanager
def held(postgres: EmbeddedPostgres, table: str) -> Iterator[None]:
    """Have somebody else hold a lock on all the rows of *table*."""
    with sql_connection(postgres) as holder:
        holder.run("BEGIN")
        holder.run(f"SELECT 1 FROM {table} FOR UPDATE")
        yield
        holder.run("ROLLBACK")


@pytest.mark.parametrize("case", [("login", "users"), ("logout", "sessions"), ("validate", "sessions")], ids=str)
def test_whoever_is_killed_while_waiting_for_a_lock_waits_no_more(
    live: Live, env: Environment, postgres: EmbeddedPostgres, sql: pg8000.native.Connection, case: tuple[str, str]
) -> None:
    """Nobody told PostgreSQL. What it did in the end, nobody was told: the same request again is done."""
    function, table = case
    running = live(function, DATABASE_TIMEOUT_MS="500")
    event = event_for(function, log_in(env).session_id)
    sql.run("UPDATE sessions SET last_activity = now() - INTERVAL '1 hour'")
    env.redis.command("FLUSHALL")
    with held(postgres, table), ThreadPoolExecutor() as pool:
        answer = pool.submit(running.invoke, event)
        until(lambda: sql.run(WAITING) == [[1]])
        running.kill()
        assert outcome(answer.result()) == f"{function} ended before it answered"
        until(lambda: sql.run(WAITING) == [[0]])

    assert outcome(running.invoke(event)) == DONE[function]


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_whoever_vanishes_inside_a_transaction_holds_its_locks_for_a_bounded_time(
    env: Environment, make_environment: MakeEnvironment, network: Network, postgres: EmbeddedPostgres, pooler: str
) -> None:
    """Its network went with it: no FIN or RST tells PostgreSQL, and TCP alone would give up after hours."""
    url = postgres.url.replace(f":{postgres.port}/", f":{network.postgres.port}/")
    vanishing = make_environment(DATABASE_URL=url, DATABASE_POOLER=pooler, DATABASE_TIMEOUT_MS="200")

    def logs_in() -> bool:
        env.clock.advance(5)
        with suppress(StoreUnavailableError):
            return bool(log_in(env))
        return False

    with suppress(StoreUnavailableError), vanishing.postgres.transaction():
        vanishing.postgres.fetch("SELECT 1 FROM users FOR UPDATE")
        network.postgres.forget()
        until(logs_in)
