"""What the functions write is what docs/events.md lists: every event, every metric, and no others."""

import json
from typing import Any

import pytest

from session_management.errors import ConfigurationError, StoreUnavailableError
from session_management.events import EVENTS
from session_management.metrics import METRICS
from session_management.models import SessionMetadata
from tests.events import CASES
from tests.functions.service import POSTGRES, REDIS, Service, Stores
from tests.functions.told import (
    BEARER,
    OF_POWERTOOLS,
    change_password,
    command,
    demo_id,
    events,
    log_in,
    register,
)
from tests.standards.events_document import DIMENSIONS, optional
from tests.support.http_events import http_event
from tests.support.log import Log

KINDS = {kind.name: kind for kind in EVENTS}
LISTED = {metric.name: metric for metric in METRICS}

pytestmark = pytest.mark.usefixtures("cheap_passwords")


def everything(service: Service, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every event happen."""
    what_people_do(service)
    what_breaks(service, stores)
    monkeypatch.setenv("SWEEP_RESERVE_SECONDS", "never")
    with pytest.raises(ConfigurationError):
        service.configure()
    service.answer("Validate", http_event(headers=BEARER))


def what_people_do(service: Service) -> None:
    """Send every event file, and what none of them comes to."""
    for case in CASES:
        service.answer(case.function, case.event)
    service.configure(SESSION_UPGRADE_PLAIN_UNTIL="2100-01-01T00:00:00Z")
    service.invoke("Sweeper", {})
    service.configure(REGISTRATION="open", REQUIRED_ROLE="ADMIN", LOGIN_IP_ATTEMPTS="3")
    elsewhere = http_event(headers=BEARER)
    elsewhere["requestContext"]["http"]["sourceIp"] = "198.51.100.7"
    service.invoke("Validate", elsewhere)
    service.answer("Authorizer", next(case.event for case in CASES if case.file == "authorizer.rest-token.json"))
    change_password(service, "a wrong one")
    for _ in range(5):
        register(service)
    service.manager.create_session(demo_id(service), SessionMetadata(), 60)
    service.manager.update(demo_id(service), {"role": "ADMIN"})
    service.invoke("Logout", http_event("POST", headers=BEARER))
    service.invoke("Logout", http_event("POST", headers={"origin": "https://evil.example"}))
    service.configure(ORIGIN_SECRET="s" * 32)
    service.invoke("Validate", http_event(headers=BEARER))
    service.configure(ORIGIN_SECRET="")
    command(service, "delete_user", user="admin@example.com")


def what_breaks(service: Service, stores: Stores) -> None:
    """Have stores fail, be spared and come back."""
    observer = service.manager._validation._observer
    for is_open in (True, False):
        observer.breaker_changed(POSTGRES, is_open=is_open)
    observer.store_failed(StoreUnavailableError(REDIS, "it did not answer in time"))
    stores.down, stores.is_tried = {POSTGRES, REDIS}, False
    log_in(service)
    deployment = next(case.event for case in CASES if case.file == "migrate.custom-resource.json")
    service.answer("Migrate", deployment | {"ResourceProperties": {"ServiceRole": ["x"]}})


def test_every_event_is_told_with_exactly_the_fields_that_are_listed(
    service: Service, stores: Stores, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 16.1.1, 16.3.1."""
    everything(service, stores, monkeypatch)

    assert {event["event"] for event in events(log)} == KINDS.keys()
    for line in log.lines:
        if "event" in line:
            kind = KINDS[line["event"]]
            listed = {"event", *kind.fields}
            assert listed - optional(kind) <= line.keys() - OF_POWERTOOLS <= listed
            assert (line["level"], line["message"]) == (kind.level, kind.says)


def test_every_metric_is_written_with_the_unit_and_the_dimension_that_are_listed(
    service: Service, stores: Stores, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written is what the document lists, in CloudWatch's format."""
    everything(service, stores, monkeypatch)

    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert {name for line in written for name in check_metrics(line)} >= LISTED.keys()


def check_metrics(line: dict[str, Any]) -> list[str]:
    """Return the names of a line's metrics; each is listed, and has what is listed, or counts validations."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    (dimensions,) = directive["Dimensions"]
    for declared in directive["Metrics"]:
        metric = LISTED.get(declared["Name"])
        assert metric is not None or declared["Name"].startswith("Validations")
        assert declared["Unit"] == (metric.unit if metric else "Count")
        assert dimensions == ([metric.by] if metric and metric.by else [])
        assert all(line[name] in DIMENSIONS[declared["Name"]] for name in dimensions)
        assert all(isinstance(value, float) for value in line[declared["Name"]])
    return [declared["Name"] for declared in directive["Metrics"]]
