"""A run as a table for a terminal, beside the kept run."""

from collections.abc import Sequence

from tests.benchmarks.runs import Layer, Run, Verdict

_MILLISECOND = 1000


def table(run: Run, kept: Run | None) -> str:
    """Return all figures as lines, then what was met and what the run is compared with."""
    rows = [_head(run), *(_row(layer, kept.layer(layer.name) if kept else None, run) for layer in run.layers)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["   ".join(_aligned(row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, "", *_summary(run, kept)])


def duration(microseconds: float) -> str:
    """Return a time as people read it."""
    if microseconds < _MILLISECOND:
        return f"{microseconds:.1f} µs"
    return f"{microseconds / _MILLISECOND:.2f} ms"


def interval(layer: Layer) -> str:
    """Return where a ratio lies, 95 times of 100."""
    return f"{layer.low:.2f} to {layer.high:.2f}"


def bound(value: float | None) -> str:
    """Return a target or a limit, empty where there is none."""
    return "" if value is None else f"{value:g}"


def counted(instructions: int | None) -> str:
    """Return a number of instructions, empty where nobody counted."""
    return "" if instructions is None else f"{instructions:,}"


def _head(run: Run) -> list[str]:
    head = ["layer", "median", "ratio", "95 % interval", "target", "at most", "verdict", "kept run"]
    return head + ["instructions", "kept run"] * _is_counted(run)


def _row(layer: Layer, kept: Layer | None, run: Run) -> list[str]:
    row = [
        *(layer.name, duration(layer.median_microseconds), f"{layer.ratio:.2f}", interval(layer)),
        *(bound(layer.target), bound(layer.limit), layer.verdict),
        f"{kept.ratio:.2f}" if kept else "",
    ]
    return row + [counted(layer.instructions), counted(kept.instructions if kept else None)] * _is_counted(run)


def _is_counted(run: Run) -> bool:
    return any(layer.instructions is not None for layer in run.layers)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    name, *figures = zip(row, widths, strict=True)
    return [name[0].ljust(name[1]), *(figure.rjust(width) for figure, width in figures)]


def _summary(run: Run, kept: Run | None) -> list[str]:
    asked = [layer.verdict for layer in run.layers if layer.verdict is not Verdict.NONE]
    met, above = asked.count(Verdict.TARGET), asked.count(Verdict.ABOVE)
    lines = [f"Ratios are to {run.reference}, in the median of {run.rounds} rounds."]
    if asked:
        lines.append(f"{met} of {len(asked)} targets are met, {len(asked) - above} of {len(asked)} limits.")
    if kept is None:
        return [*lines, "No run of this benchmark is kept yet."]
    where = "the same kind of machine" if kept.machine == run.machine else "another machine or other versions"
    return [*lines, f"The kept run is of {kept.at:%Y-%m-%d}, commit {kept.revision}, on {where}."]
