"""The migrate function where there is no database, and where its settings cannot work."""

import inspect
from typing import Any

import pytest

from tests.functions.service import Service, Stores, handler_of
from tests.support.log import Log


def asks_for_dry_run(event: object) -> bool:
    """Return what the function makes of *event*."""
    names = inspect.unwrap(handler_of("Migrate")).__globals__
    return bool(names["_asks_for_dry_run"](names["_fields_of"](event)))


@pytest.mark.parametrize(
    "event", [{}, {"dry_run": True}, {"dry_run": False}, {"RequestType": "Create"}, None, [], "x"], ids=repr
)
def test_in_mock_mode_there_is_no_schema_to_bring_up_to_date(service: Service, stores: Stores, event: Any) -> None:
    assert service.invoke("Migrate", event) == {"applied": [], "current": None, "pending": [], "roles_made": []}
    assert stores.calls == []


@pytest.mark.parametrize("event", [{}, {"dry_run": False}, {"dryRun": True}, None, []], ids=repr)
def test_what_does_not_ask_for_a_dry_run_is_none(event: object) -> None:
    assert not asks_for_dry_run(event)


@pytest.mark.parametrize("value", [True, "true", "false", 1, 0, None, {}], ids=repr)
def test_whatever_is_not_plainly_false_is_a_dry_run(value: object) -> None:
    """An operator who writes "true" as a text does not find the migrations applied."""
    assert asks_for_dry_run({"dry_run": value})


def test_what_was_done_is_logged(service: Service, log: Log) -> None:
    service.invoke("Migrate", {})

    (line,) = log.saying("migrated")
    assert (line["level"], line["applied"], line["pending"], line["roles_made"]) == ("INFO", [], [], [])


def test_a_deployed_migrate_function_never_runs_mock(
    service: Service, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 6.3.2."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "migrate")
    with pytest.raises(Exception, match="APP_ENV"):
        service.configure()

    assert service.answer("Migrate", {})["errorType"] == "ConfigurationError"
    assert len(log.saying("settings cannot work")) == 1


def test_a_postgresql_that_is_not_there_is_an_exception(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Port 1 of this machine: nobody listens there."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:canary@127.0.0.1:1/app")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("APP_ENV", "production")
    with pytest.raises(Exception, match="postgresql is unavailable"):
        service.configure()

    answer = service.answer("Migrate", {})

    assert answer["errorType"] == "StoreUnavailableError"
    assert "canary" not in answer["errorMessage"]
