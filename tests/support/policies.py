"""Policies: the settings' defaults, but for what a test says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from session_management.expiry import ExpiryRule
from session_management.policy import SessionPolicy
from session_management.settings import Settings
from session_management.tokens import AtRest, SessionNames


def a_policy(
    *,
    idle: timedelta = timedelta(),
    absolute: timedelta = timedelta(days=30),
    at_rest: AtRest = "digest",
    **changes: Any,
) -> SessionPolicy:
    """Return the default policy with *changes*, which are fields of `SessionPolicy`."""
    defaults = Settings.from_environment({}).policy
    return replace(defaults, expiry=ExpiryRule(absolute, idle), names=SessionNames(at_rest), **changes)
