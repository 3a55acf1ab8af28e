"""A relay between a client and a server that keeps every byte that the client sends."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Self

from session_management import UserManagerFactory

HOST = "127.0.0.1"
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
"""How a client asks PostgreSQL for TLS; it says nothing else yet."""

_HEADER_BYTES = 5
_RECORD_TYPES = range(20, 24)
_APPLICATION_DATA = 23
_LONGEST_RECORD = 2**14 + 256
_ALERT_BYTES = 19  # protected, under TLS 1.3; the end of a handshake takes more, let alone a password
_SILENT_SECONDS = 10


class Recorder:
    """Relays to *port* while it is entered as a context manager; `sent` has what came, a part for each connection."""

    def __init__(self, port: int) -> None:
        self.sent: list[bytes] = []
        self._server = _Relay(port, self.sent)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        """Where clients connect to."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; return when every client has closed its connection, so that all they sent is there."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def sent_to(port: int, use: Callable[[int], None]) -> list[bytes]:
    """Return what a manager sends to *port* while *use* works with the relay's port, a part for each connection."""
    with Recorder(port) as recorder:
        try:
            use(recorder.port)
        finally:
            UserManagerFactory.clear_cache()
    return recorder.sent


def plain_text(sent: bytes) -> bytes:
    """Return *sent* without the records of TLS in it."""
    return b"".join(part for kind, part in _parts(sent) if kind is None)


def says_something_protected(sent: bytes) -> bool:
    """Tell whether *sent* goes on with TLS after the server has shown its certificate, but for an alert."""
    return any(len(part) > _ALERT_BYTES for kind, part in _parts(sent) if kind == _APPLICATION_DATA)


def _parts(sent: bytes) -> Iterator[tuple[int | None, bytes]]:
    """Yield each TLS record as its type and payload, and each byte between records as it is."""
    while sent:
        length = int.from_bytes(sent[3:_HEADER_BYTES])
        is_record = sent[0] in _RECORD_TYPES and sent[1:2] == b"\x03" and length <= _LONGEST_RECORD
        end = _HEADER_BYTES + length if is_record else 1
        yield (sent[0], sent[_HEADER_BYTES:end]) if is_record else (None, sent[:1])
        sent = sent[end:]


class _Relay(ThreadingTCPServer):
    def __init__(self, port: int, sent: list[bytes]) -> None:
        super().__init__((HOST, 0), _Connection)
        self.target = port
        self.sent = sent


class _Connection(BaseRequestHandler):
    """One client, until it closes: what it sends after the server has hung up counts as well."""

    server: _Relay

    def handle(self) -> None:
        received = bytearray()
        try:
            with socket.create_connection((HOST, self.server.target)) as upstream:
                for chunk in _relayed(self.request, upstream):
                    received += chunk
        finally:
            self.server.sent.append(bytes(received))


def _relayed(client: socket.socket, upstream: socket.socket) -> Iterator[bytes]:
    """Pass on what each side says to the other; yield what the client says, until it closes."""
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ)
        selector.register(upstream, selectors.EVENT_READ)
        while True:
            if not (events := selector.select(_SILENT_SECONDS)):
                return
            for ready in (key.fileobj for key, _ in events):
                source, other = (client, upstream) if ready is client else (upstream, client)
                chunk = _received(source)
                if chunk:
                    with suppress(OSError):
                        other.sendall(chunk)
                elif source is client:
                    return
                else:
                    selector.unregister(upstream)
                    with suppress(OSError):
                        client.shutdown(socket.SHUT_WR)
                if source is client:
                    yield chunk


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""
