"""What the machine drives: PostgreSQL, Valkey, and three environments that reach them over links of their own."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from infra.local.servers import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey
from session_management.policy import SessionPolicy
from tests.machine.link import Link
from tests.support.cheap_hashes import cheap_hashes
from tests.support.clock import ToldClock
from tests.support.managers import Environment, an_environment
from tests.support.servers import empty, prepare, sql_connection, valkey_connection

ENVIRONMENTS: Final = (0, 1, 2)
STORES: Final = ("postgresql", "redis")

# Nothing here is ever silent: on a loaded machine, too, nobody is to give up on a store that answers.
_PATIENCE: Final = {
    "DATABASE_CONNECT_TIMEOUT_MS": "20000",
    "DATABASE_TIMEOUT_MS": "20000",
    "REDIS_CONNECT_TIMEOUT_MS": "20000",
    "REDIS_TIMEOUT_MS": "20000",
}
# Valkey's own clock cannot be told: instead each key's time to live shrinks.
_PASS_TIME: Final = """
for _, key in ipairs(redis.call('KEYS', '*')) do
    redis.call('PEXPIRE', key, redis.call('PTTL', key) - ARGV[1])
end
"""
_ALL: Final = """
local all = {}
for _, key in ipairs(redis.call('KEYS', 'session:*')) do
    table.insert(all, {key, redis.call('GET', key), redis.call('PTTL', key)})
end
return all
"""


@dataclass(frozen=True)
class Snapshot:
    """What Valkey held of sessions `at` that time: each value, and for how many milliseconds it would still be kept."""

    at: datetime
    held: Mapping[bytes, tuple[bytes, int]]


@dataclass
class Servers:
    """The two servers, and the links to each of them. Started once, used by many runs."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    links: dict[str, list[Link]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """Start both; password hashes cost next to nothing meanwhile."""
        with ExitStack() as stack:
            servers = cls(EmbeddedPostgres(durable=False), EmbeddedValkey())
            for name, server in zip(STORES, servers.both, strict=True):
                stack.enter_context(server)
                servers.links[name] = [stack.enter_context(Link(server.port)) for _ in ENVIRONMENTS]
            prepare(servers.postgres)
            stack.enter_context(cheap_hashes())
            yield servers

    @property
    def both(self) -> tuple[EmbeddedServer, EmbeddedServer]:
        """In the order of `STORES`."""
        return self.postgres, self.valkey

    def of(self, store: str) -> EmbeddedServer:
        """Return the server of *store*."""
        return self.both[STORES.index(store)]


class World:
    """One run: emptied stores, a clock, and environments that have connected nowhere yet."""

    def __init__(self, servers: Servers, policy: SessionPolicy, pooler: str) -> None:
        self.servers = servers
        self.clock = ToldClock()
        self.stopped: set[str] = set()
        self._looks = ExitStack()
        self._look_into_stores()
        empty(self.sql)
        self.sql.run("INSERT INTO told.clock VALUES (:now)", now=self.clock.now())
        self.keys.flushall()
        self._opened = ExitStack()
        self.environments = [self._environment(number, policy, pooler) for number in ENVIRONMENTS]

    def link(self, environment: int, store: str) -> Link:
        """Return the way of *environment* to *store*."""
        return self.servers.links[store][environment]

    def reaches(self, environment: int, store: str) -> bool:
        """Tell whether *environment* can reach *store* at all."""
        return store not in self.stopped and self.link(environment, store).is_open

    def stop(self, store: str, *, crash: bool) -> None:
        """Really end the server."""
        server = self.servers.of(store)
        self._looks.close()
        (server.kill if crash else server.stop)()
        self.stopped.add(store)
        self._look_into_stores()

    def start(self, store: str) -> None:
        """Really start it again: PostgreSQL with all that was committed, Valkey empty."""
        self.servers.of(store).start()
        self.stopped.discard(store)
        self._looks.close()
        self._look_into_stores()
        self.pass_time(0)

    def pass_time(self, seconds: float) -> None:
        """Let *seconds* pass for the service and for whichever store runs."""
        self.clock.advance(seconds)
        if "postgresql" not in self.stopped:
            self.sql.run("UPDATE told.clock SET at = :now", now=self.clock.now())
        if "redis" not in self.stopped:
            self.keys.eval(_PASS_TIME, 0, round(timedelta(seconds=seconds).total_seconds() * 1000))

    def snapshot(self) -> Snapshot:
        """Return all that Valkey holds of sessions."""
        held = {name: (value, life) for name, value, life in self.keys.eval(_ALL, 0) if value is not None}
        return Snapshot(self.clock.now(), held)

    def put_back(self, snapshot: Snapshot | None) -> None:
        """Replace all that Valkey holds by the sessions it held then, less those ended since; or by nothing."""
        self.keys.flushall()
        if snapshot is None:
            return
        age_ms = round((self.clock.now() - snapshot.at).total_seconds() * 1000)
        for name, (value, life) in snapshot.held.items():
            if life > age_ms:
                self.keys.set(name, value, px=life - age_ms)

    def evict(self, key: str) -> None:
        """Have Valkey lose what stands under *key*."""
        self.keys.delete(key)

    def all_that_is_held(self) -> str:
        """Return both stores' whole content as one text."""
        return repr(self.snapshot()) + repr(self.sql.run("SELECT s::text, u::text FROM sessions s, users u"))

    def open_links(self, environment: int) -> None:
        """Let *environment* reach both stores again."""
        for store in STORES:
            self.link(environment, store).open()

    def close(self) -> None:
        """Leave the servers running, with nobody connected."""
        for store in sorted(self.stopped):
            self.start(store)
        self._opened.close()
        self._looks.close()
        for links in self.servers.links.values():
            for link in links:
                link.open()
                link.cut(with_reset=True)

    def _look_into_stores(self) -> None:
        """Connect to what runs, past the links."""
        if "postgresql" not in self.stopped:
            self.sql = self._looks.enter_context(sql_connection(self.servers.postgres))
        if "redis" not in self.stopped:
            self.keys: Any = self._looks.enter_context(valkey_connection(self.servers.valkey))

    def _environment(self, number: int, policy: SessionPolicy, pooler: str) -> Environment:
        servers = self.servers
        to_postgres, to_valkey = (self.link(number, store).port for store in STORES)
        urls = {
            "DATABASE_URL": servers.postgres.url.replace(f":{servers.postgres.port}/", f":{to_postgres}/"),
            "REDIS_URL": servers.valkey.url.replace(f":{servers.valkey.port}/", f":{to_valkey}/"),
        }
        variables = {**_PATIENCE, **urls, "DATABASE_POOLER": pooler}
        made = an_environment(servers.postgres, servers.valkey, self.clock, policy, **variables)
        return self._opened.enter_context(made)
