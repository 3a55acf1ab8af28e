"""What clients send to be logged in, and what they get: the user, and a session by cookie or in the body."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from session_management.http.cookies import session_cookie
from session_management.http.responses import Response, instant, ok, user_body
from session_management.models import LogIn
from session_management.settings import Settings

type Transport = Literal["cookie", "bearer"]

# Spelled out, since JSON Schema's \s is not quite the one of pydantic: no spaces and no control characters.
_TEXT: Final = r"[^@\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"

Email = Annotated[str, Field(max_length=255, pattern=f"^{_TEXT}@{_TEXT}$")]
Password = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00]*$", repr=False)]


class CredentialsBody(BaseModel):
    """An email and a password, for a session.

    `transport` says how the client wants the session ID: as a cookie, or in the answer. One that is not to `remember`
    it gets a cookie that goes with the browser, and a session of the shorter lifetime.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    email: Email
    password: Password
    transport: Literal["cookie", "bearer"] = "cookie"
    remember: bool = True


def logged_in(opened: LogIn, settings: Settings, *, by: Transport) -> Response:
    """Return the answer to who is logged in now (200)."""
    answer = {"user": user_body(opened.user), "expires_at": instant(opened.session.expires_at)}
    if by == "bearer":
        return ok({**answer, "session_id": opened.session_id})
    return ok(answer, session_cookie(settings, opened.session_id, opened.session))
