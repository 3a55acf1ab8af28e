"""Nobody but the functions reaches the stores."""

from collections.abc import Iterator
from typing import Any, Final

from tests.packaging.guards.parts import Deployment, Part, is_on, parts

_WAYS_OUT: Final = (
    "AWS::EC2::InternetGateway",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::EC2::VPNGateway",
)


def no_database_is_public(deployment: Deployment) -> Iterator[str]:
    """An instance says that it is not; by itself it would be, in some networks."""
    for part in parts(deployment, "AWS::RDS::DBInstance"):
        if str(part.properties.get("PubliclyAccessible")).lower() != "false":
            yield part.breaks("a database instance has PubliclyAccessible: false")
    for part in parts(deployment, "AWS::RDS::DBCluster"):
        if is_on(part.properties.get("PubliclyAccessible", False)):
            yield part.breaks("a database cluster is not public")


def no_network_leads_outside(deployment: Deployment) -> Iterator[str]:
    """A created network has no gateway to the internet, to which the stores' subnets could lead."""
    for part in parts(deployment, *_WAYS_OUT):
        yield part.breaks("a created network leads nowhere else")
    for part in parts(deployment, "AWS::EC2::Subnet"):
        if is_on(part.properties.get("MapPublicIpOnLaunch", False)):
            yield part.breaks("a subnet gives no public addresses")


def only_the_functions_are_let_in(deployment: Deployment) -> Iterator[str]:
    """Ingress is from a security group: the functions', or the one of the proxy that stands between."""
    proxies = [part.properties["VpcSecurityGroupIds"] for part in parts(deployment, "AWS::RDS::DBProxy")]
    own_groups = {group for given in _functions_groups(deployment) for group in given}
    for part, ingress in _ingress(deployment):
        source = ingress.get("SourceSecurityGroupId")
        is_proxy = any(_as_group(source) in map(_as_group, groups) for groups in proxies)
        if source is None or not (is_proxy or _as_group(source) in own_groups):
            yield part.breaks("ingress is from the functions' security group or the proxy's, and from no address")


def _ingress(deployment: Deployment) -> Iterator[tuple[Part, dict[str, Any]]]:
    for part in parts(deployment, "AWS::EC2::SecurityGroup"):
        for ingress in part.properties.get("SecurityGroupIngress", []):
            yield part, ingress
    for part in parts(deployment, "AWS::EC2::SecurityGroupIngress"):
        yield part, dict(part.properties)


def _functions_groups(deployment: Deployment) -> Iterator[list[str]]:
    """Yield how the functions' groups are called, by the stack below and by the functions themselves."""
    yield [_as_group({"Ref": "FunctionsSecurityGroupId"})]
    for part in parts(deployment, "AWS::Lambda::Function"):
        yield [_as_group(group) for group in part.properties.get("VpcConfig", {}).get("SecurityGroupIds", [])]


def _as_group(reference: Any) -> str:
    """Return what a group is known by, whether its ID is given or referred to."""
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "GroupId"]}:
            return name
    return str(reference)
