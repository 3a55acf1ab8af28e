"""Pages of other origins: which may call (CORS), and which may not change anything (cross-site request forgery)."""

from collections.abc import Collection, Mapping
from typing import Final

from session_management.http.errors import ForbiddenOriginError
from session_management.http.requests import Request
from session_management.http.session_ids import is_in_cookie
from session_management.settings import Settings

_PREFLIGHT_SECONDS: Final = 600
_REQUEST_HEADERS: Final = "Authorization, Content-Type"


def cors_headers(request_headers: Mapping[str, str], allowed: Collection[str]) -> dict[str, str]:
    """Return the CORS headers of any answer: for an allowed origin exactly that origin, with credentials."""
    if not allowed:
        return {}
    origin = request_headers.get("origin", "").lower()
    if origin not in allowed:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


def preflight_headers(request: Request, allowed: Collection[str], methods: Collection[str]) -> dict[str, str]:
    """Return the headers of the answer to an OPTIONS request.

    Raises:
        ForbiddenOriginError: it is a preflight of an origin that is not allowed.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return {"Allow": ", ".join((*methods, "OPTIONS"))}
    if origin.lower() not in allowed:
        raise ForbiddenOriginError("this origin is not allowed")
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
    }


def check_origin(request: Request, settings: Settings) -> None:
    """Refuse a state-changing request that a page of a foreign origin sent (ASVS 3.5.1).

    Browsers say where a request comes from, in Sec-Fetch-Site or at least in Origin. What carries the cookie has to say
    it; what carries nothing but a bearer token need not, since no page can have a browser add one.

    Raises:
        ForbiddenOriginError: the page's origin is neither ours nor allowed, or the cookie comes from nowhere.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    has_cookie = is_in_cookie(request, settings)
    if not has_cookie and request.headers.get("authorization"):
        return
    if (origin and origin.lower() in settings.allowed_origins) or site in ("same-origin", "none"):
        return
    if origin is None and site is None and has_cookie:
        raise ForbiddenOriginError("with the cookie, send Origin or Sec-Fetch-Site", reason="unsaid")
    if site is None and (origin is None or _is_own(origin, request)):
        return
    raise ForbiddenOriginError("this origin is not allowed")


def _is_own(origin: str, request: Request) -> bool:
    """Whether it is the request's own host, over HTTP of either kind; browsers write nothing else into an origin."""
    host = request.headers.get("host", "").lower()
    return host != "" and origin.lower() in (f"https://{host}", f"http://{host}")
