"""POST /register: a new user, and a session for them."""

from typing import Final

from session_management.factory import UserManagerFactory
from session_management.http.bodies import LoginBody, read_json
from session_management.http.clients import client_of
from session_management.http.credentials import logged_in
from session_management.http.door import answering
from session_management.http.errors import RegistrationClosedError
from session_management.http.requests import Request
from session_management.http.responses import Response, accepted
from session_management.http.session_ids import session_id_to_replace
from session_management.observability import invoked
from session_management.settings import Settings
from session_management.snapshots import register_hooks

register_hooks()

_REGISTERED: Final = accepted({"accepted": True})


class RegisterBody(LoginBody):
    """What a client sends. Nothing else of a user can be said: no role, and not that the email is verified."""


@invoked
@answering("POST")
def lambda_handler(request: Request, settings: Settings) -> Response:
    """Answer with the new user and a session (200), or 409 where the email is taken.

    Where accounts are hidden, it is the same 202 for both, and no session. Where a login needs a verified email, it is
    202 and no session for the new user.
    """
    if settings.registration == "closed":
        raise RegistrationClosedError("nobody may register here")
    body = read_json(request, RegisterBody)
    manager, client = UserManagerFactory.create(), client_of(request, settings)
    if settings.registration_hides_accounts:
        manager.register_unseen(body.email, body.password, client)
        return _REGISTERED
    opened = manager.register(
        body.email,
        body.password,
        client,
        remember=body.remember,
        presented_session_id=session_id_to_replace(request, settings),
    )
    return logged_in(opened, settings, by=body.transport) if opened else _REGISTERED
