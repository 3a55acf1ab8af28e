"""The lines of one graph over a day."""

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from infra.dashboard.series import Series
from infra.dashboard.synthetic import MINUTES
from infra.dashboard.widgets import Json

COLOURS: Final = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    *("#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"),
)
"""CloudWatch's own, in its order."""
_FAINT: Final = "#5f6b7a"
_THOUSAND: Final = 1000


def draw_lines(axes: Axes, lines: Sequence[Series], properties: Json) -> None:
    """Draw *lines* as the graph's properties say."""
    hours = [minute / 60 for minute in MINUTES]
    labels, values = [line.label for line in lines], [line.values for line in lines]
    if properties["stacked"]:
        axes.stackplot(hours, values, labels=labels, colors=COLOURS[: len(lines)], alpha=0.75)
    else:
        for label, course, colour in zip(labels, values, COLOURS, strict=False):
            axes.plot(hours, course, label=label, color=colour, linewidth=1.1)
    _dress(axes, properties["yAxis"]["left"]["label"])


def _dress(axes: Any, label: str) -> None:
    axes.set_xlim(0, 24)
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.05))
    axes.set_xticks(range(0, 25, 6), [f"{hour:02}:00" for hour in range(0, 25, 6)])
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=label == "count"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.tick_params(labelsize=7.5, colors=_FAINT, length=0)
    axes.set_title(label, loc="left", fontsize=7.5, color=_FAINT, pad=5)
    axes.grid(axis="y", color="#e9ebed")
    axes.spines[:].set_visible(False)
    axes.spines["bottom"].set(visible=True, color="#d5dbdb")


def _short(value: float) -> str:
    """Return a number as it stands at an axis: 1500 as 1.5k."""
    for unit in ("", "k", "M"):
        if value < _THOUSAND:
            return f"{value:g}{unit}"
        value /= _THOUSAND
    return f"{value:g}G"
