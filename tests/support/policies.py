"""Policies: the settings' defaults, but for what a test says."""

from copy import replace
from datetime import timedelta
from typing import Any, Final

from session_management.attempts import ACCOUNT_LIFE_MS, Limit
from session_management.expiry import ExpiryRule
from session_management.policy import LoginPolicy, SessionPolicy
from session_management.settings import Settings
from session_management.tokens import AtRest, SessionNames

LENIENT: Final = LoginPolicy(
    account=Limit(1_000_000, ACCOUNT_LIFE_MS, 1_000, 300_000),
    address=Limit(1_000_000, 900_000),
)
"""What tests log in under, unless they are about limits."""


def a_policy(
    *,
    idle: timedelta = timedelta(),
    absolute: timedelta = timedelta(days=30),
    at_rest: AtRest = "digest",
    **changes: Any,
) -> SessionPolicy:
    """Return the default policy with *changes*, which are fields of `SessionPolicy`; tries of passwords are lenient."""
    defaults = replace(Settings.from_environment({}).policy, login=LENIENT)
    return replace(defaults, expiry=ExpiryRule(absolute, idle), names=SessionNames(at_rest), **changes)
