"""A whole deployment as CloudFormation would create it: the stack and those below it, with given parameters."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from tests.packaging.resolution import Resolution
from tests.packaging.template import stack
from tests.packaging.translation import references

type Template = dict[str, Any]


def stacks(translated: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Template]:
    """Return the template of each stack that is created, by the name of its file: what no condition lets in is gone.

    *translated* is template.yaml as SAM leaves it. Secrets, and what only another stack will know, stay parameters.
    """
    root = _created(translated, parameters)
    below = [each["Properties"] for each in root["Resources"].values() if each["Type"] == "AWS::CloudFormation::Stack"]
    found = {each["TemplateURL"]: each["Parameters"] for each in below}
    return {
        "template.yaml": root,
        **{file: _created(stack(PurePosixPath(file).stem), given) for file, given in found.items()},
    }


def _created(template: Mapping[str, Any], parameters: Mapping[str, Any]) -> Template:
    declared = template["Parameters"]
    resolution = Resolution(
        template,
        {
            name: {"Ref": name} if declared[name].get("NoEcho") or not isinstance(value, str) else value
            for name, value in parameters.items()
        },
    )
    parts = {
        part: {name: resolution.of(_bare(each)) for name, each in template[part].items() if _exists(each, resolution)}
        for part in ("Resources", "Outputs")
    }
    for resource in parts["Resources"].values():
        _forget_what_is_not_there(resource, parts["Resources"])
    used = references(parts)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": template["Description"],
        "Parameters": {name: facts for name, facts in declared.items() if name in used},
        **parts,
    }


def _exists(part: Mapping[str, Any], resolution: Resolution) -> bool:
    return "Condition" not in part or resolution.holds(part["Condition"])


def _bare(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "Condition"}


def _forget_what_is_not_there(resource: dict[str, Any], resources: Mapping[str, Any]) -> None:
    """Leave out of DependsOn what is not created, as CloudFormation does."""
    waits_for = resource.pop("DependsOn", [])
    named = [waits_for] if isinstance(waits_for, str) else waits_for
    if there := [name for name in named if name in resources]:
        resource["DependsOn"] = there
