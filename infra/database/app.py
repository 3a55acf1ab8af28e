"""The migrate function: run on deploy, or by an operator, as the owner of the tables."""

from dataclasses import asdict
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext
from migrate import Outcome, migrate, read_migrations

from session_management.clients.connections import close_postgres
from session_management.deadline import deadline
from session_management.events import Migrated
from session_management.factory import UserManagerFactory, get_postgres
from session_management.observability import logger, tell, telling_faults
from session_management.snapshots import register_hooks

_STATEMENT_SECONDS: Final = 600.0

register_hooks()


@logger.inject_lambda_context(clear_state=True, log_event=False)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer with the migrations `applied` now, the `current` one and what is `pending`.

    `{"dry_run": true}` applies nothing. A file that fails is an exception; the schema stays as the one
    before it left it. In mock mode there is no schema.
    """
    with telling_faults(), deadline(context.get_remaining_time_in_millis() / 1000):
        outcome = bring_up_to_date(dry_run=_asks_for_dry_run(event))
    tell(Migrated(**asdict(outcome)))
    return answer_of(outcome)


def answer_of(outcome: Outcome) -> dict[str, Any]:
    """Return *outcome* as it is answered."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(outcome).items()}


def _asks_for_dry_run(event: object) -> bool:
    """Whether nothing is to be applied: anything but a plain false is meant to be on the safe side."""
    return isinstance(event, dict) and event.get("dry_run", False) is not False


def bring_up_to_date(*, dry_run: bool) -> Outcome:
    """Apply the migrations over a connection of its own, as the settings say. Raises as `migrate`."""
    if UserManagerFactory.settings().mode == "mock":
        return Outcome((), None, ())
    try:
        return migrate(get_postgres(statement_seconds=_STATEMENT_SECONDS), read_migrations(), dry_run=dry_run)
    finally:
        close_postgres()
