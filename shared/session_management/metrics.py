"""The metrics of events: one list, which docs/events.md shows.

CloudWatch bills each name with each value of its dimension, so there is one dimension at most, of few values.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from session_management.emf import Sample, Unit, write_samples
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


class Metric(NamedTuple):
    """A metric that is written with an event.

    `by` is the event's field that is its dimension, `value` the one that is its value; without it, each event is 1.
    """

    name: str
    of: type[Event]
    by: str | None = None
    value: str | None = None
    unit: Unit = "Count"


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
    Metric("SweepLag", Swept, value="lag_seconds", unit="Seconds"),
)
"""All that are written with events; `validation_counts` has the others."""


_OF_EVENT: Final = {one.of: [other for other in METRICS if other.of is one.of] for one in METRICS}


def write_metrics_of(event: Event, facts: Mapping[str, Any], now: float) -> None:
    """Write the metrics of *event*, which has these *facts* and is told at *now*, in one line, if there are any."""
    metrics = _OF_EVENT.get(type(event), ())
    samples = [sample for metric in metrics if (sample := _sample(metric, facts)) is not None]
    if samples:
        write_samples(samples, now, {metric.by: _dimension(facts[metric.by]) for metric in metrics if metric.by})


def _sample(metric: Metric, facts: Mapping[str, Any]) -> Sample | None:
    value = facts[metric.value] if metric.value else 1
    return None if value is None else Sample(metric.name, value, metric.unit)


def _dimension(value: object) -> str:
    return "+".join(value) if isinstance(value, tuple) else str(value)
