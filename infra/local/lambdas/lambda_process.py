"""The inside of one execution environment: imports one function and answers events, one after another.

It is run by path, as `python -I -u lambda_process.py DESCRIPTOR FUNCTION`: the descriptor of a pipe to its
parent, and a JSON object with what the function is called, where it lies and what it may use. When the pipe
closes the process ends at once, whatever the handler is doing: it never outlives its parent.
"""

import importlib
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any
from uuid import uuid4

type Handler = Callable[[Any, "Context"], Any]


class Context:
    """What a handler may ask about its invocation; the names are Lambda's."""

    function_version = "$LATEST"
    identity = None
    client_context = None

    def __init__(self, name: str, memory_mb: int, timeout_seconds: float) -> None:
        self._deadline = time.monotonic() + timeout_seconds
        self.function_name = name
        self.memory_limit_in_mb = str(memory_mb)
        self.invoked_function_arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
        self.aws_request_id = str(uuid4())
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = f"local/[{self.function_version}]{os.getpid()}"

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the handler may still run."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    """Import the function, say so, then answer events until the pipe closes."""
    pipe, function = Connection(int(sys.argv[1])), json.loads(sys.argv[2])
    events: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, events), daemon=True).start()
    sys.path[:0] = function["paths"]
    handler = _import_handler(pipe)
    pipe.send_bytes(b'{"ready": true}')
    while True:
        event = json.loads(events.get())["event"]
        context = Context(function["name"], function["memory_mb"], function["timeout_seconds"])
        pipe.send_bytes(_answer(handler, event, context))


def _receive(pipe: Connection, events: queue.SimpleQueue[bytes]) -> None:
    try:
        while True:
            events.put(pipe.recv_bytes())
    except (EOFError, OSError):
        os._exit(0)


def _import_handler(pipe: Connection) -> Handler:
    try:
        handler: Handler = importlib.import_module("app").lambda_handler
    except BaseException as error:
        pipe.send_bytes(_failure(error))
        raise
    return handler


def _answer(handler: Handler, event: Any, context: Context) -> bytes:
    try:
        return json.dumps({"answer": handler(event, context)}).encode()
    except Exception as error:  # noqa: BLE001 (whatever a handler raises is its caller's 502)
        traceback.print_exc()
        return _failure(error)


def _failure(error: BaseException) -> bytes:
    return json.dumps({"error": {"type": type(error).__name__, "message": str(error)}}).encode()


if __name__ == "__main__":
    main()
