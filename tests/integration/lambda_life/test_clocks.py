"""Clocks that jump, back or ahead: no request fails for it, and no copy is believed for longer than it may be."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.models import SessionMetadata
from tests.integration.lambda_life.conftest import EMAIL, PASSWORD, Live, Network, log_in
from tests.integration.lambda_life.requests import DONE, FUNCTIONS, UNAVAILABLE, event_for, outcome
from tests.support.clock import ToldClock
from tests.support.managers import Environment, an_environment

AN_HOUR = 3600.0
JUMPS = [-AN_HOUR, AN_HOUR]

type MakeAhead = Callable[[float], Environment]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_whatever_its_clocks_do_the_next_request_is_answered(live: Live, env: Environment, function: str) -> None:
    """Each jump is told against the true time, so that each is also one back from the jump before."""
    running = live(function)
    for calendar, monotonic in ((0.0, 0.0), (AN_HOUR, 0.0), (-AN_HOUR, 1.0), (0.0, -1e6), (AN_HOUR, 1e6), (0.0, 0.0)):
        running.jump(calendar=calendar, monotonic=monotonic)
        session_id = log_in(env).session_id
        env.redis.command("FLUSHALL")
        assert outcome(running.invoke(event_for(function, session_id))) == DONE[function], (calendar, monotonic)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("calendar", [60.0, -AN_HOUR], ids=["frozen", "set back"])
def test_stores_that_failed_before_a_freeze_are_asked_after_the_thaw(
    live: Live, env: Environment, network: Network, function: str, calendar: float
) -> None:
    """The monotonic clock may have stood still meanwhile: it says that they are to be spared."""
    running = live(function)
    event = event_for(function, log_in(env).session_id)
    for way in network.ways_to("both"):
        way.is_down = True
    for _ in range(4):
        assert outcome(running.invoke(event)) == UNAVAILABLE[function]
    for way in network.ways_to("both"):
        way.is_down = False
    running.jump(calendar=calendar)

    assert outcome(running.invoke(event)) == DONE[function]


@pytest.fixture
def ahead(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[MakeAhead]:
    """Make an environment whose calendar is so many seconds ahead of the others', or behind."""
    with ExitStack() as made:

        def make(seconds: float) -> Environment:
            clock = ToldClock()
            clock.freeze(seconds)
            return made.enter_context(an_environment(postgres, valkey, clock))

        yield make


@pytest.mark.parametrize("seconds", JUMPS, ids=["behind", "ahead"])
def test_a_session_is_good_everywhere_whatever_the_clock_that_opened_it(
    env: Environment, ahead: MakeAhead, seconds: float
) -> None:
    strange = ahead(seconds)
    session_id = strange.manager.log_in(EMAIL, PASSWORD, SessionMetadata()).session_id
    for one in (env, strange, env):
        assert one.manager.find_session(session_id)
    strange.clock.freeze(-seconds)
    assert strange.manager.find_session(session_id)
    env.manager.sweep()
    assert env.manager.find_session(session_id)


@pytest.mark.parametrize("seconds", JUMPS, ids=["behind", "ahead"])
def test_an_ended_session_is_refused_by_every_clock(env: Environment, ahead: MakeAhead, seconds: float) -> None:
    """P2: a fence is not dated."""
    strange = ahead(seconds)
    session_id = log_in(env).session_id
    assert strange.manager.find_session(session_id)
    env.manager.delete_session(session_id)
    for one in (strange, env):
        assert one.manager.find_session(session_id) is None


@pytest.mark.parametrize("seconds", JUMPS, ids=["behind", "ahead"])
@pytest.mark.parametrize("who", ["another environment", "the same", "the same, set right"])
def test_no_copy_is_believed_for_longer_than_a_minute_whatever_clock_wrote_it(
    env: Environment, ahead: MakeAhead, seconds: float, who: str
) -> None:
    """P4: the record was changed behind the managers' backs, so that no fence tells."""
    strange = ahead(seconds)
    session_id = log_in(env).session_id
    env.redis.command("FLUSHALL")
    assert strange.manager.find_session(session_id)
    env.postgres.execute("UPDATE sessions SET revoked = true, revoked_at = now()")
    reader = env if who == "another environment" else strange
    reader.clock.freeze({"another environment": 0.0, "the same": 60.0, "the same, set right": -seconds}[who])

    assert reader.manager.find_session(session_id) is None
