"""What a guard can be told to do with its server, from start to the last file removed."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from infra.local.guards.process_tree import descendants, die_with_parent, send

_STEP_SECONDS = 0.005


class Guard:
    """Carries out the orders for one server; each method is an order."""

    def __init__(self, end_signal: int, folder: Path) -> None:
        self._end_signal = end_signal
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, argv: list[str], cwd: str, log: str, user: int | None, group: int | None) -> dict[str, Any]:
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
