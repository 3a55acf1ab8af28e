"""infra/stacks/observability.yaml with parameters, as CloudFormation would work it out."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tests.packaging.resolution import Resolution
from tests.packaging.template import stack

PARAMETERS: Final = {
    **{name: f"the-{name}" for name in stack("observability")["Parameters"]},
    "Service": "sessions-prod",
    "AlarmTopicArn": "",
    "AlarmEmail": "",
    "RunbookUrl": "docs/runbook.md",
    "DatabaseKind": "",
    "DatabaseMaxCapacity": "4",
    "ProxyName": "",
    "CacheKind": "",
    "CacheMaxStorageGb": "1",
}
"""Stores of one's own, and a topic of the stack's."""
CREATED: Final[Mapping[str, Mapping[str, str]]] = {
    "own stores": {},
    "aurora and a serverless cache": {"DatabaseKind": "aurora-serverless", "CacheKind": "serverless"},
    "an instance and nodes": {"DatabaseKind": "instance", "CacheKind": "nodes"},
    "aurora behind a proxy": {"DatabaseKind": "aurora-serverless", "ProxyName": "proxy", "CacheKind": "serverless"},
    "an instance behind a proxy": {"DatabaseKind": "instance", "ProxyName": "proxy", "CacheKind": "nodes"},
}


def resources(kind: str, parameters: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Return the properties of the stack's resources of a type that are there, by logical ID."""
    resolution = Resolution(stack("observability"), {**PARAMETERS, **(parameters or {})})
    return {
        name: resolution.of(resource["Properties"])
        for name, resource in stack("observability")["Resources"].items()
        if resource["Type"] == kind and ("Condition" not in resource or resolution.holds(resource["Condition"]))
    }


def alarms(parameters: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Return the alarms that are there."""
    return resources("AWS::CloudWatch::Alarm", parameters)


def every_alarm() -> dict[str, dict[str, Any]]:
    """Return the alarms of all combinations of what is created."""
    return {name: alarm for parameters in CREATED.values() for name, alarm in alarms(parameters).items()}


def widgets(parameters: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the dashboard's widgets."""
    (dashboard,) = resources("AWS::CloudWatch::Dashboard", parameters).values()
    found: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"])["widgets"]
    return found


def metrics_of(alarm: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what an alarm looks at: one metric, or those of its expressions."""
    if "MetricName" in alarm:
        return [dict(alarm)]
    return [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]
