"""Whoever we are to a store is asked anew at each connection to it, and then only: a token is never older than that."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.breaker import Breaker
from session_management.clients.credentials import UserAndPassword
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver
from tests.support.relay import Relay
from tests.support.servers import server_settings, sql_connection, valkey_connection

KEY = "session:x"
USER = "by-token"


class Tokens:
    """Credentials as IAM's: each one new, and good for one connection."""

    def __init__(self, allow: Callable[[str], object]) -> None:
        self._allow = allow
        self.signed = 0

    def get(self) -> UserAndPassword:
        self.signed += 1
        self._allow(f"token-{self.signed}")
        return USER, f"token-{self.signed}"

    def refresh(self) -> bool:
        return False


@dataclass
class Store:
    """A store that lets its user in with the newest token alone, on the way through a relay."""

    relay: Relay
    tokens: Tokens
    client: Postgres | Redis
    ask: Callable[[], object]


@pytest.fixture(params=["none", "transaction", "redis"])
def store(
    request: pytest.FixtureRequest, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, clock: ToldClock
) -> Iterator[Store]:
    with ExitStack() as using:
        make = of_valkey if request.param == "redis" else of_postgres
        yield make(using, postgres, valkey, clock, request.param)


def of_postgres(
    using: ExitStack, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, clock: ToldClock, pooler: str
) -> Store:
    sql = using.enter_context(sql_connection(postgres))
    sql.run(f'CREATE ROLE "{USER}" LOGIN')
    using.callback(lambda: sql.run(f'DROP ROLE "{USER}"'))
    relay = using.enter_context(Relay(postgres.port))
    url = postgres.url.replace(f":{postgres.port}/", f":{relay.port}/")
    options = server_settings(postgres, valkey, DATABASE_URL=url, DATABASE_POOLER=pooler).postgres
    tokens = Tokens(lambda token: sql.run(f"ALTER ROLE \"{USER}\" PASSWORD '{token}'"))
    breaker = Breaker("postgresql", clock=clock, observer=RecordingObserver())
    client = using.enter_context(closing(Postgres(options, credentials=tokens, breaker=breaker, clock=clock)))
    return Store(relay, tokens, client, lambda: client.fetch("SELECT 1"))


def of_valkey(using: ExitStack, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, clock: ToldClock, _: str) -> Store:
    keys = using.enter_context(valkey_connection(valkey))
    using.callback(lambda: keys.acl_deluser(USER))
    relay = using.enter_context(Relay(valkey.port))
    url = valkey.url.replace(f":{valkey.port}/", f":{relay.port}/")
    options = server_settings(postgres, valkey, REDIS_URL=url).redis
    tokens = Tokens(
        lambda token: keys.acl_setuser(
            USER, enabled=True, reset_passwords=True, passwords=["+" + token], commands=["+@all"], keys=["*"]
        )
    )
    breaker = Breaker("redis", clock=clock, observer=RecordingObserver())
    client = using.enter_context(closing(Redis(options, credentials=tokens, breaker=breaker, clock=clock)))
    return Store(relay, tokens, client, lambda: client.command("GET", KEY))


def test_each_connection_has_a_token_of_its_own(store: Store, clock: ToldClock) -> None:
    """Opened first; after it was closed, cut, or idle for too long."""
    assert store.tokens.signed == 0
    for end in (
        lambda: None,
        store.client.close,
        lambda: store.relay.cut(with_reset=False),
        lambda: store.relay.cut(with_reset=True),
        lambda: clock.advance(300),
    ):
        before = store.relay.connections
        end()
        for _ in range(3):
            store.ask()
        assert store.relay.connections == store.tokens.signed == before + 1
