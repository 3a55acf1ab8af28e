"""CloudFormation, as far as a custom resource sees it: what it asks, and the URL at which it waits for the answer."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

EVENT: Final = Path(__file__).parents[2] / "events/migrate.custom-resource.json"
SIGNATURE: Final = "canary-signature"
SILENCE: Final = None
"""In place of a status: the connection is taken, and nothing is ever said."""


class AnswerUrl:
    """A real server, which takes what is PUT to its URL; the first answers may be other statuses than 200."""

    def __init__(self) -> None:
        self.statuses: list[int | None] = []
        self.tries = 0
        self.content_types: list[str | None] = []
        self.taken: list[bytes] = []
        self.closing = threading.Event()
        self.url = ""

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator["AnswerUrl"]:
        """Listen on loopback."""
        answers = cls()
        with ThreadingHTTPServer(("127.0.0.1", 0), answers._handler()) as server:
            answers.url = f"http://127.0.0.1:{server.server_port}/answer?X-Amz-Signature={SIGNATURE}"
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield answers
            finally:
                answers.closing.set()
                server.shutdown()
                thread.join()

    def asks(self, request_type: str, *, physical_id: str | None = None, **properties: Any) -> dict[str, Any]:
        """Return an event that is to be answered here; *properties* are besides, or instead of, the event file's."""
        event: dict[str, Any] = json.loads(EVENT.read_text())
        event |= {"RequestType": request_type, "ResponseURL": self.url}
        event["ResourceProperties"] |= properties
        return event | ({"PhysicalResourceId": physical_id} if physical_id else {})

    @property
    def answer(self) -> dict[str, Any]:
        """The only answer that was taken."""
        (taken,) = self.taken
        answer: dict[str, Any] = json.loads(taken)
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answers = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                answers._take(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        self.tries += 1
        status = self.statuses.pop(0) if self.statuses else 200
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if status is SILENCE:
            self.closing.wait()
            return
        if status == 200:
            self.content_types.append(request.headers["Content-Type"])
            self.taken.append(body)
        request.send_response(status)
        request.send_header("Content-Length", "0")
        request.end_headers()
