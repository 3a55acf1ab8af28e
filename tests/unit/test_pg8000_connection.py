"""What is left of a connection that could not be opened: nothing; and what is told of PostgreSQL's own errors."""

import socket
import struct
import time

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from session_management.clients.pg8000_connection import _meaning, _TimedConnection

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


def test_a_socket_over_which_nothing_could_be_said_is_closed_at_once_and_not_some_day() -> None:
    """A server that resets what it accepted: the greeting cannot be sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sock = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        peer.close()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    with pytest.raises(InterfaceError) as failure:
        _TimedConnection("user", ends_at=time.monotonic() + 5, sock=sock, ssl_context=False)
    # The error, whose traceback holds whatever was half made, is still there.
    assert sock.fileno() == -1, failure


@pytest.mark.parametrize("code", ["22001", "23505", "23514", "25006", "28P01", "42703", "57P01"])
def test_of_postgresqls_message_only_the_code_is_told(code: str) -> None:
    """Its text may repeat a value of the statement: an email, a hash, a session ID."""
    told = {"C": code, "M": "a canary", "D": "Key (id)=(a canary)", "W": "a canary"}
    meaning = _meaning(DatabaseError(told))
    assert "canary" not in f"{meaning} {meaning!r}"
