"""Valkey in cluster mode, as ElastiCache Serverless always is: the same rules over its client."""

from collections.abc import Iterator

import hiredis
import pytest

from infra.local.servers import EmbeddedValkey
from session_management.clients.redis_cluster import Cluster
from session_management.clients.redis_errors import meaning_of
from session_management.deadline import deadline
from session_management.errors import StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.integration.clients.test_handshake import use_everything
from tests.integration.outages.conftest import run_again, within
from tests.support.managers import Environment
from tests.support.servers import valkey_connection


@pytest.fixture(scope="module")
def cluster_server() -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(cluster=True) as server:
        yield server


@pytest.fixture
def cluster(cluster_server: EmbeddedValkey) -> Iterator[EmbeddedValkey]:
    """The cluster without a key; running again afterwards."""
    with valkey_connection(cluster_server) as connection:
        connection.flushall()
    yield cluster_server
    run_again(cluster_server)


@pytest.fixture
def env(cluster: EmbeddedValkey, make_environment: MakeEnvironment) -> Environment:
    return make_environment(REDIS_URL=cluster.url, REDIS_CLUSTER="true")


def a_session(env: Environment) -> str:
    user = env.manager.create(CreateUserData(email="ann@example.com"))
    return env.manager.create_session(user.id, SessionMetadata(), 604_800)


def test_the_whole_manager_works_on_a_cluster(env: Environment) -> None:
    use_everything(env)


def test_a_cluster_that_restarts_costs_no_session_and_no_error(env: Environment, cluster: EmbeddedValkey) -> None:
    session_id = a_session(env)
    cluster.restart()
    assert env.manager.find_session(session_id)
    assert env.manager.find_session(session_id)
    assert env.observer.last_path() is ValidationPath.COPY


def test_a_stopped_cluster_is_gone_without(env: Environment, cluster: EmbeddedValkey) -> None:
    session_id = a_session(env)
    cluster.stop()
    for _ in range(4):
        with within(1.0):
            assert env.manager.find_session(session_id)
        assert env.observer.last_path() is ValidationPath.RECORD_WITHOUT_REDIS
    assert env.observer.breakers == [("redis", True)]
    with pytest.raises(StoreUnavailableError):
        env.manager.delete_session(session_id)


def test_a_paused_cluster_costs_a_validation_less_than_a_second(env: Environment, cluster: EmbeddedValkey) -> None:
    """P9."""
    session_id = a_session(env)
    cluster.pause()
    for _ in range(3):
        with within(1.0):
            assert env.manager.find_session(session_id)
    with within(0.25):
        assert env.manager.find_session(session_id)


def test_a_request_in_a_hurry_neither_waits_for_a_paused_cluster_nor_hurries_the_next(
    env: Environment, cluster: EmbeddedValkey
) -> None:
    """P9: its client keeps the time-outs that it was opened with."""
    env.redis.command("GET", "session:x")
    cluster.pause()
    with within(0.3), deadline(0.4), pytest.raises(StoreUnavailableError, match="did not answer in time"):
        env.redis.command("GET", "session:x")
    cluster.resume()
    assert env.redis.command("GET", "session:x") is None
    client = env.redis._client
    assert isinstance(client, Cluster)
    assert [node.timeouts.answer for node in client._nodes.values()] == [0.3]


def test_a_wrong_password_for_a_cluster_is_said_without_saying_it(
    cluster: EmbeddedValkey, make_environment: MakeEnvironment
) -> None:
    wrong = make_environment(REDIS_URL=f"redis://:wrong-secret@{cluster.host}:{cluster.port}/0", REDIS_CLUSTER="true")
    with pytest.raises(StoreUnavailableError, match="it refused the user or the password") as failure:
        wrong.redis.command("GET", "session:x")
    assert "wrong-secret" not in repr(failure.value) + str(failure.value.__cause__)


def test_a_cluster_reached_as_a_single_server_says_what_to_set() -> None:
    """What MOVED means, which a cluster of several nodes answers."""
    assert meaning_of(hiredis.ReplyError("MOVED 1 192.0.2.1:6379")).reason == (
        "it is a cluster: set REDIS_CLUSTER=true"
    )


def test_a_single_server_reached_as_a_cluster_says_what_to_set(
    make_environment: MakeEnvironment, valkey: EmbeddedValkey
) -> None:
    env = make_environment(REDIS_CLUSTER="true")
    with pytest.raises(StoreUnavailableError, match="it is no cluster: set REDIS_CLUSTER=false"):
        env.redis.command("GET", "session:x")
