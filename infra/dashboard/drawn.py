"""What the picture is drawn from, and a digest of it by which a test knows that the picture is of today's dashboard."""

import json
from collections.abc import Sequence
from typing import Final

from infra.dashboard.body import alarm_arn, alarms_by_condition, alarms_widget, parts
from infra.dashboard.synthetic import COURSES
from infra.dashboard.widgets import Json
from infra.deployment.template import PROJECT, read_template
from infra.pictures.digest import digest_of

SHOWN: Final = ("", "HasAurora", "HasServerlessCache")
"""What a deployment with the defaults shows."""


def widgets(conditions: Sequence[str]) -> list[Json]:
    """Return the widgets that are there under those conditions, from the top down."""
    stack = read_template(PROJECT / "infra/stacks/observability.yaml")
    alarms = alarms_by_condition(read_template(PROJECT / "template.yaml"), stack)
    names = [alarm_arn(name) for condition in conditions for name in alarms.get(condition, [])]
    found = parts()
    return [alarms_widget(names), *(widget for condition in conditions for widget in found.get(condition, []))]


def alarm_names(widget: Json) -> list[str]:
    """Return the names of the alarms whose state a widget shows, without the stack's."""
    return [arn.rpartition(":")[2].removeprefix("${Service}-") for arn in widget["properties"]["alarms"]]


def digest() -> str:
    """Return the SHA-256 of all that the picture shows."""
    return digest_of(f"{json.dumps(widgets(SHOWN))}{COURSES}")
