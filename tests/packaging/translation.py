"""What SAM makes of a template, with given parameters: the template that CloudFormation sees."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from tests.packaging.built import ROOT


def translations(template: Mapping[str, Any], parameters: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the translated template for each set of *parameters*, the others having their defaults."""
    done = subprocess.run(
        [ROOT / ".venv-sam/bin/python", ROOT / "tests/packaging/translate.py"],
        input=json.dumps({"template": template, "parameters": list(parameters)}),
        env={"AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: list[dict[str, Any]] = json.loads(done.stdout)
    return result


def references(node: Any) -> set[str]:
    """Return the names that *node* refers to, by whichever function: parameters, resources and pseudo parameters."""
    match node:
        case {"Ref": str(name)} if len(node) == 1:
            return {name}
        case {"Fn::GetAtt": [str(name), *_]} if len(node) == 1:
            return {name}
        case {"Fn::Sub": argument} if len(node) == 1:
            text, given = (argument, {}) if isinstance(argument, str) else argument
            return {name.partition(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)} | references(given)
        case dict():
            waits_for = node.get("DependsOn", [])
            named = {waits_for} if isinstance(waits_for, str) else set(waits_for)
            return named.union(*(references(item) for item in node.values()))
        case list():
            return set[str]().union(*(references(item) for item in node))
    return set()
