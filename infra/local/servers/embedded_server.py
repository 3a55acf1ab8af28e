"""What the embedded servers have in common: their life, from a free port to the last file removed."""

import secrets
import signal
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from typing import Self

from infra.local.servers.guarded import Guarded
from infra.local.servers.ports import HOST, free_port
from infra.local.servers.readiness import wait_until_ready
from infra.local.servers.server_error import ServerError


class EmbeddedServer(ABC):
    """A server on loopback that ends with this process, and whose port and data live through restarts.

    Use it as a context manager, or call `start` and `close`.
    """

    host = HOST
    end_signal: int
    stop_signal: int
    ready_within_seconds = 30.0

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(24)
        self._port: int | None = None
        self._guard: Guarded | None = None
        self._pid: int | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The URL to connect with, password included."""

    @abstractmethod
    def _prepare(self) -> None:
        """Put programs and data in place, once."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return what to run for a server on `self.port`."""

    @abstractmethod
    def _is_ready(self, pid: int) -> bool:
        """Tell whether process *pid* takes requests; raise OSError while it does not listen."""

    @property
    def port(self) -> int:
        """The TCP port, the same over restarts."""
        if self._port is None:
            raise ServerError(f"{type(self).__name__} was not started yet")
        return self._port

    @property
    def pid(self) -> int:
        """The id of the server's first process."""
        if self._pid is None:
            raise ServerError(f"{type(self).__name__} was not started yet")
        return self._pid

    @property
    def folder(self) -> Path:
        """The private folder with everything that the server keeps."""
        return self._guarded().folder

    def start(self) -> Self:
        """Start the server on its port and data, unless it runs; return when it answers."""
        if self._guard is None:
            self._guard = Guarded(self.end_signal)
            try:
                self._prepare()
                self._start_on_a_free_port()
            except BaseException:
                self.close()
                raise
        elif self._guard.returncode() is not None:
            self._start()
        return self

    def stop(self) -> None:
        """End the server in the orderly way; its port and data stay."""
        self._guarded().stop(self.stop_signal, within_seconds=20)

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL to all its processes)."""
        self._guarded().kill()

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze all processes of the server: connections open, nothing answers."""
        self._guarded().signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self._guarded().signal(signal.SIGCONT)

    def close(self) -> None:
        """End the server and remove its files."""
        if self._guard is not None:
            self._guard.close()
            self._guard = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _guarded(self) -> Guarded:
        if self._guard is None:
            raise ServerError(f"{type(self).__name__} was not started yet, or is closed")
        return self._guard

    def _start_on_a_free_port(self) -> None:
        for _ in range(4):
            self._port = free_port()
            try:
                self._start()
            except ServerError as error:
                # Another process may have taken the port since it was found free.
                if "in use" not in str(error):
                    raise
            else:
                return
        raise ServerError(f"{type(self).__name__} found no port:\n{self._guarded().log_tail()}")

    def _start(self) -> None:
        guard = self._guarded()
        self._pid = guard.run(self._command())
        wait_until_ready(type(self).__name__, guard, partial(self._is_ready, self._pid), self.ready_within_seconds)
