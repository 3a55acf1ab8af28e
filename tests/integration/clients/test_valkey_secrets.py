"""A secret that rotates: Valkey refuses what it held, alone and as a cluster, for the ACL user that it names."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
import redis

from infra.local.servers import EmbeddedValkey
from session_management.clients import connections
from session_management.clients.redis import Redis
from session_management.errors import StoreUnavailableError
from session_management.settings import Settings
from tests.integration.clients.conftest import Secret
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver
from tests.support.servers import valkey_connection

USER: Final = "rotating"
OTHER: Final = "rotating-clone"
KEY: Final = "session:x"


@pytest.fixture(scope="module")
def cluster_server() -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(cluster=True) as server:
        yield server


@pytest.fixture(params=["single", "cluster"])
def server(request: pytest.FixtureRequest, valkey: EmbeddedValkey, cluster_server: EmbeddedValkey) -> EmbeddedValkey:
    return cluster_server if request.param == "cluster" else valkey


class Users:
    """Those of Valkey that may connect, and what they are refused for."""

    def __init__(self, keys: redis.Redis) -> None:
        self._keys = keys
        keys.config_resetstat()

    def allow(self, name: str, password: str) -> None:
        """Let *name* in with *password* alone, as ElastiCache does: a connection that is open stays."""
        allowed = ["+get", "+set", "+eval", "+cluster|slots", "+cluster|shards", "+command"]
        self._keys.acl_setuser(
            name, enabled=True, reset_passwords=True, passwords=["+" + password], commands=allowed, keys=["session:*"]
        )

    def end_connections(self) -> None:
        """End those of all users but our own."""
        for name in (USER, OTHER):
            if self._keys.acl_getuser(name):
                self._keys.client_kill_filter(user=name)

    @property
    def refusals(self) -> int:
        """How many passwords were refused."""
        return int(self._keys.info("commandstats").get("cmdstat_auth", {}).get("failed_calls", 0))


@pytest.fixture
def users(server: EmbeddedValkey) -> Iterator[Users]:
    with valkey_connection(server) as keys:
        yield Users(keys)
        keys.acl_deluser(USER, OTHER)


@pytest.fixture
def connect(server: EmbeddedValkey, clock: ToldClock, secret: Secret) -> Iterator[Callable[..., Redis]]:
    def made(**variables: str) -> Redis:
        settings = Settings.from_environment(
            {
                "REDIS_HOST": server.host,
                "REDIS_PORT": str(server.port),
                "REDIS_TLS": "false",
                "REDIS_SECRET_ARN": secret.arn,
                "REDIS_CLUSTER": str(server._cluster).lower(),
                **variables,
            }
        )
        return connections.redis_for(settings.redis, clock=clock, observer=RecordingObserver())

    yield made
    connections.close_redis()


@pytest.fixture
def client(connect: Callable[..., Redis], secret: Secret, users: Users, clock: ToldClock) -> Redis:
    """A client that connected with the first password, some time ago."""
    secret.hold(username=USER, password="first")
    users.allow(USER, "first")
    made = connect()
    assert made.command("GET", KEY) is None
    clock.advance(60)
    return made


def test_a_rotated_password_costs_one_fetch_and_no_error(client: Redis, users: Users, secret: Secret) -> None:
    secret.hold(username=USER, password="second")
    users.allow(USER, "second")
    assert client.command("GET", KEY) is None, "the open connection stays good"
    assert secret.fetches == 1
    client.close()
    for _ in range(2):
        assert client.command("GET", KEY) is None
        client.close()
    assert secret.fetches == 2


def test_a_rotation_that_ends_the_connections_costs_one_fetch_and_no_error(
    client: Redis, users: Users, secret: Secret
) -> None:
    secret.hold(username=USER, password="second")
    users.allow(USER, "second")
    users.end_connections()
    assert client.command("GET", KEY) is None
    assert secret.fetches == 2
    assert users.refusals == 1


def test_a_rotation_that_alternates_between_users_takes_the_other_ones_name(
    client: Redis, users: Users, secret: Secret
) -> None:
    secret.hold(username=OTHER, password="other")
    users.allow(OTHER, "other")
    users.allow(USER, "second")
    users.end_connections()
    assert client.command("GET", KEY) is None
    assert secret.fetches == 2


def test_a_secret_of_a_password_alone_belongs_to_the_user_of_the_settings(
    connect: Callable[..., Redis], users: Users, secret: Secret
) -> None:
    users.allow(USER, "first")
    secret.hold(password="first")
    assert connect(REDIS_USER=USER).command("GET", KEY) is None


def test_a_secret_of_a_password_alone_is_the_default_users_where_the_settings_name_none(
    connect: Callable[..., Redis], server: EmbeddedValkey, secret: Secret
) -> None:
    secret.hold(password=server.password)
    assert connect().command("GET", KEY) is None


def test_many_threads_at_a_rotation_cost_one_fetch_and_no_error(client: Redis, users: Users, secret: Secret) -> None:
    secret.hold(username=USER, password="second")
    users.allow(USER, "second")
    users.end_connections()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: client.command("GET", KEY), range(40))) == [None] * 40
    assert secret.fetches == 2


def test_a_password_that_stays_wrong_is_fetched_at_most_once_in_ten_seconds(
    client: Redis, users: Users, secret: Secret, clock: ToldClock
) -> None:
    secret.hold(username=USER, password="canary-wrong")
    users.allow(USER, "second")
    client.close()
    for seconds, fetches in ((0.0, 2), (9.99, 2), (0.02, 3), (4.0, 3), (5.98, 3), (3.1, 4)):
        clock.advance(seconds)
        with pytest.raises(StoreUnavailableError, match=r"it refused the user or the password|being spared") as failure:
            client.command("GET", KEY)
        assert "canary" not in repr(failure.value) + str(failure.value) + repr(failure.value.__cause__)
        assert secret.fetches == fetches, seconds


def test_a_secret_that_cannot_be_fetched_again_says_so_and_leaves_what_it_held(
    client: Redis, users: Users, secret: Secret
) -> None:
    secret.refusal = "AccessDeniedException"
    users.allow(USER, "meanwhile")
    client.close()
    with pytest.raises(StoreUnavailableError, match=r"its secret cannot be read \(AccessDeniedException\)"):
        client.command("GET", KEY)
    users.allow(USER, "first")
    assert (client.command("GET", KEY), secret.fetches) == (None, 2)


def test_a_secret_that_cannot_be_read_at_first_says_so(connect: Callable[..., Redis], secret: Secret) -> None:
    secret.refusal = "AccessDeniedException"
    with pytest.raises(StoreUnavailableError, match=r"its secret cannot be read \(AccessDeniedException\)"):
        connect().command("GET", KEY)


def test_without_a_secret_no_connection_stays_open(
    connect: Callable[..., Redis], server: EmbeddedValkey, secret: Secret
) -> None:
    """Nobody said who we are: over a connection that was left there, we would be Valkey's default user."""
    secret.refusal = "AccessDeniedException"
    with valkey_connection(server) as keys:
        before = len(keys.client_list())
        with pytest.raises(StoreUnavailableError, match="its secret cannot be read") as failure:
            connect().command("GET", KEY)
        assert any(len(keys.client_list()) == before for _ in range(10_000)), failure


def test_closing_the_client_forgets_its_secret(client: Redis, connect: Callable[..., Redis], secret: Secret) -> None:
    """What a snapshot must not carry into other environments."""
    assert client.command("GET", KEY) is None
    connections.close_redis()
    assert connect().command("GET", KEY) is None
    assert secret.fetches == 2
