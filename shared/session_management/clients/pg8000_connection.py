"""One connection of pg8000, with its failures told apart. Imported only when SQL is about to run."""

import socket
import ssl
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, Final

from pg8000.converters import make_param, string_in
from pg8000.core import BIND, EXECUTE_MSG, READY_FOR_QUERY, SYNC_MSG, Context
from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection, PreparedStatement

from session_management.clients.postgres_errors import AuthenticationRefusedError, ConnectionLostError
from session_management.errors import (
    InvalidInputError,
    SessionManagementError,
    StoreUnavailableError,
    UniqueViolationError,
)
from session_management.iso8601 import with_offset
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
_INT: Final = struct.Struct("!i")
_SHORT: Final = struct.Struct("!H")
_NULL: Final = _INT.pack(-1)
_BYTES: Final = 65_536

type Row = list[Any]


class PostgresConnection:
    """An open connection. After any error but a statement's own it must be closed, not used again."""

    def __init__(self, options: PostgresOptions, user: str, password: str | None, timeout_seconds: float) -> None:
        """Connect within *timeout_seconds*.

        Raises:
            ConnectionLostError: it could not be reached, or TLS failed.
            AuthenticationRefusedError: the credentials are wrong.
        """
        self._prepared: dict[str, _Statement] = {}
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
                statement = self._prepared[sql] = _Statement(self._pg8000, sql)
            answer = statement.execute(parameters)
            return answer.rows or [], answer.row_count

    def close(self) -> None:
        """Close, whatever state it is in, without waiting for anybody."""
        with suppress(InterfaceError, OSError, struct.error):
            self._pg8000.set_timeout(0.05)
            self._pg8000.close()


class _TimedConnection(Connection):
    """pg8000 bounds each read; here a statement, or the handshake, is bounded over all its round trips."""

    def __init__(self, user: str, *, ends_at: float, **arguments: Any) -> None:
        self._ends_at = ends_at
        self._received = b""
        try:
            super().__init__(user, **arguments)
        except BaseException:
            _close_all(self._ends())
            raise
        # It says its offset, whatever that is; pg8000 would turn it into UTC first.
        self.register_out_adapter(datetime, with_offset)

    def set_timeout(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._usock.settimeout(seconds)

    def execute_named(
        self, name: bytes, params: Sequence[str | None], columns: Any, readers: Any, statement: str
    ) -> Context:
        """Run a prepared statement in one packet each way: pg8000 has each message of it answered by itself."""
        context = Context(statement, columns=columns, input_funcs=readers)
        bound = _bound(name, params, self._client_encoding)
        self._usock.sendall(_HEAD.pack(BIND, len(bound) + _INT.size) + bound + EXECUTE_MSG + SYNC_MSG)
        self.handle_messages(context)
        return context

    def handle_messages(self, context: Any) -> None:
        """Take the messages of an answer out of whatever comes at once: pg8000 reads each by two calls."""
        self._usock.settimeout(_seconds_until(self._ends_at))
        data, at, code = self._received, 0, b""
        while code != READY_FOR_QUERY:
            end = _end_of_message(data, at)
            while end is None:
                data, at = data[at:] + self._receive(), 0
                end = _end_of_message(data, at)
            code = data[at : at + 1]
            self.message_types[code](data[at + _HEAD.size : end], context)
            at = end
        self._received = data[at:]
        if context.error is not None:
            raise context.error

    def _receive(self) -> bytes:
        received: bytes = self._sock.read1(_BYTES)
        if not received:
            raise InterfaceError("network error")
        return received

    def handle_DATA_ROW(self, data: bytes, context: Any) -> None:  # noqa: N802 (pg8000's name)
        row: Row = []
        at, encoding = _SHORT.size, self._client_encoding
        for reader in context.input_funcs:
            (length,) = _INT.unpack_from(data, at)
            at += _INT.size
            if length < 0:
                row.append(None)
                continue
            end = at + length
            said = data[at:end]
            # What most columns are is read without a call of pg8000's for each.
            if reader is int:
                row.append(int(said))
            else:
                text = said.decode(encoding)
                row.append(text if reader is string_in else reader(text))
            at = end
        context.rows.append(row)

    def handle_AUTHENTICATION_REQUEST(self, data: bytes, context: Any) -> None:  # noqa: N802
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


class _Statement(PreparedStatement):
    def __init__(self, connection: _TimedConnection, sql: str) -> None:
        super().__init__(connection, sql)
        self._names: tuple[str, ...] = self.make_vals(_Named())

    def execute(self, parameters: dict[str, Any]) -> Context:
        """Run it with *parameters*; the answer has `rows` and `row_count`."""
        kinds = self.con.py_types
        values = [parameters[name] for name in self._names]
        params = [value if value is None or type(value) is str else make_param(kinds, value) for value in values]
        return self.con.execute_named(self.name_bin, params, self.cols, self.input_funcs, self.statement)


class _Named(dict[str, str]):
    """Every parameter by its own name: for these, pg8000 tells the order of a statement's parameters."""

    def __missing__(self, name: str) -> str:
        return name


def _end_of_message(data: bytes, at: int) -> int | None:
    """Return where the message ends that begins *at* there; None where that has not come yet."""
    if len(data) < at + _HEAD.size:
        return None
    _, length = _HEAD.unpack_from(data, at)
    end: int = at + 1 + length  # which counts itself, and not the code
    return end if end <= len(data) else None


def _bound(name: bytes, params: Sequence[str | None], encoding: str) -> bytes:
    """Return what is in a Bind message: no portal's name, the statement's, and its parameters, all of it in text."""
    told = [_NULL if text is None else _INT.pack(len(said := text.encode(encoding))) + said for text in params]
    return b"\0%b\0\0%b%b\0\0" % (name, _SHORT.pack(len(told)), b"".join(told))


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
    """Turns pg8000's errors into ours. Each statement has one: this takes a third of a generator's time."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, DatabaseError):
            raise _meaning(error) from error
        if isinstance(error, (InterfaceError, OSError, struct.error)):
            raise _lost(error) from error


_TOLD_APART: Final = _ToldApart()


def _lost(error: Exception) -> ConnectionLostError:
    """Return what pg8000's own wording of *error* hides."""
    causes = (error, error.__cause__, error.__context__)
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return ConnectionLostError("it did not answer in time", timed_out=True)
    in_its_words = isinstance(error, InterfaceError) and error.__cause__ is None
    what = str(error) if in_its_words else type(error.__cause__ or error).__name__
    return ConnectionLostError(f"the connection failed ({what})")


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
