"""The alarms of infra/stacks/observability.yaml: on metrics that are written, and telling somebody what to do."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.dashboard.body import alarms_by_condition
from session_management.events import Event, LoginFailed, LoginSucceeded, Refusal, StoreFailed, Swept
from session_management.metrics import METRICS, write_metrics_of
from session_management.validation_counts import BY_PATH, INVALID, UNDECIDED, VALID, ValidationCounts
from tests.packaging.template import everywhere, functions, resources, stack, template
from tests.packaging.watching import CREATED, PARAMETERS, alarms, every_alarm, metrics_of
from tests.packaging.watching import resources as stack_resources
from tests.support.clock import ToldClock

OWN = "SessionManagement"
COUNTED_FROM_THE_LOG = f"{OWN}/sessions-prod"
COUNTS = (VALID, INVALID, UNDECIDED, *BY_PATH.values())
SWEPT = Swept(
    expired_deleted=1, revoked_deleted=0, fences_written=0, legacy_cleared=0, plain_deleted=0,
    plain_left=None, batches=1, lag_seconds=3.0, finished=True,
)  # fmt: skip
TOLD: tuple[tuple[Event, Mapping[str, str]], ...] = (
    (LoginSucceeded(user_id="u", session_handle="h"), {}),
    (LoginFailed(reason=Refusal.WRONG_PASSWORD, user_id="u"), {"reason": "wrong_password"}),
    (StoreFailed(store="redis", reason="timed out"), {"store": "redis"}),
    (SWEPT, {}),
)


def dimensions(metric: Mapping[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    """The dimensions with which each metric was just written, by its name."""
    result: dict[str, dict[str, str]] = {}
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        (names,) = directive["Dimensions"]
        assert directive["Namespace"] == OWN
        result |= {metric["Name"]: {name: line[name] for name in names} for metric in directive["Metrics"]}
    return result


@pytest.fixture
def in_a_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is there that the template sets."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "sessions-prod")


@pytest.mark.parametrize(("event", "own"), TOLD, ids=[event.name for event, _ in TOLD])
def test_a_metric_is_written_with_the_stacks_name_and_its_own_dimension(
    event: Event, own: Mapping[str, str], in_a_stack: None, capsys: pytest.CaptureFixture[str]
):
    write_metrics_of(event, event.facts, 0.0)
    found = written(capsys)

    assert found.keys() <= {metric.name for metric in METRICS if metric.of is type(event)}
    assert list(found.values()) == [{"service": "sessions-prod", **own}] * len(found) != []


def test_validations_are_counted_with_the_stacks_name(
    clock: ToldClock, in_a_stack: None, capsys: pytest.CaptureFixture[str]
):
    ValidationCounts(clock).add(*COUNTS)

    assert written(capsys) == {name: {"service": "sessions-prod"} for name in COUNTS}


def test_alarms_look_at_metrics_that_the_functions_write_so():
    by = {metric.name: {"service", metric.by} - {None} for metric in METRICS} | {name: {"service"} for name in COUNTS}
    own = [metric for alarm in every_alarm().values() for metric in metrics_of(alarm) if metric["Namespace"] == OWN]

    assert len({metric["MetricName"] for metric in own}) >= 9
    for metric in own:
        assert dimensions(metric).keys() == by[metric["MetricName"]], metric
        assert dimensions(metric)["service"] == "sessions-prod"


def test_alarms_on_the_log_look_at_what_is_counted_from_it():
    counted = {
        (one["MetricNamespace"], one["MetricName"])
        for pattern in stack_resources("AWS::Logs::MetricFilter").values()
        for one in pattern["MetricTransformations"]
    }
    looked_at = {
        (metric["Namespace"], metric["MetricName"])
        for alarm in alarms().values()
        for metric in metrics_of(alarm)
        if metric["Namespace"] == COUNTED_FROM_THE_LOG
    }

    assert looked_at == counted == {(COUNTED_FROM_THE_LOG, name) for name in ("UnhandledErrors", "Interruptions")}


def test_failed_logins_are_summed_over_every_reason():
    failures = alarms()["LoginFailures"]["Metrics"]
    reasons = [dimensions(metric).get("reason") for metric in metrics_of(alarms()["LoginFailures"])]
    (summed,) = [query["Expression"] for query in failures if query["Id"] == "failures"]

    assert set(reasons) - {None} == {str(reason) for reason in Refusal}
    assert all(f"FILL({reason}, 0)" in summed for reason in Refusal)


@pytest.mark.parametrize(("name", "store"), [("Postgresql", "postgresql"), ("Redis", "redis")])
@pytest.mark.parametrize("kind", ["Failures", "Spared"])
def test_each_store_has_its_own_alarms(name: str, store: str, kind: str):
    assert dimensions(alarms()[name + kind])["store"] == store


@pytest.mark.parametrize("parameters", CREATED.values(), ids=CREATED)
def test_expressions_name_metrics_of_their_alarm_and_return_one_line(parameters: Mapping[str, str]):
    for name, alarm in alarms(parameters).items():
        queries = alarm.get("Metrics", [])
        returned = [query for query in queries if query.get("ReturnData", True)]
        expressions = " ".join(query.get("Expression", "") for query in queries)

        assert len(returned) == (1 if queries else 0), name
        assert all(query["Id"] in expressions for query in queries if query not in returned), name


@pytest.mark.parametrize(("name", "alarm"), every_alarm().items(), ids=every_alarm())
def test_an_alarm_says_what_is_wrong_and_where_it_is_explained(name: str, alarm: Mapping[str, Any]):
    assert alarm["AlarmName"] == f"sessions-prod-{name}"
    assert alarm["AlarmDescription"].endswith(f". docs/runbook.md#{name.lower()}")
    assert len(alarm["AlarmDescription"]) > 60
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert alarm["TreatMissingData"] in {"breaching", "notBreaching", "ignore", "missing"}
    assert alarm.get("DatapointsToAlarm", 1) <= alarm["EvaluationPeriods"]


def test_what_has_to_be_written_all_the_time_is_missed_and_nothing_else_is():
    breaching = {name for name, alarm in every_alarm().items() if alarm["TreatMissingData"] == "breaching"}
    missed = alarms()["SweepsMissing"]

    assert breaching == {"SweepsMissing"}
    assert missed["Period"] * missed["EvaluationPeriods"] == 15 * 60


@pytest.mark.parametrize(
    ("parameters", "there"),
    [
        ({}, set()),
        (CREATED["aurora and a serverless cache"], {"HasAurora", "HasServerlessCache"}),
        (CREATED["an instance and nodes"], {"HasInstance", "HasCacheNodes"}),
        (CREATED["aurora behind a proxy"], {"HasAurora", "HasServerlessCache", "HasProxy"}),
    ],
)
def test_stores_that_are_created_have_alarms_and_others_have_none(parameters: Mapping[str, str], there: set[str]):
    by_condition = alarms_by_condition(stack("observability"))

    assert set(alarms(parameters)) == {name for condition in {"", *there} for name in by_condition[condition]}


def test_every_capacity_that_may_be_asked_for_has_a_number_of_connections():
    allowed = template()["Parameters"]["DatabaseCapacity"]["AllowedValues"]
    known = stack("observability")["Mappings"]["Connections"]
    found = alarms({"DatabaseKind": "aurora-serverless", "DatabaseMaxCapacity": "16"})["PostgresqlConnections"]

    assert {capacity.partition("-")[2] for capacity in allowed} == set(known)
    assert found["Threshold"] == known["16"]["Threshold"]


def test_alarms_go_to_an_encrypted_topic_to_which_this_accounts_alarms_alone_publish():
    (topic,) = stack_resources("AWS::SNS::Topic").values()
    (key,) = stack_resources("AWS::KMS::Key").values()
    (policy,) = stack_resources("AWS::SNS::TopicPolicy").values()
    of_alarms = [key["KeyPolicy"]["Statement"][1], *policy["PolicyDocument"]["Statement"]]

    assert topic["KmsMasterKeyId"] == {"Ref": "AlarmKey"}
    for statement in of_alarms:
        assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_a_topic_of_ones_own_is_used_and_no_other_made():
    own = {"AlarmTopicArn": "arn:topic", "AlarmEmail": "ops@example.com"}

    assert all(alarm["AlarmActions"] == alarm["OKActions"] == ["arn:topic"] for alarm in alarms(own).values())
    for kind in ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::KMS::Key", "AWS::SNS::Subscription"):
        assert stack_resources(kind, own) == {}


@pytest.mark.parametrize(("email", "endpoints"), [("", []), ("ops@example.com", ["ops@example.com"])])
def test_an_email_is_subscribed_where_one_is_given(email: str, endpoints: list[str]):
    subscriptions = stack_resources("AWS::SNS::Subscription", {"AlarmEmail": email})

    assert [one["Endpoint"] for one in subscriptions.values()] == endpoints


def test_the_stack_is_told_all_that_it_asks_for():
    given = resources("AWS::CloudFormation::Stack")["Observability"]["Parameters"]

    assert given.keys() == PARAMETERS.keys()
    assert {name.removesuffix("Function") for name in given if name.endswith("Function")} == functions().keys() - {"Me"}


def test_a_canary_goes_back_for_alarms_that_a_bad_version_raises_at_once():
    outputs = stack("observability")["Outputs"]
    asked = [
        reference["Fn::GetAtt"][1].removeprefix("Outputs.")
        for reference in everywhere()["DeploymentPreference"]["Alarms"]
    ]
    named = [outputs[name]["Value"]["Ref"] for name in asked]

    assert named == ["UnhandledErrors", "ConfigurationErrors", "ValidationsUndecided"]
    assert all(alarms()[name]["Period"] * alarms()[name]["EvaluationPeriods"] == 60 for name in named)
