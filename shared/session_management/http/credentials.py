"""What clients send to be logged in, and what they get: the user, and a session by cookie or in the body."""

import re
from typing import ClassVar, Final, Literal

import orjson

from session_management.http.cookies import session_cookie
from session_management.http.requests import Request, json_of
from session_management.http.responses import Response, ok, user_body
from session_management.iso8601 import instant
from session_management.models import LogIn
from session_management.settings import Settings
from session_management.value import Value

type Transport = Literal["cookie", "bearer"]

EMAIL_CHARACTERS: Final = 255
PASSWORD_CHARACTERS: Final = 1_024
_PLAIN_EMAIL: Final = re.compile(r"[!-?A-~]+@[!-?A-~]+")
_DEFAULTS: Final = {"transport": "cookie", "remember": True}


class Credentials(Value):
    """What clients send to be logged in; what each means is in `LoginBody`."""

    hidden: ClassVar = ("password",)

    email: str
    password: str
    transport: Transport
    remember: bool


def read_credentials(request: Request) -> Credentials:
    """Return what the request's body says, if it is one that `LoginBody` takes.

    The usual one is taken as it is: the model is imported only where one is not that plain, to take it or to say why
    not. Raises as `read_json`.
    """
    return _plain(json_of(request)) or _by_the_model(request)


def logged_in(opened: LogIn, settings: Settings, *, by: Transport) -> Response:
    """Return the answer to who is logged in now (200)."""
    answer = {"user": user_body(opened.user), "expires_at": instant(opened.session.expires_at)}
    if by == "bearer":
        return ok({**answer, "session_id": opened.session_id})
    return ok(answer, session_cookie(settings, opened.session_id, opened.session))


def _plain(body: bytes) -> Credentials | None:
    """Return the credentials in *body* where it is beyond doubt that the model would take the same ones."""
    try:
        said = _DEFAULTS | orjson.loads(body)
    except (ValueError, TypeError):
        return None
    match said:
        case {
            "email": str(email),
            "password": str(password),
            "transport": "cookie" | "bearer" as transport,
            "remember": bool(remember),
            **others,
        } if not others and _is_plain(email, password):
            return Credentials(email=email, password=password, transport=transport, remember=remember)
        case _:
            return None


def _by_the_model(request: Request) -> Credentials:
    from session_management.http.bodies import LoginBody, read_json

    body = read_json(request, LoginBody)
    return Credentials(email=body.email, password=body.password, transport=body.transport, remember=body.remember)


def _is_plain(email: str, password: str) -> bool:
    is_email = len(email) <= EMAIL_CHARACTERS and _PLAIN_EMAIL.fullmatch(email) is not None
    return is_email and 0 < len(password) <= PASSWORD_CHARACTERS and "\x00" not in password
