"""network.yaml: a network that nothing enters, and that leads to S3 alone."""

from ipaddress import ip_network

import pytest

from tests.packaging.created import Created, passed, unlike
from tests.packaging.template import stack

GIVEN = {"Name": "sessions-1a2b3c4d", "VpcCidr": "10.20.0.0/20"}


@pytest.fixture(params=["2", "3"])
def zones(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def network(zones: str) -> Created:
    return Created("network", {**GIVEN, "ZoneCount": zones})


def test_it_is_given_all_that_it_asks_for_and_takes_what_may_be_given():
    assert passed("network").keys() == stack("network")["Parameters"].keys()
    assert list(unlike("network")) == []


def test_there_is_no_way_in_or_out_but_the_endpoint(network: Created):
    """No internet gateway, no NAT gateway, no route."""
    assert {resource["Type"] for resource in network.resources.values()} == {
        "AWS::EC2::VPC",
        "AWS::EC2::Subnet",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPCEndpoint",
        "AWS::EC2::SecurityGroup",
    }
    assert network.values("VpcEndpointType") == ["Gateway"]


def test_each_zone_has_a_private_subnet_with_the_routes(network: Created, zones: str):
    subnets = network.of_type("AWS::EC2::Subnet")
    routed = network.of_type("AWS::EC2::SubnetRouteTableAssociation")

    assert len(subnets) == int(zones)
    assert [subnet["AvailabilityZone"]["Fn::Select"][0] for subnet in subnets] == list(range(int(zones)))
    assert [subnet["CidrBlock"]["Fn::Select"][0] for subnet in subnets] == list(range(int(zones)))
    assert {subnet["MapPublicIpOnLaunch"] for subnet in subnets} == {False}
    assert [route["SubnetId"]["Ref"] for route in routed] == [
        name for name, resource in network.resources.items() if resource["Type"] == "AWS::EC2::Subnet"
    ]
    assert {route["RouteTableId"]["Ref"] for route in routed} == {"Routes"}
    assert network.values("RouteTableIds") == [[{"Ref": "Routes"}]]


def test_in_virginia_no_subnet_is_in_the_zone_that_lacks_services():
    subnets = [one for one in stack("network")["Resources"].values() if one["Type"] == "AWS::EC2::Subnet"]
    chosen = [subnet["Properties"]["AvailabilityZoneId"]["Fn::If"][:2] for subnet in subnets]

    assert len({zone for _, zone in chosen}) == 3
    assert {condition for condition, _ in chosen} == {"IsVirginia"}
    assert "use1-az3" not in {zone for _, zone in chosen}


def test_the_smallest_network_has_room_for_all_subnets():
    (cidr,) = {
        str(one["Properties"]["CidrBlock"]["Fn::Select"][1]["Fn::Cidr"][1:])
        for one in stack("network")["Resources"].values()
        if one["Type"] == "AWS::EC2::Subnet"
    }

    assert cidr == "[3, 8]"
    assert len(list(ip_network("10.0.0.0/21").subnets(new_prefix=32 - 8))) >= 3


def test_the_endpoint_lets_through_answers_to_cloudformation_alone(network: Created):
    (policy,) = network.values("PolicyDocument")

    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::cloudformation-custom-resource-response-eucentral1/*",
        }
    ]


def test_the_functions_let_nobody_in_and_only_https_out(network: Created):
    """What they reach of the stores is said where the stores are. Without a rule of its own a group lets all out."""
    (group,) = network.of_type("AWS::EC2::SecurityGroup")
    (out,) = group["SecurityGroupEgress"]

    assert "SecurityGroupIngress" not in group
    assert (out["IpProtocol"], out["FromPort"], out["ToPort"]) == ("tcp", 443, 443)


def test_it_tells_what_the_others_ask_for(network: Created, zones: str):
    assert network.outputs.keys() == {"VpcId", "SubnetIds", "FunctionsSecurityGroupId"}
    (separator, subnets) = network.outputs["SubnetIds"]["Fn::Join"]
    assert (separator, len(subnets)) == (",", int(zones))
