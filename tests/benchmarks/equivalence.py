"""Whether two ways take the same time, within a margin: an interval of their ratio says so."""

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_RESAMPLES: Final = 2_000
_CONFIDENCE: Final = 0.95
FEWEST_ROUNDS: Final = 20
"""Of fewer, resampling makes intervals that are too narrow."""


class Verdict(StrEnum):
    """What an interval says of a margin."""

    ALIKE = "alike"
    DIFFERENT = "DIFFERENT"
    UNTOLD = "CANNOT TELL, more rounds would"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One way beside the reference: its median, the ratio of the two, and the ratio's interval."""

    path: str
    median_seconds: float
    ratio: float
    low: float
    high: float

    def verdict(self, margin: float) -> Verdict:
        """Return whether the whole interval lies within 1 ± *margin*, wholly outside, or partly."""
        if 1 - margin <= self.low and self.high <= 1 + margin:
            return Verdict.ALIKE
        is_outside = self.high < 1 - margin or self.low > 1 + margin
        return Verdict.DIFFERENT if is_outside else Verdict.UNTOLD


def compare(seconds: Mapping[str, Sequence[float]], reference: str, draws: random.Random) -> list[Comparison]:
    """Return each path of *seconds*, a figure for each round, beside the path *reference*.

    The ratio is the median of the rounds' ratios: what slows the machine for longer than a round slows both sides of
    each, and is no difference. The interval is the bootstrap's over rounds, by percentiles, at 95 %.

    Raises:
        ValueError: there are fewer rounds than an interval can be told from.
    """
    rounds = len(seconds[reference])
    if rounds < FEWEST_ROUNDS:
        raise ValueError(f"{rounds} rounds are too few: at least {FEWEST_ROUNDS}")
    return [_compared(path, seconds[path], seconds[reference], draws) for path in seconds]


def _compared(path: str, its: Sequence[float], others: Sequence[float], draws: random.Random) -> Comparison:
    ratios = [one / other for one, other in zip(its, others, strict=True)]
    drawn = sorted(statistics.median(draws.choices(ratios, k=len(ratios))) for _ in range(_RESAMPLES))
    outside = round((1 - _CONFIDENCE) / 2 * _RESAMPLES)
    return Comparison(
        path,
        median_seconds=statistics.median(its),
        ratio=statistics.median(ratios),
        low=drawn[outside],
        high=drawn[-1 - outside],
    )
