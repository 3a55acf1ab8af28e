"""The tables of docs/performance.md: one of a kept run below each `<!-- kept run: NAME -->`, and that of the peers."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks.peers import PEERS
from tests.benchmarks.runs import Layer, Run
from tests.benchmarks.table import bound, counted, duration, interval

PATH: Final = Path(__file__).parents[2] / "docs/performance.md"
_PLACE: Final = re.compile(
    r"(?P<begin><!-- kept run: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end of run -->)", re.DOTALL
)
_OTHERS: Final = re.compile(r"(?P<begin><!-- others -->\n).*?(?P<end><!-- end of others -->)", re.DOTALL)


def write_tables(kept: Mapping[str, Run]) -> None:
    """Write all tables of the document."""
    PATH.write_text(with_tables(PATH.read_text(), kept))


def with_tables(document: str, kept: Mapping[str, Run]) -> str:
    """Return a document with the tables of these runs, and of the peers, in their places."""
    with_others = _OTHERS.sub(lambda place: f"{place['begin']}{_others()}{place['end']}", document)
    return _PLACE.sub(lambda place: f"{place['begin']}{_section(kept.get(place['name']))}{place['end']}", with_others)


def places(document: str) -> set[str]:
    """Return the names of the runs that a document has a place for."""
    return {place["name"] for place in _PLACE.finditer(document)}


def _others() -> str:
    rows = "".join(f"| {peer.name} | {peer.ratio:g} | {peer.trips} |\n" for peer in PEERS)
    return f"| Package | Ratio to a raw GET | Round trips: Valkey + PostgreSQL |\n|---|--:|---|\n{rows}"


def _section(run: Run | None) -> str:
    return f"{_about(run)}\n\n{_table(run)}\n" if run else "No run is kept yet.\n"


def _about(run: Run) -> str:
    machine = run.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return (
        f"Commit {run.revision}, {run.at:%Y-%m-%d}, {run.rounds} rounds; {machine.cpu}, {machine.cores} cores, "
        f"{machine.system}; Python {machine.python}, {packages}."
    )


def _table(run: Run) -> str:
    head = f"| Layer | Median | Ratio to {run.reference} | 95 % interval | Target | Not above | | Instructions |"
    return "\n".join([head, "|---|--:|--:|---|--:|--:|---|--:|", *map(_row, run.layers)])


def _row(layer: Layer) -> str:
    cells = [
        *(layer.name, duration(layer.median_microseconds), f"{layer.ratio:.2f}", interval(layer)),
        *(bound(layer.target), bound(layer.limit), layer.verdict, counted(layer.instructions)),
    ]
    return f"| {' | '.join(cells)} |"
