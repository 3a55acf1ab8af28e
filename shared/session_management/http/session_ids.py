"""The session ID that a request presents: in the cookie, or as a bearer token, and nowhere else."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from session_management.errors import UnauthenticatedError
from session_management.http.requests import has_line_break
from session_management.settings import Settings

_SPACES: Final = " \t"
"""What browsers trim. Python trims more, and would take a subdomain's cookie for one with the __Host- prefix."""

_BEARER: Final = re.compile(r"bearer +([^\s,]+)", re.IGNORECASE)


class Presenting(Protocol):
    """A request, as far as it can present a session ID. Header names are in lower case."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    @property
    def cookies(self) -> tuple[str, ...]:
        """The "name=value" pairs that came beside the headers."""
        ...


def presented_session_id(request: Presenting, settings: Settings) -> str | None:
    """Return the one session ID that is presented; None if none is.

    A cookie with an empty value is none: some clients keep it after a logout.

    Raises:
        UnauthenticatedError: malformed, another scheme than Bearer, or several that differ.
    """
    pairs = _cookies_of(request)
    if pairs and has_line_break(pairs):
        raise UnauthenticatedError("what is presented holds a line break")
    presented = _in_cookies(pairs, settings.cookie_name) if pairs else []
    authorization = request.headers.get("authorization", "").strip(_SPACES)
    if authorization:
        presented.append(_in_authorization(authorization))
    if not presented:
        return None
    session_id = presented[0]
    if presented.count(session_id) < len(presented):
        raise UnauthenticatedError("several session IDs are presented, and they differ")
    if not settings.names.is_session_id(session_id):
        raise UnauthenticatedError("what is presented is no session ID")
    return session_id


def session_id_to_replace(request: Presenting, settings: Settings) -> str | None:
    """Return the session ID that a login puts a new one in the place of; None if nothing usable is presented."""
    try:
        return presented_session_id(request, settings)
    except UnauthenticatedError:
        return None


def is_in_cookie(request: Presenting, settings: Settings) -> bool:
    """Return whether the session ID that is presented comes in the cookie, whether or not it comes elsewhere, too."""
    return bool(_in_cookies(_cookies_of(request), settings.cookie_name))


def _cookies_of(request: Presenting) -> tuple[str, ...]:
    in_header = request.headers.get("cookie")
    return (*request.cookies, in_header) if in_header else request.cookies


def _in_cookies(cookies: Iterable[str], name: str) -> list[str]:
    """Return the values of the cookies of this *name*, but for empty ones."""
    pairs = [pair.partition("=") for cookie in cookies if name in cookie for pair in cookie.split(";")]
    return [said for key, _, value in pairs if key.strip(_SPACES) == name and (said := value.strip(_SPACES))]


def _in_authorization(value: str) -> str:
    bearer = _BEARER.fullmatch(value)
    if not bearer:
        raise UnauthenticatedError("the Authorization header is not of the form Bearer <session ID>")
    return bearer[1]
