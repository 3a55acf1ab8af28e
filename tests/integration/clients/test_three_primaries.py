"""A cluster of three primaries: keys on their way, nodes that are silent, a failover."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from redis.crc import key_slot

from session_management.errors import StoreUnavailableError
from tests.conftest import MakeEnvironment
from tests.integration.outages.conftest import within
from tests.support.managers import Environment
from tests.support.redis_acl import RULES, limit, rules_of
from tests.support.valkey_cluster import ClusterNode, ValkeyCluster, wait_until

KEY = "session:on-its-way"
TIMEOUT_SECONDS = 1.5


@pytest.fixture(scope="module")
def cluster() -> Iterator[ValkeyCluster]:
    with ValkeyCluster() as cluster:
        yield cluster


@pytest.fixture
def env(cluster: ValkeyCluster, make_environment: MakeEnvironment) -> Environment:
    """An environment as a user that may do what infra/redis says, patient enough that time-outs can be counted."""
    seed = cluster.primaries[0]
    login = limit(rules_of(RULES["cluster"]), *cluster.nodes)
    return make_environment(
        REDIS_URL=f"redis://{login}@{seed.host}:{seed.port}/0",
        REDIS_CLUSTER="true",
        REDIS_TIMEOUT_MS=str(round(TIMEOUT_SECONDS * 1000)),
        REDIS_CONNECT_TIMEOUT_MS="5000",
    )


@pytest.fixture
def newcomer(cluster: ValkeyCluster) -> Iterator[ClusterNode]:
    """A node that has joined the cluster, and has no slots yet."""
    first = cluster.primaries[0]
    with ClusterNode(first.password) as node:
        first.ask(f"CLUSTER MEET {node.host} {node.port} {node.bus_port}")
        name = node.id.encode()
        wait_until(lambda: all(name in one.ask("CLUSTER NODES") for one in cluster.nodes))
        wait_until(lambda: b"cluster_state:ok" in node.ask("CLUSTER INFO"))
        yield node
        for one in cluster.nodes:
            one.ask(f"CLUSTER FORGET {name.decode()}")


@pytest.mark.parametrize("may_ask", [True, False])
def test_a_key_on_its_way_to_a_node_without_slots_is_followed(
    env: Environment, cluster: ValkeyCluster, newcomer: ClusterNode, may_ask: bool
) -> None:
    """As while a cluster grows. It is what ASKING is for: without the permission it fails."""
    rules = [rule for rule in rules_of(RULES["cluster"]) if may_ask or rule != "+asking"]
    env.redis.command("GET", KEY)
    source, slot = cluster.owner_of(KEY), key_slot(KEY.encode())
    newcomer.ask(f"CLUSTER SETSLOT {slot} IMPORTING {source.id}")
    source.ask(f"CLUSTER SETSLOT {slot} MIGRATING {newcomer.id}")
    user = env.redis._options
    newcomer.ask(f"ACL SETUSER {user.user} reset on >{user.password} {' '.join(rules)}")
    try:
        if may_ask:
            assert env.redis.command("SET", KEY, "a value", "PX", 60_000, "NX")
            assert env.redis.command("GET", KEY) == b"a value"
            assert newcomer.ask("DBSIZE") == b":1\r\n"
        else:
            with pytest.raises(StoreUnavailableError, match="the user lacks a permission"):
                env.redis.command("GET", KEY)
    finally:
        newcomer.ask("FLUSHALL")
        for node in (newcomer, source):
            node.ask(f"CLUSTER SETSLOT {slot} STABLE")


def test_a_key_that_has_moved_is_followed(env: Environment, cluster: ValkeyCluster) -> None:
    env.redis.command("GET", KEY)
    source, slot = cluster.owner_of(KEY), key_slot(KEY.encode())
    target = next(node for node in cluster.primaries if node is not source)
    try:
        for node in (target, *cluster.primaries):
            node.ask(f"CLUSTER SETSLOT {slot} NODE {target.id}")
        assert env.redis.command("SET", KEY, "a value", "PX", 60_000)
        assert target.ask("DBSIZE") == b":1\r\n"
    finally:
        target.ask("FLUSHALL")
        for node in (source, *cluster.primaries):
            node.ask(f"CLUSTER SETSLOT {slot} NODE {source.id}")


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "not open yet"])
def test_one_time_out_is_all_that_a_silent_node_costs(env: Environment, cluster: ValkeyCluster, is_open: bool) -> None:
    """P9: no second look at the nodes, each of which might be as silent."""
    if is_open:
        env.redis.command("GET", KEY)
    with ExitStack() as paused:
        for node in cluster.nodes:
            node.pause()
            paused.callback(node.resume)
        for _ in range(2):
            began = time.monotonic()
            with within(1.8 * TIMEOUT_SECONDS), pytest.raises(StoreUnavailableError, match="did not answer in time"):
                env.redis.command("GET", KEY)
            assert time.monotonic() - began >= 0.9 * TIMEOUT_SECONDS
    wait_until(cluster.is_whole)
    assert env.redis.command("GET", KEY) is None
