"""Metrics, as lines in CloudWatch's embedded metric format: one list, which docs/events.md shows.

CloudWatch bills each name with each value of its dimension, so there is one dimension at most, of few values.
"""

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from session_management.constants import METRICS_NAMESPACE
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


_OF_EVENT: Final = {one.of: [other for other in METRICS if other.of is one.of] for one in METRICS}
_lock: Final = threading.Lock()


def write_metrics_of(event: Event) -> None:
    """Write the metrics of *event* in one line, if there are any."""
    facts = event.facts
    told = [
        (metric, value) for metric in _OF_EVENT.get(type(event), ()) if (value := _sample(metric, facts)) is not None
    ]
    if not told:
        return
    with _lock:
        line = _line()
        for metric, value in told:
            line.add_metric(metric.name, metric.unit, value)
            if metric.by:
                line.add_dimension(metric.by, _dimension(facts[metric.by]))
        line.flush_metrics()


@cache
def _line() -> EphemeralMetrics:
    """Return the one that is filled and written for each event: to make another takes half as long as that."""
    return EphemeralMetrics(namespace=METRICS_NAMESPACE)


def _sample(metric: Metric, facts: dict[str, Any]) -> float | None:
    value: float | None = facts[metric.value] if metric.value else 1
    return value


def _dimension(value: object) -> str:
    return "+".join(value) if isinstance(value, tuple) else str(value)
