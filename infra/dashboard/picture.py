"""`python -m infra.dashboard.picture docs/dashboard.png`: the dashboard of a synthetic day, drawn as CloudWatch would.

It needs the dependency group `picture`.
"""

import sys
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure

from infra.dashboard.axes import draw_lines
from infra.dashboard.drawn import SHOWN, alarm_names, digest, widgets
from infra.dashboard.series import series
from infra.dashboard.widgets import COLUMNS, Json
from infra.pictures.png import save

COLUMN_INCHES: Final = 0.68
ROW_INCHES: Final = 0.44
DPI: Final = 100
INK: Final = "#16191f"
FAINT: Final = "#5f6b7a"
ALARMS_ACROSS: Final = 6


class Sheet:
    """The paper: CloudWatch's grid of 24 columns, with row 0 at the top."""

    def __init__(self, rows: int) -> None:
        """Take a sheet of that many rows."""
        self._width, self._height = COLUMNS * COLUMN_INCHES, rows * ROW_INCHES
        self.figure = Figure(figsize=(self._width, self._height), facecolor="#f2f3f3")

    def area(self, widget: Json, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> list[float]:
        """Return a widget's rectangle in shares of the sheet, less margins in inches."""
        x, y = widget["x"] * COLUMN_INCHES + left, widget["y"] * ROW_INCHES + top
        width = widget["width"] * COLUMN_INCHES - left - right
        height = widget["height"] * ROW_INCHES - top - bottom
        return [x / self._width, 1 - (y + height) / self._height, width / self._width, height / self._height]

    def card(self, widget: Json) -> None:
        """Draw a widget's white ground with its title."""
        self._empty(self.area(widget, 0.05, 0.05, 0.05, 0.05))
        self._write(widget, 0.12, widget["properties"]["title"], fontsize=9.5, fontweight="bold", color=INK)

    def text(self, widget: Json) -> None:
        """Draw a heading: its first line large, the others below it."""
        first, *more = widget["properties"]["markdown"].split("\n")
        self._write(widget, 0.16, first.lstrip("# "), fontsize=15, color=INK)
        self._write(widget, 0.48, "\n".join(more), fontsize=9.5, color=FAINT)

    def alarms(self, widget: Json) -> None:
        """Draw each alarm's state: all is well again at the day's end."""
        self.card(widget)
        axes = self._empty(self.area(widget, 0.15, 0.45, 0.15, 0.15))
        names = alarm_names(widget)
        down = -(-len(names) // ALARMS_ACROSS)
        axes.set_xlim(0, ALARMS_ACROSS)
        axes.set_ylim(down, 0)
        for place, name in enumerate(names):
            x, y = place % ALARMS_ACROSS + 0.04, place // ALARMS_ACROSS + 0.5
            axes.barh(y, 0.92, left=x, height=0.7, color="#e6f4ea")
            axes.text(x + 0.05, y, f"✓  {name}", va="center", fontsize=9, color="#116d02")

    def graph(self, widget: Json) -> None:
        """Draw a graph's lines over the day, with their names below."""
        self.card(widget)
        lines = series(widget["properties"])
        across = _across(widget["width"] * COLUMN_INCHES, [line.label for line in lines])
        below = 0.5 + 0.16 * -(-len(lines) // across)
        axes = self.figure.add_axes(self.area(widget, 0.62, 0.55, 0.25, below))
        draw_lines(axes, lines, widget["properties"])
        corner = self.area(widget, 0.15, 0, 0.15, 0.1)[:2]
        axes.legend(
            loc="lower left", bbox_to_anchor=corner, bbox_transform=self.figure.transFigure, ncols=across, **_SMALL
        )

    def _write(self, widget: Json, down: float, text: str, **look: Any) -> None:
        x, y, _, height = self.area(widget, 0.15, down)
        self.figure.text(x, y + height, text, va="top", **look)

    def _empty(self, area: list[float]) -> Any:
        axes = self.figure.add_axes(area, facecolor="white", xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        return axes


_SMALL: Final = {"fontsize": 7, "frameon": False, "borderaxespad": 0, "handlelength": 1, "columnspacing": 1}


def _across(inches: float, labels: list[str]) -> int:
    """Return how many of a legend's labels have room beside each other."""
    longest = max(map(len, labels), default=1)
    return max(1, min(len(labels), int((inches - 0.3) / (0.35 + 0.055 * longest))))


def draw(path: Path) -> None:
    """Draw the dashboard into a PNG at *path*."""
    found = widgets(SHOWN)
    sheet = Sheet(max(widget["y"] + widget["height"] for widget in found))
    drawing = {"text": sheet.text, "alarm": sheet.alarms, "metric": sheet.graph}
    for widget in found:
        drawing[widget["type"]](widget)
    save(sheet.figure, path, dpi=DPI, digest=digest())


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
