"""`make growth`, its first part: what users and sessions take in PostgreSQL, and what an operation adds to its log."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from random import Random
from typing import Final

import pg8000.native

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.models import SessionMetadata
from session_management.tokens import handle_of
from tests.load.crowd.population import USER_AGENTS, populate, session_id_of
from tests.support.clock import ToldClock
from tests.support.managers import Environment, an_environment
from tests.support.servers import prepare, sql_connection

_SETTINGS: Final = (
    "autovacuum=off",
    "shared_preload_libraries=pg_stat_statements",
    "shared_buffers=2GB",  # for the indexes of 10⁷ rows, which are filled in no order
    "max_wal_size=32GB",
)
_OPERATIONS: Final = 2_000
_LONG: Final = timedelta(days=9)
_HASH: Final = "$argon2id$v=19$m=19456,t=2,p=1$01xLhpi+GvTdjeW301Juyg$N2dObvm381pBaiu547IOXQ90cUfiLtjzJlhiYsppUXU"
_SIZES: Final = """
    SELECT relname, pg_relation_size(oid) FROM pg_class
    WHERE relname ~ '^(users|sessions)' AND relkind IN ('r', 'i') ORDER BY relname
"""
_SPENT: Final = "SELECT sum(total_exec_time) * 1000 FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'"
_IN_PLACE: Final = "SELECT n_tup_hot_upd::float / n_tup_upd FROM pg_stat_user_tables WHERE relname = 'sessions'"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="make growth", description="What do sessions take in PostgreSQL?")
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many users, with a session each")
    count = parser.parse_args(arguments).rows
    with ExitStack() as opened:
        # Without images of whole pages, of which there are more the more often a checkpoint comes.
        postgres = opened.enter_context(EmbeddedPostgres(durable=False, settings=_SETTINGS))
        valkey = opened.enter_context(EmbeddedValkey())
        prepare(postgres)
        connection = opened.enter_context(sql_connection(postgres))
        sys.stderr.write(f"making {count:,} users and sessions\n")
        connection.run("CREATE EXTENSION pg_stat_statements")
        populate(connection, count, _HASH)
        for name, size in connection.run(_SIZES):
            sys.stdout.write(f"{name:<32} {size / count:>6.0f} bytes a row\n")
        environment = opened.enter_context(an_environment(postgres, valkey, ToldClock()))
        for line in _logged(connection, environment, count):
            sys.stdout.write(f"{line}\n")
        sys.stdout.write(f"{_asked(environment, count)}\n")


def _logged(connection: pg8000.native.Connection, environment: Environment, count: int) -> Iterator[str]:
    """Yield what an operation adds to the write-ahead log, and how long PostgreSQL is busy with it.

    Of sessions drawn from all.
    """
    random, manager = Random(1), environment.manager
    users = [str(user) for (user,) in connection.run(f"SELECT id FROM users LIMIT {_OPERATIONS}")]
    session_ids = [session_id_of(number) for number in random.sample(range(count), _OPERATIONS)]
    client = SessionMetadata(ip="192.0.2.7", user_agent=USER_AGENTS[0])

    def told(what: str, operation: Callable[[int], object]) -> str:
        connection.run("SELECT pg_stat_statements_reset()")
        before = _position(connection)
        for number in range(_OPERATIONS):
            operation(number)
        logged = (_position(connection) - before) / _OPERATIONS
        ((spent,),) = connection.run(_SPENT)
        return f"{what:<32} {logged:>6.0f} bytes of log {spent / _OPERATIONS:>6.0f} µs of PostgreSQL's time"

    yield told("login", lambda number: manager.create_session(users[number], client, 604_800))
    environment.clock.advance(301)
    yield told("activity recorded", lambda number: manager.find_session(session_ids[number]))
    environment.postgres.fetch("SELECT pg_stat_force_next_flush()")
    ((share,),) = connection.run(_IN_PLACE)
    yield f"{'of these in place (HOT)':<32} {share:>6.1%}"
    for session_id in session_ids:
        environment.redis.command("DEL", f"session:{handle_of(session_id)}")
    yield told("missed, and not recorded", lambda number: manager.find_session(session_ids[number]))
    yield told("logout", lambda number: manager.delete_session(session_ids[number]))


def _asked(environment: Environment, count: int) -> str:
    """Tell how much longer than a question without a table the one takes that a validation asks PostgreSQL.

    Of sessions drawn from all, each as a pair: what slows the machine slows both.
    """
    random, now = Random(2), environment.clock.now()
    check, ask, long_ago = environment.manager._database.sessions.check, environment.postgres.fetch, now - _LONG
    ratios = []
    for _ in range(_OPERATIONS):
        key = handle_of(session_id_of(random.randrange(count)))
        begun = time.perf_counter()
        ask("SELECT 1")
        asked = time.perf_counter()
        check(key, now, long_ago, long_ago)
        ratios.append((time.perf_counter() - asked) / (asked - begun))
    return f"{'validation by the record':<32} {statistics.median(ratios):>6.2f} times a SELECT 1"


def _position(connection: pg8000.native.Connection) -> int:
    ((position,),) = connection.run("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
    return int(position)


if __name__ == "__main__":
    main()
