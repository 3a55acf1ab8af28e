"""What docs/benchmark.png shows: bars, from the kept run and from the peers' figures. Drawing it is `picture`'s."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.pictures.digest import digest_of
from tests.benchmarks.peers import PEERS
from tests.benchmarks.runs import Run

PATH: Final = Path(__file__).parents[2] / "docs/benchmark.png"
CAPTION: Final = (
    "Ours are medians of ratios that were measured side by side in one run. The others are of another run of the same "
    "method, each beside its own raw GET: session ID in, user out, in one process, where ours is the layer “manager”. "
    "Of express-session and Flask-Session it is the lookup alone; with the request around it, it was 59 (Express over "
    "HTTP) and 36 (the whole WSGI call)."
)


@dataclass(frozen=True, slots=True)
class Bar:
    """A ratio; *low* and *high* are its interval, *target* and *limit* what is asked of it, where there are any."""

    label: str
    ratio: float
    low: float | None = None
    high: float | None = None
    target: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Bars of one origin."""

    title: str
    bars: list[Bar]
    is_ours: bool


def groups(run: Run) -> list[Group]:
    """Return all bars from the top down: the layers but for the reference, which is 1, then the peers."""
    ours = [
        Bar(layer.name, layer.ratio, layer.low, layer.high, layer.target, layer.limit)
        for layer in run.layers
        if layer.name != run.reference
    ]
    others = [Bar(peer.name, peer.ratio) for peer in PEERS]
    return [
        Group("This service, layer by layer", ours, is_ours=True),
        Group("Others, beside our manager", others, is_ours=False),
    ]


def subtitle(run: Run) -> str:
    """Return what was measured, and on what."""
    machine = run.machine
    return f"Commit {run.revision}, {run.at:%Y-%m-%d}, {run.rounds} rounds; {machine.cpu}, Python {machine.python}"


def digest(run: Run) -> str:
    """Return the digest of all that the picture of a run shows."""
    return digest_of(f"{groups(run)}{subtitle(run)}{CAPTION}")
