"""The factory: one manager for each execution environment, and a word on why it is the one it is."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from session_management import factory
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.errors import ConfigurationError
from session_management.factory import UserManagerFactory, get_postgres, get_redis
from session_management.managers.mock import MockUserManager
from session_management.managers.production import ProductionUserManager
from session_management.managers.user_manager import UserManager
from session_management.settings import Settings
from tests.support.log import Log

STORES = {
    "DATABASE_URL": "postgresql://ann:canary@127.0.0.1:1/app",
    "REDIS_URL": "redis://ann:canary@127.0.0.1:1",
}
PRODUCTION = {"APP_ENV": "production", **STORES}
MANAGER_VARIABLES = {name.upper() for name in Settings.FIELDS} | {
    "APP_ENV",
    "FORCE_MOCK_MODE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_SAM_LOCAL",
}

pytestmark = pytest.mark.usefixtures("fresh_factory", "no_variables")


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing."""
    for name in MANAGER_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The clients that were closed, in order."""
    clients: list[object] = []

    def close(client: object) -> None:
        clients.append(client)

    monkeypatch.setattr(Postgres, "close", close)
    monkeypatch.setattr(Redis, "close", close)
    return clients


def say(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    """Set these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


# --- Modes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({}, MockUserManager),
        ({"APP_ENV": "test"}, MockUserManager),
        ({"APP_ENV": "development"}, MockUserManager),
        ({"APP_ENV": "development", **STORES}, ProductionUserManager),
        (PRODUCTION, ProductionUserManager),
        ({**PRODUCTION, "FORCE_MOCK_MODE": "true"}, MockUserManager),
        ({**PRODUCTION, "AWS_LAMBDA_FUNCTION_NAME": "login"}, ProductionUserManager),
    ],
)
def test_the_environment_decides_which_manager_is_built(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], kind: type[UserManager]
) -> None:
    say(monkeypatch, **variables)

    assert type(UserManagerFactory.create()) is kind


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"APP_ENV": "test"},
        {"APP_ENV": "prod", **STORES},
        {"APP_ENV": "development"},
        {"APP_ENV": "development", "DATABASE_URL": STORES["DATABASE_URL"]},
        {**PRODUCTION, "FORCE_MOCK_MODE": "true"},
    ],
)
def test_a_deployed_function_never_runs_mock(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    say(monkeypatch, AWS_LAMBDA_FUNCTION_NAME="login", **variables)

    with pytest.raises(ConfigurationError):
        UserManagerFactory.create()


def test_building_a_production_manager_connects_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*args: object, **kwargs: object) -> None:
        pytest.fail("something connected")

    say(monkeypatch, **PRODUCTION)
    monkeypatch.setattr("socket.socket.connect", connect)
    monkeypatch.setattr("socket.create_connection", connect)

    assert isinstance(UserManagerFactory.create(), ProductionUserManager)


# --- One manager --------------------------------------------------------------------------------


def test_the_same_manager_is_given_from_then_on() -> None:
    manager = UserManagerFactory.create()

    assert UserManagerFactory.create() is manager
    assert UserManagerFactory.create_for_context() is manager
    assert UserManagerFactory.get_cached_instance() is manager


def test_before_the_first_call_there_is_no_instance() -> None:
    assert UserManagerFactory.get_cached_instance() is None


def test_the_environment_is_read_once_and_again_after_clear_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, APP_ENV="test")
    mock = UserManagerFactory.create()
    say(monkeypatch, **PRODUCTION)

    assert UserManagerFactory.create() is mock
    UserManagerFactory.clear_cache()
    assert UserManagerFactory.get_cached_instance() is None
    assert isinstance(UserManagerFactory.create(), ProductionUserManager)


def test_equal_settings_share_a_manager() -> None:
    first, second = Settings.from_environment(PRODUCTION), Settings.from_environment(PRODUCTION)

    assert first is not second
    assert UserManagerFactory.create(first) is UserManagerFactory.create(second)


@pytest.mark.parametrize(
    "other",
    [
        {"DATABASE_URL": "postgresql://ann:other@127.0.0.1:1/app"},
        {"REDIS_URL": "redis://ann:other@127.0.0.1:1"},
        {"SESSION_MAX_AGE_SECONDS": "3600"},
        {"APP_ENV": "development"},
        {"FORCE_MOCK_MODE": "true"},
    ],
)
def test_any_other_setting_makes_another_manager(other: dict[str, str]) -> None:
    """The original's key ignored the environment."""
    manager = UserManagerFactory.create(Settings.from_environment(PRODUCTION))

    assert UserManagerFactory.create(Settings.from_environment({**PRODUCTION, **other})) is not manager


def test_a_failure_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, APP_ENV="production")
    with pytest.raises(ConfigurationError):
        UserManagerFactory.create()
    say(monkeypatch, **STORES)

    assert isinstance(UserManagerFactory.create(), ProductionUserManager)


def test_a_build_that_fails_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(settings: Settings) -> UserManager:
        raise RuntimeError("for once")

    with monkeypatch.context() as broken:
        broken.setattr(factory, "_build", fail)
        with pytest.raises(RuntimeError, match="for once"):
            UserManagerFactory.create()

    assert UserManagerFactory.get_cached_instance() is None
    assert isinstance(UserManagerFactory.create(), MockUserManager)


def test_eight_threads_get_one_manager_that_was_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    build, built, start = factory._build, [], threading.Barrier(8)

    def counted(settings: Settings) -> UserManager:
        manager = build(settings)
        built.append(manager)
        return manager

    def create() -> UserManager:
        start.wait(timeout=10)
        return UserManagerFactory.create()

    monkeypatch.setattr(factory, "_build", counted)
    with ThreadPoolExecutor(8) as threads:
        managers = [future.result() for future in [threads.submit(create) for _ in range(8)]]

    assert len(built) == 1
    assert all(manager is built[0] for manager in managers)


# --- Connections --------------------------------------------------------------------------------


def test_clear_cache_closes_both_connections(monkeypatch: pytest.MonkeyPatch, closed: list[object]) -> None:
    """The original leaked them."""
    say(monkeypatch, **PRODUCTION)
    UserManagerFactory.create()
    clients = [get_postgres(), get_redis()]
    closed.clear()

    UserManagerFactory.clear_cache()

    assert closed == clients


def test_an_execution_environment_has_one_connection_to_each_store(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, **PRODUCTION)

    assert get_postgres() is get_postgres()
    assert get_redis() is get_redis()


def test_other_settings_close_the_connections_of_the_manager_before(
    monkeypatch: pytest.MonkeyPatch, closed: list[object]
) -> None:
    say(monkeypatch, **PRODUCTION)
    UserManagerFactory.create()
    clients = [get_postgres(), get_redis()]
    closed.clear()

    UserManagerFactory.create(Settings.from_environment({}))

    assert closed == clients


# --- What is told -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({}, "APP_ENV is not set"),
        ({"APP_ENV": "test"}, "APP_ENV is 'test'"),
        ({"APP_ENV": "prod"}, "APP_ENV is 'prod'"),
        ({**PRODUCTION, "FORCE_MOCK_MODE": "true"}, "FORCE_MOCK_MODE is true"),
        ({"APP_ENV": "development"}, "not both set"),
        ({"APP_ENV": "development", **STORES}, "APP_ENV is 'development'"),
    ],
)
def test_outside_production_the_mode_is_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, log: Log, variables: dict[str, str], reason: str
) -> None:
    say(monkeypatch, **variables)
    UserManagerFactory.create()

    (line,) = log.saying("was built")
    assert line["level"] == "DEBUG"
    assert line["mode"] in ("mock", "development")
    assert reason in line["reason"]


def test_outside_production_it_is_told_that_a_manager_was_reused(log: Log) -> None:
    UserManagerFactory.create()
    UserManagerFactory.create()

    assert [line["message"] for line in log.lines] == [
        "a user manager over memory was built",
        "a user manager was reused",
    ]


def test_development_that_lacks_a_store_is_warned_of(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    say(monkeypatch, APP_ENV="development", DATABASE_URL=STORES["DATABASE_URL"])
    UserManagerFactory.create()

    assert [line["level"] for line in log.lines] == ["WARNING", "DEBUG"]


def test_in_production_nothing_is_told(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    say(monkeypatch, **PRODUCTION)
    UserManagerFactory.create()
    UserManagerFactory.create()

    assert log.lines == []


def test_no_secret_is_told(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    """P5."""
    say(monkeypatch, **{**PRODUCTION, "APP_ENV": "development"})
    UserManagerFactory.create()
    UserManagerFactory.create()

    assert log.lines
    assert "canary" not in log.text
