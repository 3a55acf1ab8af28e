"""A cluster of two nodes, one busy and one quiet: each has a connection of its own, which may be idle for too long."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import redis

from infra.local.servers import EmbeddedValkey
from session_management.clients.redis import Redis
from tests.support.clock import ToldClock
from tests.support.relay import Relay
from tests.support.servers import redis_client, valkey_connection

LAST_SLOT = 16383
BUSY, QUIET = "session:b", "session:a"


@dataclass
class Node:
    """A node, the way to it that it announces, and a look into it."""

    server: EmbeddedValkey
    relay: Relay
    keys: redis.Redis

    @property
    def cluster_port(self) -> str:
        """Where the other node meets it."""
        return str(self.keys.config_get("cluster-port")["cluster-port"])


@pytest.fixture(scope="module")
def nodes() -> Iterator[tuple[Node, Node]]:
    """The node of the lower half of the slots, and that of the upper."""
    with ExitStack() as running:

        def start() -> Node:
            server = running.enter_context(EmbeddedValkey(cluster=True))
            node = Node(
                server,
                running.enter_context(Relay(server.port)),
                running.enter_context(valkey_connection(server)),
            )
            node.keys.config_set("cluster-announce-port", node.relay.port)
            return node

        lower, upper = start(), start()
        lower.keys.execute_command("CLUSTER DELSLOTSRANGE", LAST_SLOT // 2 + 1, LAST_SLOT)
        upper.keys.execute_command("CLUSTER DELSLOTSRANGE", 0, LAST_SLOT // 2)
        upper.keys.config_set("requirepass", lower.server.password)
        lower.keys.execute_command("CLUSTER MEET", upper.server.host, upper.server.port, upper.cluster_port)
        until_whole(lower, upper)
        yield lower, upper


def until_whole(*nodes: Node) -> None:
    for node in nodes:
        for _ in range(100_000):
            ranges = node.keys.execute_command("CLUSTER SLOTS")
            if len(ranges) == len(nodes) and node.keys.cluster("INFO")["cluster_state"] == "ok":
                break
        else:
            raise AssertionError("the cluster is not whole")


@pytest.fixture
def client(nodes: tuple[Node, Node], clock: ToldClock) -> Iterator[Redis]:
    """A client of the cluster that used both nodes."""
    server, relay = nodes[0].server, nodes[0].relay
    url = server.url.replace(f":{server.port}/", f":{relay.port}/")
    with redis_client(server, clock=clock, REDIS_URL=url, REDIS_CLUSTER="true") as made:
        for key in (BUSY, QUIET):
            assert made.command("SET", key, key, "PX", 60_000)
        yield made


def test_a_quiet_node_is_not_asked_over_a_connection_that_was_idle_for_minutes(
    client: Redis, nodes: tuple[Node, Node], clock: ToldClock
) -> None:
    before = nodes[1].relay.connections
    for _ in range(3):
        clock.advance(100)
        assert client.command("GET", BUSY) == BUSY.encode()
    nodes[1].relay.forget()
    assert client.command("GET", QUIET) == QUIET.encode()
    assert nodes[1].relay.connections == before + 1


def test_after_idle_minutes_a_node_says_again_who_has_which_keys(
    client: Redis, nodes: tuple[Node, Node], clock: ToldClock
) -> None:
    """Meanwhile the others may have gone, and where they were nobody answers."""
    before = nodes[0].relay.connections
    clock.advance(300)
    for node in nodes:
        node.relay.forget()
    assert client.command("GET", QUIET) == QUIET.encode()
    assert nodes[0].relay.connections == before + 1


@pytest.mark.parametrize("words", [("EVAL", "return redis.call('GET', KEYS[1])", 1, QUIET), ("GET", QUIET)])
def test_the_node_of_a_script_is_that_of_its_key(
    client: Redis, nodes: tuple[Node, Node], clock: ToldClock, words: tuple[str | int, ...]
) -> None:
    for _ in range(3):
        clock.advance(100)
        assert client.command("GET", BUSY) == BUSY.encode()
    nodes[1].relay.forget()
    assert client.command(*words) == QUIET.encode()
