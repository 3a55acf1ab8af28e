"""What an operation asked of both stores, asked again over sockets of Python's: the least that it could take.

The floor of an operation is recorded from the operation itself, so that it has the same statements, prepared, the same
commands and the same commits, whatever the service will send one day.
"""

import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

import pg8000.native
import pytest
from pg8000.converters import make_params

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.clients.pg8000_connection import PostgresConnection
from session_management.clients.redis_node import Node
from tests.support.servers import sql_connection

_READY: Final = b"Z\x00\x00\x00\x05I"
_IN_TRANSACTION: Final = b"Z\x00\x00\x00\x05T"
_EXECUTE_AND_SYNC: Final = b"E\x00\x00\x00\x09\x00\x00\x00\x00\x00S\x00\x00\x00\x04"
_ERRORS: Final = (b"E", b"-")
_REPLY_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Statement:
    """One that was run prepared."""

    sql: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """BEGIN, COMMIT and what else has no parameters."""

    sql: str


@dataclass(frozen=True, slots=True)
class Words:
    """A command of Valkey's."""

    words: tuple[str | bytes | int, ...]


type Asked = Statement | Command | Words


def asked_by(work: Callable[[], object]) -> list[Asked]:
    """Return what *work* asks of both stores, in order."""
    asked: list[Asked] = []

    def noted(call: Callable[..., Any], note: Callable[..., Asked]) -> Callable[..., Any]:
        def noting(client: Any, *arguments: Any) -> Any:
            asked.append(note(*arguments))
            return call(client, *arguments)

        return noting

    with pytest.MonkeyPatch.context() as patch:
        for owner, name, note in (
            (PostgresConnection, "run_prepared", lambda sql, parameters, _: Statement(sql, parameters)),
            (PostgresConnection, "command", lambda sql, _: Command(sql)),
            (Node, "execute_command", lambda *words: Words(words)),
        ):
            patch.setattr(owner, name, noted(getattr(owner, name), note))
        work()
    return asked


class RawStores:
    """A socket to each store, over which nothing is sent but bytes that were made beforehand."""

    def __init__(self, connection: pg8000.native.Connection, valkey: socket.socket) -> None:
        self._connection = connection  # has logged in, and prepares statements
        self._postgres: socket.socket = connection._usock
        self._valkey = valkey
        self._prepared: dict[str, Any] = {}

    @classmethod
    @contextmanager
    def opened(cls, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Self]:
        """Log in to both."""
        with sql_connection(postgres) as connection, raw_valkey(valkey) as sock:
            connection._usock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield cls(connection, sock)

    def replay(self, asked: Sequence[Asked], key: str) -> Callable[[str], None]:
        """Return what asks all of it again for a session of another key, which it is told, in the place of *key*."""
        steps = [self._step(one, key.encode()) for one in asked]

        def ask(another: str) -> None:
            name = another.encode()
            for send, parts in steps:
                send(name.join(parts))

        return ask

    def _step(self, asked: Asked, key: bytes) -> tuple[Callable[[bytes], None], list[bytes]]:
        match asked:
            case Statement(sql, parameters):
                return partial(_ask, self._postgres, (_READY, _IN_TRANSACTION)), self._bound(sql, parameters).split(key)
            case Command(sql):
                text = sql.encode() + b"\0"
                message = b"Q" + struct.pack("!i", len(text) + 4) + text
                return partial(_ask, self._postgres, (_READY, _IN_TRANSACTION)), message.split(key)
            case Words(words):
                return partial(_ask, self._valkey, (b"\r\n",)), _command(words).split(key)

    def _bound(self, sql: str, parameters: dict[str, Any]) -> bytes:
        statement = self._prepared.get(sql) or self._prepared.setdefault(sql, self._connection.prepare(sql))
        values = make_params(self._connection.py_types, statement.make_vals(parameters))
        body = b"\0" + statement.name_bin + struct.pack("!hh", 0, len(values))
        for value in values:
            text = None if value is None else value.encode()
            body += struct.pack("!i", -1) if text is None else struct.pack("!i", len(text)) + text
        body += struct.pack("!h", 0)
        return b"B" + struct.pack("!i", len(body) + 4) + body + _EXECUTE_AND_SYNC


@contextmanager
def raw_valkey(valkey: EmbeddedValkey) -> Iterator[socket.socket]:
    """Give a socket that has logged in."""
    with socket.create_connection((valkey.host, valkey.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _ask(connection, (b"+OK\r\n",), f"AUTH {valkey.password}\r\n".encode())
        yield connection


def _command(words: Sequence[str | bytes | int]) -> bytes:
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"".join([b"*%d\r\n" % len(parts), *(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)])


def _ask(connection: socket.socket, ends: tuple[bytes, ...], question: bytes) -> None:
    connection.sendall(question)
    reply = connection.recv(_REPLY_BYTES)
    while not reply.endswith(ends):
        reply += connection.recv(_REPLY_BYTES)
    if reply.startswith(_ERRORS):
        raise RuntimeError(f"refused: {reply[:200]!r}")
