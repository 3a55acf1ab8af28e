"""What each combination of choices comes to: the stacks that CloudFormation would create."""

from collections.abc import Mapping
from functools import cache

from tests.packaging.combinations import combinations
from tests.packaging.stacks import Template, stacks
from tests.packaging.template import template
from tests.packaging.translation import translations


@cache
def deployments() -> Mapping[str, Mapping[str, Template]]:
    """Return the stacks of each combination by its name; needs SAM CLI's environment."""
    chosen = combinations()
    translated = translations(template(), list(chosen.values()))
    return {name: stacks(made, chosen[name]) for name, made in zip(chosen, translated, strict=True)}
