"""The scheduled sweep."""

import json

import pytest

from session_management.managers.mock import DEMO_SESSION_ID
from tests.events import EVENTS
from tests.functions.service import POSTGRES, REDIS, Service, Stores, handler_of
from tests.support.contexts import FakeContext
from tests.support.log import Log

TICK = json.loads((EVENTS / "sweeper.schedule.json").read_text())


def test_a_tick_is_answered_with_counts(service: Service) -> None:
    assert service.invoke("Sweeper", TICK) == {
        "expired_deleted": 0,
        "revoked_deleted": 0,
        "fences_written": 0,
        "legacy_cleared": 0,
        "plain_deleted": 0,
        "plain_left": None,
        "batches": 4,
        "lag_seconds": 0.0,
        "finished": True,
    }


def test_what_was_done_is_logged(service: Service, log: Log) -> None:
    service.manager.delete_session(DEMO_SESSION_ID)
    service.invoke("Sweeper", TICK)

    (line,) = log.saying("swept")
    assert (line["level"], line["fences_written"], line["finished"]) == ("INFO", 1, True)


def test_with_redis_down_the_rest_is_left_for_the_next_tick(service: Service, stores: Stores) -> None:
    service.manager.delete_session(DEMO_SESSION_ID)
    stores.down = {REDIS}

    assert service.invoke("Sweeper", TICK)["finished"] is False
    stores.down = set()
    assert service.invoke("Sweeper", TICK)["finished"] is True


def test_with_postgresql_down_it_is_an_exception_which_lambda_counts_and_retries(
    service: Service, stores: Stores
) -> None:
    stores.down = {POSTGRES}

    assert service.answer("Sweeper", TICK)["errorType"] == "StoreUnavailableError"


def test_it_stops_with_its_reserve_of_time_left(service: Service, stores: Stores) -> None:
    answer = handler_of("Sweeper")(TICK, FakeContext(seconds=19.9))

    assert (answer["finished"], answer["batches"]) == (False, 0)
    assert stores.calls == []


@pytest.mark.parametrize("event", [{}, None, [], {"source": "aws.events"}], ids=repr)
def test_what_the_event_says_does_not_matter(service: Service, event: object) -> None:
    assert service.invoke("Sweeper", event)["finished"] is True


def test_settings_that_cannot_work_are_told_and_fail(
    service: Service, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEEP_RESERVE_SECONDS", "never")
    with pytest.raises(Exception, match="SWEEP_RESERVE_SECONDS"):
        service.configure()

    assert service.answer("Sweeper", TICK)["errorType"] == "ConfigurationError"
    assert len(log.saying("settings cannot work")) == 1
