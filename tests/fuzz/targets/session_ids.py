"""Cookies and the Authorization header: a session ID comes out only if it is well-formed and the only one.

The first field picks the settings; each other is a cookie (c...), a Cookie header (h...) or the Authorization (a...).
"""

import re
from functools import cache
from typing import Final

from session_management.errors import UnauthenticatedError
from session_management.http.requests import Request
from session_management.http.session_ids import presented_session_id
from session_management.managers.mock import DEMO_SESSION_ID
from session_management.settings import Settings
from tests.fuzz.targets.target import Target, fields_of, is_clean, seed_of

_REFUSED: Final = object()
_OTHER: Final = "o" * 43
_FORMS: Final = {"digest": re.compile(r"[A-Za-z0-9_-]{43}"), "plain": re.compile(r"[A-Za-z0-9_-]{16,255}")}


def check(data: bytes) -> None:
    """Hold what is presented to how it was presented, and to what would be with one more."""
    first, *fields = fields_of(data)
    settings = _settings(first)
    request = _request(fields)
    presented = _presented(request, settings)
    one_more = f"{settings.cookie_name}={_OTHER}"
    if isinstance(presented, str):
        texts = [*request.cookies, *request.headers.values()]
        assert _FORMS[settings.session_id_at_rest].fullmatch(presented)
        assert is_clean(texts)
        assert any(presented in text for text in texts)
        _is_the_only_one(request, settings, presented)
    else:
        # One more is the only one where there was none; no cookie makes good what was refused.
        with_more = _presented(_with(request, one_more), settings)
        assert with_more == (_OTHER if presented is None else _REFUSED)


def _is_the_only_one(request: Request, settings: Settings, presented: str) -> None:
    def again(cookie: str) -> object:
        return _presented(_with(request, f"{settings.cookie_name}={cookie}"), settings)

    assert again(presented) == presented
    assert again(_OTHER) == (_OTHER if presented == _OTHER else _REFUSED)
    assert again("malformed") is _REFUSED
    backwards = Request("GET", request.headers, request.cookies[::-1], b"", None)
    assert _presented(backwards, settings) == presented
    if "authorization" not in request.headers:
        bearer = {**request.headers, "authorization": f"Bearer {presented}"}
        assert _presented(Request("GET", bearer, request.cookies, b"", None), settings) == presented


def _presented(request: Request, settings: Settings) -> object:
    try:
        return presented_session_id(request, settings)
    except UnauthenticatedError:
        return _REFUSED


def _with(request: Request, cookie: str) -> Request:
    return Request("GET", request.headers, (*request.cookies, cookie), b"", None)


def _request(fields: list[str]) -> Request:
    names = {"h": "cookie", "a": "authorization"}
    headers = {names[field[0]]: field[1:] for field in fields if field[:1] in names}
    return Request("GET", headers, tuple(field[1:] for field in fields if field[:1] == "c"), b"", None)


@cache
def _settings(first: str) -> Settings:
    choices = {"COOKIE_SECURE": "false"} if "i" in first else {}
    return Settings.from_environment(choices | ({"SESSION_ID_AT_REST": "plain"} if "p" in first else {}))


_HOST: Final = f"__Host-sessionId={DEMO_SESSION_ID}"

TARGET: Final = Target(
    check,
    seeds=(
        seed_of("", f"c{_HOST}"),
        seed_of("", f"htheme=dark; {_HOST}", f"aBearer {DEMO_SESSION_ID}"),
        seed_of("", f"abearer {DEMO_SESSION_ID}"),
        seed_of("i", f"csessionId={DEMO_SESSION_ID}", f"c{_HOST}"),
        seed_of("p", "c__Host-sessionId=an-older-session-id", "c__Host-sessionId="),
        seed_of("", "aBasic ZGVtbzpkZW1v"),
    ),
    words=("__Host-sessionId=", "sessionId=", "Bearer ", "bearer\t", DEMO_SESSION_ID, _OTHER, "; ", "=", '"', "\u00a0"),
)
