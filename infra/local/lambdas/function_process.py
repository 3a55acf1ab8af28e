"""The near end of a process that runs one function (`lambda_process.py` is the far end)."""

import json
import os
import signal
import subprocess
import sys
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from infra.local.lambdas.local_function import (
    FunctionError,
    FunctionTimedOutError,
    InvocationError,
    LocalFunction,
    ProcessDiedError,
)

_PROGRAM = Path(__file__).with_name("lambda_process.py")
# What Python and the C library read for themselves; all else that a function sees is given to it.
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "LANG", "LC_ALL", "TZ", "HOME")
_IMPORT_SECONDS = 10.0  # as long as Lambda gives


class FunctionProcess:
    """A process that imports a function and answers events, one at a time, until it fails or is ended."""

    def __init__(self, function: LocalFunction, log: int | None) -> None:
        self._function = function
        self._is_ready = False
        self._pipe, far = Pipe()
        output = sys.stderr.fileno() if log is None else log
        with far:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-u", str(_PROGRAM), str(far.fileno()), self._described()],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[far.fileno()],
                start_new_session=True,  # Ctrl-C is its parent's business
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def is_running(self) -> bool:
        """Tell whether the process can take an event."""
        if self._process.poll() is not None:
            self.end()
        return not self._pipe.closed

    def invoke(self, event: Any) -> Any:
        """Return the handler's answer; raise InvocationError when there is none."""
        try:
            if not self._is_ready:
                self._receive(_IMPORT_SECONDS)
                self._is_ready = True
            self._send({"event": event})
            return self._receive(self._function.timeout_seconds)["answer"]
        except InvocationError as error:
            if not (self._is_ready and isinstance(error, FunctionError)):
                self.end()
            raise

    def end(self) -> None:
        """End the process, and what it started."""
        self._pipe.close()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._pipe.send_bytes(json.dumps(message).encode())
        except OSError as error:
            raise ProcessDiedError(f"{self._function.name} ended") from error

    def _receive(self, within_seconds: float) -> dict[str, Any]:
        try:
            if not self._pipe.poll(within_seconds):
                raise FunctionTimedOutError(f"{self._function.name} ran for {within_seconds:g} s")
            reply: dict[str, Any] = json.loads(self._pipe.recv_bytes())
        except (EOFError, OSError) as error:
            raise ProcessDiedError(f"{self._function.name} ended before it answered") from error
        if "error" in reply:
            raise FunctionError(reply["error"]["type"], reply["error"]["message"])
        return reply

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return inherited | dict(self._function.environment)

    def _described(self) -> str:
        function = self._function
        return json.dumps(
            {
                "name": function.name,
                "paths": [str(path) for path in (function.folder, function.layer) if path],
                "memory_mb": function.memory_mb,
                "timeout_seconds": function.timeout_seconds,
            }
        )
