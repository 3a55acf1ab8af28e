"""The factory over real servers: one manager, one connection to each store, and nothing left open."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management import factory as factory_module
from session_management.errors import ConfigurationError
from session_management.factory import UserManagerFactory, get_postgres, get_redis
from session_management.managers.production import ProductionUserManager
from session_management.models import CreateUserData, SessionMetadata
from tests.support.servers import server_environment, server_settings

CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'session-management'"

type Factory = type[UserManagerFactory]


@pytest.fixture
def production(
    monkeypatch: pytest.MonkeyPatch, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, fresh_factory: Factory
) -> Factory:
    """The factory in an environment that names both servers."""
    for name, value in server_environment(postgres, valkey).items():
        monkeypatch.setenv(name, value)
    return fresh_factory


def use(manager: object) -> None:
    assert isinstance(manager, ProductionUserManager)
    user = manager.find_by_email("ann@example.com") or manager.create(CreateUserData(email="ann@example.com"))
    assert manager.find_session(manager.create_session(user.id, SessionMetadata(), 60))


def test_one_manager_is_built_and_kept(production: Factory, sql: pg8000.native.Connection) -> None:
    manager = production.create()
    use(manager)
    assert production.create() is production.create_for_context() is production.get_cached_instance() is manager
    assert sql.run(CONNECTIONS) == [[1]]


def test_eight_threads_at_once_get_one_manager(production: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    built, all_here = [], threading.Barrier(8)
    build = factory_module._build

    def counting(*arguments: object) -> object:
        built.append(1)
        return build(*arguments)  # type: ignore[arg-type]

    def create(_: int) -> object:
        all_here.wait()
        return production.create()

    monkeypatch.setattr(factory_module, "_build", counting)
    with ThreadPoolExecutor(8) as pool:
        managers = set(pool.map(create, range(8)))
    assert (len(managers), len(built)) == (1, 1)


def test_other_settings_replace_the_manager_and_close_its_connections(
    production: Factory,
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    sql: pg8000.native.Connection,
    keys: redis.Redis,
) -> None:
    use(production.create())
    before = len(keys.client_list())
    other = production.create(server_settings(postgres, valkey, DATABASE_POOLER="none", REDIS_TIMEOUT_MS="400"))
    use(other)
    assert production.get_cached_instance() is other
    assert sql.run(CONNECTIONS) == [[1]]
    assert len(keys.client_list()) == before


def test_equal_settings_give_the_same_manager(
    production: Factory, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> None:
    assert production.create(server_settings(postgres, valkey)) is production.create(server_settings(postgres, valkey))


def test_clearing_the_cache_closes_both_connections_and_reads_the_environment_again(
    production: Factory, sql: pg8000.native.Connection, keys: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(keys.client_list())
    manager = production.create()
    use(manager)
    assert len(keys.client_list()) == before + 1
    production.clear_cache()
    assert production.get_cached_instance() is None
    wait_for_none(sql)
    assert len(keys.client_list()) == before
    monkeypatch.setenv("SESSION_MAX_AGE_SECONDS", "90")
    assert production.settings().session_max_age_seconds == 90
    assert production.create() is not manager


def wait_for_none(sql: pg8000.native.Connection) -> None:
    """Ask until PostgreSQL has noticed that the connection is gone."""
    for _ in range(10_000):
        if sql.run(CONNECTIONS) == [[0]]:
            return
    raise AssertionError("a connection is still open")


def test_a_failure_is_not_kept(production: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    url = production.settings().redis_url
    assert url
    production.clear_cache()
    monkeypatch.delenv("REDIS_URL")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="REDIS_URL"):
            production.create()
    monkeypatch.setenv("REDIS_URL", url.reveal())
    use(production.create())


def test_the_connections_that_code_asks_for_are_the_managers(
    production: Factory, sql: pg8000.native.Connection, keys: redis.Redis
) -> None:
    before = len(keys.client_list())
    use(production.create())
    assert get_postgres().fetch("SELECT 1") == [[1]]
    assert get_redis().command("GET", "session:x") is None
    assert sql.run(CONNECTIONS) == [[1]]
    assert len(keys.client_list()) == before + 1
