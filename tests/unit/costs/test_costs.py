"""The estimate of what a month costs."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.costs.__main__ import LEVELS, table
from infra.costs.parts import Choices, bill
from infra.costs.usage import Traffic, alarm_metrics, filtered_metrics, snapshot_gb

ROOT = Path(__file__).resolve().parents[3]
DEFAULT = Choices()


def _together(traffic: float, choices: Choices = DEFAULT) -> float:
    return sum(bill(Traffic(traffic), choices).values())


def test_the_readme_shows_what_the_program_prints():
    assert table(LEVELS, DEFAULT) in (ROOT / "README.md").read_text()


def test_more_traffic_costs_more():
    assert 0 < _together(0) < _together(1e6) < _together(1e8)


@pytest.mark.parametrize(
    ("choices", "part"),
    [
        (Choices(has_proxy=True), "RDS Proxy"),
        (Choices(has_snapshots=True), "SnapStart"),
        (Choices(has_edge=True), "CloudFront"),
    ],
)
def test_what_is_chosen_besides_is_a_part_of_its_own(choices: Choices, part: str):
    assert part not in bill(Traffic(1e6), DEFAULT)
    assert bill(Traffic(1e6), choices)[part] > 0


def test_behind_the_edge_nobody_pays_for_the_api():
    assert bill(Traffic(1e6), Choices(has_edge=True))["HTTP API"] == 0


@pytest.mark.parametrize("choices", [Choices(database="instance"), Choices(cache="nodes")])
def test_other_stores_cost_something_else(choices: Choices):
    assert _together(1e6, choices) != _together(1e6)


def test_memory_and_alarms_are_the_templates():
    assert snapshot_gb() == pytest.approx((3 * 1769 + 4 * 512) / 1024)
    assert alarm_metrics(DEFAULT.conditions) > 26, "one at least for each alarm, of which some compare metrics"
    assert filtered_metrics(DEFAULT.conditions) == 2, "unhandled errors, and interruptions"


def test_the_alarms_are_those_of_the_stores_that_are_chosen():
    conditions = {"HasAurora", "HasInstance", "HasProxy", "HasServerlessCache", "HasCacheNodes"}
    alone = {name: alarm_metrics({name}) - alarm_metrics(set()) for name in conditions}
    chosen = Choices(database="instance", cache="nodes", has_proxy=True).conditions

    assert min(alone.values()) > 0
    assert chosen == {"HasInstance", "HasCacheNodes", "HasProxy"}
    assert alarm_metrics(chosen) == alarm_metrics(set()) + sum(alone[name] for name in chosen)


def test_the_access_log_of_the_api_is_a_part_of_the_logs():
    """CloudFront's requests go past the API."""
    apart = bill(Traffic(1e9), DEFAULT)["Logs"] - bill(Traffic(1e9), Choices(has_edge=True))["Logs"]

    assert apart == pytest.approx(Traffic(1e9).doors * 400 / 1e9 * 0.50)


def test_the_api_costs_less_beyond_its_first_tier():
    few, many = (Traffic(level) for level in (1e9, 1e10))

    assert bill(few, DEFAULT)["HTTP API"] == pytest.approx(few.doors / 1e6)
    assert bill(many, DEFAULT)["HTTP API"] == pytest.approx(300 + (many.doors / 1e6 - 300) * 0.90)


def test_a_level_of_ones_own_is_priced_from_the_command_line():
    command = [sys.executable, "-m", "infra.costs", "--requests", "5e6", "--cache", "nodes"]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "shared:."}, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("| Authorized requests a month | 5,000,000 |")
