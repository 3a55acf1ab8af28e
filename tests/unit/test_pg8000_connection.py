"""One connection to PostgreSQL: what is sent and read, what is left of one that fails, what is told of errors."""

import socket
import struct
import time
from collections.abc import Buffer, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from session_management.clients.pg8000_connection import _TOLD_APART, _meaning, _TimedConnection
from session_management.clients.postgres_errors import ConnectionLostError

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
READY = b"Z\0\0\0\x05I"
# To Bind, Execute and Sync: a row of 42, nothing and a word, and that it was one.
REPLY = b"2\0\0\0\x04D\0\0\0\x19\0\x03\0\0\0\x0242\xff\xff\xff\xff\0\0\0\x05l\xc3\xb6weC\0\0\0\x0dSELECT 1\0" + READY


class Trickling(socket.socket):
    """A socket from which comes one byte at a time."""

    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0) -> int:
        return super().recv_into(memoryview(buffer)[:1], nbytes, flags)


@contextmanager
def logged_in() -> Iterator[tuple[_TimedConnection, socket.socket]]:
    """Give a connection that is open, and the server's end of it."""
    ours, server = socket.socketpair()
    with server:
        server.sendall(b"R\0\0\0\x08\0\0\0\0" + READY)
        sock = Trickling(fileno=ours.detach())
        connection = _TimedConnection("user", ends_at=time.monotonic() + 5, sock=sock, ssl_context=False)
        assert server.recv(4096)
        try:
            yield connection, server
        finally:
            connection.close()


def run(connection: _TimedConnection) -> Any:
    """Run a prepared statement of three columns, with a parameter, and without another."""
    with _TOLD_APART:
        return connection.execute_named(b"name\0", ("löwe", None), [], [int, str, str], "SELECT")


def test_a_prepared_statement_is_sent_whole_and_asks_for_one_answer() -> None:
    """A Flush between its messages would have PostgreSQL send each one's answer by itself."""
    with logged_in() as (connection, server):
        server.sendall(REPLY)
        context = run(connection)
        sent = server.recv(4096)

    bind = b"\0name\0\0\0\0\x02\0\0\0\x05l\xc3\xb6we\xff\xff\xff\xff\0\0"
    assert sent == b"B" + struct.pack("!i", len(bind) + 4) + bind + b"E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04"
    assert (context.rows, context.row_count) == ([[42, None, "löwe"]], 1)


@pytest.mark.parametrize("length", range(len(REPLY)))
def test_a_reply_that_breaks_off_is_a_lost_connection_wherever_it_does(length: int) -> None:
    with logged_in() as (connection, server):
        server.sendall(REPLY[:length])
        server.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionLostError):
            run(connection)


def test_what_comes_after_an_answer_is_left_for_the_next_one() -> None:
    """PostgreSQL says by itself that it ends: what was done before is done."""
    told = b"SFATAL\0C57P01\0\0"
    with logged_in() as (connection, server):
        server.sendall(REPLY + b"E" + struct.pack("!i", len(told) + 4) + told + REPLY)
        assert run(connection).rows
        with pytest.raises(ConnectionLostError, match="57P01"):
            run(connection)


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
