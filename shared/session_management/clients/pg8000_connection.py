"""One connection of pg8000, with its failures told apart. Imported only when SQL is about to run."""

import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Self

from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection, PreparedStatement

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
        self._prepared: dict[str, _CountedStatement] = {}
        ends_at = time.monotonic() + timeout_seconds
        with _told_apart():
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
        with _told_apart():
            self._pg8000.set_timeout(timeout_seconds)
            self._pg8000.execute_simple(sql)

    def run(self, sql: str, parameters: dict[str, Any], timeout_seconds: float) -> tuple[list[Row], int]:
        """Run one statement unprepared (three round trips); its rows, and how many rows it touched."""
        with _told_apart():
            self._pg8000.set_timeout(timeout_seconds)
            rows = self._pg8000.run(sql, **parameters)
            return rows or [], self._pg8000.row_count

    def run_prepared(self, sql: str, parameters: dict[str, Any], timeout_seconds: float) -> tuple[list[Row], int]:
        """Run one statement, prepared the first time: one round trip from then on."""
        with _told_apart():
            self._pg8000.set_timeout(timeout_seconds)
            statement = self._prepared.get(sql)
            if statement is None:
                statement = self._prepared[sql] = _CountedStatement(self._pg8000, sql)
            rows = statement.run(**parameters)
            return rows or [], statement.row_count

    def close(self) -> None:
        """Close, whatever state it is in, without waiting for anybody."""
        with suppress(InterfaceError, OSError, struct.error):
            self._pg8000.set_timeout(0.05)
            self._pg8000.close()


class _TimedConnection(Connection):
    """pg8000 bounds each read; here a statement, or the handshake, is bounded over all its round trips."""

    def __init__(self, user: str, *, ends_at: float, **arguments: Any) -> None:
        self._ends_at = ends_at
        try:
            super().__init__(user, **arguments)
        except BaseException:
            _close_all(self._ends())
            raise

    def set_timeout(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._usock.settimeout(seconds)

    def handle_messages(self, context: Any) -> None:
        self._usock.settimeout(_seconds_until(self._ends_at))
        super().handle_messages(context)

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


class _CountedStatement(PreparedStatement):
    @property
    def row_count(self) -> int:
        return self._context.row_count


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


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise _meaning(error) from error
    except (InterfaceError, OSError, struct.error) as error:
        raise ConnectionLostError.behind(error) from error


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
