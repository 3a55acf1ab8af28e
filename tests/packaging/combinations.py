"""The combinations of choices that are translated, linted and scanned: every two that go together meet.

All choices of all factors multiply to tens of thousands of deployments. Faults come of one choice, or of two that
meet: each pair that template.yaml's Rules allow is in at least one combination.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import combinations as subsets
from itertools import product
from typing import Final

from tests.packaging.choices import FACTORS, Parameters
from tests.packaging.resolution import Resolution
from tests.packaging.template import template

type Choice = tuple[str, str]
"""A factor, and what is chosen of it."""

type Pair = frozenset[Choice]

# The Rules hold these to each other; any choice of the others goes with any.
BOUND: Final = ("network", "database", "cache")


def combinations() -> Mapping[str, Parameters]:
    """Return the parameters of each combination by its name, which tells what differs from a plain deployment."""
    return {_name(row): parameters(row) for row in rows()}


@cache
def rows() -> Sequence[Sequence[Choice]]:
    """Return what each combination chooses of each factor."""
    cores = [core for core in product(*map(choices, BOUND)) if not refusals(core)]
    missing = {pair for core in cores for pair in _pairs(core)} | _free_pairs(cores)
    found = [_filled(cores[0], frozenset())]
    missing -= _pairs(found[0])
    while missing:
        candidates = (_filled(core, missing) for core in cores)
        found.append(max(candidates, key=lambda row: len(_pairs(row) & missing)))
        missing -= _pairs(found[-1])
    return found


def choices(factor: str) -> list[Choice]:
    """Return what there is to choose of *factor*."""
    return [(factor, name) for name in FACTORS[factor]]


def refusals(chosen: Iterable[Choice]) -> list[str]:
    """Return what the Rules say against what is *chosen*, the other parameters having their defaults."""
    return Resolution(template(), parameters(chosen)).refusals()


def parameters(chosen: Iterable[Choice]) -> dict[str, str]:
    """Return the parameters that are set by what is *chosen*."""
    return {name: value for factor, choice in chosen for name, value in FACTORS[factor][choice].items()}


def _free_pairs(cores: Iterable[Sequence[Choice]]) -> set[Pair]:
    """Return the pairs of which one choice or both are bound by nothing."""
    bound = {choice for core in cores for choice in core}
    free = [choices(factor) for factor in FACTORS if factor not in BOUND]
    met = {frozenset(pair) for one in free for pair in product(bound, one)}
    return met | {frozenset(pair) for one, other in subsets(free, 2) for pair in product(one, other)}


def _filled(core: Iterable[Choice], missing: Iterable[Pair]) -> list[Choice]:
    """Return *core* with a choice of each other factor: the one by which most of the *missing* pairs meet."""
    row, wanted = list(core), set(missing)
    for factor in (factor for factor in FACTORS if factor not in BOUND):
        row.append(max(choices(factor), key=lambda choice: len(_pairs([*row, choice]) & wanted)))
    return row


def _pairs(row: Iterable[Choice]) -> set[Pair]:
    return {frozenset(pair) for pair in subsets(row, 2)}


def _name(row: Iterable[Choice]) -> str:
    differing = [f"{factor} {choice}" for factor, choice in row if choice != next(iter(FACTORS[factor]))]
    return ", ".join(differing) or "as it comes"
