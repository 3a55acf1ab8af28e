"""What template.yaml and the stacks below it say, part by part."""

from functools import cache
from typing import Any

from infra.deployment.template import PROJECT, read_template


@cache
def template() -> dict[str, Any]:
    """Return the whole template."""
    return read_template(PROJECT / "template.yaml")


@cache
def stack(name: str) -> dict[str, Any]:
    """Return the template of the stack below it of that name."""
    return read_template(PROJECT / f"infra/stacks/{name}.yaml")


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of each resource of a type, by logical ID."""
    found = template()["Resources"].items()
    return {name: resource["Properties"] for name, resource in found if resource["Type"] == kind}


def functions() -> dict[str, dict[str, Any]]:
    """Return the properties of each function, without those that all have, by logical ID."""
    return resources("AWS::Serverless::Function")


def everywhere() -> dict[str, Any]:
    """Return the properties that all functions have."""
    shared: dict[str, Any] = template()["Globals"]["Function"]
    return shared


def variables() -> dict[str, Any]:
    """Return the environment that all functions have."""
    environment: dict[str, Any] = everywhere()["Environment"]["Variables"]
    return environment


def default(parameter: str) -> str:
    """Return a parameter's default as the text that a function sees."""
    return str(template()["Parameters"][parameter]["Default"])
