"""Connections that were idle, or open, for too long are replaced before they are used, and no request notices."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pg8000.native
import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from tests.support.clock import ToldClock
from tests.support.relay import Relay
from tests.support.servers import postgres_client, redis_client, valkey_connection

WHO = "SELECT pg_backend_pid()"
OURS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'session-management'"


class Reached:
    """A store that is reached through a relay, and how it is asked something."""

    def __init__(self, relay: Relay, client: Postgres | Redis) -> None:
        self.relay = relay
        self.client = client

    def ask(self) -> None:
        """Use the connection: the store's error is the test's."""
        if isinstance(self.client, Postgres):
            assert self.client.fetch("SELECT 1") == [[1]]
        else:
            assert self.client.command("GET", "session:x") is None


@pytest.fixture(scope="module")
def cluster_server() -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(cluster=True) as server:
        yield server


@contextmanager
def announced(server: EmbeddedValkey, relay: Relay) -> Iterator[None]:
    """Have a node of a cluster say that it is reached through *relay*."""
    with valkey_connection(server) as keys:
        keys.config_set("cluster-announce-port", relay.port)
        yield
        keys.config_set("cluster-announce-port", 0)


@pytest.fixture(params=["none", "transaction", "redis", "cluster"])
def store(
    request: pytest.FixtureRequest,
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    cluster_server: EmbeddedValkey,
    clock: ToldClock,
) -> Iterator[Reached]:
    """PostgreSQL, directly and as behind a pooler; Valkey alone and as a cluster: used once."""
    with ExitStack() as using:
        if request.param in ("none", "transaction"):
            relay = using.enter_context(Relay(postgres.port))
            url = postgres.url.replace(f":{postgres.port}/", f":{relay.port}/")
            reached = Reached(
                relay,
                using.enter_context(
                    postgres_client(postgres, clock=clock, DATABASE_URL=url, DATABASE_POOLER=request.param)
                ),
            )
        else:
            is_cluster = request.param == "cluster"
            server = cluster_server if is_cluster else valkey
            relay = using.enter_context(Relay(server.port))
            if is_cluster:
                using.enter_context(announced(server, relay))
            url = server.url.replace(f":{server.port}/", f":{relay.port}/")
            variables = {"REDIS_URL": url, "REDIS_CLUSTER": str(is_cluster).lower()}
            reached = Reached(relay, using.enter_context(redis_client(server, clock=clock, **variables)))
        reached.ask()
        yield reached


def test_a_connection_in_use_is_kept(store: Reached, clock: ToldClock) -> None:
    before = store.relay.connections
    for _ in range(10):
        clock.advance(239)
        store.ask()
    assert store.relay.connections == before


@pytest.mark.parametrize(
    "idle",
    [lambda clock: clock.advance(300), lambda clock: clock.freeze(300), lambda clock: clock.restart_monotonic(5.0)],
    ids=["in use elsewhere", "frozen", "restored"],
)
def test_a_black_hole_after_five_idle_minutes_is_not_fallen_into(
    store: Reached, clock: ToldClock, idle: Callable[[ToldClock], None]
) -> None:
    """A time-out would be an error here: it is not tried again."""
    store.relay.forget()
    idle(clock)
    store.ask()


def test_a_connection_is_replaced_within_eleven_hours_before_elasticache_ends_it(
    store: Reached, clock: ToldClock
) -> None:
    before = store.relay.connections
    for _ in range(11 * 20 - 1):
        clock.advance(180)
        store.ask()
    assert store.relay.connections == before
    store.relay.forget()
    clock.advance(180)
    store.ask()
    assert store.relay.connections > before


def test_a_transaction_stays_on_its_connection_however_long_it_takes(
    postgres: EmbeddedPostgres, sql: pg8000.native.Connection, clock: ToldClock
) -> None:
    with postgres_client(postgres, clock=clock, DATABASE_POOLER="none") as client:
        with client.transaction():
            before = client.fetch(WHO)
            clock.advance(300)
            assert client.fetch(WHO) == before
            client.execute("INSERT INTO told.clock VALUES (pg_catalog.now())")
        assert sql.run("SELECT count(*) FROM told.clock") == [[1]]
        assert client.fetch(WHO) != before


def test_what_replaces_a_connection_leaves_none_behind(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, sql: pg8000.native.Connection, clock: ToldClock
) -> None:
    with (
        postgres_client(postgres, clock=clock) as to_postgres,
        redis_client(valkey, clock=clock) as to_valkey,
        valkey_connection(valkey) as keys,
    ):
        to_valkey.command("GET", "session:x")
        before = len(keys.client_list())
        for _ in range(5):
            clock.advance(300)
            to_valkey.command("GET", "session:x")
            to_postgres.fetch(WHO)
        assert len(keys.client_list()) == before
        assert any(sql.run(OURS) == [[1]] for _ in range(10_000)), "asked until PostgreSQL noticed"
