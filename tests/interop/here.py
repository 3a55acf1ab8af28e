"""This service beside the original: its functions in production mode, as Lambda calls them."""

from typing import Any

from tests.functions.service import body_of, handler_of
from tests.support.contexts import FakeContext
from tests.support.http_events import http_event

EMAIL, PASSWORD = "ann@example.com", "the password of ann"


class Functions:
    """The functions, to which a client brings the original's cookie."""

    def log_in(self, *, presented: str | None = None) -> str:
        """Log Ann in; the session ID that her cookie `sessionId` holds."""
        answer = self._call("Login", "POST", presented, body={"email": EMAIL, "password": PASSWORD})
        assert answer["statusCode"] == 200, answer
        (cookie,) = answer["cookies"]
        name, _, value = cookie.partition(";")[0].partition("=")
        assert name == "sessionId"
        return str(value)

    def validated(self, session_id: str) -> dict[str, Any] | None:
        """Return what validate tells of a session, or None where it answers 401."""
        answer = self._call("Validate", "GET", session_id)
        assert answer["statusCode"] in (200, 401), answer
        body: dict[str, Any] = body_of(answer)
        return body if answer["statusCode"] == 200 else None

    def accepts(self, session_id: str) -> bool:
        """Tell whether validate and the authorizer take the session for somebody's; they agree."""
        authorized = self._call("Authorizer", "GET", session_id)["isAuthorized"]
        assert authorized == (self.validated(session_id) is not None)
        return bool(authorized)

    def log_out(self, session_id: str) -> None:
        """Log out."""
        answer = self._call("Logout", "POST", session_id)
        assert answer["statusCode"] == 204, answer

    def end_others(self, session_id: str) -> int:
        """End all other sessions of the caller; how many ended."""
        return self._end(session_id)

    def end_all(self, session_id: str) -> int:
        """End all sessions of the caller; how many ended."""
        return self._end(session_id, queryStringParameters={"all": "true"})

    def _end(self, session_id: str, **changes: Any) -> int:
        answer = self._call("Sessions", "DELETE", session_id, **changes)
        assert answer["statusCode"] == 200, answer
        ended: int = body_of(answer)["ended"]
        return ended

    def operate(self, command: str, **fields: Any) -> dict[str, Any]:
        """Have the admin function do a command."""
        return handler_of("Admin")({"command": command, **fields}, FakeContext(function="Admin"))

    def sweep(self) -> dict[str, Any]:
        """Have the sweeper do its work."""
        return handler_of("Sweeper")({}, FakeContext(seconds=300))

    def _call(
        self, function: str, method: str, session_id: str | None, *, body: Any = None, **changes: Any
    ) -> dict[str, Any]:
        headers = {} if body is None else {"content-type": "application/json"}
        cookies = [f"sessionId={session_id}"] if session_id else []
        event = http_event(method, headers=headers, cookies=cookies, body=body, **changes)
        if function == "Authorizer":
            event |= {"type": "REQUEST", "routeArn": "arn:aws:execute-api:eu-central-1:1:abc/$default/GET/me"}
        return handler_of(function)(event, FakeContext(function=function))
