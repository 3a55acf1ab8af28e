"""A table with expired rows, as often as it is needed; it is swept, with and without others beside it."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from random import Random
from secrets import token_hex
from typing import Any, Final

import pg8000.native

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.adapters.postgres_sessions import PostgreSQLSessionAdapter
from session_management.tokens import SessionNames
from tests.support.clock import ToldClock
from tests.support.managers import an_environment
from tests.support.servers import postgres_client, postgres_client_of, sql_connection

ALONE_SECONDS: Final = 2.0
"""For how long they ask before there is a sweep beside them."""

type Seconds = Sequence[float]
type Latencies = dict[str, list[float]]

_PREPARED: Final = "prepared"
_USERS: Final = 10_000
_LONG: Final = timedelta(days=9)
_FILL: Final = f"""
    INSERT INTO users (id, email) SELECT md5(n::text)::uuid, 'user.' || n || '@example.com'
    FROM generate_series(0, {_USERS - 1}) n;

    -- All at different instants, and anywhere in the table.
    INSERT INTO sessions (id, user_id, created_at, last_activity, expires_at, user_agent)
    SELECT encode(sha256(n::text::bytea), 'hex'), md5((n % {_USERS})::text)::uuid, now() - INTERVAL '8 days',
        now() - INTERVAL '1 hour',
        CASE WHEN n < $expired THEN now() - (n + 1) * INTERVAL '1 millisecond'
            ELSE now() + INTERVAL '1 day' + n * INTERVAL '1 millisecond' END,
        'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
    FROM generate_series(0, $rows - 1) n ORDER BY random();
"""
_DELETE: Final = "DELETE FROM sessions WHERE NOT revoked AND expires_at < now()"


@dataclass(frozen=True, slots=True)
class Filled:
    """A server that has the table prepared, of *rows*, the first *expired* of which have expired."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    rows: int
    expired: int

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Give the URL of a database of its own with that table."""
        name = f"copy_{token_hex(6)}"
        with sql_connection(self.postgres) as connection:
            connection.run(f"CREATE DATABASE {name} TEMPLATE {_PREPARED} STRATEGY FILE_COPY")
            connection.run("CHECKPOINT")
            yield _url(self.postgres, name)
            connection.run(f"DROP DATABASE {name} WITH (FORCE)")


def filled(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, rows: int, expired: int) -> Filled:
    """Make the table that is copied."""
    with sql_connection(postgres) as connection:
        connection.run(f"CREATE DATABASE {_PREPARED}")
    with postgres_client(postgres, DATABASE_URL=_url(postgres, _PREPARED)) as client:
        migrate(client, read_migrations())
    with sql_connection(postgres, database=_PREPARED) as connection:
        connection.run(_FILL.replace("$expired", str(expired)).replace("$rows", str(rows)))
        connection.run("VACUUM (FREEZE, ANALYZE) users, sessions")
    return Filled(postgres, valkey, rows, expired)


def one_round(prepared: Filled, draws: Random) -> dict[str, float]:
    """Return the seconds of each thing that is measured, in one round: the two ways in random order."""
    found = {"a statement of 50 ms": 0.05}
    ways: list[Callable[[str], dict[str, float]]] = [
        lambda url: _deleted(prepared, url),
        lambda url: _swept(prepared, url),
        lambda url: _beside(prepared, url),
    ]
    for way in draws.sample(ways, len(ways)):
        with prepared.copy() as url:
            found |= way(url)
    return found


def _deleted(prepared: Filled, url: str) -> dict[str, float]:
    with _connection(prepared, url) as connection:
        begun = time.perf_counter()
        connection.run(_DELETE)
        passed = time.perf_counter() - begun
        _must_be_all(prepared, connection.row_count)
    return {"plain DELETE": passed}


def _swept(prepared: Filled, url: str) -> dict[str, float]:
    with an_environment(prepared.postgres, prepared.valkey, ToldClock(), DATABASE_URL=url) as environment:
        longest = _Longest(environment.postgres)
        begun = time.perf_counter()
        report = environment.manager.sweep()
        passed = time.perf_counter() - begun
        _must_be_all(prepared, report.expired_deleted)
    return {"sweep": passed, "longest statement of a sweep": longest.seconds}


def _beside(prepared: Filled, url: str) -> dict[str, float]:
    """Return what others wait for, alone and while there is a sweep: another process over a connection of its own."""
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    others = processes.Process(target=_ask, args=(url, prepared.rows, prepared.expired, theirs), daemon=True)
    others.start()
    try:
        ours.recv()
        time.sleep(ALONE_SECONDS)
        ours.send("alone")
        alone: Latencies = ours.recv()
        _swept(prepared, url)
        ours.send("beside a sweep")
        beside: Latencies = ours.recv()
    finally:
        others.kill()
        others.join()
    return {f"{name}: 99 of 100": _of_a_hundred(all_of) for name, all_of in alone.items()} | {
        f"{name} beside a sweep: 99 of 100": _of_a_hundred(all_of) for name, all_of in beside.items()
    }


def _ask(url: str, rows: int, expired: int, answers: Connection) -> None:
    """Ask for one thing after the other, and tell whoever wants to know how long each took since it was told before."""
    with postgres_client_of({"DATABASE_URL": url}) as client:
        sessions = PostgreSQLSessionAdapter(client, SessionNames())
        random, now = Random(1), datetime.now(UTC)
        live = sessions.find_by_handle(_key(rows - 1))
        if live is None:
            raise RuntimeError("a session was not found")

        def a_key() -> str:
            return _key(random.randrange(expired, rows))

        what: dict[str, Callable[[], object]] = {
            "find": lambda: sessions.check(a_key(), now, now - _LONG, now - _LONG),
            "touch": lambda: sessions.check(a_key(), now, now, now - _LONG),
            "login": lambda: sessions.open(replace(live.session, key=token_hex(32)), None, None),
        }
        for ask in what.values():
            ask()
        answers.send("ready")
        took: Latencies = {name: [] for name in what}
        while True:
            for name, ask in what.items():
                begun = time.perf_counter()
                ask()
                took[name].append(time.perf_counter() - begun)
            if answers.poll():
                answers.recv()
                answers.send(took)
                took = {name: [] for name in what}


class _Longest:
    """Notes how long a client's longest statement takes."""

    def __init__(self, postgres: Any) -> None:
        self.seconds = 0.0
        postgres._perform = self._timed(postgres._perform)

    def _timed(self, perform: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*asked: Any) -> Any:
            begun = time.perf_counter()
            try:
                return perform(*asked)
            finally:
                self.seconds = max(self.seconds, time.perf_counter() - begun)

        return timed


def _must_be_all(prepared: Filled, deleted: int) -> None:
    if deleted != prepared.expired:
        raise RuntimeError(f"{deleted:,} rows are gone in place of {prepared.expired:,}")


def _of_a_hundred(seconds: Seconds) -> float:
    """Return what 99 of 100 are no longer than."""
    return sorted(seconds)[len(seconds) * 99 // 100]


def _key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def _url(postgres: EmbeddedPostgres, database: str) -> str:
    return f"postgresql://{postgres.user}:{postgres.password}@{postgres.host}:{postgres.port}/{database}"


@contextmanager
def _connection(prepared: Filled, url: str) -> Iterator[pg8000.native.Connection]:
    with sql_connection(prepared.postgres, database=url.rpartition("/")[2]) as connection:
        yield connection
