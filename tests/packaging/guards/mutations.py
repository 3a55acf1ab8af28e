"""Faults planted in a deployment, one for each thing that a guard forbids; the guard has to tell of it."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from tests.packaging.guards.parts import Deployment

ROOT: Final = "template.yaml"
NETWORK: Final = "infra/stacks/network.yaml"
DATA: Final = "infra/stacks/data.yaml"
EDGE: Final = "infra/stacks/edge.yaml"
OBSERVABILITY: Final = "infra/stacks/observability.yaml"

type Change = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change of the first resource of a type; *change* is given the whole resource."""

    guard: str
    file: str
    kind: str
    change: Change

    def applied(self, deployment: Deployment) -> Mapping[str, Any] | None:
        """Return a copy of *deployment* with the fault, or None where there is nothing that could have it."""
        template = deepcopy(deployment.get(self.file, {"Resources": {}}))
        for resource in template["Resources"].values():
            if resource["Type"] == self.kind and self._has_changed(resource):
                return {**deployment, self.file: template}
        return None

    def _has_changed(self, resource: dict[str, Any]) -> bool:
        before = deepcopy(resource)
        self.change(resource)
        return before != resource


def _set(**properties: Any) -> Change:
    return lambda resource: resource["Properties"].update(properties)


def _without(name: str) -> Change:
    return lambda resource: resource["Properties"].pop(name, None)


def _bare(name: str) -> Change:
    return lambda resource: resource.pop(name, None)


def _told(**variables: str) -> Change:
    return lambda resource: resource["Properties"]["Environment"]["Variables"].update(variables)


def _allow(**statement: Any) -> Change:
    return lambda resource: resource["Properties"]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", **statement}
    )


def _of_distribution(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda resource: change(resource["Properties"]["DistributionConfig"])


def _turned_into(kind: str) -> Change:
    return lambda resource: resource.update(Type=kind)


def _let_in(**source: str) -> Change:
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **source}
    return _set(SecurityGroupIngress=[rule])


def _not_an_instance_of_a_cluster(change: Change) -> Change:
    return lambda resource: "DBClusterIdentifier" in resource["Properties"] or change(resource)


MUTATIONS: Final = (
    Mutation("no_database_is_public", DATA, "AWS::RDS::DBInstance", _set(PubliclyAccessible=True)),
    Mutation("no_database_is_public", DATA, "AWS::RDS::DBInstance", _without("PubliclyAccessible")),
    Mutation("no_database_is_public", DATA, "AWS::RDS::DBCluster", _set(PubliclyAccessible=True)),
    Mutation("no_network_leads_outside", NETWORK, "AWS::EC2::Subnet", _set(MapPublicIpOnLaunch=True)),
    Mutation("no_network_leads_outside", NETWORK, "AWS::EC2::Subnet", _turned_into("AWS::EC2::NatGateway")),
    Mutation("no_network_leads_outside", NETWORK, "AWS::EC2::Subnet", _turned_into("AWS::EC2::InternetGateway")),
    Mutation("only_the_functions_are_let_in", DATA, "AWS::EC2::SecurityGroup", _let_in(CidrIp="0.0.0.0/0")),
    Mutation("only_the_functions_are_let_in", DATA, "AWS::EC2::SecurityGroup", _let_in(CidrIp="10.0.0.0/8")),
    Mutation("only_the_functions_are_let_in", DATA, "AWS::EC2::SecurityGroup", _let_in(CidrIpv6="::/0")),
    Mutation("only_the_functions_are_let_in", DATA, "AWS::EC2::SecurityGroup", _let_in(SourcePrefixListId="pl-0a")),
    Mutation("only_the_functions_are_let_in", DATA, "AWS::EC2::SecurityGroup", _let_in(SourceSecurityGroupId="sg-9")),
    Mutation("stores_require_tls", DATA, "AWS::RDS::DBProxy", _set(RequireTLS=False)),
    Mutation("stores_require_tls", DATA, "AWS::RDS::DBProxy", _without("RequireTLS")),
    Mutation("stores_require_tls", DATA, "AWS::RDS::DBClusterParameterGroup", _set(Parameters={})),
    Mutation("stores_require_tls", DATA, "AWS::RDS::DBCluster", _without("DBClusterParameterGroupName")),
    Mutation("stores_require_tls", DATA, "AWS::RDS::DBParameterGroup", _set(Parameters={"rds.force_ssl": "0"})),
    Mutation(
        "stores_require_tls",
        DATA,
        "AWS::RDS::DBInstance",
        _not_an_instance_of_a_cluster(_without("DBParameterGroupName")),
    ),
    Mutation("stores_require_tls", DATA, "AWS::ElastiCache::ReplicationGroup", _set(TransitEncryptionMode="preferred")),
    Mutation("stores_require_tls", DATA, "AWS::ElastiCache::ReplicationGroup", _without("TransitEncryptionEnabled")),
    Mutation("functions_verify_tls", ROOT, "AWS::Lambda::Function", _told(DATABASE_SSLMODE="disable")),
    Mutation("functions_verify_tls", ROOT, "AWS::Lambda::Function", _told(REDIS_TLS="false")),
    Mutation(
        "the_edge_speaks_https_alone",
        EDGE,
        "AWS::CloudFront::Distribution",
        _of_distribution(lambda config: config["ViewerCertificate"].update(MinimumProtocolVersion="TLSv1.1_2016")),
    ),
    Mutation(
        "the_edge_speaks_https_alone",
        EDGE,
        "AWS::CloudFront::Distribution",
        _of_distribution(lambda config: config["DefaultCacheBehavior"].update(ViewerProtocolPolicy="allow-all")),
    ),
    Mutation(
        "the_edge_speaks_https_alone",
        EDGE,
        "AWS::CloudFront::Distribution",
        _of_distribution(lambda config: config["CacheBehaviors"][-1].update(ViewerProtocolPolicy="allow-all")),
    ),
    Mutation(
        "the_edge_speaks_https_alone",
        EDGE,
        "AWS::CloudFront::Distribution",
        _of_distribution(
            lambda config: config["Origins"][-1]["CustomOriginConfig"].update(OriginProtocolPolicy="match-viewer")
        ),
    ),
    Mutation(
        "the_edge_speaks_https_alone",
        EDGE,
        "AWS::CloudFront::Distribution",
        _of_distribution(lambda config: config["Origins"][-1]["CustomOriginConfig"].pop("OriginSSLProtocols")),
    ),
    Mutation("what_lies_is_encrypted", DATA, "AWS::RDS::DBCluster", _without("StorageEncrypted")),
    Mutation(
        "what_lies_is_encrypted",
        DATA,
        "AWS::RDS::DBInstance",
        _not_an_instance_of_a_cluster(_set(StorageEncrypted=False)),
    ),
    Mutation("what_lies_is_encrypted", DATA, "AWS::ElastiCache::ReplicationGroup", _set(AtRestEncryptionEnabled=False)),
    Mutation("what_lies_is_encrypted", ROOT, "AWS::SQS::Queue", _without("SqsManagedSseEnabled")),
    Mutation("what_lies_is_encrypted", OBSERVABILITY, "AWS::SNS::Topic", _without("KmsMasterKeyId")),
    Mutation(
        "no_permission_is_broader_than_needed",
        ROOT,
        "AWS::IAM::ManagedPolicy",
        _allow(Action="rds-db:connect", Resource="*"),
    ),
    Mutation(
        "no_permission_is_broader_than_needed",
        ROOT,
        "AWS::IAM::ManagedPolicy",
        _allow(Action=["s3:*"], Resource="arn:aws:s3:::bucket"),
    ),
    Mutation(
        "no_permission_is_broader_than_needed",
        ROOT,
        "AWS::IAM::ManagedPolicy",
        _allow(NotAction="iam:*", Resource="arn:aws:s3:::bucket"),
    ),
    Mutation(
        "no_policy_of_aws_is_taken_unseen",
        ROOT,
        "AWS::IAM::Role",
        lambda role: role["Properties"].update(ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
    ),
    Mutation(
        "nobody_unknown_is_let_in",
        OBSERVABILITY,
        "AWS::SNS::TopicPolicy",
        _allow(Principal="*", Action="sns:Publish", Resource={"Ref": "AlarmTopic"}),
    ),
    Mutation(
        "nobody_unknown_is_let_in",
        ROOT,
        "AWS::Lambda::Permission",
        lambda permission: permission.update(
            Properties={"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Admin"}, "Principal": "*"}
        ),
    ),
    Mutation("no_secret_is_written", ROOT, "AWS::Lambda::Function", _told(DATABASE_PASSWORD="word")),
    Mutation("no_secret_is_written", ROOT, "AWS::Lambda::Function", _told(REDIS_URL="rediss://service:word@host")),
    Mutation("no_secret_is_written", DATA, "AWS::RDS::DBCluster", _set(MasterUserPassword="word")),
    Mutation(
        "no_secret_is_written",
        EDGE,
        "AWS::CloudFront::Distribution",
        _of_distribution(
            lambda config: config["Origins"][-1].update(
                OriginCustomHeaders=[{"HeaderName": "X-Origin-Secret", "HeaderValue": "word"}]
            )
        ),
    ),
    Mutation("logs_are_kept_for_a_time", ROOT, "AWS::Logs::LogGroup", _without("RetentionInDays")),
    Mutation("logs_are_kept_for_a_time", ROOT, "AWS::Lambda::Function", _without("LoggingConfig")),
    Mutation("logs_are_kept_for_a_time", ROOT, "AWS::ApiGatewayV2::Stage", _without("AccessLogSettings")),
    Mutation("every_alarm_tells_somebody", ROOT, "AWS::CloudWatch::Alarm", _without("AlarmActions")),
    Mutation("every_alarm_tells_somebody", OBSERVABILITY, "AWS::CloudWatch::Alarm", _set(AlarmActions=[])),
    Mutation("what_is_the_record_outlives_the_stack", DATA, "AWS::RDS::DBCluster", _bare("DeletionPolicy")),
    Mutation("what_is_the_record_outlives_the_stack", DATA, "AWS::RDS::DBCluster", _bare("UpdateReplacePolicy")),
    Mutation(
        "what_is_the_record_outlives_the_stack",
        DATA,
        "AWS::RDS::DBInstance",
        _not_an_instance_of_a_cluster(lambda instance: instance.update(DeletionPolicy="Delete")),
    ),
    Mutation("what_is_the_record_outlives_the_stack", ROOT, "AWS::Logs::LogGroup", _bare("DeletionPolicy")),
)
