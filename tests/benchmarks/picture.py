"""`make bench-picture`: writes the tables of docs/performance.md and draws docs/benchmark.png, both from the kept runs.

It needs the dependency group `picture`.
"""

import textwrap
from pathlib import Path
from typing import Any, Final

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from infra.pictures.png import save
from tests.benchmarks.bench import BENCH
from tests.benchmarks.chart import CAPTION, PATH, Bar, Group, digest, groups, subtitle
from tests.benchmarks.document import write_tables
from tests.benchmarks.runs import Run, read_kept

_WIDTH: Final = 9.4
_ROW: Final = 0.29
_ABOVE, _BELOW = 0.85, 1.2
_DPI: Final = 100
_INK, _FAINT, _GRID = "#16191f", "#5f6b7a", "#e9ebed"
_OURS, _OTHERS = "#1f77b4", "#c9d3de"
_TARGET, _LIMIT = "#2ca02c", "#d62728"
_TICKS: Final = (1, 2, 5, 10, 20, 50, 100)


def draw(run: Run, path: Path) -> None:
    """Draw a run beside the others into a PNG at *path*."""
    shown = groups(run)
    rows = sum(len(group.bars) + 1 for group in shown)
    height = rows * _ROW + _ABOVE + _BELOW
    figure = Figure(figsize=(_WIDTH, height), facecolor="white")
    axes = figure.add_axes((0.3, _BELOW / height, 0.67, rows * _ROW / height))
    _dress(axes, rows, run)
    top = 0
    for group in shown:
        _draw_group(axes, group, top)
        top += len(group.bars) + 1
    figure.text(0.02, 1 - 0.2 / height, "How much longer than a bare GET?", va="top", fontsize=13, color=_INK)
    figure.text(0.02, 1 - 0.46 / height, subtitle(run), va="top", fontsize=8.5, color=_FAINT)
    caption = textwrap.fill(CAPTION, 145)
    figure.text(0.02, 0.15 / height, caption, va="bottom", fontsize=8, color=_FAINT, linespacing=1.4)
    save(figure, path, dpi=_DPI, digest=digest(run))


def _draw_group(axes: Any, group: Group, top: int) -> None:
    where = axes.get_yaxis_transform()
    axes.text(-0.418, top, group.title, transform=where, va="center", fontsize=9, fontweight="bold", color=_INK)
    for place, bar in enumerate(group.bars, top + 1):
        axes.text(-0.015, place, bar.label, transform=where, ha="right", va="center", fontsize=9, color=_INK)
        axes.barh(place, bar.ratio - 1, left=1, height=0.62, color=_OURS if group.is_ours else _OTHERS)
        _mark(axes, bar, place)


def _mark(axes: Any, bar: Bar, place: int) -> None:
    """Draw a bar's interval, its figure, and what is asked of it."""
    end = bar.ratio
    if bar.low is not None and bar.high is not None:
        axes.plot([bar.low, bar.high], [place, place], color=_INK, linewidth=1.2, solid_capstyle="butt")
        end = bar.high
    for value, colour in ((bar.target, _TARGET), (bar.limit, _LIMIT)):
        if value is not None:
            axes.plot([value, value], [place - 0.45, place + 0.45], color=colour, linewidth=2)
            end = max(end, value)
    axes.text(end * 1.04, place, f"{bar.ratio:.3g}", va="center", fontsize=9, color=_INK)


def _dress(axes: Any, rows: int, run: Run) -> None:
    axes.set_xscale("log")
    axes.set_xlim(1, 115)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xticks(_TICKS, [f"{tick}" for tick in _TICKS])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks([])
    axes.tick_params(labelsize=8.5, colors=_FAINT, length=0)
    axes.set_xlabel(f"times a {run.reference} (logarithmic)", fontsize=8.5, color=_FAINT)
    axes.grid(axis="x", color=_GRID)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.spines["left"].set(visible=True, color=_FAINT)
    lines = [axes.plot([], [], color=colour, linewidth=2)[0] for colour in (_TARGET, _LIMIT, _INK)]
    axes.legend(
        lines,
        ["target", "not above", "95 % interval"],
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=3,
        fontsize=8.5,
        frameon=False,
    )


def main() -> None:
    """Write and draw what is kept."""
    kept = read_kept()
    write_tables(kept)
    draw(kept[BENCH.name], PATH)


if __name__ == "__main__":
    main()
