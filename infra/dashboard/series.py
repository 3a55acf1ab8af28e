"""The synthetic values of each line of a graph, as CloudWatch would find them for it."""

import re
from dataclasses import dataclass
from typing import Final

from infra.dashboard.synthetic import COURSES, NOTHING
from infra.dashboard.widgets import Json, Line

_SEARCHED: Final = re.compile(r'MetricName="(\w+)"')


@dataclass(frozen=True, slots=True)
class Series:
    """A line's name in the legend, and its values."""

    label: str
    values: list[float]


def series(graph: Json) -> list[Series]:
    """Return all lines of a graph's properties; a search finds one for each value of its dimension."""
    return [one for line in graph["metrics"] for one in _of(line, graph["stat"])]


def _of(line: Line, stat: str) -> list[Series]:
    if "expression" in line[0]:
        return _searched(line[0])
    name, label = line[1], line[-1]["label"]
    keys = (name, f"{name} {label}", f"{name} {stat} {label}")
    course = next((COURSES[key] for key in keys if key in COURSES), NOTHING)
    return [Series(label, course.values(f"{keys}"))]


def _searched(search: Json) -> list[Series]:
    found = _SEARCHED.search(search["expression"])
    prefix = f"{found[1] if found else ''} "
    values = [(key.removeprefix(prefix), course) for key, course in COURSES.items() if key.startswith(prefix)]
    return [
        Series(f"{search.get('label', '')} {value}".strip(), course.values(prefix + value)) for value, course in values
    ]
