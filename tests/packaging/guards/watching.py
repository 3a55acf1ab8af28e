"""What is told is kept for its time, and somebody hears of it."""

from collections.abc import Iterator
from typing import Final

from tests.packaging.guards.parts import Deployment, parts

_KEPT: Final = {"Snapshot", "Retain", "RetainExceptOnCreate"}


def logs_are_kept_for_a_time(deployment: Deployment) -> Iterator[str]:
    """Every group says for how long, and every function and API writes to a group that does."""
    for part in parts(deployment, "AWS::Logs::LogGroup"):
        if "RetentionInDays" not in part.properties:
            yield part.breaks("a log group has RetentionInDays")
    for part in parts(deployment, "AWS::Lambda::Function"):
        group = part.properties.get("LoggingConfig", {}).get("LogGroup", {})
        if group.get("Ref") not in {found.name for found in parts(deployment, "AWS::Logs::LogGroup")}:
            yield part.breaks("a function writes to a log group of the template")
    for part in parts(deployment, "AWS::ApiGatewayV2::Stage", "AWS::ApiGateway::Stage"):
        if "DestinationArn" not in part.properties.get("AccessLogSettings", {}):
            yield part.breaks("an API writes an access log")


def every_alarm_tells_somebody(deployment: Deployment) -> Iterator[str]:
    """An alarm without an action is a colour on a page that nobody looks at."""
    for part in parts(deployment, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        if not [action for action in part.properties.get("AlarmActions", []) if action]:
            yield part.breaks("an alarm has an action")


def what_is_the_record_outlives_the_stack(deployment: Deployment) -> Iterator[str]:
    """The database, and the logs of who logged in, where to, and what was revoked. Valkey holds copies alone."""
    for part in parts(deployment, "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Logs::LogGroup"):
        if "DBClusterIdentifier" in part.properties and part.kind.endswith("DBInstance"):
            continue  # its data is the cluster's
        if not {part.resource.get("DeletionPolicy"), part.resource.get("UpdateReplacePolicy")} <= _KEPT:
            yield part.breaks("it has a DeletionPolicy and an UpdateReplacePolicy that keep it")
