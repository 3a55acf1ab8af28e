"""What a team decides of a deployment, and what there is to choose: each choice is a set of parameters."""

from collections.abc import Mapping
from typing import Final

type Parameters = Mapping[str, str]
_POSTGRES: Final = {"CreateData": "false", "DatabaseHost": "db.example.com", "DatabaseName": "sessions"}
_POSTGRES_IAM: Final = {
    **_POSTGRES,
    "DatabaseIamAuth": "true",
    "DatabaseUser": "service",
    "DatabaseResourceId": "cluster-ABCDEFGHIJKL01234",
}
_POSTGRES_SECRET: Final = {
    **_POSTGRES,
    "DatabaseSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:service-a1b2c3",
}
_REDIS: Final = {"CreateData": "false", "RedisHost": "redis.example.com"}

# The first of each is what a deployment has that decides nothing.
FACTORS: Final[Mapping[str, Mapping[str, Parameters]]] = {
    "network": {
        "created": {},
        "created in three zones": {"ZoneCount": "3"},
        "own": {
            "CreateNetwork": "false",
            "VpcId": "vpc-0a1b2c3d",
            "SubnetIds": "subnet-0a1b2c3d,subnet-1a1b2c3d",
            "SecurityGroupIds": "sg-0a1b2c3d",
        },
        "none": {"CreateNetwork": "false"},
    },
    "database": {
        "Aurora": {},
        "Aurora behind a proxy": {"CreateDatabaseProxy": "true"},
        "instance": {"DatabaseKind": "instance"},
        "instance behind a proxy": {"DatabaseKind": "instance", "CreateDatabaseProxy": "true"},
        "own by URL": {"CreateData": "false", "DatabaseUrl": "postgresql://service:word@db.example.com/sessions"},
        "own by password": {**_POSTGRES, "DatabaseUser": "service", "DatabasePassword": "word"},
        "own by secret": _POSTGRES_SECRET,
        "own by secrets apart": {
            **_POSTGRES_SECRET,
            "DatabaseValidatorSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:validator-a1b2c3",
            "DatabaseMigratorSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:migrator-a1b2c3",
        },
        "own by IAM": _POSTGRES_IAM,
        "own by IAM with users apart": {
            **_POSTGRES_IAM,
            "DatabaseValidatorUser": "validator",
            "DatabaseMigratorUser": "owner",
        },
    },
    "cache": {
        "serverless": {},
        "nodes": {"CacheKind": "nodes"},
        "own by URL": {"CreateData": "false", "RedisUrl": "rediss://service:word@redis.example.com"},
        "own by secret": {
            **_REDIS,
            "RedisSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:redis-a1b2c3",
        },
        "own by IAM": {**_REDIS, "RedisIamAuth": "true", "RedisUser": "service", "RedisCacheName": "sessions"},
    },
    "second zone": {"no": {}, "stands by": {"DatabaseMultiAz": "true"}},
    "deletion": {"refused": {}, "let": {"DeletionProtection": "false"}},
    "edge": {
        "none": {},
        "created": {
            "CreateEdge": "true",
            "DomainName": "app.example.com",
            "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d",
            "AppOrigin": "origin.example.com",
            "OriginSecret": "0123456789abcdef0123456789abcdef",
        },
        "created with a web ACL": {
            "CreateEdge": "true",
            "DomainName": "app.example.com",
            "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d",
            "AppOrigin": "origin.example.com",
            "OriginSecret": "0123456789abcdef0123456789abcdef",
            "OriginSecretPrevious": "fedcba9876543210fedcba9876543210",
            "WebAclArn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/sessions/0a1b2c3d",
        },
    },
    "start": {"cold": {}, "from snapshots": {"SnapStart": "true"}, "warm": {"ProvisionedConcurrency": "2"}},
    "deployment": {"at once": {}, "canary": {"Deployment": "Canary10Percent5Minutes"}},
    "concurrency": {
        "shared": {},
        "reserved": {
            "AuthorizerReservedConcurrency": "50",
            "DoorReservedConcurrency": "20",
            "HashingReservedConcurrency": "10",
        },
    },
    "tracing": {"off": {}, "on": {"Tracing": "Active"}},
    "architecture": {"arm64": {}, "x86_64": {"Architecture": "x86_64"}},
    "authorizer": {"simple": {}, "policy": {"AuthorizerResponse": "policy"}},
    "alarms": {
        "to nobody yet": {},
        "to an address": {"AlarmEmail": "operators@example.com"},
        "to a topic of one's own": {"AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:operators"},
    },
}
