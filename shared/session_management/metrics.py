"""Metrics, as lines in CloudWatch's embedded metric format: one list, which docs/events.md shows.

CloudWatch bills each name with each value of its dimension, so there is one dimension at most, of few values.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import orjson
from aws_lambda_powertools.metrics import MetricUnit

from session_management.environment import get_service_name
from session_management.events import (
    ClientChanged,
    DirectAccessRefused,
    Event,
    LimitReached,
    LoggedOut,
    LoginFailed,
    LoginSucceeded,
    OriginRefused,
    Registered,
    SessionDenied,
    SessionsRevoked,
    SettingsFaulty,
    StoreBack,
    StoreFailed,
    StoreSpared,
    Swept,
)

METRICS_NAMESPACE: Final = "SessionManagement"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that is written with an event.

    `by` is the event's field that is its dimension, `value` the one that is its value; without it, each event is 1.
    """

    name: str
    of: type[Event]
    by: str | None = None
    value: str | None = None
    unit: MetricUnit = MetricUnit.Count


METRICS: Final = (
    Metric("Logins", LoginSucceeded),
    Metric("LoginFailures", LoginFailed, by="reason"),
    Metric("Registrations", Registered),
    Metric("Logouts", LoggedOut),
    Metric("SessionsRevoked", SessionsRevoked, by="reason", value="count"),
    Metric("ClientChanges", ClientChanged, by="changed"),
    Metric("AuthorizerDenials", SessionDenied, by="denied"),
    Metric("DirectAccessRefused", DirectAccessRefused),
    Metric("OriginsRefused", OriginRefused),
    Metric("AttemptsRefused", LimitReached),
    Metric("StoreFailures", StoreFailed, by="store"),
    Metric("BreakerOpened", StoreSpared, by="store"),
    Metric("BreakerClosed", StoreBack, by="store"),
    Metric("ConfigurationErrors", SettingsFaulty),
    Metric("SweepExpiredDeleted", Swept, value="expired_deleted"),
    Metric("SweepRevokedDeleted", Swept, value="revoked_deleted"),
    Metric("SweepFencesWritten", Swept, value="fences_written"),
    Metric("SweepLegacyCleared", Swept, value="legacy_cleared"),
    Metric("SweepPlainLeft", Swept, value="plain_left"),
    Metric("SweepFinished", Swept, value="finished"),
    Metric("SweepLag", Swept, value="lag_seconds", unit=MetricUnit.Seconds),
)
"""All that are written with events; `validation_counts` has the others."""


_BY_EVENT: Final = {one.of: [other for other in METRICS if other.of is one.of] for one in METRICS}
_NO_DIMENSIONS: Final[Mapping[str, str]] = MappingProxyType({})


def write_metrics_of(event: Event) -> None:
    """Write the metrics of *event* in one line, if there are any."""
    metrics = _BY_EVENT.get(type(event))
    if not metrics:
        return
    facts = event.facts
    samples = [(metric.name, metric.unit, _sample(metric, facts)) for metric in metrics]
    by = {metric.by: _dimension(facts[metric.by]) for metric in metrics if metric.by}
    write_metrics([(name, unit, value) for name, unit, value in samples if value is not None], by)


def write_metrics(
    samples: Sequence[tuple[str, MetricUnit, float]], dimensions: Mapping[str, str] = _NO_DIMENSIONS
) -> None:
    """Write *samples*, each a name with its unit and value, in one line, if there are any.

    Powertools would write the same line, and take twenty times as long: more than a lookup in PostgreSQL.
    """
    values = {name: [float(value)] for name, _, value in samples}
    if not values:
        return
    service = get_service_name()
    if service:
        dimensions = {"service": service, **dimensions}
    directive = {
        "Namespace": METRICS_NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": unit.value} for name, unit, _ in samples],
    }
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    sys.stdout.write(orjson.dumps({"_aws": about, **dimensions, **values}, option=orjson.OPT_APPEND_NEWLINE).decode())


def _sample(metric: Metric, facts: dict[str, Any]) -> float | None:
    value: float | None = facts[metric.value] if metric.value else 1
    return value


def _dimension(value: object) -> str:
    return "+".join(value) if isinstance(value, tuple) else str(value)
