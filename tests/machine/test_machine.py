"""P1 to P6: several environments over real stores that break, in random runs, held to the model after every step."""

import sys

import pytest

from tests.machine.census import Census
from tests.machine.machine import STEPS, drive
from tests.machine.world import Servers

RUNS = 200
RUNS_OF_A_SEED = 50
MOST_SEEDS = 16


def test_every_answer_is_one_that_the_model_allows(capsys: pytest.CaptureFixture[str]) -> None:
    """The same runs each time: as many as are asked for, and on until everything that can happen has happened."""
    census = Census()
    with Servers.started() as servers:
        for seed in range(MOST_SEEDS):
            drive(servers, census, RUNS_OF_A_SEED, seed=seed)
            if census.runs >= RUNS and not census.never_seen:
                break
    with capsys.disabled():
        sys.stdout.write(f"\n{census}\n")
    assert census.runs >= RUNS
    assert census.steps >= RUNS * STEPS
    assert census.never_seen == []
