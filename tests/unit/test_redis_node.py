"""Replies as no server would send them on demand: in pieces, broken off, or none at all."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import hiredis
import pytest

from session_management.clients.credentials import FixedCredentials
from session_management.clients.redis_node import Node, Timeouts
from session_management.settings import Settings
from tests.support.clock import ToldClock

NOBODY = FixedCredentials(None, None)
BYTES = 65_536
OPTIONS = Settings.from_environment({"REDIS_URL": "redis://127.0.0.1:6379/0"}).redis

type Served = Callable[[socket.socket], None]


@contextmanager
def answered_by(*served: Served, seconds: float = 5.0) -> Iterator[Node]:
    """Give a node whose connections are *served* one after the other, each by one of these."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)  # for one that is not asked for, by mistake
        address = server.getsockname()
        serving = threading.Thread(target=_serve, args=(server, served))
        serving.start()
        node = Node(address, OPTIONS, NOBODY, Timeouts(seconds, seconds), ToldClock())
        try:
            yield node
        finally:
            node.close()
            serving.join()


def _serve(server: socket.socket, served: tuple[Served, ...]) -> None:
    for serve in served:
        connection, _ = server.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            serve(connection)


def replies(*parts: bytes) -> Served:
    """Return what sends these after a command, and goes on to the next where one is."""

    def serve(connection: socket.socket) -> None:
        connection.recv(BYTES)
        for part in parts:
            connection.sendall(part)

    return serve


def test_a_reply_may_come_in_pieces() -> None:
    with answered_by(replies(b"$1", b"1\r\nhello", b" world\r", b"\n")) as node:
        assert node.execute_command("GET", "x") == b"hello world"


def test_a_reply_may_be_larger_than_what_is_read_at_once() -> None:
    value = bytes(range(256)) * 1_024
    with answered_by(replies(b"$%d\r\n" % len(value), value, b"\r\n")) as node:
        assert node.execute_command("GET", "x") == value


def test_a_reply_that_breaks_off_is_asked_for_again_and_nothing_of_it_is_kept() -> None:
    with answered_by(replies(b"$11\r\nhello"), replies(b"$5\r\nagain\r\n")) as node:
        assert node.execute_command("GET", "x") == b"again"


def test_what_is_no_reply_closes_the_connection_and_is_no_answer() -> None:
    nonsense = replies(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with answered_by(nonsense, nonsense, replies(b"+OK\r\n")) as node:
        with pytest.raises(hiredis.ProtocolError):
            node.execute_command("GET", "x")
        assert node.execute_command("GET", "x") == b"OK"


def test_an_error_is_raised_and_the_connection_stays() -> None:
    def serve(connection: socket.socket) -> None:
        replies(b"-ERR no\r\n")(connection)
        replies(b"+OK\r\n")(connection)

    with answered_by(serve) as node:
        with pytest.raises(hiredis.ReplyError, match="ERR no"):
            node.execute_command("GET", "x")
        assert node.execute_command("GET", "x") == b"OK"


def test_a_reply_that_comes_too_late_is_nobody_elses() -> None:
    """P7: what was asked for before a time-out is not taken for the answer to what is asked next."""
    is_over = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(BYTES)
        is_over.wait()
        connection.sendall(b"$4\r\nlate\r\n")

    with answered_by(serve, replies(b"$4\r\nnext\r\n"), seconds=0.05) as node:
        try:
            with pytest.raises(TimeoutError):
                node.execute_command("GET", "x")
        finally:
            is_over.set()
        assert node.execute_command("GET", "y") == b"next"


class Interrupting:
    """A reader at which somebody presses Ctrl-C."""

    def feed(self, _: bytes) -> None:
        raise KeyboardInterrupt


def test_whoever_is_interrupted_leaves_no_reply_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(connection: socket.socket) -> None:
        replies(b"+OK\r\n")(connection)
        replies(b"$5\r\nfirst\r\n")(connection)

    with answered_by(serve, replies(b"$6\r\nsecond\r\n")) as node:
        node.execute_command("PING")
        monkeypatch.setattr(node, "_reader", Interrupting())
        with pytest.raises(KeyboardInterrupt):
            node.execute_command("GET", "x")
        assert node.execute_command("GET", "y") == b"second"
