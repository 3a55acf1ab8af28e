"""How far a switch from plain form to digests has come: what is left, until when, and what to do next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from session_management.admin.checks import Check, Status
from session_management.iso8601 import instant
from session_management.policy import SessionPolicy

_SETTING: Final = "SESSION_UPGRADE_PLAIN_UNTIL"


def plain_form_check(left: int, policy: SessionPolicy, now: datetime) -> Check:
    """Return the line on sessions in plain form, of which *left* are at rest in PostgreSQL at *now*."""
    until = policy.upgrade_plain_until
    found = f"{left} {'session is' if left == 1 else 'sessions are'} at rest in plain form"
    facts = {"left": left, "upgraded_until": instant(until) if until else None}
    if until is None:
        return _without_an_end(left, policy, found, facts)
    if now < until:
        found += f"; each that is used before {facts['upgraded_until']} becomes a digest"
        return _line(Status.OK, found, None, facts)
    if left:
        found += f" and refused since {facts['upgraded_until']}"
        return _line(Status.WARNING, found, "Have the sweeper run: it ends them.", facts)
    # Until then sessions may live whose IDs, made by the original, nobody takes without the setting.
    unset_from = instant(until + policy.expiry.absolute)
    advice = f"Unset {_SETTING} from {unset_from} on."
    return _line(Status.OK, f"{found}; upgrades ended at {facts['upgraded_until']}", advice, facts)


def _without_an_end(left: int, policy: SessionPolicy, found: str, facts: Mapping[str, object]) -> Check:
    if policy.accepts_original:
        advice = "Once the original application is off, switch to digests: see docs/operating.md."
        return _line(Status.WARNING, f"{found}, as SESSION_ID_AT_REST=plain asks", advice, facts)
    if left:
        advice = f"Set {_SETTING}: ahead, they are upgraded at their first use; past, the sweeper ends them."
        return _line(Status.WARNING, f"{found}, and refused", advice, facts)
    return _line(Status.OK, found, None, facts)


def _line(status: Status, found: str, advice: str | None, facts: Mapping[str, object]) -> Check:
    return Check("plain_form", status, found, advice, facts)
