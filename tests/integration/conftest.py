"""Environments that reach the real servers through relays."""

from collections.abc import Callable, Iterator

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.conftest import MakeEnvironment
from tests.support.managers import Environment
from tests.support.relay import Relay
from tests.support.servers import server_settings

type ThroughRelays = Callable[..., tuple[Environment, Relay, Relay]]


@pytest.fixture
def through_relays(
    make_environment: MakeEnvironment, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Iterator[ThroughRelays]:
    """Make an environment that reaches PostgreSQL and Valkey through relays."""
    with Relay(postgres.port) as to_postgres, Relay(valkey.port) as to_valkey:

        def make(**variables: str) -> tuple[Environment, Relay, Relay]:
            settings = server_settings(postgres, valkey)
            assert settings.database_url
            assert settings.redis_url
            urls = {
                "DATABASE_URL": settings.database_url.get_secret_value().replace(
                    f":{postgres.port}/", f":{to_postgres.port}/"
                ),
                "REDIS_URL": settings.redis_url.get_secret_value().replace(f":{valkey.port}/", f":{to_valkey.port}/"),
            }
            return make_environment(**urls, **variables), to_postgres, to_valkey

        yield make
