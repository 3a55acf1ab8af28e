"""The service's functions in real processes, before real servers, with a network in between that can be cut."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.models import CreateUserData, LogIn, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.integration.lambda_life.live_function import LiveFunction
from tests.support.managers import Environment
from tests.support.relay import Relay
from tests.support.servers import server_environment

EMAIL, PASSWORD = "ann@example.com", "correct horse"

type Live = Callable[..., LiveFunction]


@dataclass(frozen=True)
class Network:
    """What lies between the functions and each store."""

    postgres: Relay
    valkey: Relay

    def ways_to(self, stores: str) -> list[Relay]:
        """Return the ways to `postgresql`, `redis` or `both`."""
        ways = {"postgresql": [self.postgres], "redis": [self.valkey], "both": [self.postgres, self.valkey]}
        return ways[stores]


@pytest.fixture
def network(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Network]:
    """A network that passes everything on, until it is told otherwise."""
    with Relay(postgres.port) as to_postgres, Relay(valkey.port) as to_valkey:
        yield Network(to_postgres, to_valkey)


@pytest.fixture
def settings(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, network: Network) -> Mapping[str, str]:
    """The functions' settings, by which they reach both stores over the network."""
    settings = server_environment(postgres, valkey, DATABASE_POOLER="none")
    return settings | {
        "DATABASE_URL": settings["DATABASE_URL"].replace(f":{postgres.port}/", f":{network.postgres.port}/"),
        "REDIS_URL": settings["REDIS_URL"].replace(f":{valkey.port}/", f":{network.valkey.port}/"),
    }


@pytest.fixture
def live(settings: Mapping[str, str]) -> Iterator[Live]:
    """Start a function in an environment of its own: (name, timeout_seconds=..., **settings)."""
    with ExitStack() as running:

        def start(name: str, *, timeout_seconds: float | None = None, **changes: str) -> LiveFunction:
            seconds = timeout_seconds or (300.0 if name == "sweeper" else 10.0)
            return running.enter_context(LiveFunction(name, {**settings, **changes}, timeout_seconds=seconds))

        yield start


@pytest.fixture
def env(make_environment: MakeEnvironment, cheap_passwords: None) -> Environment:
    """Another environment, over connections of its own, and Ann."""
    environment = make_environment()
    environment.manager.create(CreateUserData(email=EMAIL, password=PASSWORD))
    return environment


def log_in(env: Environment) -> LogIn:
    """Log Ann in, elsewhere than in the function under test."""
    return env.manager.log_in(EMAIL, PASSWORD, SessionMetadata())
