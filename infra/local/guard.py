"""A small process that starts one server and cleans up behind it, whatever becomes of who wants it.

It runs as `python -S -m infra.local.guard END_SIGNAL FOLDER`, makes a private folder inside FOLDER, and takes
orders as JSON lines on standard input; each gets one JSON line back. The end of standard input means that its
parent ended, however it ended (SIGKILL included): then the server and its folder go. So nobody else needs a
signal handler.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from infra.local.process_tree import adopt_orphans, descendants, die_with_parent, send

_STEP_SECONDS = 0.005


class Guard:
    """Carries out the orders for one server; each method is an order."""

    def __init__(self, end_signal: int, folder: Path) -> None:
        self._end_signal = end_signal
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    def start(
        self, argv: list[str], cwd: str, log: str, user: int | None, group: int | None
    ) -> dict[str, Any]:
        """Start *argv* as *user* in a session of its own; answer its process id."""
        with Path(log).open("ab") as output:
            self._child = subprocess.Popen(
                argv,
                cwd=cwd,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
                preexec_fn=partial(die_with_parent, self._end_signal),  # noqa: PLW1509 (no threads here)
            )
        return {"pid": self._child.pid}

    def state(self) -> dict[str, Any]:
        """Answer the server's return code, or null while it runs."""
        return {"returncode": self._child.poll() if self._child else 0}

    def signal(self, number: int) -> dict[str, Any]:
        """Send *number* to every process of the server, the first one first: stopped, it starts no others."""
        for pid in descendants(os.getpid()):
            send(pid, number)
        return {}

    def stop(self, number: int, within_seconds: float) -> dict[str, Any]:
        """Ask the server to end with *number*, and end what is left of it after *within_seconds*."""
        if self._child and self._child.poll() is None:
            send(self._child.pid, number)
            self.signal(signal.SIGCONT)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(within_seconds)
        return self.kill()

    def kill(self) -> dict[str, Any]:
        """End every process of the server at once; answer when the last is gone."""
        while remaining := list(descendants(os.getpid())):
            for pid in remaining:
                send(pid, signal.SIGKILL)
                self._reap(pid)
            time.sleep(_STEP_SECONDS)
        return self.state()

    def close(self) -> None:
        """Leave nothing behind: no process, no file."""
        self.stop(self._end_signal, within_seconds=2)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _reap(self, pid: int) -> None:
        if self._child and pid == self._child.pid:
            self._child.poll()
            return
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


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
