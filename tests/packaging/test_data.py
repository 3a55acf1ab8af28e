"""data.yaml: private, encrypted, without a password anywhere, and kept when the stack goes."""

import re
from itertools import product
from typing import Any

import pytest

from tests.packaging.built import ROOT
from tests.packaging.created import Created, passed, unlike
from tests.packaging.template import default, stack

NAME = "s" + 39 * "0"  # the longest that the parameter takes
GIVEN = {
    "Name": NAME,
    "VpcId": "vpc-0a",
    "SubnetIds": "subnet-0a,subnet-0b",
    "FunctionsSecurityGroupId": "sg-functions",
    "DatabaseName": "sessions",
    "DatabaseMigratorUser": "migrator",
    "DatabaseMinCapacity": "0.5",
    "DatabaseMaxCapacity": "4",
    **{
        name: default(name)
        for name in (
            *("DatabaseInstanceClass", "DatabaseStorageGb", "BackupRetentionDays", "DeletionProtection"),
            *("CacheNodeType", "CacheMaxStorageGb", "CacheMaxEcpu", "LogRetentionDays"),
        )
    },
}
KNOWN = {
    "Cluster.DBClusterResourceId": "cluster-A",
    "Instance.DbiResourceId": "db-A",
    "Proxy.DBProxyArn": "arn:aws:rds:eu-central-1:123456789012:db-proxy:prx-A",
    "Cluster.Endpoint.Address": "cluster.example",
    "Instance.Endpoint.Address": "instance.example",
    "Proxy.Endpoint": "proxy.example",
    "Cache.Endpoint.Address": "serverless.example",
    "Nodes.PrimaryEndPoint.Address": "nodes.example",
}
CHOICES = {
    "DatabaseKind": ("aurora-serverless", "instance"),
    "DatabaseMultiAz": ("true", "false"),
    "CreateDatabaseProxy": ("true", "false"),
    "CacheKind": ("serverless", "nodes"),
}
EVERY = [dict(zip(CHOICES, chosen, strict=True)) for chosen in product(*CHOICES.values())]
DATABASES = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
FUNCTIONS = "sg-functions"
LIMITS = {
    "DBClusterIdentifier": 63,
    "DBInstanceIdentifier": 63,
    "DBProxyName": 63,
    "UserId": 40,
    "UserGroupId": 40,
    "ServerlessCacheName": 40,
    "ReplicationGroupId": 40,
}


def _created(**chosen: str) -> Created:
    usual = {name: values[0] for name, values in CHOICES.items()}
    return Created("data", {**GIVEN, **usual, **chosen}, KNOWN)


@pytest.fixture(params=EVERY, ids=["-".join(chosen.values()) for chosen in EVERY])
def data(request: pytest.FixtureRequest) -> Created:
    return _created(**request.param)


def _groups(data: Created) -> list[str]:
    return [name for name, one in data.resources.items() if one["Type"] == "AWS::EC2::SecurityGroup"]


def _group(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "GroupId"]}


def test_it_is_given_all_that_it_asks_for_and_takes_what_may_be_given():
    assert passed("data").keys() == stack("data")["Parameters"].keys()
    assert list(unlike("data")) == []


# --- Who reaches whom ---


def test_the_stores_let_in_the_functions_and_the_proxy_by_their_groups(data: Created):
    """No rule names an address, and each is for one port."""
    inline = [rule for group in data.of_type("AWS::EC2::SecurityGroup") for rule in group["SecurityGroupIngress"]]
    rules = inline + data.of_type("AWS::EC2::SecurityGroupIngress")

    assert len(inline) == len(_groups(data))
    assert all(rule["SourceSecurityGroupId"] in (FUNCTIONS, _group("ProxySecurityGroup")) for rule in rules)
    assert {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in rules} == {
        ("tcp", 5432, 5432),
        ("tcp", 6379, 6379),
    }
    assert not [rule for rule in rules if rule.keys() & {"CidrIp", "CidrIpv6", "SourcePrefixListId"}]


def test_nothing_leaves_the_stores(data: Created):
    """A group without a rule would let everything out."""
    for name in _groups(data):
        (rule,) = data.resources[name]["Properties"]["SecurityGroupEgress"]
        leads_to_database = rule.get("DestinationSecurityGroupId") == _group("DatabaseSecurityGroup")
        assert leads_to_database if name == "ProxySecurityGroup" else rule["CidrIp"] == "127.0.0.1/32"


def test_the_functions_may_reach_each_store_and_nothing_else(data: Created):
    rules = data.of_type("AWS::EC2::SecurityGroupEgress")

    assert {rule["GroupId"] for rule in rules} == {FUNCTIONS}
    assert [rule["DestinationSecurityGroupId"] for rule in rules] == [
        _group(name)
        for name in ("DatabaseSecurityGroup", "ProxySecurityGroup", "CacheSecurityGroup")
        if name in _groups(data)
    ]


def test_no_store_is_public(data: Created):
    public = data.values("PubliclyAccessible")

    assert len(public) == len(data.of_type("AWS::RDS::DBInstance"))
    assert set(public) == {False}
    assert data.values("ConnectionType") == []


def test_every_store_is_in_its_group(data: Created):
    database = data.values("VpcSecurityGroupIds") + data.values("VPCSecurityGroups")
    cache = data.values("SecurityGroupIds")

    assert [_group("DatabaseSecurityGroup")] in database
    assert all(group in ([_group("DatabaseSecurityGroup")], [_group("ProxySecurityGroup")]) for group in database)
    assert cache == [[_group("CacheSecurityGroup")]]


# --- Encrypted, and by IAM ---


def test_postgres_refuses_connections_without_tls(data: Created):
    (parameters,) = data.of_type("AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup")
    (named,) = data.values("DBClusterParameterGroupName") + data.values("DBParameterGroupName")

    assert parameters["Parameters"] == {"rds.force_ssl": "1"}
    assert data.resources[named["Ref"]]["Properties"] == parameters
    assert all(data.values("RequireTLS"))


def test_nodes_refuse_connections_without_tls():
    """Serverless has nothing else."""
    (nodes,) = _created(CacheKind="nodes").of_type("AWS::ElastiCache::ReplicationGroup")

    assert nodes["TransitEncryptionEnabled"] is True
    assert nodes["TransitEncryptionMode"] == "required"
    assert nodes["AtRestEncryptionEnabled"] is True


def test_what_postgres_stores_is_encrypted(data: Created):
    """An instance of a cluster stores nothing itself."""
    stores = [one for one in data.of_type(*DATABASES) if "DBClusterIdentifier" not in one or "MasterUsername" in one]

    assert [store["StorageEncrypted"] for store in stores] == [True]


def test_postgres_knows_the_migrator_alone_and_by_iam(data: Created):
    assert data.values("MasterUsername") == ["migrator"]
    assert data.values("MasterUserAuthenticationType") == ["iam-db-auth"]
    assert data.values("EnableIAMDatabaseAuthentication") == [True]


def test_valkey_knows_one_user_by_iam_whose_id_is_its_name(data: Created):
    (user,) = data.of_type("AWS::ElastiCache::User")
    (group,) = data.of_type("AWS::ElastiCache::UserGroup")
    groups = [
        *data.values("UserGroupIds"),
        *([one["UserGroupId"]] for one in data.of_type("AWS::ElastiCache::ServerlessCache")),
    ]

    assert user["AuthenticationMode"] == {"Type": "iam"}
    assert user["UserId"] == user["UserName"] == NAME
    assert group["UserIds"] == [{"Ref": "CacheUser"}]
    assert groups == [[{"Ref": "CacheUsers"}]]


@pytest.mark.parametrize(("kind", "file"), [("serverless", "cluster"), ("nodes", "server")])
def test_valkeys_user_has_the_rules_that_are_tested(kind: str, file: str):
    (user,) = _created(CacheKind=kind).of_type("AWS::ElastiCache::User")

    rules = [rule for rule in (ROOT / f"infra/redis/{file}.acl").read_text().split() if not rule.startswith("reset")]

    assert user["AccessString"].split() == ["on", *rules]


def test_the_proxy_logs_in_as_two_users_of_this_database_and_may_do_nothing_else(data: Created):
    database = "cluster-A" if "Cluster" in data.resources else "db-A"
    for role in data.of_type("AWS::IAM::Role"):
        (policy,) = role["Policies"]
        assert policy["PolicyDocument"]["Statement"] == [
            {
                "Effect": "Allow",
                "Action": "rds-db:connect",
                "Resource": [
                    f"arn:aws:rds-db:eu-central-1:123456789012:dbuser:{database}/{user}"
                    for user in ("session_service", "session_validator")
                ],
            }
        ]
    assert len(data.of_type("AWS::IAM::Role")) == len(data.of_type("AWS::RDS::DBProxy"))
    assert set(data.values("DefaultAuthScheme")) <= {"IAM_AUTH"}
    assert set(data.values("DebugLogging")) <= {False}


def test_there_is_no_secret_anywhere():
    """No password, no token, no Secrets Manager, and no parameter that would have to be hidden."""

    def words(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [*node, *(word for value in node.values() for word in words(value))]
        return [word for item in node for word in words(item)] if isinstance(node, list) else [str(node)]

    said = words(stack("data"))
    assert "MasterUserAuthenticationType" in said
    assert not [word for word in said if re.search("password|secret|authtoken|noecho", word, re.IGNORECASE)]


# --- Kept ---


@pytest.mark.parametrize(("kind", "name"), [("aurora-serverless", "Cluster"), ("instance", "Instance")])
def test_postgres_is_kept_as_a_snapshot_and_protected_and_backed_up(kind: str, name: str):
    database = _created(DatabaseKind=kind, DeletionProtection="false", BackupRetentionDays="35").resources[name]

    assert database["DeletionPolicy"] == database["UpdateReplacePolicy"] == "Snapshot"
    assert database["Properties"]["DeletionProtection"] == "false"
    assert database["Properties"]["BackupRetentionPeriod"] == "35"
    assert database["Properties"]["CopyTagsToSnapshot"] is True


def test_minor_versions_come_by_themselves(data: Created):
    upgraded = data.values("AutoMinorVersionUpgrade")

    assert len(upgraded) == len(data.of_type("AWS::RDS::DBInstance", "AWS::ElastiCache::ReplicationGroup"))
    assert set(upgraded) == {True}


def test_of_copies_there_is_no_snapshot(data: Created):
    assert data.values("SnapshotRetentionLimit") == [0]


def test_every_log_has_an_end(data: Created):
    """RDS would make a group that is not there, and keep it for ever."""
    named = {group["LogGroupName"]: group["RetentionInDays"] for group in data.of_type("AWS::Logs::LogGroup")}
    kind = "cluster" if "Cluster" in data.resources else "instance"
    (exported,) = data.values("EnableCloudwatchLogsExports")
    expected = {f"/aws/rds/{kind}/{NAME}/{log}" for log in exported}
    expected |= {f"/aws/rds/proxy/{NAME}"} if "Proxy" in data.resources else set()
    expected |= {f"/aws/elasticache/{NAME}"} if "Nodes" in data.resources else set()

    assert named == dict.fromkeys(expected, default("LogRetentionDays"))
    assert set(data.resources[kind.capitalize()]["DependsOn"]) == {"DatabaseLogs", "DatabaseLoginLogs"}
    assert all(data.resources[name]["DependsOn"] == "ProxyLogs" for name in data.resources.keys() & {"Proxy"})


def test_no_log_has_what_commands_are_about():
    """Valkey's slow log has keys and copies."""
    (nodes,) = _created(CacheKind="nodes").of_type("AWS::ElastiCache::ReplicationGroup")

    assert [log["LogType"] for log in nodes["LogDeliveryConfigurations"]] == ["engine-log"]


# --- What is chosen ---


def test_both_kinds_are_of_one_version():
    versions = {_created(DatabaseKind=kind).values("EngineVersion")[0] for kind in CHOICES["DatabaseKind"]}
    (version,) = versions
    major = version.split(".")[0]

    families = [_created(DatabaseKind=kind).values("Family") for kind in CHOICES["DatabaseKind"]]
    assert families == [[f"aurora-postgresql{major}"], [f"postgres{major}"]]


def test_a_second_zone_has_a_second_postgres():
    assert len(_created(DatabaseMultiAz="true").of_type("AWS::RDS::DBInstance")) == 2
    assert len(_created(DatabaseMultiAz="false").of_type("AWS::RDS::DBInstance")) == 1
    assert _created(DatabaseKind="instance", DatabaseMultiAz="true").values("MultiAZ") == ["true"]


def test_an_instance_grows_to_ten_times_its_storage_and_no_further_than_rds_goes():
    (instance,) = _created(DatabaseKind="instance", DatabaseStorageGb="6553").of_type("AWS::RDS::DBInstance")

    assert int(instance["MaxAllocatedStorage"]) == 10 * int(instance["AllocatedStorage"]) <= 65536
    assert stack("data")["Parameters"]["DatabaseStorageGb"]["MaxValue"] == 6553


@pytest.mark.parametrize(("capacity", "has_room"), [("0.5", False), ("1", False), ("2", True), ("16", True)])
def test_insights_are_for_a_cluster_with_room_for_them(capacity: str, has_room: bool):
    created = _created(DatabaseMinCapacity=capacity)

    assert created.values("EnablePerformanceInsights") == [has_room, has_room]


def test_a_serverless_cache_has_limits():
    (cache,) = _created(CacheMaxStorageGb="2", CacheMaxEcpu="3000").of_type("AWS::ElastiCache::ServerlessCache")

    assert cache["CacheUsageLimits"] == {
        "DataStorage": {"Maximum": "2", "Unit": "GB"},
        "ECPUPerSecond": {"Maximum": "3000"},
    }


def test_nodes_take_over_from_each_other_and_drop_copies_when_they_are_full():
    created = _created(CacheKind="nodes")
    (nodes,) = created.of_type("AWS::ElastiCache::ReplicationGroup")

    assert (nodes["NumCacheClusters"], nodes["AutomaticFailoverEnabled"], nodes["MultiAZEnabled"]) == (2, True, True)
    assert created.values("Properties") == [{"maxmemory-policy": "volatile-lru"}]


def test_names_are_short_enough(data: Created):
    names = {name: value for name in LIMITS for value in data.values(name) if isinstance(value, str)}

    assert names
    assert [name for name, value in names.items() if len(value) > LIMITS[name]] == []


# --- What it tells ---


@pytest.mark.parametrize("kind", CHOICES["DatabaseKind"])
@pytest.mark.parametrize("proxy", CHOICES["CreateDatabaseProxy"])
def test_it_tells_where_postgres_is(kind: str, proxy: str):
    told = _created(DatabaseKind=kind, CreateDatabaseProxy=proxy).outputs
    logical_id, host, resource = {
        "aurora-serverless": ("Cluster", "cluster.example", "cluster-A"),
        "instance": ("Instance", "instance.example", "db-A"),
    }[kind]

    assert (told["DatabaseDirectHost"], told["DatabaseDirectResourceId"]) == (host, resource)
    assert told["DatabaseHost"] == ("proxy.example" if proxy == "true" else host)
    assert told["DatabaseResourceId"] == ("prx-A" if proxy == "true" else resource)
    assert told["ProxyName"] == ({"Ref": "Proxy"} if proxy == "true" else "")
    assert told["DatabaseId"] == {"Ref": logical_id}
    assert told["DatabasePort"] == "5432"


@pytest.mark.parametrize(
    ("kind", "logical_id", "host", "is_cluster"),
    [("serverless", "Cache", "serverless.example", "true"), ("nodes", "Nodes", "nodes.example", "false")],
)
def test_it_tells_where_valkey_is(kind: str, logical_id: str, host: str, is_cluster: str):
    told = _created(CacheKind=kind).outputs

    assert told["RedisHost"] == host
    assert told["RedisUser"] == {"Ref": "CacheUser"}
    assert told["CacheName"] == {"Ref": logical_id}
    assert told["RedisCluster"] == is_cluster


def test_what_template_yaml_asks_of_it_is_told():
    asked = set(re.findall(r"Data\.Outputs\.(\w+)", (ROOT / "template.yaml").read_text()))

    assert asked
    assert asked <= stack("data")["Outputs"].keys()
