"""The near end of a guard: starts it and gives it orders."""

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from infra.local.server_files import open_folder

_PROJECT = Path(__file__).resolve().parents[2]


class GuardError(RuntimeError):
    """The guard could not carry out an order, or is gone."""


class Guarded:
    """One guard process, with the private folder that goes when it goes."""

    def __init__(self, end_signal: int) -> None:
        self._lock = threading.Lock()
        near, far = socket.socketpair()
        with near, far:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-E", "-m", "infra.local.guard", str(int(end_signal)), open_folder()],
                cwd=_PROJECT,
                stdin=far.fileno(),
                stdout=far.fileno(),
                start_new_session=True,
            )
            self._line = near.makefile("rwb")
        self.folder = Path(self._read()["folder"])

    def order(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Have the guard carry out one order of `guard.Guard`; return its answer.

        Raises:
            GuardError: the order could not be carried out, or the guard is gone.
        """
        with self._lock:
            try:
                self._line.write(json.dumps({"order": name, **arguments}).encode() + b"\n")
                self._line.flush()
            except OSError as error:
                raise GuardError("the server's guard is gone") from error
            return self._read()

    def close(self) -> None:
        """End the server, the guard and the folder; return when they are gone."""
        with self._lock:
            self._line.close()
            self._process.wait()

    def _read(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(
            self._line.readline() or '{"error": "the server\'s guard is gone"}'
        )
        if "error" in answer:
            raise GuardError(answer["error"])
        return answer
