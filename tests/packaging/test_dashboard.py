"""The dashboard shows every metric that the code has, and is what infra/dashboard builds."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from infra.dashboard.body import parts
from infra.dashboard.drawn import SHOWN, digest
from infra.dashboard.drawn import widgets as drawn_widgets
from infra.dashboard.series import series
from infra.dashboard.stack import PATH, written
from infra.dashboard.synthetic import COURSES, MINUTES, OUTAGE
from infra.pictures.digest import is_drawn_from
from session_management.metrics import METRICS
from session_management.validation_counts import BY_PATH, INVALID, UNDECIDED, VALID
from tests.packaging.built import ROOT
from tests.packaging.template import stack
from tests.packaging.watching import CREATED, PARAMETERS, alarms, widgets

COUNTED = [metric.name for metric in METRICS] + [VALID, INVALID, UNDECIDED, *BY_PATH.values()]
PICTURE = ROOT / "docs/dashboard.png"
SEARCH = re.compile(
    r"SEARCH\('\{SessionManagement,(\w+),service\} MetricName=\"(\w+)\" service=\"sessions-prod\"', 'Sum', 300\)"
)


def lines(found: list[dict[str, Any]]) -> list[list[Any]]:
    return [line for widget in found if widget["type"] == "metric" for line in widget["properties"]["metrics"]]


def own_name(line: list[Any]) -> str | None:
    """The name of a metric of the functions' own, whose values of a dimension are searched for."""
    if "expression" in line[0]:
        by = SEARCH.fullmatch(line[0]["expression"])
        assert by, line
        assert by[1] == {metric.name: metric.by for metric in METRICS}[by[2]]
        return by[2]
    if line[0] != "SessionManagement":
        return None
    assert line[2:4] == ["service", "sessions-prod"]
    return str(line[1])


def test_the_stack_has_what_the_code_builds():
    """Where this fails: `make dashboard`."""
    assert PATH.read_text() == written(PATH.read_text())


@pytest.mark.parametrize("parameters", CREATED.values(), ids=CREATED)
def test_every_metric_of_the_code_is_shown_once(parameters: Mapping[str, str]):
    shown = Counter(name for line in lines(widgets(parameters)) if (name := own_name(line)))

    assert shown == Counter(COUNTED)


@pytest.mark.parametrize("parameters", CREATED.values(), ids=CREATED)
def test_the_state_of_every_alarm_comes_first(parameters: Mapping[str, str]):
    first = min(widgets(parameters), key=lambda widget: widget["y"])
    names = [
        arn.removeprefix("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:") for arn in first["properties"]["alarms"]
    ]

    assert first["type"] == "alarm"
    assert len(names) == len(set(names))
    assert set(names) == {f"sessions-prod-{name}" for name in (*alarms(parameters), "ApiErrors")}


@pytest.mark.parametrize("parameters", CREATED.values(), ids=CREATED)
def test_widgets_fill_the_grid_without_a_gap_or_an_overlap(parameters: Mapping[str, str]):
    found = widgets(parameters)
    cells = Counter(
        (x, y)
        for widget in found
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    )
    rows = max(widget["y"] + widget["height"] for widget in found)

    assert cells == Counter((x, y) for x in range(24) for y in range(rows))


def test_what_is_shown_of_aws_is_of_this_stacks_resources():
    named = {
        str(line)
        for condition in CREATED.values()
        for line in lines(widgets(condition))
        if line[0] != "SessionManagement"
    }
    used = {name for name in PARAMETERS if any(f"the-{name}" in line for line in named)}

    assert used >= {name for name in PARAMETERS if name.endswith("Function")} | {"DatabaseId", "CacheName"}
    assert not [line for line in named if "${" in line]


def test_every_condition_of_a_section_is_one_of_the_stacks():
    assert set(parts()) - {""} <= stack("observability")["Conditions"].keys()


def test_the_synthetic_day_has_a_course_for_every_metric_of_the_code():
    told = {key.partition(" ")[0] for key in COURSES}

    assert set(COUNTED) - told == set()


def test_an_outage_at_noon_is_seen_where_an_operator_would_look():
    shown = {
        (widget["properties"]["title"], line.label): line.values
        for widget in drawn_widgets(SHOWN)
        if widget["type"] == "metric"
        for line in series(widget["properties"])
    }
    noon = [place for place, minute in enumerate(MINUTES) if minute in OUTAGE]
    without_redis = shown["Validations without a store", "by the record, without Redis"]

    assert min(without_redis[place] for place in noon) > 1000
    assert sum(without_redis) == sum(without_redis[place] for place in noon)
    assert sum(shown["Requests that a store failed", "redis"]) > 0
    assert max(shown["How else they were answered", "by the copy"][place] for place in noon) == 0


def test_the_picture_was_drawn_from_the_dashboard_as_it_is():
    """Where this fails: `make picture`, and look at it."""
    assert is_drawn_from(PICTURE, digest())
