"""The whole dashboard as CloudWatch takes it: part by part, since some are there under a condition alone."""

from collections.abc import Mapping, Sequence
from typing import Final

from infra.dashboard.sections import SECTIONS, Section, heading
from infra.dashboard.widgets import COLUMNS, Graph, Json, placed

ALARMS_HEIGHT: Final = 6

type Parts = dict[str, list[Json]]
"""Widgets by the condition under which they are there; those of "" always are."""


def parts() -> Parts:
    """Return all widgets, in their places below the alarms. Variants of one section share a place."""
    result: Parts = {"": []}
    y = ALARMS_HEIGHT
    for section in SECTIONS:
        ends = [
            _add(result.setdefault(condition, []), section, rows, y) for condition, rows in section.variants.items()
        ]
        y = max(ends)
    return result


def alarms_widget(arns: Sequence[str]) -> Json:
    """Return the widget above all: the state of each alarm."""
    return {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": COLUMNS,
        "height": ALARMS_HEIGHT,
        "properties": {"title": "Alarms", "alarms": list(arns)},
    }


def alarm_arn(name: str) -> str:
    """Return the ARN of the stack's alarm of that name."""
    return f"arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:${{Service}}-{name}"


def alarms_by_condition(*templates: Mapping[str, Json]) -> dict[str, list[str]]:
    """Return the names of the templates' alarms by the condition under which each is there, or ""."""
    result: dict[str, list[str]] = {}
    for template in templates:
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::CloudWatch::Alarm":
                result.setdefault(resource.get("Condition", ""), []).append(name)
    return result


def _add(widgets: list[Json], section: Section, rows: Sequence[Sequence[Graph]], y: int) -> int:
    """Add a section's widgets from row *y* on, and return the row below them."""
    top = heading(section)
    widgets.append(placed(top, 0, y))
    y += top.height
    for row in rows:
        x = 0
        for graph in row:
            widgets.append(placed(graph, x, y))
            x += graph.width
        y += max(graph.height for graph in row)
    return y
