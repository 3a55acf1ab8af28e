"""Frozen and thawed environments: what became of their connections meanwhile costs no request."""

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.integration.lambda_life.conftest import Live, Network, log_in
from tests.integration.lambda_life.live_function import LiveFunction
from tests.integration.lambda_life.requests import DONE, FUNCTIONS, UNAVAILABLE, event_for, outcome
from tests.support.managers import Environment

STORES = ("postgresql", "redis", "both")
AN_HOUR = 3600.0


def ask(running: LiveFunction, function: str, env: Environment) -> object:
    """Ask it in a way that needs both stores: a copy is gone, and a fence is to be written."""
    env.manager.delete_session(log_in(env).session_id)
    session_id = log_in(env).session_id
    env.redis.command("FLUSHALL")
    return outcome(running.invoke(event_for(function, session_id)))


def warmed(live: Live, function: str, env: Environment, **settings: str) -> LiveFunction:
    """Return the function with a connection to each store, as after some requests."""
    running = live(function, **settings)
    for _ in range(2):
        assert ask(running, function, env) == DONE[function]
    return running


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("with_reset", [False, True], ids=["FIN", "RST"])
def test_the_first_request_after_a_thaw_succeeds_over_connections_that_were_closed(
    live: Live, env: Environment, network: Network, function: str, with_reset: bool
) -> None:
    running = warmed(live, function, env)
    for stores in STORES:
        ways = network.ways_to(stores)
        opened = [way.connections for way in ways]
        with running.frozen():
            for way in ways:
                way.cut(with_reset=with_reset)

        assert ask(running, function, env) == DONE[function], stores
        assert [way.connections for way in ways] == [one + 1 for one in opened], stores


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("monotonic", [0.0, AN_HOUR], ids=["its clock stood still", "its clock went on"])
def test_the_first_request_after_a_long_freeze_succeeds_over_connections_that_were_silently_dropped(
    live: Live, env: Environment, network: Network, function: str, monotonic: float
) -> None:
    """Firewalls and NAT forget idle flows: what is sent into one is never answered, nor refused."""
    running = warmed(live, function, env)
    for hours, stores in enumerate(STORES, start=1):
        with running.frozen():
            for way in network.ways_to(stores):
                way.forget()
        running.jump(calendar=hours * AN_HOUR, monotonic=hours * monotonic)

        assert ask(running, function, env) == DONE[function], stores


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_first_request_after_a_thaw_succeeds_with_servers_that_were_restarted(
    live: Live, env: Environment, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, function: str
) -> None:
    running = warmed(live, function, env)
    for servers in ([postgres], [valkey], [postgres, valkey]):
        with running.frozen():
            for server in servers:
                server.restart()

        assert ask(running, function, env) == DONE[function]


@pytest.mark.parametrize("function", ["validate", "authorizer"])
def test_a_flow_that_is_dropped_within_minutes_costs_no_answer_while_the_other_store_is_there(
    live: Live, env: Environment, network: Network, function: str
) -> None:
    """Its connection looks fresh, so it is tried, in vain: Redis' time-out is paid, and PostgreSQL answers."""
    running = warmed(live, function, env)
    with running.frozen():
        network.valkey.forget()

    assert ask(running, function, env) == DONE[function]


@pytest.mark.parametrize("function", [one for one in FUNCTIONS if one != "sweeper"])
def test_flows_that_are_dropped_within_minutes_cost_one_answer_at_most(
    live: Live, env: Environment, network: Network, function: str
) -> None:
    running = warmed(live, function, env, DATABASE_TIMEOUT_MS="500")
    with running.frozen():
        for way in network.ways_to("both"):
            way.forget()

    assert ask(running, function, env) == UNAVAILABLE[function]
    assert ask(running, function, env) == DONE[function]
