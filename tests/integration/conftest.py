"""Environments that reach the real servers through relays."""

from collections import Counter
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
                "DATABASE_URL": settings.database_url.reveal().replace(f":{postgres.port}/", f":{to_postgres.port}/"),
                "REDIS_URL": settings.redis_url.reveal().replace(f":{valkey.port}/", f":{to_valkey.port}/"),
            }
            return make_environment(**urls, **variables), to_postgres, to_valkey

        yield make


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say through how many orders of their store calls the pairs of operations were taken."""
    orders: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.getreports(""):
        for name, pairs in getattr(report, "user_properties", []):
            if name == "orders" and report.when == "teardown":
                orders.update({(one, other): count for one, other, count in pairs})
    if orders:
        told = f"{len(orders)} pairs of operations, {orders.total():,} orders of their store calls"
        terminalreporter.write_line(f"{told}, {min(orders.values()):,} to {max(orders.values()):,} of each pair")
