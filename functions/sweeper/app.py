"""The scheduled sweep: deletes what has ended."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from session_management.deadline import deadline
from session_management.factory import UserManagerFactory
from session_management.observability import invoked, telling_faults
from session_management.snapshots import register_hooks

register_hooks()


@invoked
def lambda_handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer with what was done; `finished` is false if the rest is left for the next tick.

    A PostgreSQL that does not answer is an exception: Lambda counts it and tries again.
    """
    with telling_faults(), deadline(context.get_remaining_time_in_millis() / 1000):
        return asdict(UserManagerFactory.create().sweep())
