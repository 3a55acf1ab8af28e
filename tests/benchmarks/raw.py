"""Valkey over a socket of Python's, without any client: the least that it can be asked."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from infra.local.servers import EmbeddedValkey

REPLY_BYTES: Final = 4_096
"""More than any reply that is asked for holds: it comes in one piece on loopback."""


@contextmanager
def raw_connection(valkey: EmbeddedValkey) -> Iterator[socket.socket]:
    """Open one, logged in."""
    with socket.create_connection((valkey.host, valkey.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(f"AUTH {valkey.password}\r\n".encode())
        if connection.recv(REPLY_BYTES) != b"+OK\r\n":
            raise RuntimeError("Valkey does not let us in")
        yield connection
