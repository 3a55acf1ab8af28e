"""Nothing travels in clear, and nothing lies in clear."""

from collections.abc import Iterator
from typing import Any, Final

from tests.packaging.guards.parts import Deployment, Part, is_on, parts

_MODERN: Final = ("TLSv1.2_2021", "TLSv1.3_2025")
_FORCED: Final = {"1", "on", "true"}


def stores_require_tls(deployment: Deployment) -> Iterator[str]:
    """PostgreSQL, the proxy before it and Valkey refuse who does not encrypt. ElastiCache Serverless always does."""
    yield from _databases_without_force_ssl(deployment)
    for part in parts(deployment, "AWS::RDS::DBProxy"):
        if not is_on(part.properties.get("RequireTLS")):
            yield part.breaks("a proxy has RequireTLS")
    for part in parts(deployment, "AWS::ElastiCache::ReplicationGroup"):
        mode = part.properties.get("TransitEncryptionMode", "required")
        if not is_on(part.properties.get("TransitEncryptionEnabled")) or mode != "required":
            yield part.breaks("nodes require TLS")


def functions_verify_tls(deployment: Deployment) -> Iterator[str]:
    """No function is told to do without, whatever the stores would take."""
    for part in parts(deployment, "AWS::Lambda::Function"):
        told = part.properties["Environment"]["Variables"]
        if told.get("DATABASE_SSLMODE") == "disable" or told.get("REDIS_TLS") == "false":
            yield part.breaks("a function uses TLS")


def the_edge_speaks_https_alone(deployment: Deployment) -> Iterator[str]:
    """To browsers and to what lies behind it."""
    for part in parts(deployment, "AWS::CloudFront::Distribution"):
        config = part.properties["DistributionConfig"]
        if config["ViewerCertificate"].get("MinimumProtocolVersion") not in _MODERN:
            yield part.breaks("a distribution takes no TLS older than 1.2")
        for behavior in [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", [])]:
            if behavior["ViewerProtocolPolicy"] not in {"https-only", "redirect-to-https"}:
                yield part.breaks(f"{behavior.get('PathPattern', 'the rest')} is served by HTTPS")
        for origin in config["Origins"]:
            way = origin.get("CustomOriginConfig", {})
            if way.get("OriginProtocolPolicy") != "https-only" or way.get("OriginSSLProtocols") != ["TLSv1.2"]:
                yield part.breaks(f"{origin['Id']} is asked by HTTPS, with TLS 1.2")


def what_lies_is_encrypted(deployment: Deployment) -> Iterator[str]:
    """Databases, nodes, queues and topics; log groups, functions and ElastiCache Serverless always are."""
    for part in parts(deployment, "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"):
        if "DBClusterIdentifier" not in part.properties or part.kind.endswith("DBCluster"):
            yield from _unless(part, is_on(part.properties.get("StorageEncrypted")))
    for part in parts(deployment, "AWS::ElastiCache::ReplicationGroup"):
        yield from _unless(part, is_on(part.properties.get("AtRestEncryptionEnabled")))
    for part in parts(deployment, "AWS::SQS::Queue"):
        yield from _unless(part, is_on(part.properties.get("SqsManagedSseEnabled")))
    for part in parts(deployment, "AWS::SNS::Topic"):
        yield from _unless(part, bool(part.properties.get("KmsMasterKeyId")))


def _unless(part: Part, is_encrypted: bool) -> Iterator[str]:
    if not is_encrypted:
        yield part.breaks("what lies there is encrypted")


def _databases_without_force_ssl(deployment: Deployment) -> Iterator[str]:
    """Yield clusters, and instances of none, whose parameter group does not have rds.force_ssl."""
    kinds = {"AWS::RDS::DBCluster": "DBClusterParameterGroupName", "AWS::RDS::DBInstance": "DBParameterGroupName"}
    for part in parts(deployment, *kinds):
        if part.kind.endswith("DBInstance") and "DBClusterIdentifier" in part.properties:
            continue
        group = _resource(deployment[part.file], part.properties.get(kinds[part.kind]))
        if str(group.get("Parameters", {}).get("rds.force_ssl")) not in _FORCED:
            yield part.breaks("its parameter group has rds.force_ssl: 1")


def _resource(template: dict[str, Any], reference: Any) -> dict[str, Any]:
    """Return the properties of the resource that is referred to, or nothing."""
    match reference:
        case {"Ref": str(name)}:
            properties: dict[str, Any] = template["Resources"].get(name, {}).get("Properties", {})
            return properties
    return {}
