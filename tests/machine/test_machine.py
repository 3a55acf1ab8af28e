"""P1 to P6: several environments over real stores that break, in random runs, held to the model after every step."""

from collections.abc import Callable

import pytest

from tests.machine.census import CENSUS, Census
from tests.machine.machine import drive
from tests.machine.world import Servers

RUNS = 200
RUNS_OF_A_SEED = 50
MOST_SEEDS = 16


@pytest.fixture(scope="module")
def census() -> Census:
    """What the runs came to."""
    return Census()


def test_every_answer_is_one_that_the_model_allows(
    census: Census, record_property: Callable[[str, object], None]
) -> None:
    """The same runs each time: as many as are asked for, and on until everything that can happen has happened."""
    with Servers.started() as servers:
        for seed in range(MOST_SEEDS):
            drive(servers, census, RUNS_OF_A_SEED, seed=seed)
            if census.long_runs >= RUNS and not census.never_seen:
                break
    record_property(CENSUS, str(census))


def test_the_runs_came_to_everything_that_can_happen(census: Census) -> None:
    """Or they would prove little."""
    assert census.long_runs >= RUNS
    assert census.never_seen == []
