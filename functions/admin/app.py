"""What operators do. Invoked by them alone: it has no URL and no route."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from session_management.admin.commands import perform
from session_management.deadline import deadline
from session_management.observability import invoked, telling_faults
from session_management.snapshots import register_hooks

register_hooks()


@invoked
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer what the command `{"command": "...", ...}` comes to.

    Whatever was not done is an exception, and a FunctionError to who invoked it: so one look tells a script of every
    failure, a time-out too. `errorType` says which, `errorMessage` why.
    """
    with telling_faults(), deadline(context.get_remaining_time_in_millis() / 1000):
        return perform(event)
