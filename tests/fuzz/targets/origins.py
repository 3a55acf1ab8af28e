"""Origin, Sec-Fetch-Site and Host: who is let in, and what a page is told.

The fields are those three headers; an empty one is not sent.
"""

from typing import Final

from session_management.http.errors import ForbiddenOriginError
from session_management.http.origins import check_origin, cors_headers, preflight_headers
from session_management.http.requests import Request
from session_management.settings import Settings
from tests.fuzz.targets.target import Target, fields_of, is_clean, seed_of

_ALLOWED: Final = ("https://app.example.com", "http://localhost:3000")
_SETTINGS: Final = Settings.from_environment({"ALLOWED_ORIGINS": " ".join(_ALLOWED)})


def check(data: bytes) -> None:
    """Hold both questions, and the preflight, to each other and to what they say."""
    values = dict(zip(("origin", "sec-fetch-site", "host"), fields_of(data), strict=False))
    headers = {name: value for name, value in values.items() if value}
    # A line break never comes so far.
    request = Request("POST", headers if is_clean(headers.values()) else {}, (), b"", None)
    origin = request.headers.get("origin")
    told = cors_headers(request.headers, _ALLOWED)
    is_allowed = origin is not None and origin.lower() in _ALLOWED
    assert told.get("Access-Control-Allow-Origin") == (origin.lower() if is_allowed and origin else None)
    assert told["Vary"] == "Origin"
    assert is_clean(told.values())
    assert cors_headers(request.headers, ()) == {}
    if is_allowed or origin is None:
        preflight_headers(request, _ALLOWED, ("POST",))
    assert _passes(request) or not is_allowed
    if origin and not is_allowed and "sec-fetch-site" not in request.headers and _passes(request):
        scheme, _, host = origin.lower().partition("://")
        assert scheme in ("http", "https")
        assert host == request.headers["host"].lower()


def _passes(request: Request) -> bool:
    try:
        check_origin(request, _SETTINGS)
    except ForbiddenOriginError:
        return False
    return True


TARGET: Final = Target(
    check,
    seeds=(
        seed_of("https://app.example.com", "cross-site", "api.example.com"),
        seed_of("https://api.example.com", "", "api.example.com"),
        seed_of("https://evil.example", "", "api.example.com"),
        seed_of("null", "same-origin"),
        seed_of("", "none"),
    ),
    words=(
        "https://",
        "http://",
        "null",
        "same-origin",
        "same-site",
        "app.example.com",
        "@",
        "[",
        "]",
        "/",
        "?",
        "#",
        "\\",
    ),
)
