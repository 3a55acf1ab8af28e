"""template.yaml as data: a short-form intrinsic `!Ref X` reads as `{"Ref": "X"}`."""

from functools import cache
from typing import Any

import yaml

from tests.packaging.built import ROOT


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags."""


def _intrinsic(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template() -> dict[str, Any]:
    """Return the whole template."""
    return loaded((ROOT / "template.yaml").read_text())


def loaded(text: str) -> dict[str, Any]:
    """Return a template, or a part of one, as data."""
    result: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return result


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
