"""One environment's way to one store: it can be closed, cut, or lose answers that the store has given."""

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

from infra.local.servers import free_port

_HOST = "127.0.0.1"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

type _Pair = tuple[socket.socket, socket.socket]


class Link:
    """Passes everything on between `port` and a server's port. A closed link refuses connections."""

    def __init__(self, server_port: int) -> None:
        """Be open."""
        self._server_port = server_port
        self.port = free_port()
        self._pairs: list[_Pair] = []
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._to_pass = self._to_lose = 0
        self._was_asked = False
        self.lost = 0
        self.answers = 0
        """How many were passed on over the connections there are."""
        self.open()

    @property
    def is_open(self) -> bool:
        """Whether connections are taken."""
        return self._listener is not None

    def open(self) -> None:
        """Take connections again."""
        if self._listener is None:
            self._listener = socket.create_server((_HOST, self.port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        """Refuse connections from now on, and reset those that there are."""
        listener, self._listener = self._listener, None
        if listener:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut(with_reset=True)

    def cut(self, *, with_reset: bool) -> None:
        """End all connections, with RST or with FIN; new ones are passed on."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
            self.answers = 0
            for client, server in pairs:
                if with_reset:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                for end in (server, client):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RD if with_reset else socket.SHUT_RDWR)
                    end.close()

    def lose(self, *, after: int, count: int) -> None:
        """Pass on *after* answers; instead of each of the next *count*, cut the connection. The store has done it."""
        self._to_pass, self._to_lose, self.lost = after, count, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                try:
                    server = socket.create_connection((_HOST, self._server_port))
                except OSError:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                    client.close()
                    continue
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._pairs.append((client, server))
                for work, source, target in ((self._pump, client, server), (self._pump_answers, server, client)):
                    threading.Thread(target=work, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._was_asked = True
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _pump_answers(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self._is_to_be_lost():
                    self.cut(with_reset=True)
                    return
                self.answers += 1
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _is_to_be_lost(self) -> bool:
        """Tell whether the answer that comes in is one to lose; whatever its pieces, it is counted once."""
        if not self._was_asked:
            return False
        self._was_asked = False
        self._to_pass -= 1
        is_lost = self._to_lose > 0 and self._to_pass < 0
        self._to_lose -= is_lost
        self.lost += is_lost
        return is_lost
