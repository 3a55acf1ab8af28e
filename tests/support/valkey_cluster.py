"""Valkey as a cluster of several nodes on loopback: three primaries, the first of which has a replica."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, Self

import redis
from redis.crc import key_slot

from infra.local.servers import EmbeddedValkey
from tests.support.servers import valkey_connection

_SETTINGS: Final = ("cluster-node-timeout 1000", "repl-diskless-sync-delay 0", "cluster-allow-replica-migration no")
_SLOTS: Final = ((0, 5460), (5461, 10922), (10923, 16383))
_PATIENCE_SECONDS: Final = 60.0


class ClusterNode(EmbeddedValkey):
    """One node, ready when it answers: it has no slots yet."""

    def __init__(self, password: str | None = None) -> None:
        super().__init__(cluster=True)
        self.password = password or self.password
        self._settings = (*_SETTINGS, f"masterauth {self.password}")

    @property
    def bus_port(self) -> int:
        """Where the other nodes talk to this one."""
        lines = (self.folder / "valkey.conf").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("cluster-port "))

    @property
    def id(self) -> str:
        """What the cluster calls it."""
        return self.ask("CLUSTER MYID").decode().split("\r\n")[1]

    def is_primary(self) -> bool:
        """Tell whether it serves writes, as it sees itself."""
        return b"role:master" in self.ask("INFO replication")

    def _is_ready(self, pid: int) -> bool:  # noqa: ARG002 (another server's answer would fail at AUTH)
        return b"+PONG" in self.ask("PING")


class ValkeyCluster:
    """A context manager: the cluster is whole when it is entered. All nodes have one password."""

    def __init__(self) -> None:
        first = ClusterNode()
        self.nodes = [first, *(ClusterNode(first.password) for _ in _SLOTS)]
        self._running = ExitStack()

    @property
    def primaries(self) -> list[ClusterNode]:
        """The three nodes that had slots at the beginning, in the order of their slots."""
        return self.nodes[:-1]

    @property
    def replica(self) -> ClusterNode:
        """The first primary's replica."""
        return self.nodes[-1]

    def owner_of(self, key: str) -> ClusterNode:
        """Return the primary that had the slot of *key* at the beginning."""
        slot = key_slot(key.encode())
        return next(node for node, (_, last) in zip(self.primaries, _SLOTS, strict=True) if slot <= last)

    @contextmanager
    def connection(self) -> Iterator["ClusterKeys"]:
        """Open the tests' own way in, while each primary has the slots that it had at the beginning."""
        with ExitStack() as opened:
            yield ClusterKeys(self, [opened.enter_context(valkey_connection(node)) for node in self.primaries])

    def ask_all(self, command: str) -> None:
        """Have every node do *command*."""
        for node in self.nodes:
            assert node.ask(command).startswith(b"+OK"), command

    def is_whole(self) -> bool:
        """Tell whether every node sees all slots served and knows of the replica, which has its primary's data."""
        answers = [node.ask("CLUSTER INFO", "CLUSTER SLOTS") for node in self.nodes]
        is_known = all(b"cluster_state:ok" in one and one.count(b"127.0.0.1") > len(_SLOTS) for one in answers)
        return is_known and any(b"master_link_status:up" in node.ask("INFO replication") for node in self.nodes)

    def __enter__(self) -> Self:
        try:
            for node in self.nodes:
                self._running.enter_context(node)
            self._form()
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _form(self) -> None:
        first, *others = self.nodes
        for node in others:
            first.ask(f"CLUSTER MEET {node.host} {node.port} {node.bus_port}")
        for node, (start, end) in zip(self.primaries, _SLOTS, strict=True):
            node.ask(f"CLUSTER ADDSLOTSRANGE {start} {end}")
        follow = f"CLUSTER REPLICATE {first.id}"
        wait_until(lambda: self.replica.ask(follow).startswith(b"+OK"))
        wait_until(self.is_whole)


class ClusterKeys:
    """All keys of a cluster: what tests do with those of one server."""

    def __init__(self, cluster: ValkeyCluster, connections: list[redis.Redis]) -> None:
        self._cluster = cluster
        self._connections = connections

    def flushall(self) -> None:
        """Remove every key."""
        for connection in self._connections:
            connection.flushall()

    def scan_iter(self) -> Iterator[bytes]:
        """Yield every key."""
        for connection in self._connections:
            yield from connection.scan_iter()

    def of(self, key: str | bytes) -> redis.Redis:
        """Return the connection to the node that has *key*."""
        name = key if isinstance(key, str) else key.decode()
        return self._connections[self._cluster.primaries.index(self._cluster.owner_of(name))]


def wait_until(is_so: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> None:
    """Return when *is_so*; a server that does not listen yet is one to wait for."""
    ends_at = time.monotonic() + seconds
    while not _holds(is_so):
        assert time.monotonic() < ends_at, "what was waited for did not come"
        time.sleep(0.02)


def _holds(is_so: Callable[[], bool]) -> bool:
    try:
        return is_so()
    except OSError:
        return False
