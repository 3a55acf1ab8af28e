"""How Hypothesis draws here: the same examples each time, and however slow the machine is."""

from hypothesis import HealthCheck, settings

_PROFILE = "steady"

settings.register_profile(_PROFILE, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def draw_steadily() -> None:
    """Use the profile in the tests that are defined from now on; called by a conftest, before it sees a test."""
    settings.load_profile(_PROFILE)
