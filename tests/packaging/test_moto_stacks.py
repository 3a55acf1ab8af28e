"""moto takes the stacks as far as it has models; what it takes and what it leaves is written down here."""

import pytest

from tests.packaging.moto_stacks import Taken, taken_by_moto

# What moto says of types that it has a model of and does not create.
_NO_ALIAS = "moto has no model of aliases, which it is for."
_NO_CIDR = "moto does not work out Fn::Cidr."
_NO_GROUP = "moto takes the parameter group that is referred to for a name."
REFUSED = {
    "template.yaml": {"AWS::Lambda::Permission": _NO_ALIAS, "Custom::Schema": _NO_ALIAS},
    "infra/stacks/network.yaml": {"AWS::EC2::Subnet": _NO_CIDR},
    "infra/stacks/data.yaml": {"AWS::RDS::DBInstance": _NO_GROUP},
}
CREATED = {
    "template.yaml": {
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::SQS::Queue",
    },
    "infra/stacks/network.yaml": {
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
    },
    "infra/stacks/data.yaml": {
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::IAM::Role",
        "AWS::Logs::LogGroup",
        "AWS::RDS::DBParameterGroup",
        "AWS::RDS::DBSubnetGroup",
    },
    "infra/stacks/edge.yaml": set(),
    "infra/stacks/observability.yaml": {"AWS::CloudWatch::Dashboard", "AWS::KMS::Key", "AWS::SNS::Topic"},
}
UNKNOWN = {
    "template.yaml": {
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Stage",
        "AWS::CloudWatch::Alarm",
        "AWS::CodeDeploy::Application",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Url",
        "AWS::Scheduler::Schedule",
    },
    "infra/stacks/network.yaml": set(),
    "infra/stacks/data.yaml": {
        "AWS::EC2::SecurityGroupEgress",
        "AWS::ElastiCache::ParameterGroup",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::ElastiCache::ServerlessCache",
        "AWS::ElastiCache::SubnetGroup",
        "AWS::ElastiCache::User",
        "AWS::ElastiCache::UserGroup",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBClusterParameterGroup",
        "AWS::RDS::DBProxy",
        "AWS::RDS::DBProxyTargetGroup",
    },
    "infra/stacks/edge.yaml": {"AWS::CloudFront::Distribution", "AWS::CloudFront::Function"},
    "infra/stacks/observability.yaml": {
        "AWS::CloudWatch::Alarm",
        "AWS::Logs::MetricFilter",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
    },
}


@pytest.fixture(scope="module")
def taken(environments: None) -> dict[str, Taken]:
    """All of it, by the files of the templates."""
    return taken_by_moto()


@pytest.mark.parametrize("file", CREATED)
def test_moto_creates_what_it_has_models_of(file: str, taken: dict[str, Taken]):
    assert taken[file].created == CREATED[file]


@pytest.mark.parametrize("file", UNKNOWN)
def test_what_moto_knows_nothing_of_is_written_down(file: str, taken: dict[str, Taken]):
    assert taken[file].unknown == UNKNOWN[file]


def test_what_moto_does_not_create_is_written_down_with_the_reason(taken: dict[str, Taken]):
    assert {file: each.refused.keys() for file, each in taken.items() if each.refused} == {
        file: kinds.keys() for file, kinds in REFUSED.items()
    }
