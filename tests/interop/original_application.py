"""The original application, in a process of its own: a small Node.js program under its published rules."""

import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.session_data import to_ms
from tests.support.clock import ToldClock

_PROGRAM: Final = Path(__file__).parent / "original"
_PATIENCE_SECONDS: Final = 30


class OriginalProcess:
    """The running program: one line of JSON to ask, one line back."""

    def __init__(self, program: subprocess.Popen[bytes]) -> None:
        self._program = program

    def ask(self, operation: str, parameters: dict[str, Any], now_ms: int) -> Any:
        """Return what the operation answers at that time; it fails where the original's promise would."""
        asked, answers = self._program.stdin, self._program.stdout
        assert asked
        assert answers
        asked.write(json.dumps({"do": operation, "with": parameters, "now": now_ms}).encode() + b"\n")
        asked.flush()
        ready, _, _ = select.select([answers], [], [], _PATIENCE_SECONDS)
        assert ready, f"the original did not answer {operation}"
        answer = json.loads(answers.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]


class Original:
    """The original application's doors, at the time that the tests tell."""

    def __init__(self, process: OriginalProcess, clock: ToldClock) -> None:
        self._process, self._clock = process, clock

    def log_in(self, email: str, *, is_production: bool = True) -> "LoggedInThere":
        """Log a user in; outside production its session is in `users.session_id` alone."""
        parameters = {"email": email, "ip": "192.0.2.9", "userAgent": "a browser", "isProduction": is_production}
        answer = self._ask("logIn", parameters)
        return LoggedInThere(SimpleCookie(answer["setCookie"])["sessionId"].value, answer["columnId"])

    def user_of(self, session_id: str) -> dict[str, Any] | None:
        """Return whose request with this cookie is, or None."""
        user: dict[str, Any] | None = self._ask("context", {"cookies": {"sessionId": session_id}})
        return user

    def user_of_bearer(self, session_id: str) -> dict[str, Any] | None:
        """Return whose request with this `Authorization` is, or None."""
        user: dict[str, Any] | None = self._ask("context", {"headers": {"authorization": f"Bearer {session_id}"}})
        return user

    def accepts(self, session_id: str) -> bool:
        """Tell whether it takes the session for somebody's."""
        return self.user_of(session_id) is not None

    def log_out(self, session_id: str) -> None:
        """Log out."""
        self._ask("logOut", {"sessionId": session_id})

    def extend(self, session_id: str, ttl_seconds: int) -> None:
        """Extend, as its manager can and none of its doors does."""
        self._ask("extend", {"sessionId": session_id, "ttl": ttl_seconds})

    def _ask(self, operation: str, parameters: dict[str, Any]) -> Any:
        return self._process.ask(operation, parameters, to_ms(self._clock.now()))


class LoggedInThere:
    """A login there: the session ID that the client got, and the one in `users.session_id`."""

    def __init__(self, session_id: str, column_id: str) -> None:
        self.session_id, self.column_id = session_id, column_id


@contextmanager
def original_process(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, *, undefined_clears: bool
) -> Iterator[OriginalProcess]:
    """Run the program over these stores; *undefined_clears* is how its logout is read."""
    node = shutil.which("node")
    if node is None or not (_PROGRAM / "node_modules").is_dir():
        raise RuntimeError("Node.js or its packages are not installed: run make test-interop, which installs them")
    environment = {
        "PATH": os.defpath,
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "UNDEFINED_CLEARS": str(undefined_clears).lower(),
    }
    with subprocess.Popen(
        [node, "main.js"], cwd=_PROGRAM, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        try:
            yield OriginalProcess(program)
        finally:
            assert program.stdin
            program.stdin.close()
            try:
                program.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
