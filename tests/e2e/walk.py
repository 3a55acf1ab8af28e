"""A walk through all doors, wherever they are: behind one API, each at its own URL, or on a local stack."""

import secrets
from collections.abc import Callable
from http.cookies import SimpleCookie

import httpx

type Where = Callable[[str, str], str]
"""Returns the address of what is at a path below a door, such as ("sessions", "/extend")."""

FORWARDED = {"sec-fetch-site": "same-origin", "user-agent": "curl/8.17.0"}
_GARBAGE = "Bearer no-session-id"


def below(base: str) -> Where:
    """Return where doors are that share a host, each at its name."""
    return lambda door, path: f"{base.rstrip('/')}/{door}{path}"


def apart(urls: dict[str, str]) -> Where:
    """Return where doors are that have a URL each."""
    return lambda door, path: f"{urls[door].rstrip('/')}{path or '/'}"


class Walk:
    """Somebody who registers, logs in from two devices, looks around, changes their password and leaves.

    Each step asserts what it is answered. Cookies are carried by hand: at URLs of their own, the doors share no jar.
    """

    def __init__(self, client: httpx.Client, where: Where) -> None:
        """Be nobody yet."""
        self._client = client
        self._where = where
        self.email = f"e2e-{secrets.token_hex(8)}@example.com"
        self._password = "nine umbrellas under one moon"
        self._cookie: dict[str, str] = {}
        self.bearer: dict[str, str] = {}

    def through_all_doors(self) -> None:
        """Go through every door and back out."""
        self.register()
        self.be_refused()
        self.log_in_with_an_app()
        self.look_at_sessions()
        self.extend()
        self.change_password()
        self.log_out()

    def register(self) -> None:
        """Become a user, and be logged in by cookie."""
        answer = self._ask("POST", "register", json={"email": self.email, "password": self._password})
        self._keep_cookie(answer)
        assert self._ask("GET", "validate", headers=self._cookie).json()["user"]["email"] == self.email

    def be_refused(self) -> None:
        """Log in with a wrong password, present garbage, and nothing at all."""
        wrong = self._ask("POST", "login", 401, json={"email": self.email, "password": "not this one"})
        assert wrong.json()["code"] == "invalid_credentials"
        for headers in ({}, {"authorization": _GARBAGE}):
            refused = self._ask("GET", "validate", 401, headers=headers)
            assert refused.json()["code"] == "unauthenticated"
        assert self._ask("GET", "login", 405).headers["allow"] == "POST, OPTIONS"

    def log_in_with_an_app(self) -> None:
        """Log in once more, for a bearer token."""
        credentials = {"email": self.email, "password": self._password, "transport": "bearer"}
        answer = self._ask("POST", "login", json=credentials)
        assert "set-cookie" not in answer.headers
        self.bearer = {"authorization": f"Bearer {answer.json()['session_id']}"}
        assert self._ask("GET", "validate", headers=self.bearer).json()["user"]["email"] == self.email

    def look_at_sessions(self) -> None:
        """See both sessions, and end the app's."""
        listed = self._ask("GET", "sessions", headers=self._cookie).json()["sessions"]
        assert [one["is_current"] for one in listed] == [False, True]
        self._ask("DELETE", "sessions", 204, path=f"/{listed[0]['handle']}", headers=self._cookie)
        self._ask("GET", "validate", 401, headers=self.bearer)

    def extend(self) -> None:
        """Push the session's end, and the cookie's."""
        self._keep_cookie(self._ask("POST", "sessions", path="/extend", headers=self._cookie))

    def change_password(self) -> None:
        """Take a new password, and another session ID with it."""
        before, passwords = self._cookie, {"current_password": self._password, "new_password": "a lantern for the fox"}
        self._keep_cookie(self._ask("POST", "password", json=passwords, headers=before))
        self._password = passwords["new_password"]
        self._ask("GET", "validate", 401, headers=before)
        self._ask("GET", "validate", headers=self._cookie)

    def log_out(self) -> None:
        """End the session: the cookie is cleared, and opens nothing when it is sent again."""
        answer = self._ask("POST", "logout", 204, headers=self._cookie)
        assert "max-age=0" in answer.headers["set-cookie"].lower()
        self._ask("GET", "validate", 401, headers=self._cookie)

    def _ask(
        self,
        method: str,
        door: str,
        status: int = 200,
        *,
        path: str = "",
        headers: dict[str, str] | None = None,
        json: dict[str, str] | None = None,
    ) -> httpx.Response:
        answer = self._client.request(
            method, self._where(door, path), json=json, headers={**FORWARDED, **(headers or {})}
        )
        self._client.cookies.clear()
        assert answer.status_code == status, f"{method} {door}{path}: {answer.status_code} {answer.text}"
        return answer

    def _keep_cookie(self, answer: httpx.Response) -> None:
        (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
        assert morsel["httponly"]
        assert morsel["samesite"] == "Lax"
        self._cookie = {"cookie": f"{morsel.key}={morsel.value}"}
