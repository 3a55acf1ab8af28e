"""Serves the front door on a port of loopback, from a thread of its own."""

import errno
import socket
import threading
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from infra.local.servers.ports import HOST


class PortTakenError(RuntimeError):
    """The port is not to be had: another program listens on it, say."""


def listen(port: int = 0) -> socket.socket:
    """Return a socket that listens on *port* of loopback; 0 takes any free one.

    Raises:
        PortTakenError: something listens there already, or this user may not.
    """
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        why = "is taken" if error.errno == errno.EADDRINUSE else f"is not to be had: {error.strerror}"
        raise PortTakenError(f"port {port} of {HOST} {why}") from error


class HttpServer:
    """Serves an ASGI application on *listener* while it is entered as a context manager; closes it then."""

    def __init__(self, application: ASGIApp, listener: socket.socket) -> None:
        self._listener = listener
        self._server = _ThreadedServer(
            uvicorn.Config(
                application,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                # A forwarded address must reach the functions as a header, never as the client's own.
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        )

    @property
    def url(self) -> str:
        """Where it serves, without a slash at the end."""
        return f"http://{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]})
        self._thread.start()
        self._server.ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()


class _ThreadedServer(uvicorn.Server):
    """A server that says when it serves, or that it never will."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            super().run(sockets)
        finally:
            self.ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()
