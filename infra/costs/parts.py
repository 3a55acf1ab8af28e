"""The parts of a month's bill."""

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Final, Literal

from infra.capacity.measured import COPY, SESSION_INDEXES, SESSION_ROW
from infra.costs import prices, usage
from infra.costs.usage import Traffic
from infra.deployment.template import PROJECT

_ANSWER_KB: Final = 1.0


@dataclass(frozen=True, slots=True)
class Choices:
    """What of the template's parameters the bill depends on."""

    database: Literal["aurora-serverless", "instance"] = "aurora-serverless"
    cache: Literal["serverless", "nodes"] = "serverless"
    has_proxy: bool = False
    has_edge: bool = False
    has_snapshots: bool = False

    @property
    def conditions(self) -> Set[str]:
        """Return what holds in infra/stacks/observability.yaml."""
        of_the_kinds = {
            "HasAurora": self.database == "aurora-serverless",
            "HasInstance": self.database == "instance",
            "HasServerlessCache": self.cache == "serverless",
            "HasCacheNodes": self.cache == "nodes",
            "HasProxy": self.has_proxy,
        }
        return {name for name, holds in of_the_kinds.items() if holds}


def bill(traffic: Traffic, choices: Choices) -> dict[str, float]:
    """Return what each part costs a month, in US dollars."""
    return {
        "Lambda": traffic.invocations * prices.LAMBDA_REQUEST + traffic.gb_seconds * prices.LAMBDA_GB_SECOND,
        **({"SnapStart": _snapshots(traffic)} if choices.has_snapshots else {}),
        "HTTP API": 0.0 if choices.has_edge else _api(traffic.doors),
        **({"CloudFront": _edge(traffic)} if choices.has_edge else {}),
        "PostgreSQL": _database(traffic, choices),
        **({"RDS Proxy": _proxy(choices)} if choices.has_proxy else {}),
        "Valkey": _cache(traffic, choices),
        "Logs": (traffic.log_gb + (0.0 if choices.has_edge else traffic.access_log_gb)) * prices.LOG_GB,
        "Metrics, alarms, dashboard": _watching(choices),
        "Schedule": 8_760 * prices.SCHEDULED_START,
    }


def custom_metrics() -> int:
    """Return how many custom metrics CloudWatch bills if everything happens, as docs/events.md counts them."""
    (count,) = re.findall(
        r"^(\d+) in all, if everything happens", (PROJECT / "docs/events.md").read_text(), re.MULTILINE
    )
    return int(count)


def _watching(choices: Choices) -> float:
    """The key is what encrypts alarms on their way."""
    created = choices.conditions
    metrics = (custom_metrics() + usage.filtered_metrics(created)) * prices.METRIC
    return metrics + usage.alarm_metrics(created) * prices.ALARM_METRIC + prices.DASHBOARD + prices.KEY


def _snapshots(traffic: Traffic) -> float:
    """Kept for the month, and restored for one invocation in 5000 or so."""
    restored = (traffic.authorized + traffic.doors) / 5_000
    kept = usage.snapshot_gb() * prices.HOURS * prices.SNAPSHOT_GB_HOUR
    return kept + restored * 0.5 * prices.SNAPSHOT_RESTORED_GB


def _api(requests: float) -> float:
    within = min(requests, prices.HTTP_API_FIRST_TIER)
    return within * prices.HTTP_API_REQUEST + (requests - within) * prices.HTTP_API_REQUEST_BEYOND


def _edge(traffic: Traffic) -> float:
    """The doors' requests alone: the application's own are its own."""
    each = prices.CLOUDFRONT_REQUEST + prices.CLOUDFRONT_FUNCTION + _ANSWER_KB / 1e6 * prices.CLOUDFRONT_GB
    return traffic.doors * each


def _database(traffic: Traffic, choices: Choices) -> float:
    row = (SESSION_ROW.value + SESSION_INDEXES.value) * usage.TABLE_ROOM
    gigabytes = max(20.0, traffic.recorded_sessions * row / 1e9)
    if choices.database == "instance":
        return prices.INSTANCE_HOUR * prices.HOURS + gigabytes * prices.INSTANCE_GB
    units = traffic.units * prices.HOURS * prices.AURORA_UNIT_HOUR
    return units + gigabytes * prices.AURORA_GB + traffic.statements * prices.AURORA_IO


def _proxy(choices: Choices) -> float:
    is_aurora = choices.database == "aurora-serverless"
    units = prices.PROXY_LEAST_UNITS if is_aurora else prices.PROXY_INSTANCE_UNITS
    return units * prices.HOURS * prices.PROXY_UNIT_HOUR


def _cache(traffic: Traffic, choices: Choices) -> float:
    if choices.cache == "nodes":
        return 2 * prices.CACHE_NODE_HOUR * prices.HOURS
    gigabytes = max(prices.CACHE_LEAST_GB, traffic.live_sessions * COPY.value / 1e9)
    return gigabytes * prices.HOURS * prices.CACHE_GB_HOUR + traffic.commands * prices.CACHE_UNIT
