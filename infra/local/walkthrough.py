"""The demo's steps: what a client does with the service, and what must come back."""

from collections.abc import Callable

import httpx

from infra.local.demo_client import DifferenceError, ShownClient, expect
from infra.local.narrator import Narrator
from infra.local.stack import LocalStack

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
_PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
)
_NEWCOMER = {"email": "new@example.com", "password": "nine umbrellas under one moon"}
_SWEEP_COUNTS = (
    "expired_deleted",
    "revoked_deleted",
    "fences_written",
    "legacy_cleared",
    "plain_deleted",
    "plain_left",
    "batches",
    "lag_seconds",
    "finished",
)


class Walkthrough:
    """One way through a running stack: as a browser with a cookie jar and as an app with a bearer token."""

    def __init__(self, stack: LocalStack, narrator: Narrator) -> None:
        self._stack = stack
        self._narrator = narrator
        self._browser = ShownClient(stack.url, narrator, _FIREFOX)
        self._app = ShownClient(stack.url, narrator, _PHONE)
        self._old_cookie = ""

    def is_as_it_should_be(self) -> bool:
        """Walk through the steps; stop at the first that differs, since the later ones stand on it."""
        with self._browser, self._app:
            return all(self._succeeds(sentence, step) for sentence, step in self._steps())

    def _steps(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        return (
            ("The migrations have been applied.", self._migrated),
            ("A wrong password is refused.", self._refused_login),
            ("The right password opens a session; its ID travels in a cookie.", self._login),
            ("The cookie says whose session it is.", self._validate_by_cookie),
            ("An app without a cookie jar logs in for a bearer token.", self._bearer_login),
            ("The bearer token says whose session it is.", self._validate_by_bearer),
            ("A protected route lets the session pass, through the authorizer.", self._protected),
            ("Without a session the authorizer refuses.", self._protected_without_session),
            ("Valkey loses everything: nobody is logged out.", self._flush),
            ("The user sees both sessions, and ends the app's.", self._end_the_other),
            ("The session is extended, and the cookie with it.", self._extend),
            ("Logging out ends the session and clears the cookie.", self._logout),
            ("The same cookie, sent again, opens nothing.", self._old_cookie_refused),
            ("Somebody registers, and is logged in at once.", self._register),
            ("Their new password ends what was open, and goes on under a new session ID.", self._new_password),
            ("A sweep cleans up.", self._sweep),
        )

    def _succeeds(self, sentence: str, step: Callable[[], None]) -> bool:
        self._narrator.begin(sentence)
        difference = None
        try:
            step()
        except DifferenceError as error:
            difference = str(error)
        except Exception as error:  # noqa: BLE001 (whatever broke, the step did not succeed)
            difference = f"{type(error).__name__}: {error}"
        self._narrator.end(difference)
        return difference is None

    def _migrated(self) -> None:
        answer = self._stack.migrated
        self._narrator.call("invoke migrate {}", answer)
        expect("applied", bool(answer["applied"]), True)
        expect("the current version", answer["current"], answer["applied"][-1])
        dry_run = self._stack.invoke("migrate", {"dry_run": True})
        self._narrator.call('invoke migrate {"dry_run": true}', dry_run)
        expect("applied the second time", dry_run["applied"], [])

    def _refused_login(self) -> None:
        answer = self._browser.post("/login", json=self._credentials() | {"password": "wrong"})
        expect("the status", answer.status_code, 401)
        expect("the code", answer.json()["code"], "invalid_credentials")
        expect("a cookie", answer.headers.get("set-cookie"), None)

    def _login(self) -> None:
        answer = self._browser.post("/login", json=self._credentials())
        expect("the status", answer.status_code, 200)
        expect("the user", answer.json()["user"]["email"], self._stack.demo_user.email)
        expect("a session ID in the body", "session_id" in answer.json(), False)
        expect("an HttpOnly cookie", "httponly" in answer.headers["set-cookie"].lower(), True)
        expect("the cookies in the jar", len(self._browser.cookies), 1)

    def _validate_by_cookie(self) -> None:
        self._expect_valid(self._browser.get("/validate"))

    def _bearer_login(self) -> None:
        answer = self._app.post("/login", json=self._credentials(transport="bearer"))
        expect("the status", answer.status_code, 200)
        expect("a cookie", answer.headers.get("set-cookie"), None)
        self._app.headers["authorization"] = f"Bearer {answer.json()['session_id']}"

    def _validate_by_bearer(self) -> None:
        self._expect_valid(self._app.get("/validate"))

    def _protected(self) -> None:
        answer = self._browser.get("/me")
        expect("the status", answer.status_code, 200)
        expect("the user among what came back", self._stack.demo_user.email in answer.text, True)

    def _protected_without_session(self) -> None:
        with ShownClient(self._stack.url, self._narrator) as stranger:
            expect("the status", stranger.get("/me").status_code, 403)

    def _flush(self) -> None:
        self._ask_valkey("DBSIZE")
        expect("Valkey's answer", self._ask_valkey("FLUSHALL"), "OK")
        expect("the keys left", self._ask_valkey("DBSIZE"), "0")
        self._expect_valid(self._browser.get("/validate"))
        self._expect_valid(self._app.get("/validate"))
        expect("the keys, written again", self._ask_valkey("DBSIZE"), "2")

    def _end_the_other(self) -> None:
        sessions = self._browser.get("/sessions").json()["sessions"]
        expect("the devices", [one["device"] for one in sessions], ["Chrome on Android", "Firefox on Linux"])
        expect("this one", [one["is_current"] for one in sessions], [False, True])
        expect("the status", self._browser.delete(f"/sessions/{sessions[0]['handle']}").status_code, 204)
        expect("the app's status", self._app.get("/validate").status_code, 401)

    def _extend(self) -> None:
        before = self._browser.get("/validate").json()["session"]["expires_at"]
        answer = self._browser.post("/sessions/extend")
        expect("the status", answer.status_code, 200)
        expect("a later end", answer.json()["expires_at"] > before, True)
        expect("a cookie", "set-cookie" in answer.headers, True)

    def _logout(self) -> None:
        self._old_cookie = self._cookie()
        answer = self._browser.post("/logout")
        expect("the status", answer.status_code, 204)
        expect("the cookies in the jar", len(self._browser.cookies), 0)

    def _old_cookie_refused(self) -> None:
        again = {"cookie": self._old_cookie}
        answer = self._browser.get("/validate", headers=again)
        expect("the status", answer.status_code, 401)
        expect("the code", answer.json()["code"], "unauthenticated")
        expect("the authorizer's status", self._browser.get("/me", headers=again).status_code, 403)

    def _register(self) -> None:
        weak = self._browser.post("/register", json=_NEWCOMER | {"password": "new@example.com"})
        expect("the code for a weak password", weak.json()["code"], "weak_password")
        answer = self._browser.post("/register", json=_NEWCOMER)
        expect("the status", answer.status_code, 200)
        expect("the role", answer.json()["user"]["role"], "USER")
        self._expect_valid(self._browser.get("/validate"), _NEWCOMER["email"])

    def _new_password(self) -> None:
        before = self._cookie()
        passwords = {"current_password": _NEWCOMER["password"], "new_password": "a lantern for the seventh fox"}
        expect("the status", self._browser.post("/password", json=passwords).status_code, 200)
        expect("the same session ID", self._cookie() == before, False)
        self._expect_valid(self._browser.get("/validate"), _NEWCOMER["email"])
        with ShownClient(self._stack.url, self._narrator) as stranger:
            old = stranger.get("/validate", headers={"cookie": before})
            expect("the status of what was open", old.status_code, 401)

    def _sweep(self) -> None:
        counts = self._stack.sweep()
        self._narrator.call("invoke sweeper", counts)
        expect("the counts", sorted(counts), sorted(_SWEEP_COUNTS))
        expect("fences for the sessions that have ended", counts["fences_written"], 3)
        expect("finished", counts["finished"], True)

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._browser.cookies.items())

    def _credentials(self, **changes: str) -> dict[str, str]:
        user = self._stack.demo_user
        return {"email": user.email, "password": user.password} | changes

    def _expect_valid(self, answer: httpx.Response, email: str = "") -> None:
        expect("the status", answer.status_code, 200)
        expect("the user", answer.json()["user"]["email"], email or self._stack.demo_user.email)

    def _ask_valkey(self, command: str) -> str:
        answer = self._stack.valkey.ask(command).decode().strip().lstrip(":+")
        self._narrator.call(f"Valkey: {command}", answer)
        return answer
