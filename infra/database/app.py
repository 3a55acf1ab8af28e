"""The migrate function: asked by deployments and operators, as the owner of the tables."""

from collections.abc import Mapping
from copy import replace
from dataclasses import asdict
from typing import Any, Final

from aws_lambda_powertools.utilities.typing import LambdaContext
from custom_resource import RESERVE_SECONDS, answer, is_custom_resource
from migrate import Outcome, migrate, read_migrations
from roles import Roles, grant, let_in

from session_management.clients.connections import close_postgres
from session_management.deadline import deadline, seconds_left
from session_management.events import Migrated
from session_management.factory import UserManagerFactory, get_postgres
from session_management.observability import invoked, tell, telling_faults
from session_management.snapshots import register_hooks

_STATEMENT_SECONDS: Final = 600.0

register_hooks()


@invoked
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer with the migrations `applied` now, the `current` one, what is `pending`, and the `roles_made`.

    `{"service_role": …, "validator_role": …}` makes and grants these, and `{"dry_run": true}` changes nothing. What
    fails is an exception; the schema stays as the last whole file left it. In mock mode there is no schema.

    CloudFormation, whose event has the roles in its properties, is answered at its URL; see `custom_resource`.
    """
    seconds = context.get_remaining_time_in_millis() / 1000
    if is_custom_resource(event):
        with deadline(seconds - RESERVE_SECONDS):
            told: dict[str, Any] = answer(event, _deploy)
            return told
    asked = _fields_of(event)
    with deadline(seconds):
        roles = Roles.of(asked, service="service_role", validator="validator_role")
        return answer_of(_told(roles, dry_run=_asks_for_dry_run(asked)))


def answer_of(outcome: Outcome) -> dict[str, Any]:
    """Return *outcome* as it is answered."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(outcome).items()}


def bring_up_to_date(roles: Roles, *, dry_run: bool) -> Outcome:
    """Make the roles, apply the migrations and grant, over a connection of its own, as the settings say.

    Raises as `let_in`, `migrate` and `grant`.
    """
    if UserManagerFactory.settings().mode == "mock":
        return Outcome((), None, ())
    try:
        # PostgreSQL itself ends what nobody waits for any more.
        database = get_postgres(statement_seconds=min(_STATEMENT_SECONDS, seconds_left()))
        if dry_run:
            return migrate(database, read_migrations(), dry_run=True)
        made = let_in(database, roles)
        outcome = migrate(database, read_migrations())
        grant(database, roles)
        return replace(outcome, roles_made=made)
    finally:
        close_postgres()


def _deploy(properties: Mapping[str, Any]) -> Outcome:
    return _told(Roles.of(properties, service="ServiceRole", validator="ValidatorRole"), dry_run=False)


def _told(roles: Roles, *, dry_run: bool) -> Outcome:
    with telling_faults():
        outcome = bring_up_to_date(roles, dry_run=dry_run)
    tell(Migrated(**asdict(outcome)))
    return outcome


def _fields_of(event: object) -> Mapping[str, Any]:
    """Return what an operator asks for; an event that is no object asks for nothing in particular."""
    return event if isinstance(event, dict) else {}


def _asks_for_dry_run(asked: Mapping[str, Any]) -> bool:
    """Whether nothing is to be changed: anything but a plain false is meant to be on the safe side."""
    return asked.get("dry_run", False) is not False
