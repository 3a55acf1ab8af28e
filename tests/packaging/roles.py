"""What a function's role allows, worked out of the translated template."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.packaging.guards.permissions import listed

type Permission = tuple[str, str]
"""An IAM action in lower case, since IAM does not tell cases apart, and the ARN that it is allowed on."""


def permissions(resources: Mapping[str, Any], function: str) -> set[Permission]:
    """Return what the policies of ours allow to the role of *function*; AWS's own say nothing of the stores."""
    role = resources[resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
    own = [resources[policy["Ref"]]["Properties"] for policy in role["ManagedPolicyArns"] if isinstance(policy, dict)]
    found = [*role.get("Policies", []), *own]
    return {permission for policy in found for permission in _allowed(policy["PolicyDocument"])}


def _allowed(document: Mapping[str, Any]) -> Iterator[Permission]:
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in listed(statement["Action"]):
            yield from ((action.lower(), str(resource)) for resource in listed(statement["Resource"]))
