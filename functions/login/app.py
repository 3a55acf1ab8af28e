"""POST /login: an email and a password for a session."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from session_management.factory import UserManagerFactory
from session_management.http.cookies import session_cookie
from session_management.http.door import answering
from session_management.http.requests import Request, read_json
from session_management.http.responses import Response, instant, ok, user_body
from session_management.http.session_ids import session_id_to_replace
from session_management.observability import logger
from session_management.settings import Settings
from session_management.snapshots import register_hooks

register_hooks()

# Spelled out, since JSON Schema's \s is not quite the one of pydantic: no spaces and no control characters.
_TEXT: Final = r"[^@\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"


class LoginBody(BaseModel):
    """What a client sends.

    `transport` says how it wants the session ID: as a cookie, or in the answer. One that is not to `remember` it gets
    a cookie that goes with the browser, and a session of the shorter lifetime.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    email: str = Field(max_length=255, pattern=f"^{_TEXT}@{_TEXT}$")
    password: str = Field(min_length=1, max_length=1024, pattern=r"^[^\x00]*$", repr=False)
    transport: Literal["cookie", "bearer"] = "cookie"
    remember: bool = True


@logger.inject_lambda_context(clear_state=True, log_event=False)
@answering("POST")
def lambda_handler(request: Request, settings: Settings) -> Response:
    """Answer a right email and password with the user and a new session (200), a wrong one with 401."""
    body = read_json(request, LoginBody)
    logged_in = UserManagerFactory.create().log_in(
        body.email,
        body.password,
        request.metadata,
        remember=body.remember,
        presented_session_id=session_id_to_replace(request, settings),
    )
    answer = {"user": user_body(logged_in.user), "expires_at": instant(logged_in.session.expires_at)}
    if body.transport == "bearer":
        return ok({**answer, "session_id": logged_in.session_id})
    return ok(answer, session_cookie(settings, logged_in.session_id, logged_in.session))
