"""Prints the demo: numbered steps, and each HTTP exchange the way one would want to read it."""

import json
from http import HTTPStatus
from typing import Any

import httpx

_REQUEST_HEADERS = ("authorization", "content-type", "cookie")
_ANSWER_HEADERS = ("content-type", "set-cookie", "retry-after")


class Narrator:
    """Tells what happens, on standard output."""

    def __init__(self) -> None:
        self._step = 0

    def begin(self, sentence: str) -> None:
        """Open the next step."""
        self._step += 1
        self._print(f"\n{self._step}. {sentence}\n")

    def end(self, difference: str | None) -> None:
        """Close the step, as good or with what differed."""
        self._print(f"   ✗ {difference}" if difference else "   ✓")

    def note(self, line: str) -> None:
        """Say something between the steps."""
        self._print(line)

    def exchange(self, answer: httpx.Response) -> None:
        """Show a request and its answer."""
        request = answer.request
        self._print(f"   → {request.method} {request.url.raw_path.decode('ascii')}")
        self._headers(request.headers, _REQUEST_HEADERS)
        self._body(request.content)
        self._print(f"   ← {answer.status_code} {HTTPStatus(answer.status_code).phrase}")
        self._headers(answer.headers, _ANSWER_HEADERS)
        self._body(answer.content)

    def call(self, what: str, answer: Any) -> None:
        """Show something that is no HTTP request, and its answer."""
        self._print(f"   → {what}")
        self._print(f"   ← {answer if isinstance(answer, str) else json.dumps(answer)}")

    def _headers(self, headers: httpx.Headers, names: tuple[str, ...]) -> None:
        for name in names:
            for value in headers.get_list(name):
                self._print(f"     {name}: {value}")

    def _body(self, body: bytes) -> None:
        if not body:
            return
        try:
            text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        except ValueError:
            text = body.decode(errors="replace")
        for line in text.splitlines():
            self._print(f"     {line}")

    def _print(self, line: str) -> None:
        print(line, flush=True)
