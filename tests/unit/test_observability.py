"""What is told, to whom: lines an operator can act on, metrics that CloudWatch takes, nothing secret."""

import json
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics

from session_management import observability
from session_management.access import Denial
from session_management.client_changes import ClientChange
from session_management.constants import METRICS_NAMESPACE
from session_management.errors import ConfigurationError, StoreUnavailableError
from session_management.events import (
    ClientChanged,
    Event,
    LoggedOut,
    LoginFailed,
    Refusal,
    SessionDenied,
    SettingsFaulty,
    StoreFailed,
)
from session_management.interfaces import ValidationPath
from session_management.metrics import METRICS, write_metrics_of
from session_management.models import Session
from session_management.observability import LoggingObserver, SilentObserver, _as_json, logger, tell, telling_faults
from tests.support.clock import ToldClock
from tests.support.contexts import FakeContext
from tests.support.log import Log

FAILURE = StoreUnavailableError("redis", "it did not answer in time")


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return the metric lines on standard output, which is all that is there."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def check_embedded_metric_format(line: dict[str, Any]) -> None:
    """Check what CloudWatch asks of a line: each metric and dimension it declares is a member with a value."""
    aws = line["_aws"]
    assert isinstance(aws["Timestamp"], int)
    (directive,) = aws["CloudWatchMetrics"]
    assert directive["Namespace"] == "SessionManagement"
    assert directive["Metrics"]
    for metric in directive["Metrics"]:
        assert metric["Unit"] == "Count"
        assert line[metric["Name"]] in (1, [1], 1.0, [1.0])
    for dimensions in directive["Dimensions"]:
        assert all(isinstance(line[name], str) for name in dimensions)


def test_a_failure_of_a_store_is_a_warning_and_a_metric_by_store(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    """ASVS 16.3.4."""
    LoggingObserver("production", clock=ToldClock()).store_failed(FAILURE)

    (line,), (metric,) = log.lines, metrics(capsys)
    assert (line["level"], line["store"], line["reason"]) == ("WARNING", "redis", "it did not answer in time")
    check_embedded_metric_format(metric)
    assert metric["StoreFailures"] == [1.0]
    assert metric["store"] == "redis"
    assert ["store"] in metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"]


def test_an_open_breaker_is_an_error_and_a_metric(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    LoggingObserver("production", clock=ToldClock()).breaker_changed("postgresql", is_open=True)

    (line,), (metric,) = log.lines, metrics(capsys)
    assert (line["level"], line["store"]) == ("ERROR", "postgresql")
    check_embedded_metric_format(metric)
    assert (metric["BreakerOpened"], metric["store"]) == ([1.0], "postgresql")


def test_a_closed_breaker_is_good_news_and_a_metric(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    LoggingObserver("production", clock=ToldClock()).breaker_changed("postgresql", is_open=False)

    (line,), (metric,) = log.lines, metrics(capsys)
    assert (line["level"], line["store"]) == ("INFO", "postgresql")
    check_embedded_metric_format(metric)
    assert (metric["BreakerClosed"], metric["store"]) == ([1.0], "postgresql")


@pytest.mark.parametrize("path", ValidationPath)
def test_outside_production_the_way_of_each_validation_is_told(log: Log, path: ValidationPath) -> None:
    LoggingObserver("mock", clock=ToldClock()).validated(path, is_valid=False)

    (line,) = log.lines
    assert (line["level"], line["path"], line["is_valid"]) == ("DEBUG", path, False)


def test_in_production_the_way_of_a_validation_is_not_told(log: Log) -> None:
    LoggingObserver("production", clock=ToldClock()).validated(ValidationPath.RECORD, is_valid=True)

    assert log.lines == []


def test_an_event_is_one_line_with_its_name_its_level_its_sentence_and_its_fields(log: Log) -> None:
    """ASVS 16.2.1."""
    observer = LoggingObserver("production", clock=ToldClock())
    observer.happened(LoggedOut(user_id="a user", session_handle="a handle", is_fenced=False))

    (line,) = log.lines
    assert (line["event"], line["level"], line["message"]) == ("logged_out", "INFO", "somebody logged out")
    assert (line["user_id"], line["session_handle"], line["is_fenced"]) == ("a user", "a handle", False)


def test_a_line_is_the_json_that_powertools_would_write() -> None:
    line = {
        "text": 'löwe \U0001f981 "quoted" \n \x01',
        "numbers": (1, 2.5, True, None),
        "enumerations": [Denial.ROLE, ClientChange.IP],
        "instant": datetime(2026, 11, 1, 12, 30, tzinfo=UTC),
        "other": {"a set of one": frozenset({1})},
    }
    powertools = LambdaPowertoolsFormatter()

    assert _as_json(line) == powertools.json_serializer(line)


@pytest.mark.parametrize("value", ["\ud800", 2**64])
def test_a_line_is_written_whatever_it_holds(value: object) -> None:
    """An observer never raises."""
    assert json.loads(_as_json({"value": value})) == {"value": value}


EVENTS = [
    LoggedOut(user_id="a user", session_handle="a handle"),
    StoreFailed(store="redis", reason="why"),
    SettingsFaulty(faults=("one", "two")),
    LoginFailed(reason=Refusal.UNKNOWN_USER, user_id=None),
    ClientChanged(session_handle="h", user_id="u", changed=(ClientChange.IP, ClientChange.DEVICE), is_refused=True),
]


@pytest.mark.parametrize("trace", ["", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"])
@pytest.mark.parametrize("in_a_request", [True, False])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_the_line_of_an_event_is_the_loggers_but_for_the_place_in_the_code(
    log: Log, event: Event, in_a_request: bool, trace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    monkeypatch.setattr(observability._invocation, "_context", FakeContext() if in_a_request else None)
    tell(event)
    log_at_level = {"INFO": logger().info, "WARNING": logger().warning, "ERROR": logger().error}[event.level]
    log_at_level(event.says, event=event.name, **event.facts)

    ours, powertools = log.lines
    assert ("function_arn" in ours, "xray_trace_id" in ours) == (in_a_request, bool(trace))
    assert powertools.pop("location")
    # Later than ours, by a moment.
    for line in (ours, powertools):
        instant = datetime.strptime(line.pop("timestamp"), "%Y-%m-%d %H:%M:%S,%f%z")
        assert abs(datetime.now(UTC) - instant) < timedelta(minutes=1)
    assert [*ours.items()] == [*powertools.items()]


@pytest.mark.parametrize("service", ["", "sessions-prod"])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_the_metrics_of_an_event_are_the_line_that_powertools_writes(
    event: Event, service: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", service)
    now = ToldClock().timestamp()
    write_metrics_of(event, event.facts, now)
    ours = capsys.readouterr().out

    powertools = EphemeralMetrics(namespace=METRICS_NAMESPACE)
    powertools.set_timestamp(int(now * 1000))
    for metric in (metric for metric in METRICS if metric.of is type(event)):
        powertools.add_metric(metric.name, metric.unit, 1)
        if metric.by:
            of = event.facts[metric.by]
            powertools.add_dimension(metric.by, "+".join(of) if isinstance(of, tuple) else of)
    powertools.flush_metrics()

    assert ours == capsys.readouterr().out


@pytest.mark.parametrize(("level", "told"), [("INFO", 3), ("WARNING", 2), ("ERROR", 1), ("CRITICAL", 0)])
def test_an_event_below_the_level_of_the_log_is_not_written_and_is_counted(
    log: Log, level: str, told: int, capsys: pytest.CaptureFixture[str]
) -> None:
    logger().setLevel(level)
    for event in EVENTS[:3]:
        tell(event)

    assert len(log.lines) == told
    assert len(metrics(capsys)) == 3


@pytest.mark.parametrize("message", ['{"a": 1}', "[1", "a sentence", "", "7"])
def test_a_message_is_taken_for_json_where_powertools_would(log: Log, message: str) -> None:
    logger().info(message)

    record = logging.makeLogRecord({"msg": message})
    assert log.lines[0]["message"] == json.loads(LambdaPowertoolsFormatter().format(record))["message"]


def test_the_metrics_of_an_event_have_nothing_of_the_one_before(capsys: pytest.CaptureFixture[str]) -> None:
    failed, out = StoreFailed(store="redis", reason="why"), LoggedOut(user_id="a user", session_handle="a handle")
    for event in (failed, out, failed):
        write_metrics_of(event, event.facts, 0.0)

    first, second, third = metrics(capsys)
    for line in (first, second, third):
        check_embedded_metric_format(line)
    assert (set(second), set(first)) == ({"_aws", "Logouts"}, {"_aws", "StoreFailures", "store"})
    assert first | {"_aws": 0} == third | {"_aws": 0}


def test_threads_do_not_mix_up_their_lines(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    events = [StoreFailed(store="redis", reason="why"), LoggedOut(user_id="a user", session_handle="a handle")] * 200
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(tell, events))
    finally:
        sys.setswitchinterval(interval)

    lines = metrics(capsys)
    assert {tuple(line) for line in lines} == {("_aws", "Logouts"), ("_aws", "store", "StoreFailures")}
    assert all(line.get("Logouts", line.get("StoreFailures")) == [1.0] for line in lines)
    assert len(lines) == len(log.lines) == len(events)


def test_a_silent_observer_tells_nobody(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    silent = SilentObserver()
    silent.happened(SettingsFaulty(faults=()))
    silent.validated(ValidationPath.COPY, is_valid=True)
    silent.could_not_validate()
    silent.store_failed(FAILURE)
    silent.breaker_changed("redis", is_open=True)

    assert (log.lines, metrics(capsys)) == ([], [])


def test_all_faults_of_the_settings_are_one_line_and_one_metric(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    tell(SettingsFaulty(faults=("DATABASE_URL: is not set", "COOKIE_NAME: is wrong")))

    (line,), (metric,) = log.lines, metrics(capsys)
    assert (line["level"], line["faults"]) == ("ERROR", ["DATABASE_URL: is not set", "COOKIE_NAME: is wrong"])
    assert "exception" not in line
    check_embedded_metric_format(metric)


def test_faults_that_come_up_inside_are_told_and_go_on(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigurationError), telling_faults():
        raise ConfigurationError(["APP_ENV: is not set"])

    assert [line["faults"] for line in log.lines] == [["APP_ENV: is not set"]]
    assert len(metrics(capsys)) == 1


def test_other_errors_go_on_untold(log: Log) -> None:
    with pytest.raises(StoreUnavailableError), telling_faults():
        raise FAILURE

    assert log.lines == []


@pytest.mark.parametrize("is_refused", [True, False])
@pytest.mark.parametrize(
    "changes", [(ClientChange.IP,), (ClientChange.DEVICE,), (ClientChange.IP, ClientChange.DEVICE)]
)
def test_a_changed_client_is_one_line_and_one_metric(
    log: Log,
    capsys: pytest.CaptureFixture[str],
    session: Session,
    changes: tuple[ClientChange, ...],
    is_refused: bool,
) -> None:
    """OWASP, session management: bound properties that change are an event. Neither address nor agent is told.

    ASVS 16.3.3, NIST SP 800-63B-4, 5.3.
    """
    handle, user_id = session.handle, session.user_id
    tell(ClientChanged(session_handle=handle, user_id=user_id, changed=changes, is_refused=is_refused))

    (line,), (metric,) = log.lines, metrics(capsys)
    assert (line["level"], line["changed"], line["is_refused"]) == ("INFO", [*changes], is_refused)
    assert (line["session_handle"], line["user_id"]) == (session.handle, session.user_id)
    check_embedded_metric_format(metric)
    assert (metric["ClientChanges"], metric["changed"]) == ([1.0], "+".join(changes))
    assert not any(value and value in log.text for value in (session.ip, session.user_agent))


@pytest.mark.parametrize("denial", Denial)
def test_a_denied_session_is_one_line_and_one_metric(
    log: Log, capsys: pytest.CaptureFixture[str], session: Session, denial: Denial
) -> None:
    """ASVS 16.3.2: refused authorizations are logged."""
    tell(SessionDenied(session_handle=session.handle, user_id=session.user_id, denied=denial))

    (line,), (metric,) = log.lines, metrics(capsys)
    assert (line["level"], line["denied"]) == ("INFO", denial)
    assert (line["session_handle"], line["user_id"]) == (session.handle, session.user_id)
    check_embedded_metric_format(metric)
    assert (metric["AuthorizerDenials"], metric["denied"]) == ([1.0], denial)
