"""The combinations: all that the Rules allow meets in pairs, and what they refuse is refused in words."""

from itertools import combinations as subsets
from itertools import product

import pytest

from tests.packaging.choices import FACTORS
from tests.packaging.combinations import BOUND, Choice, choices, combinations, parameters, refusals, rows
from tests.packaging.resolution import Resolution
from tests.packaging.stacks import stacks
from tests.packaging.template import stack, template

REFUSED = [core for core in product(*map(choices, BOUND)) if refusals(core)]


@pytest.mark.parametrize("name", list(combinations()))
def test_no_combination_is_refused(name: str):
    assert Resolution(template(), combinations()[name]).refusals() == []


@pytest.mark.parametrize(("one", "other"), list(subsets(FACTORS, 2)))
def test_two_choices_that_may_meet_do(one: str, other: str):
    """A pair is in a combination, or is refused whatever is chosen besides."""
    absent = [pair for pair in product(choices(one), choices(other)) if not any({*pair} <= {*row} for row in rows())]

    assert all(_is_refused_always(pair) for pair in absent)


@pytest.mark.parametrize("core", REFUSED, ids=lambda core: ", ".join(f"{factor} {name}" for factor, name in core))
def test_what_is_refused_is_told_by_parameters_that_it_sets(core: tuple[Choice, ...]):
    set_here = {*parameters(core), "CreateNetwork", "CreateData"}

    assert all(any(name in said for name in set_here) for said in refusals(core))


@pytest.mark.parametrize("condition", list(template()["Conditions"]))
def test_every_condition_holds_in_one_and_not_in_another(condition: str):
    assert {Resolution(template(), each).holds(condition) for each in combinations().values()} == {True, False}


@pytest.mark.parametrize("name", ["network", "data", "edge", "observability"])
def test_every_resource_below_is_created_by_some_combination(name: str):
    file = f"infra/stacks/{name}.yaml"
    created = [stacks(template(), each).get(file, {"Resources": {}})["Resources"] for each in combinations().values()]

    assert {resource for each in created for resource in each} == stack(name)["Resources"].keys()


def _is_refused_always(pair: tuple[Choice, ...]) -> bool:
    others = [choices(factor) for factor in BOUND if factor not in dict(pair)]
    return all(refusals([*pair, *rest]) for rest in product(*others))
