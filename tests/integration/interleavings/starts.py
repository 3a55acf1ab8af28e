"""What Redis and PostgreSQL say of the session before two operations meet."""

from collections.abc import Callable, Mapping
from copy import replace
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from session_management.expiry import ExpiryRule
from tests.integration.interleavings.stage import Stage

_A_MOMENT: Final = timedelta(seconds=1)
_TOO_LONG: Final = timedelta(seconds=61)
_AN_HOUR: Final = timedelta(hours=1)
_PAST_RETENTION: Final = timedelta(days=31)
_IDLE: Final = {"expiry": ExpiryRule(timedelta(days=30), timedelta(minutes=30))}


@dataclass(frozen=True)
class Start:
    """How both stores are brought to a state, and in what the policy there differs from the default."""

    set_up: Callable[[Stage], None]
    policy: Mapping[str, Any] = field(default_factory=dict)


def _stale(stage: Stage) -> None:
    stage.set_up(copied=_A_MOMENT)
    stage.manager._adapter.invalidate(stage.recorded().session)


def _revoked(stage: Stage) -> None:
    stage.set_up(copied=_A_MOMENT)
    stage.manager.delete_session(stage.session_id)


def _expired_copy(stage: Stage) -> None:
    """Somebody extended the session, and Redis missed it."""
    stage.set_up()
    _copy(stage, expires_at=stage.clock.now() - _A_MOMENT)


def _expired(stage: Stage) -> None:
    stage.set_up()
    _record(stage, "expires_at", _A_MOMENT)
    _copy(stage)


def _idle_copy(stage: Stage) -> None:
    """The session is in use elsewhere, and its copy has not been written since."""
    stage.set_up()
    _record(stage, "last_activity", _A_MOMENT)
    _copy(stage, last_activity=stage.clock.now() - _AN_HOUR)


def _idle(stage: Stage) -> None:
    stage.set_up()
    _record(stage, "last_activity", _AN_HOUR)
    _copy(stage)


def _purgeable(stage: Stage) -> None:
    """The logout's fence was lost, and so were those of all sweeps since; the copy would live on."""
    stage.set_up(copied=_PAST_RETENTION)
    stage.sql.run("UPDATE sessions SET revoked = true, revoked_at = now() - INTERVAL '31 days'")


def _record(stage: Stage, column: str, ago: timedelta) -> None:
    """Have the record say so; PostgreSQL's clock is ahead of the told one, so that it is past for both."""
    at = stage.clock.now() - ago
    stage.sql.run(f"UPDATE sessions SET {column} = :at WHERE id = :key", at=at, key=stage.key)


def _copy(stage: Stage, **changes: Any) -> None:
    """Have a copy, checked a moment ago, that differs from the record in *changes*."""
    found = stage.recorded()
    stage.put_copy(found._replace(session=replace(found.session, **changes)), checked=_A_MOMENT)


STARTS: Final[dict[str, Start]] = {
    "no copy": Start(lambda stage: stage.set_up()),
    "fresh copy": Start(lambda stage: stage.set_up(copied=_A_MOMENT)),
    "old copy": Start(lambda stage: stage.set_up(copied=_TOO_LONG)),
    "stale fence": Start(_stale),
    "revoked fence": Start(_revoked),
    "expired copy": Start(_expired_copy),
    "expired": Start(_expired),
    "idle copy": Start(_idle_copy, _IDLE),
    "idle": Start(_idle, _IDLE),
    "purgeable": Start(_purgeable),
}

STATES_OF_THE_COPY: Final = ("no copy", "fresh copy", "old copy", "stale fence", "revoked fence")
"""The starts that differ in what Redis has of a session that lives, or was just ended."""
