"""A Lambda authorizer for any kind of API Gateway."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from session_management.deadline import deadline
from session_management.errors import UnauthenticatedError
from session_management.factory import UserManagerFactory
from session_management.http.authorizers import (
    AuthorizerRequest,
    UnauthorizedError,
    allow_policy,
    context_of,
    read_authorizer_event,
)
from session_management.http.session_ids import presented_session_id
from session_management.models import SessionWithUser
from session_management.observability import logger, telling_faults
from session_management.settings import Settings
from session_management.snapshots import register_hooks

register_hooks()


@logger.inject_lambda_context(clear_state=True, log_event=False)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a live session with an allow and who it is; no session with a denial; an outage with an exception.

    API Gateway makes 401 of exactly `Unauthorized`, 500 of any other exception, and caches neither.
    """
    request = read_authorizer_event(event)
    with telling_faults(), deadline(context.get_remaining_time_in_millis() / 1000):
        settings = UserManagerFactory.settings()
        found = _find(request, settings)
    is_simple = request.may_be_simple and settings.authorizer_response == "simple"
    if is_simple:
        return {"isAuthorized": True, "context": context_of(found)} if found else {"isAuthorized": False}
    if found is None:
        raise UnauthorizedError
    return allow_policy(request.arn, found)


def _find(request: AuthorizerRequest, settings: Settings) -> SessionWithUser | None:
    try:
        session_id = presented_session_id(request, settings)
    except UnauthenticatedError:
        return None
    return UserManagerFactory.create().find_session(session_id) if session_id else None
