"""POST /login: an email and a password for a session."""

from session_management.factory import UserManagerFactory
from session_management.http.clients import client_of
from session_management.http.credentials import logged_in, read_credentials
from session_management.http.door import answering
from session_management.http.requests import Request
from session_management.http.responses import Response
from session_management.http.session_ids import session_id_to_replace
from session_management.observability import invoked
from session_management.settings import Settings
from session_management.snapshots import register_hooks

register_hooks()


@invoked
@answering("POST")
def lambda_handler(request: Request, settings: Settings) -> Response:
    """Answer a right email and password with the user and a new session (200), a wrong one with 401."""
    body = read_credentials(request)
    opened = UserManagerFactory.create().log_in(
        body.email,
        body.password,
        client_of(request, settings),
        remember=body.remember,
        presented_session_id=session_id_to_replace(request, settings),
    )
    return logged_in(opened, settings, by=body.transport)
