"""The whole machine, and how to run it over servers that are started once."""

import hypothesis
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.account_rules import AccountRules
from tests.machine.census import STEPS, Census
from tests.machine.store_rules import StoreRules
from tests.machine.user_rules import UserRules
from tests.machine.world import Servers


class Machine(AccountRules, UserRules, StoreRules):
    """Every rule."""


def drive(servers: Servers, census: Census, runs: int, *, seed: int) -> None:
    """Drive as many *runs*, drawn by *seed*; *census* is told what happened.

    Raises:
        AssertionError: an answer was not one that the model allows; Hypothesis prints the shortest way to it.
    """
    # A class of its own: what Hypothesis knows of a machine, it keeps there.
    driven = type("Machine", (Machine,), {"servers": servers, "census": census})
    drawn = settings(max_examples=runs, stateful_step_count=STEPS, database=None)
    run_state_machine_as_test(hypothesis.seed(seed)(driven), settings=drawn)
