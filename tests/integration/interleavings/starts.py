"""What Redis and PostgreSQL say of the session before two operations meet."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from tests.integration.interleavings.stage import Stage

_A_MOMENT: Final = timedelta(seconds=1)
_TOO_LONG: Final = timedelta(seconds=61)


def _stale(stage: Stage) -> None:
    stage.set_up(copied=_A_MOMENT)
    found = stage.record()
    assert found
    stage.manager._adapter.invalidate(found.session)


def _revoked(stage: Stage) -> None:
    stage.set_up(copied=_A_MOMENT)
    stage.manager.delete_session(stage.session_id)


STARTS: Final[dict[str, Callable[[Stage], None]]] = {
    "no copy": lambda stage: stage.set_up(),
    "fresh copy": lambda stage: stage.set_up(copied=_A_MOMENT),
    "old copy": lambda stage: stage.set_up(copied=_TOO_LONG),
    "stale fence": _stale,
    "revoked fence": _revoked,
}
