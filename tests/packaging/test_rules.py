"""Parameters that cannot work together are refused before anything is created, in words that name them."""

from collections.abc import Mapping

import pytest

from tests.packaging.resolution import Resolution
from tests.packaging.template import template

OWN = {"CreateNetwork": "false", "CreateData": "false"}
URLS = {**OWN, "DatabaseUrl": "postgresql://…", "RedisUrl": "rediss://…"}
IAM = {
    **OWN,
    "SubnetIds": "subnet-0a",
    "SecurityGroupIds": "sg-0a",
    "DatabaseHost": "db.example",
    "DatabaseName": "sessions",
    "DatabaseUser": "service",
    "DatabaseIamAuth": "true",
    "DatabaseResourceId": "cluster-A",
    "RedisHost": "redis.example",
    "RedisUser": "service",
    "RedisIamAuth": "true",
    "RedisCacheName": "sessions",
}
SECRETS = {
    **OWN,
    "DatabaseHost": "db.example",
    "DatabaseName": "sessions",
    "DatabaseSecretArn": "arn:service",
    "RedisHost": "redis.example",
    "RedisSecretArn": "arn:redis",
}
NETWORK = {"CreateNetwork": "false", "VpcId": "vpc-0a", "SubnetIds": "subnet-0a,subnet-0b", "SecurityGroupIds": "sg-0a"}
EDGE = {
    "CreateEdge": "true",
    "DomainName": "app.example.com",
    "CertificateArn": "arn:certificate",
    "AppOrigin": "origin.example.com",
    "OriginSecret": "…",
}

WORK: Mapping[str, Mapping[str, str]] = {
    "everything is created": {},
    "with the edge": EDGE,
    "stores in a network of one's own": NETWORK,
    "stores of one's own by URLs": URLS,
    "by IAM": IAM,
    "by IAM with users apart": {**IAM, "DatabaseValidatorUser": "validator", "DatabaseMigratorUser": "owner"},
    "by secrets": SECRETS,
    "by secrets apart": {**SECRETS, "DatabaseValidatorSecretArn": "arn:v", "DatabaseMigratorSecretArn": "arn:m"},
    "a secret behind a distribution of one's own": {"OriginSecret": "…", "OriginSecretPrevious": "…"},
    "snapshots": {"SnapStart": "true"},
    "warm environments": {"ProvisionedConcurrency": "2"},
}

# What is given, and a parameter that the refusal has to name, with what is to be done.
REFUSED: tuple[tuple[Mapping[str, str], str], ...] = (
    ({"CreateData": "false"}, "CreateNetwork=true needs CreateData=true"),
    ({"VpcId": "vpc-0a"}, "leave them empty or set CreateNetwork=false"),
    ({"SubnetIds": "subnet-0a"}, "leave them empty or set CreateNetwork=false"),
    ({**NETWORK, "VpcId": ""}, "needs VpcId"),
    ({**NETWORK, "SecurityGroupIds": ""}, "SubnetIds and SecurityGroupIds need each other"),
    ({**URLS, "SubnetIds": "subnet-0a"}, "SubnetIds and SecurityGroupIds need each other"),
    *(
        ({name: "x"}, "set CreateData=false")
        for name in (
            *("DatabaseUrl", "DatabaseHost", "DatabaseName", "DatabaseUser", "DatabasePassword", "DatabaseSecretArn"),
            *("DatabaseValidatorUser", "DatabaseValidatorSecretArn", "DatabaseMigratorUser"),
            *("DatabaseMigratorSecretArn", "DatabaseResourceId", "DatabaseCaFile"),
            *("RedisUrl", "RedisHost", "RedisUser", "RedisPassword", "RedisSecretArn", "RedisCacheName", "RedisCaFile"),
        )
    ),
    *(({name: "true"}, name) for name in ("DatabaseIamAuth", "RedisIamAuth", "RedisCluster")),
    ({**URLS, "DatabaseUrl": ""}, "set DatabaseHost or DatabaseUrl"),
    ({**URLS, "DatabaseHost": "db.example", "DatabaseName": "sessions"}, "DatabaseUrl and DatabaseHost"),
    ({**IAM, "DatabaseName": ""}, "DatabaseHost needs DatabaseName"),
    ({**SECRETS, "DatabaseSecretArn": ""}, "DatabaseHost needs a way to log in"),
    ({**SECRETS, "DatabaseSecretArn": "", "DatabasePassword": "…"}, "DatabaseHost needs DatabaseUser"),
    ({**IAM, "DatabaseSecretArn": "arn:service"}, "DatabaseIamAuth=true needs no DatabaseSecretArn"),
    ({**IAM, "DatabaseResourceId": ""}, "DatabaseIamAuth=true needs DatabaseResourceId"),
    ({**IAM, "DatabaseUser": ""}, "DatabaseIamAuth=true needs DatabaseUser"),
    ({**IAM, "DatabaseMigratorSecretArn": "arn:m"}, "no DatabaseMigratorSecretArn"),
    ({**URLS, "DatabaseValidatorSecretArn": "arn:v"}, "need DatabaseSecretArn"),
    ({**URLS, "DatabaseValidatorUser": "validator"}, "need DatabaseIamAuth=true or secrets"),
    ({**URLS, "RedisUrl": ""}, "set RedisHost or RedisUrl"),
    ({**URLS, "RedisHost": "redis.example"}, "RedisUrl and RedisHost"),
    ({**IAM, "RedisSecretArn": "arn:redis"}, "RedisIamAuth=true needs no RedisSecretArn"),
    ({**IAM, "RedisUser": ""}, "RedisIamAuth=true needs RedisUser"),
    ({**IAM, "RedisCacheName": ""}, "RedisIamAuth=true needs RedisUser and RedisCacheName"),
    *(({**EDGE, name: ""}, name) for name in ("DomainName", "CertificateArn", "AppOrigin", "OriginSecret")),
    ({**EDGE, "AppOrigin": "app.example.com"}, "AppOrigin must not be DomainName"),
    *(({name: "x"}, "are for CreateEdge=true") for name in ("DomainName", "CertificateArn", "AppOrigin", "WebAclArn")),
    ({"OriginSecretPrevious": "…"}, "OriginSecretPrevious needs OriginSecret"),
    ({"SnapStart": "true", "ProvisionedConcurrency": "2"}, "SnapStart=true and ProvisionedConcurrency exclude"),
    ({"ForceMockMode": "true"}, "ForceMockMode=true"),
    ({"AppEnv": "test"}, "AppEnv=test"),
    ({"CookieDomain": "example.com"}, "CookieDomain needs a CookieName"),
    ({"CookieSamesite": "None", "CookieSecure": "false"}, "CookieSamesite=None needs CookieSecure=true"),
    ({"AlarmTopicArn": "arn:topic", "AlarmEmail": "ops@example.com"}, "AlarmEmail is for this stack's own topic"),
    ({"SessionUpgradePlainUntil": "2027-01-31T00:00:00Z", "SessionIdAtRest": "plain"}, "needs SessionIdAtRest=digest"),
)


@pytest.mark.parametrize("parameters", WORK.values(), ids=WORK)
def test_what_works_is_not_refused(parameters: Mapping[str, str]):
    assert Resolution(template(), parameters).refusals() == []


@pytest.mark.parametrize(("parameters", "words"), REFUSED, ids=[f"{i}-{words}" for i, (_, words) in enumerate(REFUSED)])
def test_what_cannot_work_is_refused_in_words(parameters: Mapping[str, str], words: str):
    assert any(words in said for said in Resolution(template(), parameters).refusals())


def test_every_rule_has_a_case():
    said = {text for parameters, _ in REFUSED for text in Resolution(template(), parameters).refusals()}
    rules = template()["Rules"].values()

    assert said == {assertion["AssertDescription"] for rule in rules for assertion in rule["Assertions"]}
