"""A Lambda authorizer for any kind of API Gateway."""

from typing import TYPE_CHECKING, Any

from session_management.access import Denial
from session_management.deadline import deadline
from session_management.errors import UnauthenticatedError
from session_management.events import SessionDenied
from session_management.factory import UserManagerFactory
from session_management.http.authorizers import (
    AuthorizerRequest,
    UnauthorizedError,
    allow_policy,
    context_of,
    deny_policy,
    read_authorizer_event,
)
from session_management.http.client_change import is_client_refused
from session_management.http.session_ids import presented_session_id
from session_management.models import SessionWithUser
from session_management.observability import invoked, tell, telling_faults
from session_management.settings import Settings
from session_management.snapshots import register_hooks

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

register_hooks()


@invoked
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer a live session with an allow and who it is, or with a deny if the policy refuses it.

    No session is `Unauthorized`, or `isAuthorized: false` in the simple form; an outage another exception. API Gateway
    makes 401 of exactly that word, 500 of any other exception, and caches neither; of a deny it makes 403.
    """
    request = read_authorizer_event(event)
    with telling_faults(), deadline(context.get_remaining_time_in_millis() / 1000):
        settings = UserManagerFactory.settings()
        found = _find(request, settings)
        denial = _denial(request, found, settings) if found else None
    is_simple = request.may_be_simple and settings.authorizer_response == "simple"
    if is_simple:
        return {"isAuthorized": True, "context": context_of(found)} if found and not denial else {"isAuthorized": False}
    if found is None:
        raise UnauthorizedError
    return deny_policy(request.arn, found, denial) if denial else allow_policy(request.arn, found)


def _find(request: AuthorizerRequest, settings: Settings) -> SessionWithUser | None:
    try:
        session_id = presented_session_id(request, settings)
    except UnauthenticatedError:
        return None
    return UserManagerFactory.create().find_session(session_id) if session_id else None


def _denial(request: AuthorizerRequest, found: SessionWithUser, settings: Settings) -> Denial | None:
    if is_client_refused(request, found, settings):
        denial: Denial | None = Denial.CLIENT_CHANGE
    else:
        denial = settings.access.denial(found, UserManagerFactory.now)
    if denial:
        tell(SessionDenied(session_handle=found.session.handle, user_id=found.user.id, denied=denial))
    return denial
