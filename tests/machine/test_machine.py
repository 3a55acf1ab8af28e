"""P1 to P6: several environments over real stores that break, in random runs, held to the model after every step."""

import sys

import pytest

from tests.machine.census import Census
from tests.machine.machine import STEPS, drive
from tests.machine.world import Servers

RUNS = 200


def test_every_answer_is_one_that_the_model_allows(capsys: pytest.CaptureFixture[str]) -> None:
    """The same runs each time. They come to everything that can happen, or they would prove little."""
    census = Census()
    with Servers.started() as servers:
        drive(servers, census, RUNS)
    with capsys.disabled():
        sys.stdout.write(f"\n{census}\n")
    assert census.runs >= RUNS
    assert census.steps >= RUNS * STEPS
    assert census.never_seen == []
