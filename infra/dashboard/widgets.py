"""Widgets as CloudWatch takes them: on a grid of 24 columns, a row about 50 pixels high.

docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

type Json = dict[str, Any]
type Line = list[Any]

COLUMNS: Final = 24
PERIOD_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Graph:
    """Lines over time. Each line is a row of `metrics`; one without a `stat` of its own has the graph's."""

    title: str
    lines: Sequence[Line]
    width: int
    stat: str = "Sum"
    axis: str = "count"
    is_stacked: bool = False
    height: int = 6

    @property
    def kind(self) -> str:
        """Return CloudWatch's name for it."""
        return "metric"

    @property
    def properties(self) -> Json:
        """Return what it shows, and how."""
        return {
            "title": self.title,
            "region": "${AWS::Region}",
            "view": "timeSeries",
            "stacked": self.is_stacked,
            "stat": self.stat,
            "period": PERIOD_SECONDS,
            "yAxis": {"left": {"min": 0, "label": self.axis, "showUnits": False}},
            "metrics": list(self.lines),
        }


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of Markdown over the whole width."""

    text: str
    width: int = COLUMNS
    height: int = 2

    @property
    def kind(self) -> str:
        """Return CloudWatch's name for it."""
        return "text"

    @property
    def properties(self) -> Json:
        """Return what it shows."""
        return {"markdown": self.text, "background": "transparent"}


type Widget = Graph | Heading


def placed(widget: Widget, x: int, y: int) -> Json:
    """Return *widget* with its left upper corner in column *x* of row *y*."""
    size = {"x": x, "y": y, "width": widget.width, "height": widget.height}
    return {"type": widget.kind, **size, "properties": widget.properties}
