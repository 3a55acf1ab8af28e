"""How many connections each environment holds, as the servers themselves tell it, looked at again and again."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from copy import replace
from typing import Final

import redis

from session_management.clients.pg8000_connection import PostgresConnection
from session_management.clients.postgres_errors import ConnectionLostError
from session_management.errors import StoreUnavailableError
from tests.load.stores import Stores
from tests.support.servers import server_settings

_STEP_SECONDS: Final = 0.02
_PATIENCE_SECONDS: Final = 0.5
"""How long a busy server may take to notice that a client let go of a connection, before two of them are a leak."""
_ASK_SECONDS: Final = 5.0
_BACKENDS: Final = "SELECT usename, pid FROM pg_stat_activity WHERE application_name = 'session-management'"

type Held = Mapping[str, frozenset[int]]


class Watch:
    """The most connections that were seen at one store."""

    def __init__(self, store: str) -> None:
        self.store = store
        self.samples = 0
        self.most_of_all = 0
        self.most_of_one = 0
        self.held_too_many: set[str] = set()
        self.longest_of_several = 0.0
        self.latest: Held = {}
        self._since: dict[tuple[str, frozenset[int]], float] = {}

    def see(self, held: Held, now: float) -> None:
        """Take in who holds which connections *now*."""
        self.samples += 1
        self.latest = held
        self.most_of_all = max(self.most_of_all, sum(map(len, held.values())))
        self.most_of_one = max(self.most_of_one, *map(len, held.values()), 0)
        several = {(name, connections) for name, connections in held.items() if len(connections) > 1}
        self._since = {pair: self._since.get(pair, now) for pair in several}
        for (name, _), since in self._since.items():
            self.longest_of_several = max(self.longest_of_several, now - since)
            if now - since > _PATIENCE_SECONDS:
                self.held_too_many.add(name)


class Sampler:
    """Looks at both stores in threads of its own, over connections of its own, until it is closed."""

    def __init__(self, stores: Stores, names: set[str], *, step_seconds: float = _STEP_SECONDS) -> None:
        self._step_seconds = step_seconds
        self.postgres, self.valkey = Watch("PostgreSQL"), Watch("Valkey")
        self._names = names
        self._settings = server_settings(stores.postgres, stores.valkey)
        self._valkey_url = stores.valkey.url
        self._is_over = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Look while what is inside runs; raise what a look died of, unless the server was gone."""
        with ThreadPoolExecutor(2) as pool:
            following = [pool.submit(self._follow, look) for look in (self._postgres, self._valkey)]
            try:
                yield
            finally:
                self._is_over.set()
        for one in following:
            # Whoever could not look on has not seen that all was well.
            one.result()

    def _follow(self, look: Callable[[], None]) -> None:
        """Look until it is over; begin anew where the server is gone or was."""
        while not self._is_over.wait(self._step_seconds):
            with suppress(ConnectionLostError, StoreUnavailableError, redis.RedisError, OSError):
                look()

    def _postgres(self) -> None:
        options = replace(self._settings.postgres, timeout_seconds=_ASK_SECONDS)
        connection = PostgresConnection(replace(options, is_pooled=True), options.user or "", options.password, 2.0)
        try:
            while not self._is_over.wait(self._step_seconds):
                rows, _ = connection.run(_BACKENDS, {}, _ASK_SECONDS)
                self.postgres.see(self._by_name((str(name), int(pid)) for name, pid in rows), time.monotonic())
        finally:
            connection.close()

    def _valkey(self) -> None:
        with redis.Redis.from_url(self._valkey_url, socket_timeout=_ASK_SECONDS) as connection:
            while not self._is_over.wait(self._step_seconds):
                clients = connection.client_list()
                held = self._by_name((client["user"], int(client["id"])) for client in clients)
                self.valkey.see(held, time.monotonic())

    def _by_name(self, pairs: Iterator[tuple[str, int]]) -> Held:
        held: dict[str, set[int]] = defaultdict(set)
        for name, connection in pairs:
            if name in self._names:
                held[name].add(connection)
        return {name: frozenset(connections) for name, connections in held.items()}
