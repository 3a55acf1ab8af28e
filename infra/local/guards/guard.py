"""A small process that starts one server and cleans up behind it, whatever becomes of who wants it.

It runs as `python -S -m infra.local.guards.guard END_SIGNAL FOLDER`, makes a private folder inside FOLDER, and takes
orders as JSON lines on standard input; each gets one JSON line back. The end of standard input means that its
parent ended, however it ended (SIGKILL included): then the server and its folder go. So nobody else needs a
signal handler.
"""

import json
import os
import select
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.guards.guard_orders import Guard
from infra.local.guards.process_tree import adopt_orphans


def main() -> None:
    """Carry out orders until the parent is gone, then clean up."""
    parent = os.getppid()
    adopt_orphans()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # a handler, unlike SIG_IGN, is not passed on to the server
    folder = Path(tempfile.mkdtemp(prefix="session-management-", dir=sys.argv[2]))
    guard = Guard(int(sys.argv[1]), folder)
    try:
        _answer({"folder": str(folder)})
        for order in _orders(parent):
            _answer(_carry_out(guard, order))
    except BrokenPipeError:
        pass
    finally:
        guard.close()


def _carry_out(guard: Guard, order: dict[str, Any]) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = getattr(guard, order.pop("order"))(**order)
    except OSError as error:
        return {"error": str(error)}
    return answer


def _answer(answer: dict[str, Any]) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


def _orders(parent: int) -> Iterator[dict[str, Any]]:
    """Yield orders until standard input ends, or until the parent is another one.

    The second test is for children that the parent forked: they would keep the pipe open.
    """
    buffer = b""
    while os.getppid() == parent:
        if select.select([0], [], [], 0.5)[0]:
            if not (chunk := os.read(0, 65536)):
                return
            *lines, buffer = (buffer + chunk).split(b"\n")
            yield from map(json.loads, lines)


if __name__ == "__main__":
    main()
