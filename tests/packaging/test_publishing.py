"""A change really arrives: what SAM publishes anew for it, and how requests move to it."""

from graphlib import TopologicalSorter
from typing import Any

import pytest

from infra.deployment.content_hash import content_hash
from infra.deployment.template import PROJECT
from tests.packaging.template import functions, template
from tests.packaging.translation import references, translations

CANARY = {"Deployment": "Canary10Percent5Minutes"}
ALARMS = ("UnhandledErrorsAlarm", "ConfigurationErrorsAlarm", "UndecidedAlarm")


def _published(settings: dict[str, str]) -> dict[str, str]:
    return {"ContentHash": content_hash(PROJECT, settings)}


@pytest.fixture(scope="module")
def translated(environments: None) -> list[dict[str, Any]]:
    """The template with two settings, without a digest, and with a canary."""
    week, day = _published({"SessionMaxAgeSeconds": "604800"}), _published({"SessionMaxAgeSeconds": "86400"})
    return translations(template(), [week, week, day, {}, CANARY])


def _versions(made: dict[str, Any]) -> set[str]:
    return {name for name, resource in made["Resources"].items() if resource["Type"] == "AWS::Lambda::Version"}


def test_a_setting_that_changed_publishes_every_function_anew(translated: list[dict[str, Any]]):
    before, same, after, *_ = map(_versions, translated)

    assert before == same
    assert before & after == set()
    assert len(before) == len(after) == len(functions())


def test_what_is_published_is_new_to_lambda_too(translated: list[dict[str, Any]]):
    """Which publishes no version of a function that looks as the version before."""
    before, _, after, *_ = translated

    for name in functions():
        first, second = (made["Resources"][name]["Properties"]["Description"] for made in (before, after))
        assert first != second


def test_without_a_digest_a_changed_layer_publishes_as_well(environments: None):
    """For whoever deploys with SAM alone; a setting is then no change, which the template says."""
    changed = {**template(), "Resources": {**template()["Resources"]}}
    layer = changed["Resources"]["SessionLayer"]
    changed["Resources"]["SessionLayer"] = {**layer, "Properties": {**layer["Properties"], "ContentUri": "other/"}}
    ((before,), (after,)) = (translations(each, [{}]) for each in (template(), changed))

    assert _versions(before) & _versions(after) == set()


def test_old_versions_do_not_pile_up(translated: list[dict[str, Any]]):
    made = translated[0]["Resources"]

    assert {made[name]["DeletionPolicy"] for name in _versions(translated[0])} == {"Delete"}


def test_a_canary_goes_back_when_an_alarm_is_raised(translated: list[dict[str, Any]]):
    """Every function's but migrate's, for which the others wait, and whose alarms would wait for them."""
    made = translated[-1]["Resources"]
    groups = {name: each["Properties"] for name, each in made.items() if each["Type"].endswith("DeploymentGroup")}

    assert groups.keys() == {f"{name}DeploymentGroup" for name in functions() if name != "Migrate"}
    for group in groups.values():
        raised = [alarm["Name"]["Fn::GetAtt"] for alarm in group["AlarmConfiguration"]["Alarms"]]
        assert raised == [["Observability", f"Outputs.{name}"] for name in ALARMS]
        assert group["AutoRollbackConfiguration"]["Enabled"]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert "UpdatePolicy" in made["AuthorizerAliaslive"]


def test_without_a_canary_nothing_deploys_but_cloudformation(translated: list[dict[str, Any]]):
    assert not [each for each in translated[0]["Resources"].values() if "CodeDeploy" in each["Type"]]


@pytest.mark.parametrize("made", [0, -1], ids=["at once", "canary"])
def test_nothing_waits_for_itself(translated: list[dict[str, Any]], made: int):
    """CloudFormation refuses a circle: alarms know functions, canaries alarms, and aliases canaries."""
    resources = translated[made]["Resources"]

    order = TopologicalSorter({name: references(each) & resources.keys() for name, each in resources.items()})

    assert set(order.static_order()) == resources.keys()
