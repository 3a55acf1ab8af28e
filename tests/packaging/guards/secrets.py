"""No template holds a secret, and what is one in a stack is one in the stacks below."""

import re
from collections.abc import Iterator
from typing import Any, Final

from tests.packaging.guards.parts import Deployment, parts
from tests.packaging.template import template

# What is called by these names is a secret, unless it says where one is, or is a number of seconds or characters.
_SECRET: Final = re.compile(r"(password|secret|secret_previous|token|HeaderValue|(DATABASE|REDIS)_URL)$", re.IGNORECASE)


def no_secret_is_written(deployment: Deployment) -> Iterator[str]:
    """A secret is a parameter that is not echoed, or a reference that CloudFormation follows."""
    for part in parts(deployment):
        for name, value in _named(part.properties):
            if _SECRET.search(name) and isinstance(value, str) and value and not value.startswith("{{resolve:"):
                yield part.breaks(f"{name} is a parameter that is not echoed")


def a_secret_stays_one(deployment: Deployment) -> Iterator[str]:
    """A stack below does not echo what the stack above does not."""
    secrets = {name for name, facts in template()["Parameters"].items() if facts.get("NoEcho")}
    for part in parts(deployment, "AWS::CloudFormation::Stack"):
        file = part.properties["TemplateURL"]
        declared = deployment[file]["Parameters"]
        for name, value in part.properties["Parameters"].items():
            if isinstance(value, dict) and value.get("Ref") in secrets and not declared.get(name, {}).get("NoEcho"):
                yield part.breaks(f"{name} is not echoed by {file} either")


def _named(node: Any) -> Iterator[tuple[str, Any]]:
    match node:
        case dict():
            for name, value in node.items():
                yield name, value
                yield from _named(value)
        case list():
            for item in node:
                yield from _named(item)
