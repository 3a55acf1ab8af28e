"""The near end of a guard: starts it and gives it orders."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from infra.local.server_files import open_folder

_PROJECT = Path(__file__).resolve().parents[2]


class Guarded:
    """One guard process, with the private folder that goes when it goes."""

    def __init__(self, end_signal: int) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-m", "infra.local.guard", str(int(end_signal)), open_folder()],
            cwd=_PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.folder = Path(self._read()["folder"])

    def order(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Have the guard carry out one order of `guard.Guard`; return its answer.

        Raises:
            RuntimeError: the order could not be carried out, or the guard is gone.
        """
        with self._lock:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps({"order": name, **arguments}).encode() + b"\n")
                self._process.stdin.flush()
            except (BrokenPipeError, ValueError) as error:
                raise RuntimeError("the server's guard is gone") from error
            return self._read()

    def close(self) -> None:
        """End the server, the guard and the folder; return when they are gone."""
        with self._lock:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.close()
            self._process.wait()
            self._process.stdout.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the server's guard is gone")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer
