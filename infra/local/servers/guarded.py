"""The near end of a guard: starts it and gives it orders."""

import json
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra.local.servers.server_error import ServerError
from infra.local.servers.server_files import open_folder, server_user

_PROJECT = Path(__file__).resolve().parents[3]


class Guarded:
    """One guard process for one server, with the private folder that goes when it goes.

    Its methods raise ServerError.
    """

    def __init__(self, end_signal: int) -> None:
        self._lock = threading.Lock()
        near, far = socket.socketpair()
        with near, far:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-E", "-m", "infra.local.guards.guard", str(int(end_signal)), open_folder()],
                cwd=_PROJECT,
                stdin=far.fileno(),
                stdout=far.fileno(),
                start_new_session=True,
            )
            self._line = near.makefile("rwb")
        self.folder = Path(self._read()["folder"])

    def run(self, argv: list[str]) -> int:
        """Start *argv* as the servers' user, its output going to the log; return its process id."""
        user = server_user()
        started = self._order(
            "start",
            argv=argv,
            cwd=str(self.folder),
            log=str(self._log),
            user=user and user.pw_uid,
            group=user and user.pw_gid,
        )
        return int(started["pid"])

    def returncode(self) -> int | None:
        """Return what the program that was run ended with, None while it runs."""
        code: int | None = self._order("state")["returncode"]
        return code

    def signal(self, number: int) -> None:
        """Send signal *number* to every process of the server."""
        self._order("signal", number=int(number))

    def stop(self, number: int, within_seconds: float) -> None:
        """Ask the server to end with signal *number*; end what is left after *within_seconds*."""
        self._order("stop", number=int(number), within_seconds=within_seconds)

    def kill(self) -> None:
        """End every process of the server at once."""
        self._order("kill")

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of the log."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """End the server, the guard and the folder; return when they are gone."""
        with self._lock:
            with suppress(OSError):  # a guard that is gone takes no last words
                self._line.close()
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _order(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Have the guard carry out one order of `guard_orders.Guard`; return its answer."""
        with self._lock:
            try:
                self._line.write(json.dumps({"order": name, **arguments}).encode() + b"\n")
                self._line.flush()
            except OSError as error:
                raise ServerError("the server's guard is gone") from error
            return self._read()

    def _read(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._line.readline() or '{"error": "the server\'s guard is gone"}')
        if "error" in answer:
            raise ServerError(answer["error"])
        return answer
