"""The figures of a run, as JSON: each run writes its own, and one of each benchmark is kept for later ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from tests.benchmarks.equivalence import Comparison
from tests.benchmarks.machine import Machine
from tests.benchmarks.measuring import Operation

KEPT: Final = Path(__file__).parent / "kept.json"
"""The kept run of each benchmark, by the benchmark's name."""


class Verdict(StrEnum):
    """What a ratio says of its target and its limit."""

    TARGET = "target met"
    LIMIT = "within limit"
    ABOVE = "ABOVE LIMIT"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """One row of figures; *low* and *high* are the ends of the ratio's 95 % interval.

    *instructions* are those of one call, in user space, of the process that does the work; None where nobody counted.
    """

    name: str
    median_microseconds: float
    ratio: float
    low: float
    high: float
    target: float | None = None
    limit: float | None = None
    instructions: int | None = None

    @property
    def verdict(self) -> Verdict:
        """Return what the ratio says, if anything is asked of it."""
        if self.target is None or self.limit is None:
            return Verdict.NONE
        if self.ratio <= self.target:
            return Verdict.TARGET
        return Verdict.LIMIT if self.ratio <= self.limit else Verdict.ABOVE


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run; its ratios are to the layer *reference*, and *revision* is the commit that was measured."""

    benchmark: str
    reference: str
    rounds: int
    at: datetime
    revision: str
    machine: Machine
    layers: list[Layer]

    def layer(self, name: str) -> Layer | None:
        """Return the layer of that name, if the run has it."""
        return next((layer for layer in self.layers if layer.name == name), None)


_RUN: Final = TypeAdapter(Run)
_RUNS: Final = TypeAdapter(dict[str, Run])


def layer_of(compared: Comparison, operation: Operation | None, instructions: int | None) -> Layer:
    """Return the row of an operation; of a share or a pair, which are none, without bounds."""
    return Layer(
        name=compared.path,
        median_microseconds=round(compared.median_seconds * 1e6, 2),
        ratio=round(compared.ratio, 3),
        low=round(compared.low, 3),
        high=round(compared.high, 3),
        target=operation.target if operation else None,
        limit=operation.limit if operation else None,
        instructions=instructions,
    )


def write(run: Run, path: Path) -> None:
    """Write a run into a file of its own, and make the folder for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_RUN.dump_json(run, indent=2) + b"\n")


def read_kept() -> Mapping[str, Run]:
    """Return the kept runs by benchmark; none without the file."""
    return _RUNS.validate_json(KEPT.read_bytes()) if KEPT.exists() else {}


def keep(run: Run) -> None:
    """Put a run in the place of the kept one of its benchmark."""
    KEPT.write_bytes(_RUNS.dump_json({**read_kept(), run.benchmark: run}, indent=2) + b"\n")
