"""Stores that let their user in with the IAM token of this very second alone: each connection is opened with a new one.

The clients are those that the settings give. The SDK's clock is the service's, so that a token can be known beforehand.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import botocore.auth
import botocore.session
import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.clients.connections import close_postgres, close_redis, postgres_for, redis_for
from session_management.clients.iam_tokens import ElastiCacheTokenCredentials
from session_management.errors import StoreUnavailableError
from session_management.settings import Settings
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver
from tests.support.servers import sql_connection, valkey_connection
from tests.support.valkey_cluster import ValkeyCluster, wait_until

USER = "by-token"
KEYS = [f"session:{number}" for number in range(100)]


@dataclass(frozen=True)
class Store:
    """A store, and how it is asked over all connections that there are to it.

    `admit` lets the user in with the token of now, and with none before it; `open` tells the user's connections apart;
    `cut` ends them from the other side.
    """

    asks: list[Callable[[], object]]
    admit: Callable[[], object]
    open: Callable[[], set[object]]
    cut: Callable[[], object]
    close: Callable[[], None]

    def ask(self) -> None:
        for ask in self.asks:
            ask()


@pytest.fixture(scope="module")
def nodes() -> Iterator[ValkeyCluster]:
    with ValkeyCluster() as cluster:
        yield cluster


@pytest.fixture(params=["none", "transaction", "redis", "cluster"])
def store(
    request: pytest.FixtureRequest, aws: None, clock: ToldClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """PostgreSQL, directly and as behind a pooler; Valkey alone, and as a cluster of three primaries."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: clock.now().replace(tzinfo=None))
    close_postgres()
    close_redis()
    with ExitStack() as using:
        match request.param:
            case "redis":
                yield of_valkey(using, clock, [request.getfixturevalue("valkey")], KEYS[:1])
            case "cluster":
                cluster: ValkeyCluster = request.getfixturevalue("nodes")
                keys = [next(key for key in KEYS if cluster.owner_of(key) is node) for node in cluster.primaries]
                yield of_valkey(using, clock, cluster.nodes, keys)
            case pooler:
                yield of_postgres(using, clock, request.getfixturevalue("postgres"), pooler)


def of_postgres(using: ExitStack, clock: ToldClock, server: EmbeddedPostgres, pooler: str) -> Store:
    sql = using.enter_context(sql_connection(server))
    sql.run(f'CREATE ROLE "{USER}" LOGIN')
    using.callback(lambda: sql.run(f'DROP ROLE "{USER}"'))
    settings = {
        "DATABASE_HOST": server.host,
        "DATABASE_PORT": str(server.port),
        "DATABASE_NAME": server.database,
        "DATABASE_USER": USER,
        "DATABASE_IAM_AUTH": "true",
        "DATABASE_POOLER": pooler,
    }
    client = postgres_for(Settings.from_environment(settings).postgres, clock=clock, observer=RecordingObserver())
    using.callback(close_postgres)
    rds = botocore.session.get_session().create_client("rds")

    def admit() -> None:
        token = rds.generate_db_auth_token(server.host, server.port, USER)  # type: ignore[attr-defined]
        sql.run(f"ALTER ROLE \"{USER}\" PASSWORD '{token}'")

    return Store(
        [lambda: client.fetch("SELECT 1")],
        admit,
        lambda: {pid for (pid,) in connections_of(sql, "pid")},
        lambda: connections_of(sql, "pg_terminate_backend(pid)"),
        client.close,
    )


def connections_of(sql: pg8000.native.Connection, what: str) -> list[list[object]]:
    rows: list[list[object]] = sql.run(f"SELECT {what} FROM pg_stat_activity WHERE usename = '{USER}'")
    return rows


def of_valkey(using: ExitStack, clock: ToldClock, servers: Sequence[EmbeddedValkey], keys: list[str]) -> Store:
    looks = [using.enter_context(valkey_connection(server)) for server in servers]
    using.callback(lambda: [look.acl_deluser(USER) for look in looks])
    settings = {
        "REDIS_HOST": servers[0].host,
        "REDIS_PORT": str(servers[0].port),
        "REDIS_USER": USER,
        "REDIS_CACHE_NAME": "sessions",
        "REDIS_IAM_AUTH": "true",
        "REDIS_CLUSTER": str(len(servers) > 1).lower(),
    }
    options = Settings.from_environment(settings).redis
    client = redis_for(options, clock=clock, observer=RecordingObserver())
    using.callback(close_redis)
    # What a token for ElastiCache is, is held by test_tokens: the SDK has no word for it.
    tokens = ElastiCacheTokenCredentials(options)

    def admit() -> None:
        _, token = tokens.get()
        for look in looks:
            look.execute_command("ACL SETUSER", USER, "on", "resetpass", f">{token}", "+@all", "~*")

    return Store(
        [partial(client.command, "GET", key) for key in keys],
        admit,
        lambda: {(number, one) for number, look in enumerate(looks) for one in ids_of(look)},
        lambda: [look.client_kill_filter(user=USER) for look in looks],
        client.close,
    )


def ids_of(look: redis.Redis) -> list[str]:
    return [one["id"] for one in look.client_list() if one["user"] == USER]


def until_ended(store: Store, connections: set[object]) -> None:
    wait_until(lambda: not store.open() & connections, seconds=10.0)


def test_each_connection_is_opened_with_the_token_of_its_moment(store: Store, clock: ToldClock) -> None:
    """Opened first; after it was closed, or lost, or idle for too long."""
    before: set[object] = set()
    for end in (lambda: None, store.close, store.cut, lambda: clock.advance(300)):
        end()
        clock.advance(60)
        store.admit()
        store.ask()
        until_ended(store, before)
        before = store.open()
        assert len(before) == len(store.asks)


def test_so_is_that_to_each_node_whenever_it_is_first_asked(store: Store, clock: ToldClock) -> None:
    for number, ask in enumerate(store.asks, start=1):
        clock.advance(60)
        store.admit()
        ask()
        assert len(store.open()) == number


def test_with_the_token_of_a_moment_ago_nobody_is_let_in(store: Store, clock: ToldClock) -> None:
    """Or these tests would show nothing."""
    store.admit()
    clock.advance(1)
    with pytest.raises(StoreUnavailableError, match="the password"):
        store.ask()


def test_a_connection_in_use_is_replaced_with_a_new_token_within_eleven_hours(store: Store, clock: ToldClock) -> None:
    """ElastiCache ends it after twelve."""
    store.admit()
    store.ask()
    first = store.open()
    for _ in range(11 * 20 - 1):
        clock.advance(180)
        store.ask()
    assert store.open() == first

    clock.advance(180)
    store.admit()
    store.ask()
    until_ended(store, first)
    assert len(store.open()) == len(first)
