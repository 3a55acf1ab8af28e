"""Lines in CloudWatch's embedded metric format, of which it makes metrics by itself; they are those of Powertools.

Its import takes an authorizer a fifth of its cold start, and a line of its a fifth of a logout's instructions.
"""

import sys
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import orjson

from session_management.constants import METRICS_NAMESPACE
from session_management.environment import service_name

type Unit = Literal["Count", "Seconds"]


class Sample(NamedTuple):
    """A value of a metric."""

    name: str
    value: float
    unit: Unit = "Count"


def write_samples(samples: Iterable[Sample], now: float, dimensions: Mapping[str, str] | None = None) -> None:
    """Write *samples* of the instant *now*, in seconds since 1970, in one line.

    All have these *dimensions* and, where the service has a name, `service`.
    """
    service = service_name()
    by = {**(dimensions or {}), **({"service": service} if service else {})}
    metrics, values = [], {}
    for name, value, unit in samples:
        metrics.append({"Name": name, "Unit": unit})
        values[name] = [float(value)]
    directive = {"Namespace": METRICS_NAMESPACE, "Dimensions": [[*by]], "Metrics": metrics}
    about = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}
    sys.stdout.write(orjson.dumps({"_aws": about, **by, **values}).decode() + "\n")
