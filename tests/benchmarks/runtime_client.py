"""A function under Lambda's own runtime client, with the least Runtime API that hands it events.

The Runtime API of the packaging tests is an HTTP server, which takes longer for an event than the client does. Here
each step is one write or one read on the client's connection:
docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Self

_PROJECT: Final = Path(__file__).parents[2]
_SECONDS: Final = 10
_BYTES: Final = 65_536
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_EVENT: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: application/json\r\n"
    b"Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
    b"Lambda-Runtime-Deadline-Ms: %d\r\n"
    b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:function:1\r\n"
    b"Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
_TAKEN: Final = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class RuntimeClient:
    """One execution environment that is initialised, with its client waiting for an event."""

    def __init__(self, connection: socket.socket, log: IO[str]) -> None:
        self._connection = connection
        self._log = log
        head, told = self._asked()
        if b"/invocation/next" not in head:
            raise RuntimeError(f"it was not initialised: {told.decode()}")

    @classmethod
    @contextmanager
    def started(cls, function: Path, *, under: Sequence[str] = ()) -> Iterator[Self]:
        """Run the function whose `app.py` is in a folder, with this process's environment variables.

        *under* is a command that runs the client as a profiler does. The client ends when nobody hands it events.

        Raises:
            RuntimeError: the function's module failed, or its process ended.
        """
        with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryFile("w+") as log:
            address = f"127.0.0.1:{listener.getsockname()[1]}"
            with subprocess.Popen(
                [*under, sys.executable, "-m", "awslambdaric", "app.lambda_handler"],
                cwd=function,
                env=_environment(function, address),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            ) as process:
                try:
                    with closing(_accepted(listener, process, log)) as connection:
                        yield cls(connection, log)
                finally:
                    listener.close()

    def invoke(self, event: bytes) -> bytes:
        """Return the function's answer to an event, once the client asks for the next: both are JSON.

        Raises:
            RuntimeError: the function failed, or its process ended.
        """
        deadline = int((time.time() + _SECONDS) * 1000)
        self._connection.sendall(_EVENT % (deadline, len(event), event))
        head, answer = self._asked()
        self._connection.sendall(_TAKEN)
        self._asked()
        if b"/response HTTP" not in head:
            raise RuntimeError(f"it did not answer: {answer.decode()}")
        return answer

    def _asked(self) -> tuple[bytes, bytes]:
        """Return the head and the body of the client's next request."""
        received = self._received()
        while b"\r\n\r\n" not in received:
            received += self._received()
        head, _, body = received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        while length and len(body) < int(length[1]):
            body += self._received()
        return head, body

    def _received(self) -> bytes:
        if received := self._connection.recv(_BYTES):
            return received
        raise RuntimeError(_ended(self._log))


def _accepted(listener: socket.socket, process: subprocess.Popen[bytes], log: IO[str]) -> socket.socket:
    listener.settimeout(0.2)
    while process.poll() is None:
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
    raise RuntimeError(_ended(log))


def _ended(log: IO[str]) -> str:
    log.seek(0)
    return f"the runtime client ended:\n{log.read()}"


def _environment(function: Path, address: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": f"{function}:{_PROJECT / 'shared'}",
        "PYTHONHASHSEED": "0",
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_SAM_LOCAL": "true",
    }
