"""docs/runbook.md has a section for each alarm and for no other, and asks for what there is."""

import re

import pytest

from session_management.events import EVENTS
from tests.packaging.built import ROOT
from tests.packaging.template import resources
from tests.packaging.watching import every_alarm

RUNBOOK = (ROOT / "docs/runbook.md").read_text()
OPERATING = (ROOT / "docs/operating.md").read_text().partition("## What to watch")[2]
SECTIONS = dict(re.findall(r"^### (\w+)\n(.+?)(?=^#|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
ALARMS = {*every_alarm(), *resources("AWS::CloudWatch::Alarm")}
CODE = re.compile(r"```.*?```", re.DOTALL)


def anchors(document: str) -> set[str]:
    """The anchors that GitHub gives a document's headings."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", document), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_alarm_has_a_section_and_each_section_an_alarm():
    assert set(SECTIONS) == ALARMS
    assert len(re.findall(r"^### ", RUNBOOK, re.MULTILINE)) == len(SECTIONS)


def test_the_alarms_of_the_root_lead_to_their_sections():
    for name, alarm in resources("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmName"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}
        assert alarm["AlarmDescription"]["Fn::Sub"].endswith(f" ${{RunbookUrl}}#{name.lower()}")


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_says_what_it_means_and_what_to_do_and_when_it_is_over(name: str):
    meaning, *steps = re.split(r"^- \*\*", SECTIONS[name].strip(), flags=re.MULTILINE)

    assert meaning.strip()
    assert [step.partition("**")[0] for step in steps] == ["Look at", "Do", "Over"]


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_that_leads_to_another_leads_to_one(name: str):
    named = set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", re.sub(r"`[^`]*`", "", SECTIONS[name])))
    others = {"PostgreSQL", "CloudFront", "ElastiCache", "CloudFormation", "CloudWatch"}

    assert named - others <= ALARMS


def test_the_operators_list_has_each_alarm_once():
    listed = re.findall(r"\[(\w+)\]\(runbook\.md#(\w+)\)", OPERATING)

    assert sorted(name for name, _ in listed) == sorted(ALARMS)
    assert all(anchor == name.lower() for name, anchor in listed)


def test_its_own_links_lead_somewhere():
    linked = set(re.findall(r"\]\(#([a-z0-9-]+)\)", RUNBOOK))

    assert linked
    assert linked <= anchors(RUNBOOK)


def test_queries_ask_for_events_that_are_written():
    queries = "".join(CODE.findall(RUNBOOK))
    asked = {
        name
        for condition in re.findall(r"event (?:=|in) (\"\w+\"|\[[^]]+\])", queries)
        for name in re.findall(r"\"(\w+)\"", condition)
    }

    assert len(asked) > 8
    assert asked <= {kind.name for kind in EVENTS}


def test_the_queries_that_sections_name_are_there():
    given = set(re.findall(r"^\*\*([A-Z][a-z ]+)\*\*:", RUNBOOK, re.MULTILINE))
    named = set(re.findall(r"the quer(?:y|ies) ([A-Z][a-z]+)", RUNBOOK))

    assert named
    assert named <= given
