"""How the functions run on AWS, as far as the parameters choose it."""

from typing import Any

import pytest

from tests.packaging.resolution import Resolution
from tests.packaging.template import everywhere, functions, resources, template

HASHING = {"Login", "Register", "Password"}
OTHER_DOORS = {"Validate", "Logout", "Sessions"}
FROM_SNAPSHOTS = {*HASHING, *OTHER_DOORS, "Authorizer"}
OWN = {"CreateNetwork": "false", "CreateData": "false"}


def _all_of(name: str, parameters: dict[str, str]) -> dict[str, Any]:
    """Return a function's properties, as SAM puts them together."""
    result: dict[str, Any] = Resolution(template(), parameters).of({**everywhere(), **functions()[name]})
    return result


def _that_have(what: str, parameters: dict[str, str]) -> dict[str, Any]:
    found = {name: _all_of(name, parameters).get(what) for name in functions()}
    return {name: value for name, value in found.items() if value is not None}


def test_python_runs_on_the_chosen_processor_and_on_arm64_unless_told():
    assert _all_of("Login", {})["Architectures"] == ["arm64"]
    assert _all_of("Login", {"Architecture": "x86_64"})["Architectures"] == ["x86_64"]
    assert everywhere()["Runtime"] == "python3.13"


def test_those_that_somebody_waits_for_start_from_snapshots_where_asked():
    asked = _that_have("SnapStart", {"SnapStart": "true"})

    assert {name for name, value in asked.items() if value["ApplyOn"] == "PublishedVersions"} == FROM_SNAPSHOTS
    assert {value["ApplyOn"] for value in _that_have("SnapStart", {}).values()} == {"None"}


def test_the_hot_path_is_kept_warm_where_asked():
    kept = _that_have("ProvisionedConcurrencyConfig", {"ProvisionedConcurrency": "3"})

    assert kept == {name: {"ProvisionedConcurrentExecutions": "3"} for name in ("Validate", "Authorizer")}
    assert _that_have("ProvisionedConcurrencyConfig", {}) == {}


@pytest.mark.parametrize(
    ("parameter", "names"),
    [
        ("HashingReservedConcurrency", HASHING),
        ("DoorReservedConcurrency", OTHER_DOORS),
        ("AuthorizerReservedConcurrency", {"Authorizer"}),
    ],
)
@pytest.mark.parametrize("most", ["25", "0"], ids=["some", "stopped"])
def test_environments_are_reserved_where_asked(parameter: str, names: set[str], most: str):
    assert _that_have("ReservedConcurrentExecutions", {parameter: most}) == dict.fromkeys(names, most)


def test_none_are_reserved_unless_asked():
    assert _that_have("ReservedConcurrentExecutions", {}) == {}


def test_a_whole_core_computes_a_hash():
    measures = {name: _all_of(name, {})["MemorySize"] for name in functions()}

    assert {name for name, size in measures.items() if size == 1769} == HASHING
    assert set(measures.values()) == {512, 1769}


def test_traces_are_sent_where_asked():
    """SAM leaves them out where it reads Disabled."""
    assert _all_of("Login", {})["Tracing"] == "Disabled"
    assert _all_of("Login", {"Tracing": "Active"})["Tracing"] == "Active"


def test_one_log_group_has_all_lines_for_their_time_and_stays_when_the_stack_goes():
    assert everywhere()["LoggingConfig"]["LogGroup"] == {"Ref": "Logs"}
    for name in ("Logs", "AccessLogs"):
        group = template()["Resources"][name]
        assert group["Properties"] == {"RetentionInDays": {"Ref": "LogRetentionDays"}}
        assert group["DeletionPolicy"] == group["UpdateReplacePolicy"] == "Retain"


def test_a_sweep_that_could_not_be_started_or_failed_is_kept():
    """The scheduler's own queue gets what Lambda did not take; what fails in Lambda is Lambda's to tell."""
    sweeper, arn = functions()["Sweeper"], {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    (tick,) = sweeper["Events"].values()

    assert tick["Properties"]["DeadLetterConfig"] == {"Arn": arn}
    assert sweeper["EventInvokeConfig"]["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": arn}
    assert sweeper["EventInvokeConfig"]["MaximumRetryAttempts"] == 0


def test_functions_are_in_the_network_that_is_created_brought_or_in_none():
    created = _all_of("Login", {})["VpcConfig"]
    brought = _all_of("Login", {**OWN, "SubnetIds": "subnet-a,subnet-b", "SecurityGroupIds": "sg-a"})["VpcConfig"]

    assert created["SecurityGroupIds"] == [{"Fn::GetAtt": ["Network", "Outputs.FunctionsSecurityGroupId"]}]
    assert brought == {"SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": ["sg-a"]}
    assert "VpcConfig" not in _all_of("Login", OWN)


def test_no_function_that_opens_a_store_is_changed_before_the_schema_is():
    """So that a migration that fails leaves the version before as it is."""
    waiting = {name for name in functions() if template()["Resources"][name].get("DependsOn") == "Schema"}

    assert waiting == functions().keys() - {"Migrate", "Me"}
    assert template()["Resources"]["Schema"]["Properties"]["ServiceToken"] == {"Ref": "Migrate.Alias"}
    assert template()["Resources"]["Schema"]["Properties"]["Version"] == {"Ref": "Migrate.Version"}


def test_the_custom_resource_is_waited_for_as_long_as_migrate_may_take():
    assert functions()["Migrate"]["Timeout"] < template()["Resources"]["Schema"]["Properties"]["ServiceTimeout"]


@pytest.mark.parametrize(
    ("parameters", "role"),
    [({}, "session_service"), ({**OWN, "DatabaseUser": "app"}, "app"), (OWN, "")],
    ids=["created", "brought", "known to its secret alone"],
)
def test_migrate_grants_to_the_users_that_the_functions_log_in_as(parameters: dict[str, str], role: str):
    schema = Resolution(template(), parameters).of(template()["Resources"]["Schema"]["Properties"])

    assert schema["ServiceRole"] == role


def test_the_api_has_a_limit_of_requests_and_an_access_log():
    (api,) = resources("AWS::Serverless::HttpApi").values()

    assert set(api["DefaultRouteSettings"]) == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}
    assert "$context.integration.requestId" in api["AccessLogSettings"]["Format"]
