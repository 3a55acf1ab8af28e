"""Lambda's Runtime API, as the runtime client asks it: hands out events, takes answers, says when to restore.

docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_VERSION: Final = "/2018-06-01/runtime/"
_WAIT_SECONDS: Final = 30.0

type _Event = tuple[bytes, dict[str, str]]


class Invocations:
    """What one execution environment is asked, and what it reports."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._events: queue.SimpleQueue[_Event | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()

    def invoke(self, event: Any, *, seconds: float = 10.0) -> Any:
        """Return the function's answer to *event*, or its error; Lambda tells it that it has so many seconds."""
        headers = {
            "Lambda-Runtime-Aws-Request-Id": self._name,
            "Lambda-Runtime-Deadline-Ms": str(round((time.time() + seconds) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:function:1",
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            "Content-Type": "application/json",
        }
        self._events.put((json.dumps(event).encode(), headers))
        return self.outcome()[1]

    def outcome(self) -> tuple[str, Any]:
        """Return what the runtime client reports next: what it is (`response`, `init/error`, ...) and its JSON."""
        return self._outcomes.get(timeout=_WAIT_SECONDS)

    def next_event(self) -> _Event | None:
        """Return what the runtime client is to work on next; None at the end."""
        return self._events.get()

    def report(self, what: str, body: bytes) -> None:
        """Take what the runtime client reports."""
        self._outcomes.put((what, json.loads(body)))

    def end(self) -> None:
        """Let whoever waits for an event go."""
        self._events.put(None)


class RuntimeApi(ThreadingHTTPServer):
    """Serves all environments of *names*; the first has what happens before a snapshot, or without one.

    A restored environment is told from its like by the name with which its runtime client presents itself.
    """

    daemon_threads = True

    def __init__(self, names: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.environments = {name: Invocations(name) for name in names}
        self.initialised = threading.Event()
        self.may_restore = threading.Event()

    @property
    def address(self) -> str:
        """Return the host and the port, as AWS_LAMBDA_RUNTIME_API holds them."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def first(self) -> Invocations:
        """Return the environment that is initialised."""
        return next(iter(self.environments.values()))

    def hold_until_restored(self) -> None:
        """Return when the environment is to be restored."""
        self.initialised.set()
        self.may_restore.wait()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer until the end of the context."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        yield
        for environment in self.environments.values():
            environment.end()
        self.may_restore.set()
        self.shutdown()
        self.server_close()


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def handle(self) -> None:
        with suppress(ConnectionResetError):  # the process was ended before it had read all
            super().handle()

    def do_GET(self) -> None:
        if self.path == f"{_VERSION}restore/next":
            self.server.hold_until_restored()
            self._answer(200)
        elif event := self._environment(self.headers["User-Agent"]).next_event():
            self._answer(200, *event)
        else:
            self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        what = self.path.removeprefix(_VERSION)
        self._answer(202)
        match what.split("/"):
            case "invocation", name, kind:
                self._environment(name).report(kind, body)
            case _:
                self.server.first.report(what, body)

    def _environment(self, name: str) -> Invocations:
        return self.server.environments.get(name, self.server.first)

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
