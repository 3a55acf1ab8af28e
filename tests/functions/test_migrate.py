"""The migrate function where there is no database, and where its settings cannot work."""

from typing import Any

import pytest

from tests.functions.service import Service, Stores
from tests.support.log import Log


@pytest.mark.parametrize("event", [{}, {"dry_run": True}, {"dry_run": False}, {"RequestType": "Create"}], ids=repr)
def test_in_mock_mode_there_is_no_schema_to_bring_up_to_date(service: Service, stores: Stores, event: Any) -> None:
    assert service.invoke("Migrate", event) == {"applied": [], "current": None, "pending": []}
    assert stores.calls == []


def test_what_was_done_is_logged(service: Service, log: Log) -> None:
    service.invoke("Migrate", {})

    (line,) = log.saying("migrated")
    assert (line["level"], line["applied"], line["pending"]) == ("INFO", [], [])


def test_a_deployed_migrate_function_never_runs_mock(
    service: Service, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
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
