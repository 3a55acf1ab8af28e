"""Nobody may do more than is needed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.packaging.guards.parts import Deployment, Part, parts

# Policies of AWS's own, and why they are taken.
MANAGED: Final[Mapping[str, str]] = {
    "AWSLambdaBasicExecutionRole": "SAM gives it to every function; it writes logs.",
    "AWSLambdaVPCAccessExecutionRole": "Lambda makes a function's network interfaces by it; EC2 knows no narrower one.",
    "AWSXrayWriteOnlyAccess": "SAM gives it where Tracing is asked for; X-Ray's actions know no resources.",
    "AWSCodeDeployRoleForLambda": "SAM gives it to CodeDeploy, which moves aliases by it.",
}
# Statements with a star: what they stand in, their action, and why there is nothing narrower.
STARS: Final[Mapping[tuple[str, str], str]] = {
    ("AWS::KMS::Key", "kms:*"): "A key's policy is about that key alone; without it nobody could change the key.",
    ("AWS::KMS::Key", "kms:Decrypt"): "A key's policy is about that key alone.",
    ("AWS::KMS::Key", "kms:GenerateDataKey"): "A key's policy is about that key alone.",
}


def no_permission_is_broader_than_needed(deployment: Deployment) -> Iterator[str]:
    """No star in an action or a resource but those above, and nothing by exclusion."""
    for part, statement in statements(deployment):
        if statement.keys() & {"NotAction", "NotResource", "NotPrincipal"}:
            yield part.breaks("a statement says what it allows, and not what it does not")
        is_open = "*" in listed(statement.get("Resource", []))
        for action in listed(statement.get("Action", [])) if statement["Effect"] == "Allow" else []:
            if (is_open or "*" in action) and (part.kind, action) not in STARS:
                yield part.breaks(f"{action} is allowed by its name, on a resource")


def no_policy_of_aws_is_taken_unseen(deployment: Deployment) -> Iterator[str]:
    """Only those above."""
    for part in parts(deployment, "AWS::IAM::Role"):
        for policy in part.properties.get("ManagedPolicyArns", []):
            if isinstance(policy, str) and policy.rpartition("/")[2] not in MANAGED:
                yield part.breaks(f"{policy} is listed with its reason")


def nobody_unknown_is_let_in(deployment: Deployment) -> Iterator[str]:
    """A policy of a resource names a service or this account; only a function's URL is for anybody."""
    for part, statement in statements(deployment):
        is_bounded = "Condition" in statement or part.kind == "AWS::EC2::VPCEndpoint"
        if statement.get("Principal") in ("*", {"AWS": "*"}) and statement["Effect"] == "Allow" and not is_bounded:
            yield part.breaks("a statement names whom it allows")
    for part in parts(deployment, "AWS::Lambda::Permission"):
        is_url = part.properties.keys() & {"FunctionUrlAuthType", "InvokedViaFunctionUrl"}
        if part.properties["Principal"] == "*" and not is_url:
            yield part.breaks("a function may be invoked by a service, or by its URL")


def statements(deployment: Deployment) -> Iterator[tuple[Part, dict[str, Any]]]:
    """Yield every statement of every policy with the resource that it stands in."""
    for part in parts(deployment):
        for statement in _statements(part.properties):
            yield part, statement


def _statements(node: Any) -> Iterator[dict[str, Any]]:
    match node:
        case {"Effect": str(), **_others}:
            yield node
        case dict():
            for item in node.values():
                yield from _statements(item)
        case list():
            for item in node:
                yield from _statements(item)


def listed(value: Any) -> list[Any]:
    """Return *value*, which policies write without a list where there is one."""
    return value if isinstance(value, list) else [value]
