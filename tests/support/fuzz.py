"""How Hypothesis draws here: the same examples each time, however slow the machine is, and whatever else is imported.

`pytest --hypothesis-profile=random` draws others each time, and tells by which seed; so does `make fuzz`.
"""

from typing import Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

STEADY: Final = "steady"
RANDOM: Final = "random"
UNSHRUNK: Final = "unshrunk"
"""As the steady one, but content with the first failure: where only whether there is one is of interest."""

_SLOW: Final = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(STEADY, derandomize=True, deadline=None, suppress_health_check=_SLOW)
# Said outright: with CI set, Hypothesis itself derandomizes.
settings.register_profile(RANDOM, derandomize=False, deadline=None, suppress_health_check=_SLOW, print_blob=True)
settings.register_profile(UNSHRUNK, settings.get_profile(STEADY), phases=[Phase.generate])

# Hypothesis draws from the constants of all modules of the project that are imported at the time. Which those are is
# up to the tests that ran before, and an edit anywhere would have every test draw something else.
_constants_of_the_project: Final = providers._get_local_constants


def draw_steadily() -> None:
    """Use the profile in the tests that are defined from now on; called by a conftest, before it sees a test."""
    settings.load_profile(STEADY)
    providers._get_local_constants = _constants


def draw_anew() -> None:
    """Draw at random, outside of pytest."""
    settings.load_profile(RANDOM)


def _constants() -> Constants:
    return Constants() if settings().derandomize else _constants_of_the_project()
