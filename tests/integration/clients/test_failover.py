"""A primary dies and its replica takes over: no session is lost, and none that was ended comes back for long."""

from collections.abc import Iterator

import pytest

from session_management.errors import StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, SessionMetadata
from session_management.tokens import handle_of
from tests.conftest import MakeEnvironment
from tests.integration.outages.conftest import within
from tests.support.managers import Environment
from tests.support.valkey_cluster import ValkeyCluster, wait_until

WEEK = 604_800
REVALIDATE = 60


@pytest.fixture
def cluster() -> Iterator[ValkeyCluster]:
    with ValkeyCluster() as cluster:
        yield cluster


@pytest.fixture
def env(cluster: ValkeyCluster, make_environment: MakeEnvironment) -> Environment:
    """An environment that was told of the node that is going to die, and of no other."""
    return make_environment(REDIS_URL=cluster.primaries[0].url, REDIS_CLUSTER="true")


class Sessions:
    """Sessions of one user, whose keys all belong to the node that is going to die."""

    def __init__(self, env: Environment, cluster: ValkeyCluster) -> None:
        self._env, self._cluster = env, cluster
        self._user = env.manager.create(CreateUserData(email="ann@example.com"))

    def open(self) -> str:
        """Return the ID of a new one."""
        while True:
            session_id = self._env.manager.create_session(self._user.id, SessionMetadata(), WEEK)
            if self._cluster.owner_of(name_of(session_id)) is self._cluster.primaries[0]:
                return session_id


def name_of(session_id: str) -> str:
    return f"session:{handle_of(session_id)}"


def is_replicated(cluster: ValkeyCluster) -> bool:
    """Tell whether the replica has all that its primary has."""
    lines = [node.ask("INFO replication").decode().splitlines() for node in (cluster.primaries[0], cluster.replica)]
    offsets = {line for one in lines for line in one if line.startswith("master_repl_offset:")}
    return len(offsets) == 1


def seconds_of(env: Environment, count: int) -> Iterator[None]:
    """Let a second pass before each of *count* turns."""
    for _ in range(count):
        env.clock.advance(1)
        yield


def answers_as_before(env: Environment, live: str, ended: str) -> bool:
    """Assert what must be so whatever the cluster does; tell whether it is as if nothing had been."""
    before = len(env.observer.failures)
    with within(3.0):
        assert env.manager.find_session(live), "a live session was refused"
        is_by_copy = env.observer.last_path() is ValidationPath.COPY
    assert env.manager.find_session(ended) is None, "a revoked session was believed"
    return is_by_copy and len(env.observer.failures) == before


def test_a_failover_loses_no_session_and_brings_none_back(env: Environment, cluster: ValkeyCluster) -> None:
    """P1, P2, P6: while it lasts PostgreSQL answers, or a logout is told to try again."""
    sessions = Sessions(env, cluster)
    live, ended, ends_meanwhile = (sessions.open() for _ in range(3))
    env.manager.delete_session(ended)
    assert answers_as_before(env, live, ended)
    wait_until(lambda: is_replicated(cluster))

    cluster.primaries[0].kill()
    with pytest.raises(StoreUnavailableError):
        env.manager.delete_session(ends_meanwhile)
    assert env.manager.find_session(ends_meanwhile) is None

    def has_taken_over() -> bool:
        answers_as_before(env, live, ended)
        assert env.manager.find_session(ends_meanwhile) is None
        return cluster.replica.is_primary() and b"cluster_state:ok" in cluster.primaries[1].ask("CLUSTER INFO")

    wait_until(has_taken_over)
    assert any(answers_as_before(env, live, ended) for _ in seconds_of(env, 5))
    env.manager.delete_session(ends_meanwhile)
    env.manager.delete_session(live)
    assert env.manager.find_session(live) is None


def test_a_fence_that_a_failover_lost_is_missed_for_a_minute_at_most(env: Environment, cluster: ValkeyCluster) -> None:
    """P2: the copy that the replica still had is believed until it asks the record again, and no longer.

    Nothing was asked of the stores meanwhile: the first request after it finds the new primary without an error.
    """
    session_id = Sessions(env, cluster).open()
    name = name_of(session_id)
    with cluster.connection() as keys:
        copy = keys.of(name).get(name)
        assert isinstance(copy, bytes)
        env.manager.delete_session(session_id)
        keys.of(name).set(name, copy, ex=WEEK)  # what the replica has, to which the fence did not come
    wait_until(lambda: is_replicated(cluster))
    cluster.primaries[0].kill()
    wait_until(lambda: cluster.replica.is_primary() and cluster.primaries[1].ask("CLUSTER INFO").count(b"state:ok") > 0)
    for _ in seconds_of(env, REVALIDATE):
        env.manager.find_session(session_id)
    assert env.manager.find_session(session_id) is None
    assert cluster.replica.ask(f"GET {name}").count(b'"fence":"revoked"') == 1
    assert env.observer.failures == []
