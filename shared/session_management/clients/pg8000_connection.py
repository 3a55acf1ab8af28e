"""One connection of pg8000, with its failures told apart. Imported only when SQL is about to run."""

import socket
import ssl
import struct
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

from pg8000.converters import make_params
from pg8000.core import BIND, EXECUTE_MSG, READY_FOR_QUERY
from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection, to_statement

from session_management.errors import (
    InvalidInputError,
    SessionManagementError,
    StoreUnavailableError,
    UniqueViolationError,
)
from session_management.store_options import PostgresOptions

_UNIQUE_VIOLATION: Final = "23505"
_AUTHENTICATION: Final = ("28P01", "28000")
_READ_ONLY: Final = "25006"
_DATA_EXCEPTION: Final = "22"
# 25P03: the transaction stood still for too long. The last two: a prepared statement that a change of the schema, or
# a pooler, took away.
_CONNECTION_ENDS: Final = ("08", "57P", "25P03", "0A000", "26000")
# Connection, resources, an operator or a time limit, the system, PostgreSQL itself, no such database: it is not up.
_NOT_UP: Final = ("08", "53", "57", "58", "XX", "3D", "?")
_HINTS: Final = {
    "28P01": "the password is wrong",
    "28000": "this user may not log in to PostgreSQL",
    "3D000": "there is no database of this name",
    "42P01": "a table is missing: run the migrate function",
    "42703": "a column is missing: run the migrate function",
    "42501": "the user lacks a privilege: see infra/database/grants.sql",
    "53300": "PostgreSQL has no connection left",
    _READ_ONLY: "this server is read-only, as after a failover",
}

_HEAD: Final = struct.Struct("!ci")
_LENGTH_BYTES: Final = 4
"""A message's length counts itself, too."""
_INT: Final = struct.Struct("!i")
_SHORT: Final = struct.Struct("!H")

type Row = list[Any]


class ConnectionLostError(SessionManagementError):
    """The connection is dead; `timed_out` if the server was there and silent.

    `leaves_doubt` is set by who had sent what makes a change last.
    """

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        """Say why, without a value from the statement."""
        self.timed_out = timed_out
        self.leaves_doubt = False
        super().__init__(reason)

    @classmethod
    def behind(cls, error: Exception) -> Self:
        """Return what pg8000's own wording of *error* hides."""
        causes = (error, error.__cause__, error.__context__)
        if any(isinstance(cause, TimeoutError) for cause in causes):
            return cls("it did not answer in time", timed_out=True)
        in_its_words = isinstance(error, InterfaceError) and error.__cause__ is None
        what = str(error) if in_its_words else type(error.__cause__ or error).__name__
        return cls(f"the connection failed ({what})")


class AuthenticationRefusedError(SessionManagementError):
    """PostgreSQL refused the user or the password."""


class PostgresConnection:
    """An open connection. After any error but a statement's own it must be closed, not used again."""

    def __init__(self, options: PostgresOptions, user: str, password: str | None, timeout_seconds: float) -> None:
        """Connect within *timeout_seconds*.

        Raises:
            ConnectionLostError: it could not be reached, or TLS failed.
            AuthenticationRefusedError: the credentials are wrong.
        """
        self._prepared: dict[str, _PreparedStatement] = {}
        ends_at = time.monotonic() + timeout_seconds
        with _TOLD_APART:
            sock = socket.create_connection((options.host, options.port), timeout_seconds)
            try:
                sock.settimeout(_seconds_until(ends_at))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pg8000 = _TimedConnection(
                    user,
                    ends_at=ends_at,
                    host=options.host,
                    database=options.name,
                    password=password,
                    ssl_context=ssl.create_default_context(cafile=options.ca_file) if options.uses_tls else False,
                    application_name="session-management",
                    startup_params=_limits(options),
                    sock=sock,
                )
            except BaseException:
                sock.close()
                raise

    def command(self, sql: str, timeout_seconds: float) -> None:
        """Run *sql* that takes no parameters and returns nothing of interest: one round trip."""
        with _TOLD_APART:
            self._pg8000.set_timeout(timeout_seconds)
            self._pg8000.execute_simple(sql)

    def run(self, sql: str, parameters: dict[str, Any], timeout_seconds: float) -> tuple[list[Row], int]:
        """Run one statement unprepared (three round trips); its rows, and how many rows it touched."""
        with _TOLD_APART:
            self._pg8000.set_timeout(timeout_seconds)
            rows = self._pg8000.run(sql, **parameters)
            return rows or [], self._pg8000.row_count

    def run_prepared(self, sql: str, parameters: dict[str, Any], timeout_seconds: float) -> tuple[list[Row], int]:
        """Run one statement, prepared the first time: one round trip from then on."""
        with _TOLD_APART:
            self._pg8000.set_timeout(timeout_seconds)
            statement = self._prepared.get(sql)
            if statement is None:
                statement = self._prepared[sql] = _PreparedStatement(self._pg8000, sql)
            return statement.run(parameters)

    def close(self) -> None:
        """Close, whatever state it is in, without waiting for anybody."""
        with suppress(InterfaceError, OSError, struct.error):
            self._pg8000.set_timeout(0.05)
            self._pg8000.close()


class _TimedConnection(Connection):
    """pg8000 bounds each read; here a statement, or the handshake, is bounded over all its round trips."""

    def __init__(self, user: str, *, ends_at: float, **arguments: Any) -> None:
        self._ends_at = ends_at
        self._is_first_wait = False
        try:
            super().__init__(user, **arguments)
        except BaseException:
            _close_all(self._ends())
            raise

    def set_timeout(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._is_first_wait = True
        # To set it is a call of the system; nearly always it is what it was.
        if self._usock.gettimeout() != seconds:
            self._usock.settimeout(seconds)

    def handle_messages(self, context: Any) -> None:
        if not self._is_first_wait:
            self._usock.settimeout(_seconds_until(self._ends_at))
        self._is_first_wait = False
        read, handlers, code = self._sock.read, self.message_types, b""
        while code != READY_FOR_QUERY:
            code, length = _HEAD.unpack(_whole(read(_HEAD.size), _HEAD.size))
            length -= _LENGTH_BYTES
            handlers[code](_whole(read(length), length), context)
        if context.error is not None:
            raise context.error

    # pg8000 asks for an answer to each of these, and so wakes up both sides three times for one statement.

    def send_BIND(self, statement_name_bin: bytes, params: tuple[str | None, ...]) -> None:  # noqa: N802
        encoding = self._client_encoding
        values = [None if text is None else text.encode(encoding) for text in params]
        parts = [b"" if value is None else value for value in values]
        lengths = [_INT.pack(-1 if value is None else len(value)) for value in values]
        body = b"".join(part for pair in zip(lengths, parts, strict=True) for part in pair)
        self._send_message(BIND, b"\0%b\0\0%b%b\0\0" % (statement_name_bin, _SHORT.pack(len(values)), body))

    def send_EXECUTE(self) -> None:  # noqa: N802
        self._sock.write(EXECUTE_MSG)

    def handle_DATA_ROW(self, data: bytes, context: Any) -> None:  # noqa: N802
        row: Row = []
        at, encoding = _SHORT.size, self._client_encoding
        for read in context.input_funcs:
            (length,) = _INT.unpack_from(data, at)
            at += _INT.size
            if length < 0:
                row.append(None)
                continue
            row.append(read(data[at : at + length].decode(encoding)))
            at += length
        context.rows.append(row)

    def handle_AUTHENTICATION_REQUEST(self, data: bytes, context: Any) -> None:  # noqa: N802 (pg8000's name)
        self._usock.settimeout(_seconds_until(self._ends_at))
        super().handle_AUTHENTICATION_REQUEST(data, context)

    def close(self) -> None:
        ends = self._ends()
        try:
            super().close()
        finally:
            _close_all(ends)

    def _ends(self) -> list[Any]:
        return [end for end in (getattr(self, "_sock", None), getattr(self, "_usock", None)) if end]


class _PreparedStatement:
    """A statement that PostgreSQL knows by a name: parameters go there and rows come back in one round trip."""

    def __init__(self, connection: _TimedConnection, sql: str) -> None:
        self._connection = connection
        self._statement, values_of = to_statement(sql)
        self._names = values_of(_Itself())
        self._name, self._columns, self._readers = connection.prepare_statement(self._statement, ())

    def run(self, parameters: dict[str, Any]) -> tuple[list[Row], int]:
        connection = self._connection
        values = make_params(connection.py_types, [parameters[name] for name in self._names])
        context = connection.execute_named(self._name, values, self._columns, self._readers, self._statement)
        return context.rows or [], context.row_count


class _Itself(dict[str, str]):
    """Has every name as its own value."""

    def __missing__(self, name: str) -> str:
        return name


def _whole(data: bytes, length: int) -> bytes:
    if len(data) < length:
        raise InterfaceError("network error")
    return data


def _close_all(ends: list[Any]) -> None:
    # Where anything failed, pg8000 lets go of the socket without closing it: that would be left to chance.
    for end in ends:
        with suppress(OSError):
            end.close()


def _seconds_until(ends_at: float) -> float:
    left = ends_at - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _limits(options: PostgresOptions) -> dict[str, str]:
    # A pooler takes no such parameter: there each transaction sets its own limit.
    return {} if options.is_pooled else options.server_limits


class _ToldApart:
    """Turns pg8000's errors into ours. Every statement has one: this takes a third of a generator's time."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, DatabaseError):
            raise _meaning(error) from error
        if isinstance(error, (InterfaceError, OSError, struct.error)):
            raise ConnectionLostError.behind(error) from error


_TOLD_APART: Final = _ToldApart()


def _meaning(error: DatabaseError) -> SessionManagementError:
    # The server's message may repeat a value of the statement; its code and its names never do.
    facts = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    code = facts.get("C", "?????")
    if code == _UNIQUE_VIOLATION:
        return UniqueViolationError(facts.get("n", ""))
    reason = f"SQLSTATE {code}" + (f", {_HINTS[code]}" if code in _HINTS else "")
    if code.startswith(_DATA_EXCEPTION):
        return InvalidInputError(f"a value cannot be stored: {reason}")
    if code in _AUTHENTICATION:
        return AuthenticationRefusedError(reason)
    if code == _READ_ONLY or code.startswith(_CONNECTION_ENDS):
        return ConnectionLostError(reason)
    return StoreUnavailableError("postgresql", reason, is_up=not code.startswith(_NOT_UP))
