"""What moto makes of the stacks: `python -m tests.packaging.moto_stacks` prints what it creates, and what it does not.

moto has a model of some types of resources. Each stack is created by itself, with all resources of those types that
moto takes; the name of any other resource stands for it. What stacks below template.yaml are given lies in moto.
"""

import io
import json
import re
import sys
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any, Final

import boto3
import moto
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from moto.cloudformation.parsing import get_model_map

from tests.packaging.combinations import Choice, parameters
from tests.packaging.stacks import Template, stacks
from tests.packaging.template import template
from tests.packaging.translation import references, translations

# Between them, they have every type of resource that the templates name.
DEPLOYMENTS: Final[tuple[tuple[Choice, ...], ...]] = (
    (),
    (
        ("database", "instance behind a proxy"),
        ("cache", "nodes"),
        ("edge", "created with a web ACL"),
        ("deployment", "canary"),
        ("alarms", "to an address"),
    ),
)
# What moto says: as AWS would, in a form that botocore cannot read, or by an error of its own code.
REFUSALS: Final = (ClientError, ResponseParserError, LookupError, AttributeError, TypeError, ValueError)
_NOBODY: Final = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
_BUCKET: Final = "uploaded"
_BELOW: Final = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True)
class Taken:
    """The types of a template's resources: those that moto creates, has no model of, and does not create."""

    created: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    """With what moto says."""


def main() -> None:
    """Print them."""
    for file, taken in taken_by_moto().items():
        sys.stdout.write(f"{file}\n  created: {_listed(taken.created)}\n  no model: {_listed(taken.unknown)}\n")
        for kind, reason in sorted(taken.refused.items()):
            sys.stdout.write(f"  not created: {kind}: {reason}\n")


def taken_by_moto() -> dict[str, Taken]:
    """Return what moto takes of each template, by its file."""
    found: dict[str, Taken] = {}
    chosen = [parameters(choices) for choices in DEPLOYMENTS]
    for given, translated in zip(chosen, translations(template(), chosen), strict=True):
        for file, made in stacks(translated, given).items():
            _try(made, found.setdefault(file, Taken()))
    return found


def _try(made: Template, taken: Taken) -> None:
    """Add one type after the other, those first that others refer to."""
    for kind in _in_order(made["Resources"]):
        if kind == _BELOW or kind in taken.created or kind in taken.refused:
            continue
        if kind not in get_model_map() and not kind.startswith("Custom::"):
            taken.unknown.add(kind)
            continue
        try:
            _create(made, {*taken.created, kind})
        except REFUSALS as error:
            taken.refused[kind] = _reason(error)
        else:
            taken.created.add(kind)


def _reason(error: Exception) -> str:
    said = re.search(r'"message": "([^"]*)', str(error))
    return said[1] if said else f"{type(error).__name__}: {error}"


def _create(made: Template, kinds: Iterable[str]) -> None:
    resources = {name: each for name, each in made["Resources"].items() if each["Type"] in kinds}
    absent = made["Resources"].keys() - resources.keys()
    for each in resources.values():
        each.pop("DependsOn", None)
    with _aws() as given:
        body = {**made, "Resources": _named(resources, absent), "Outputs": {}}
        values = [
            {"ParameterKey": name, "ParameterValue": given.get(name, "a-value-of-no-store")}
            for name in made["Parameters"]
        ]
        boto3.client("cloudformation").create_stack(
            StackName="sessions", TemplateBody=json.dumps(body), Parameters=values
        )
        left = boto3.client("cloudformation").describe_stacks(StackName="sessions")["Stacks"][0]["StackStatus"]
        if left != "CREATE_COMPLETE":
            raise ValueError(left)


@contextmanager
def _aws() -> Iterator[dict[str, str]]:
    """Yield an AWS of moto's where code lies in a bucket, and what the stacks are given of a network."""
    with pytest.MonkeyPatch.context() as environment, moto.mock_aws(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto's own, of what it leaves out
        for name, value in _NOBODY.items():
            environment.setenv(name, value)
        bucket = boto3.client("s3")
        bucket.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for place in _places():
            bucket.put_object(Bucket=_BUCKET, Key=place, Body=_archive())
        network = boto3.client("ec2")
        vpc = network.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = [each["SubnetId"] for each in network.describe_subnets()["Subnets"]]
        group = network.create_security_group(GroupName="functions", Description="functions", VpcId=vpc)["GroupId"]
        yield {"VpcId": vpc, "SubnetIds": ",".join(subnets), "FunctionsSecurityGroupId": group}


def _places() -> list[str]:
    properties = [each.get("Properties", {}) for each in template()["Resources"].values()]
    return [each[place] for each in properties for place in ("CodeUri", "ContentUri") if place in each]


def _archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "")
    return packed.getvalue()


def _in_order(resources: Mapping[str, Any]) -> list[str]:
    order = TopologicalSorter({name: sorted(references(each) & resources.keys()) for name, each in resources.items()})
    return list(dict.fromkeys(resources[name]["Type"] for name in order.static_order()))


def _named(node: Any, absent: Iterable[str]) -> Any:
    """Return *node* with the names of *absent* resources in place of references to them."""
    match node:
        case {"Ref": str(name)} if name in absent:
            return name
        case {"Fn::GetAtt": [str(name), str(attribute)]} if name in absent:
            return f"{name}-{attribute}"
        case dict():
            return {name: _named(item, absent) for name, item in node.items()}
        case list():
            return [_named(item, absent) for item in node]
    return node


def _listed(kinds: Iterable[str]) -> str:
    return ", ".join(sorted(kinds)) or "none"


if __name__ == "__main__":
    main()
