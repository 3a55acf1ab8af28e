"""POST /password: a new password for the current one, and a new session for all that there were."""

from pydantic import BaseModel, ConfigDict

from session_management.factory import UserManagerFactory
from session_management.http.bodies import Password, read_json
from session_management.http.callers import caller_of
from session_management.http.clients import client_of
from session_management.http.credentials import logged_in
from session_management.http.door import answering
from session_management.http.requests import Request
from session_management.http.responses import Response
from session_management.http.session_ids import is_in_cookie
from session_management.observability import invoked
from session_management.settings import Settings
from session_management.snapshots import register_hooks

register_hooks()


class PasswordBody(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    current_password: Password
    new_password: Password


@invoked
@answering("POST")
def lambda_handler(request: Request, settings: Settings) -> Response:
    """Answer with the user and a session (200) that comes as the one before did: in the cookie, or in the body.

    Without a live session, with another current password, or from a client that the policy denies, it is 401.
    """
    body = read_json(request, PasswordBody)
    caller = caller_of(request, settings)
    opened = UserManagerFactory.create().change_own_password(
        caller.session_id, body.current_password, body.new_password, client_of(request, settings)
    )
    return logged_in(opened, settings, by="cookie" if is_in_cookie(request, settings) else "bearer")
