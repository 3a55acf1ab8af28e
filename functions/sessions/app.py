"""/sessions: what a user sees of their own sessions, and does with them."""

from collections.abc import Sequence
from typing import Any, Final

from session_management.devices import device_name
from session_management.errors import UnauthenticatedError
from session_management.factory import UserManagerFactory
from session_management.http.callers import Caller, caller_of
from session_management.http.cookies import cleared_cookie, session_cookie
from session_management.http.door import answering_by_path
from session_management.http.errors import InvalidRequestError, NotFoundError
from session_management.http.requests import Request
from session_management.http.responses import Response, no_content, ok, session_body
from session_management.http.session_ids import is_in_cookie
from session_management.iso8601 import instant
from session_management.models import Session
from session_management.observability import invoked
from session_management.settings import Settings
from session_management.snapshots import register_hooks
from session_management.tokens import is_handle

register_hooks()

_ROOT: Final = "sessions"
_SHOWN: Final = 100
"""Whoever has more sessions than anybody reads through sees the newest, and may end all others at once."""


def methods_of(request: Request) -> Sequence[str]:
    """Return the methods that the request's path takes.

    Raises:
        NotFoundError: there is nothing at this path.
    """
    match _below_root(request):
        case []:
            return "GET", "DELETE"
        case ["extend"]:
            return ("POST",)
        case [handle] if is_handle(handle):
            return ("DELETE",)
    raise NotFoundError("there is nothing at this path")


@invoked
@answering_by_path(methods_of)
def lambda_handler(request: Request, settings: Settings) -> Response:
    """List (GET), end (DELETE) or extend (POST /extend) the caller's sessions; 404 for a handle that is not theirs."""
    match request.method, _below_root(request):
        case "GET", _:
            return _listed(caller_of(request, settings), settings)
        case "POST", _:
            return _extended(request, caller_of(request, settings), settings)
        case _, [handle]:
            return _ended_one(caller_of(request, settings), handle, settings)
    ends_own = _asks_for_all(request)
    return _ended_all(caller_of(request, settings), settings, ends_own=ends_own)


def _below_root(request: Request) -> list[str]:
    """Return the path's parts: below the first /sessions, whatever stands before it, or whole where it is not there.

    An API has stages and prefixes; the function's own URL has neither, nor this function's name. An empty part counts:
    a handle that was left out must not be taken for all sessions.
    """
    parts = request.path.removeprefix("/").split("/")
    if _ROOT in parts:
        return parts[parts.index(_ROOT) + 1 :]
    return [] if parts == [""] else parts


def _listed(caller: Caller, settings: Settings) -> Response:
    sessions = UserManagerFactory.create().list_sessions(caller.user.id, _SHOWN + 1)
    has_more, shown = len(sessions) > _SHOWN, sessions[:_SHOWN]
    is_shown = any(_is_own(session.handle, caller) for session in shown)
    if (has_more or settings.policy.names.knows_plain) and not is_shown:
        # The one that is looked from is seen in any case: one of the oldest, or of the original's, which are recorded
        # nowhere, or not yet. Elsewhere, one that is not listed has ended a moment ago.
        shown = sorted([*shown, caller.session], key=lambda session: session.created_at, reverse=True)
    return ok({"sessions": [_body(session, caller) for session in shown], "has_more": has_more})


def _body(session: Session, caller: Caller) -> dict[str, Any]:
    own = {"device": device_name(session.user_agent), "is_current": _is_own(session.handle, caller)}
    return {**session_body(session), **own}


def _is_own(handle: str, caller: Caller) -> bool:
    return handle == caller.session.handle


def _extended(request: Request, caller: Caller, settings: Settings) -> Response:
    manager, life = UserManagerFactory.create(), settings.policy.life(is_persistent=caller.session.is_persistent)
    manager.extend_session(caller.session_id, round(life.total_seconds()))
    extended = manager.find_session(caller.session_id)
    if extended is None:
        raise UnauthenticatedError("the session ended a moment ago")
    answer = {"expires_at": instant(extended.session.expires_at)}
    if not is_in_cookie(request, settings):
        return ok(answer)
    return ok(answer, session_cookie(settings, caller.session_id, extended.session))


def _ended_one(caller: Caller, handle: str, settings: Settings) -> Response:
    manager = UserManagerFactory.create()
    if _is_own(handle, caller):
        # By its ID, here and below: that also ends what only the original application knows of.
        manager.delete_session(caller.session_id)
        return no_content(cleared_cookie(settings))
    if not manager.end_session(caller.user.id, handle):
        raise NotFoundError("you have no session of this handle")
    return no_content()


def _ended_all(caller: Caller, settings: Settings, *, ends_own: bool) -> Response:
    manager = UserManagerFactory.create()
    ended = manager.revoke_all(caller.user.id, except_session_id=caller.session_id)
    if not ends_own:
        return ok({"ended": ended})
    # Its own comes last: until all others are ended everywhere, it can be asked for again.
    manager.delete_session(caller.session_id)
    return ok({"ended": ended + 1}, cleared_cookie(settings))


def _asks_for_all(request: Request) -> bool:
    asked = request.query.get("all", "false")
    if asked not in ("true", "false"):
        raise InvalidRequestError("all: must be true or false")
    return asked == "true"
