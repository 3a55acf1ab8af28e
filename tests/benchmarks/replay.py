"""What an operation asked of both stores, asked again over bare sockets: the least that it could take.

It is recorded from the operation itself, so that it has the same statements and commands whatever that asks one day.
"""

import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, NamedTuple, Self

import pg8000.native
import pytest
from pg8000.converters import make_params

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.clients.pg8000_connection import PostgresConnection
from session_management.clients.redis_node import Node, Word
from tests.benchmarks.raw import REPLY_BYTES, raw_connection
from tests.support.servers import sql_connection

_READY: Final = b"Z\x00\x00\x00\x05I"
_EXECUTE_AND_SYNC: Final = b"E\x00\x00\x00\x09\x00\x00\x00\x00\x00S\x00\x00\x00\x04"
_ONE_ROW: Final = b" 1\x00"
"""Ends what PostgreSQL says of a statement that did something."""


class Statement(NamedTuple):
    """One of PostgreSQL's, run prepared."""

    sql: str
    parameters: dict[str, Any]


class Command(NamedTuple):
    """One of Valkey's."""

    words: tuple[Word, ...]


def asked_by(work: Callable[[], object]) -> list[Statement | Command]:
    """Return what *work* asks of both stores, in order."""
    asked: list[Statement | Command] = []
    run, execute = PostgresConnection.run_prepared, Node.execute_command

    def run_prepared(client: PostgresConnection, sql: str, parameters: dict[str, Any], timeout_seconds: float) -> Any:
        asked.append(Statement(sql, parameters))
        return run(client, sql, parameters, timeout_seconds)

    def execute_command(client: Node, *words: Word) -> Any:
        asked.append(Command(words))
        return execute(client, *words)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PostgresConnection, "run_prepared", run_prepared)
        patch.setattr(Node, "execute_command", execute_command)
        work()
    return asked


class BareStores:
    """A socket to each store, over which goes what was made beforehand."""

    def __init__(self, postgres: pg8000.native.Connection, valkey: socket.socket) -> None:
        self._prepare = postgres.prepare
        self._types = postgres.py_types
        self._postgres = postgres._usock
        self._valkey = valkey

    @classmethod
    @contextmanager
    def opened(cls, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Self]:
        """Log in to both."""
        with sql_connection(postgres) as connection, raw_connection(valkey) as sock:
            connection._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield cls(connection, sock)

    def replay(self, asked: Sequence[Statement | Command], key: str) -> Callable[[str], None]:
        """Return what asks all of it again, for a session of another key than *key*, which it is told."""
        steps = [(self._ask(one), self._message(one).split(key.encode())) for one in asked]

        def ask_again(another: str) -> None:
            name = another.encode()
            for ask, parts in steps:
                ask(name.join(parts))

        return ask_again

    def _ask(self, asked: Statement | Command) -> Callable[[bytes], None]:
        if isinstance(asked, Statement):
            return partial(_ask_postgres, self._postgres)
        return partial(_ask_valkey, self._valkey)

    def _message(self, asked: Statement | Command) -> bytes:
        if isinstance(asked, Command):
            return _packed(asked.words)
        statement = self._prepare(asked.sql)
        values = make_params(self._types, statement.make_vals(asked.parameters))
        body = b"".join(map(_parameter, values))
        bind = b"\0%b\0\0%b%b\0\0" % (statement.name_bin, struct.pack("!h", len(values)), body)
        return b"B%b%b%b" % (struct.pack("!i", len(bind) + 4), bind, _EXECUTE_AND_SYNC)


def _packed(words: Sequence[Word]) -> bytes:
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"".join([b"*%d\r\n" % len(parts), *(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)])


def _parameter(text: str | None) -> bytes:
    if text is None:
        return struct.pack("!i", -1)
    value = text.encode()
    return struct.pack("!i", len(value)) + value


def _ask_postgres(connection: socket.socket, question: bytes) -> None:
    reply = _reply(connection, question, _READY)
    if not reply.endswith(_ONE_ROW + _READY):
        raise RuntimeError(f"PostgreSQL did not do it: {reply!r}")


def _ask_valkey(connection: socket.socket, question: bytes) -> None:
    reply = _reply(connection, question, b"\r\n")
    if reply.startswith(b"-"):
        raise RuntimeError(f"Valkey did not do it: {reply!r}")


def _reply(connection: socket.socket, question: bytes, end: bytes) -> bytes:
    connection.sendall(question)
    reply = connection.recv(REPLY_BYTES)
    while not reply.endswith(end):
        reply += connection.recv(REPLY_BYTES)
    return reply
