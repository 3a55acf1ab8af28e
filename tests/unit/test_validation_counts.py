"""Validations are counted in the environment, and written a line a minute at most; nothing is counted twice or lost."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from session_management.constants import METRICS_NAMESPACE
from session_management.interfaces import ValidationPath
from session_management.observability import LoggingObserver
from session_management.validation_counts import FLUSH_SECONDS, ValidationCounts
from tests.support.clock import ToldClock
from tests.support.log import Log


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, float]]:
    """Return what each line counts, by name; each is one whole document without dimensions."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        (directive,) = line.pop("_aws")["CloudWatchMetrics"]
        assert (directive["Namespace"], directive["Dimensions"]) == ("SessionManagement", [[]])
        assert directive["Metrics"] == [{"Name": name, "Unit": "Count"} for name in line]
    return [{name: values[0] for name, values in line.items() if len(values) == 1} for line in lines]


def test_the_first_is_written_at_once_and_a_minutes_worth_in_one_line(
    clock: ToldClock, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = ValidationCounts(clock)
    counts.add("A", "B")
    assert written(capsys) == [{"A": 1, "B": 1}]

    for _ in range(999):
        counts.add("A")
        clock.advance((FLUSH_SECONDS - 0.1) / 1000)
    counts.add("C")
    assert written(capsys) == []

    clock.advance(1)
    counts.add("C")
    assert written(capsys) == [{"A": 999, "C": 2}]
    counts.add("C")
    assert written(capsys) == []


def test_after_a_pause_nothing_waits(clock: ToldClock, capsys: pytest.CaptureFixture[str]) -> None:
    counts = ValidationCounts(clock)
    counts.add("A")
    counts.add("A")
    clock.freeze(3600)
    counts.add("A")

    assert written(capsys) == [{"A": 1}, {"A": 2}]


@pytest.mark.parametrize("service", ["", "sessions-prod"])
def test_a_line_is_the_one_that_powertools_writes(
    clock: ToldClock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", service)
    ValidationCounts(clock).add("A", "B")
    ours = capsys.readouterr().out

    metrics = EphemeralMetrics(namespace=METRICS_NAMESPACE)
    metrics.set_timestamp(int(clock.timestamp() * 1000))
    for name in ("A", "B"):
        metrics.add_metric(name, MetricUnit.Count, 1)
    metrics.flush_metrics()

    assert ours == capsys.readouterr().out


def test_threads_lose_no_count(clock: ToldClock, capsys: pytest.CaptureFixture[str]) -> None:
    counts = ValidationCounts(clock)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(counts.add, ["A"] * 2000))
    clock.advance(FLUSH_SECONDS)
    counts.add("A")

    assert sum(line["A"] for line in written(capsys)) == 2001


@pytest.mark.parametrize(("is_valid", "outcome"), [(True, "ValidationsValid"), (False, "ValidationsInvalid")])
def test_each_is_counted_by_its_outcome_and_by_its_path(
    clock: ToldClock, log: Log, capsys: pytest.CaptureFixture[str], is_valid: bool, outcome: str
) -> None:
    LoggingObserver("production", clock=clock).validated(ValidationPath.STALE_IF_ERROR, is_valid=is_valid)

    assert written(capsys) == [{outcome: 1, "ValidationsByStaleCopy": 1}]
    assert log.lines == []


def test_one_that_could_not_be_answered_is_counted(clock: ToldClock, capsys: pytest.CaptureFixture[str]) -> None:
    LoggingObserver("production", clock=clock).could_not_validate()

    assert written(capsys) == [{"ValidationsUndecided": 1}]
