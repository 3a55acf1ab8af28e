"""P9: requests that come with little time left answer within it, whatever the stores do, and hurry no other."""

import time
from collections.abc import Callable, Iterator

import pg8000.native
import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey
from tests.integration.lambda_life.conftest import Live, Network, log_in
from tests.integration.lambda_life.live_function import LiveFunction
from tests.integration.lambda_life.requests import DONE, UNAVAILABLE, event_for, outcome
from tests.integration.outages.conftest import run_again
from tests.support.managers import Environment

REQUESTS = ("validate", "authorizer", "login", "logout")
TRIES = 3


@pytest.fixture
def pause(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Callable[[str], None]]:
    """Pause `postgresql`, `redis` or `both`: they take connections, and answer nothing."""
    servers: dict[str, list[EmbeddedServer]] = {"postgresql": [postgres], "redis": [valkey], "both": [postgres, valkey]}

    def pause_all(stores: str) -> None:
        for server in servers[stores]:
            server.pause()

    yield pause_all
    for server in (postgres, valkey):
        run_again(server)


def assert_answered_within(seconds: float, ask: Callable[[], object], expected: object) -> None:
    """Assert that it is answered so, and in time; a busy machine may delay a try or two."""
    taken: list[float] = []
    while len(taken) < TRIES and not (taken and taken[-1] < seconds):
        began = time.monotonic()
        assert outcome(ask()) == expected
        taken.append(time.monotonic() - began)
    assert taken[-1] < seconds, taken


def warm(live: Live, function: str, env: Environment) -> LiveFunction:
    running = live(function)
    assert outcome(running.invoke(event_for(function, log_in(env).session_id))) == DONE[function]
    return running


@pytest.mark.parametrize("function", REQUESTS)
def test_with_a_second_left_healthy_stores_answer_as_ever(live: Live, env: Environment, function: str) -> None:
    running = live(function)
    for _ in range(2):  # cold, and warm
        assert outcome(running.hurry(event_for(function, log_in(env).session_id), 1.0)) == DONE[function]


@pytest.mark.parametrize("function", ["validate", "authorizer", "logout"])
def test_three_tenths_are_enough_for_what_needs_no_hash(live: Live, env: Environment, function: str) -> None:
    running = warm(live, function, env)
    answers = [outcome(running.hurry(event_for(function, log_in(env).session_id), 0.3)) for _ in range(TRIES)]

    assert DONE[function] in answers
    assert {DONE[function], UNAVAILABLE[function]} >= set(answers)


@pytest.mark.parametrize("function", REQUESTS)
def test_with_a_tenth_left_no_store_is_asked(live: Live, env: Environment, function: str) -> None:
    """There would be no time to write the answer."""
    running = warm(live, function, env)
    event = event_for(function, log_in(env).session_id)

    assert_answered_within(0.1, lambda: running.hurry(event, 0.1), UNAVAILABLE[function])
    assert outcome(running.invoke(event)) == DONE[function]


@pytest.mark.parametrize("function", REQUESTS)
@pytest.mark.parametrize("case", [(1.0, "both"), (1.0, "postgresql"), (0.3, "postgresql")], ids=str)
def test_stores_that_do_not_answer_cost_no_more_than_what_is_left(
    live: Live, env: Environment, pause: Callable[[str], None], function: str, case: tuple[float, str]
) -> None:
    seconds, stores = case
    running = warm(live, function, env)
    event = event_for(function, log_in(env).session_id)
    env.redis.command("FLUSHALL")
    pause(stores)

    assert_answered_within(seconds, lambda: running.hurry(event, seconds), UNAVAILABLE[function])


@pytest.mark.parametrize(
    ("function", "expected"), [("validate", 200), ("authorizer", "Allow"), ("login", 200), ("logout", 503)]
)
def test_with_a_second_left_and_redis_silent_the_record_answers(
    live: Live, env: Environment, pause: Callable[[str], None], function: str, expected: object
) -> None:
    """Only a logout needs Redis to be acknowledged."""
    running = warm(live, function, env)
    event = event_for(function, log_in(env).session_id)
    pause("redis")

    assert_answered_within(1.0, lambda: running.hurry(event, 1.0), expected)


SLOW_SECONDS = 0.15
"""How late answers come: more than a request with 0.3 s left waits for one, less than any other does."""


def test_a_hurried_request_does_not_hurry_the_next(
    live: Live, env: Environment, network: Network, pause: Callable[[str], None]
) -> None:
    running = warm(live, "validate", env)
    event = event_for("validate", log_in(env).session_id)

    env.redis.command("FLUSHALL")
    network.postgres.delay_seconds = SLOW_SECONDS
    assert outcome(running.hurry(event, 0.3)) == UNAVAILABLE["validate"]
    assert outcome(running.invoke(event)) == DONE["validate"]

    pause("postgresql")
    network.valkey.delay_seconds = SLOW_SECONDS
    assert outcome(running.hurry(event, 0.3)) == UNAVAILABLE["validate"]
    assert outcome(running.invoke(event)) == DONE["validate"]


LIVE = "SELECT id FROM sessions WHERE NOT revoked"
LAST_LOGIN = "SELECT s.id FROM sessions s JOIN users u ON s.created_at = u.last_login_at WHERE NOT s.revoked"
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'session-management' AND state <> 'idle'"


@pytest.mark.parametrize("pooler", ["none", "transaction"])
def test_a_login_that_runs_out_of_time_is_whole_or_has_not_been(
    live: Live, env: Environment, network: Network, sql: pg8000.native.Connection, pooler: str
) -> None:
    """With a limit of one session, the older one ends if, and only if, there is the newer one: no COMMIT is cut off."""
    running = live("login", SESSION_MAX_PER_USER="1", DATABASE_POOLER=pooler)
    event, seen = event_for("login", ""), set()
    assert outcome(running.invoke(event)) == DONE["login"]
    network.postgres.delay_seconds = 0.03
    for hundredths in range(30, 80, 6):
        running.jump(calendar=hundredths)  # what failed before is not spared
        seen.add(outcome(running.hurry(event, hundredths / 100)))
        assert_soon(lambda: sql.run(AT_WORK) == [[0]])
        assert len(sql.run(LIVE)) == 1
        assert sql.run(LAST_LOGIN) == sql.run(LIVE)
    running.jump(calendar=100)
    seen.add(outcome(running.hurry(event, 5.0)))
    assert seen == {DONE["login"], UNAVAILABLE["login"]}


def assert_soon(condition: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends_at
