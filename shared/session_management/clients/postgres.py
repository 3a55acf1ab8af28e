"""The connection to PostgreSQL: transactions, one reconnection, time-outs, a breaker."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from session_management.breaker import Breaker
from session_management.clients.connection_age import ConnectionAge
from session_management.clients.credentials import Credentials
from session_management.clients.postgres_errors import AuthenticationRefusedError, ConnectionLostError
from session_management.deadline import within_deadline
from session_management.errors import CommitUnknownError, SessionManagementError, StoreUnavailableError
from session_management.interfaces import Clock
from session_management.store_options import PostgresOptions

if TYPE_CHECKING:
    from session_management.clients.pg8000_connection import PostgresConnection, Row

_STORE: Final = "postgresql"


class Postgres:
    """PostgreSQL over one connection, opened at the first statement.

    Behind a transaction-mode pooler every statement runs in an explicit transaction, unprepared: outside
    of one, a pooler may give pg8000 another client's rows. Without a pooler, statements are prepared and a
    single one is its own transaction, in one round trip.

    Threads may share it; they take turns.
    """

    def __init__(self, options: PostgresOptions, *, credentials: Credentials, breaker: Breaker, clock: Clock) -> None:
        """Connect nowhere yet."""
        self._options = options
        self._credentials = credentials
        self._breaker = breaker
        self._age = ConnectionAge(clock)
        self._connection: PostgresConnection | None = None
        self._in_transaction = False
        self._lock = threading.RLock()
        self._told = _Told(self.close)

    def fetch(self, sql: str, **parameters: Any) -> "list[Row]":
        """Return the rows of one statement that may safely run twice: it does, if the connection was found dead.

        Raises:
            StoreUnavailableError: PostgreSQL did not answer in time; CommitUnknownError, if it may have done it.
            UniqueViolationError: the statement would break a unique index.
        """
        return self._perform(sql, parameters)[0]

    def execute(self, sql: str, **parameters: Any) -> int:
        """Run one statement that may safely run twice; how many rows it touched. Raises as `fetch`."""
        return self._perform(sql, parameters)[1]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing; an exception rolls back. Raises as `fetch`.

        A transaction inside another is part of it.

        Raises:
            CommitUnknownError: the COMMIT was sent and not answered: all of it happened, or nothing.
        """
        with self._lock:
            if self._in_transaction:
                yield
                return
            with self._breaker, self._told:
                self._begin()
                self._in_transaction = True
                try:
                    yield
                    self._commit()
                except Exception:
                    self._roll_back()
                    raise
                finally:
                    self._in_transaction = False

    def run_script(self, sql: str) -> None:
        """Run *sql* of several statements, inside a transaction. Raises as `fetch`."""
        with self._told:
            self._command(sql)

    def close(self) -> None:
        """Close the connection; the next statement opens another."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection:
                connection.close()

    def _perform(self, sql: str, parameters: dict[str, Any]) -> "tuple[list[Row], int]":
        with self._lock:
            if self._in_transaction:
                with self._told:
                    return self._run(sql, parameters)
            if self._options.is_pooled:
                with self.transaction():
                    return self._perform(sql, parameters)
            with self._breaker, self._told:
                return self._again_if_dead(lambda: self._run_alone(sql, parameters))

    def _begin(self) -> None:
        # A direct connection has its limits from the start.
        limits = self._options.server_limits if self._options.is_pooled else {}
        begin = "; ".join(["BEGIN", *(f"SET LOCAL {name} = {ms}" for name, ms in limits.items())])
        self._again_if_dead(lambda: self._command(begin))

    def _commit(self) -> None:
        try:
            self._command("COMMIT")
        except ConnectionLostError as lost:
            self._leave_doubt(lost)
            raise

    def _command(self, sql: str) -> None:
        self._open().command(sql, self._timeout())

    def _run(self, sql: str, parameters: dict[str, Any]) -> "tuple[list[Row], int]":
        connection = self._open()
        run = connection.run if self._options.is_pooled else connection.run_prepared
        return run(sql, parameters, self._timeout())

    def _run_alone(self, sql: str, parameters: dict[str, Any]) -> "tuple[list[Row], int]":
        connection = self._open()
        try:
            return connection.run_prepared(sql, parameters, self._timeout())
        except ConnectionLostError as lost:
            self._leave_doubt(lost)
            raise

    def _leave_doubt(self, lost: ConnectionLostError) -> None:
        """After what makes a change last: without an answer, nobody knows whether it did."""
        self.close()
        lost.leaves_doubt = True

    def _again_if_dead[T](self, work: Callable[[], T]) -> T:
        """Do *work*; once more over a new connection if an old one turns out dead, as after a freeze."""
        if self._connection is not None and not self._age.use():
            self.close()
        was_open = self._connection is not None
        try:
            return work()
        except ConnectionLostError as lost:
            if not was_open or lost.timed_out:
                raise
            self.close()
            return work()

    def _open(self) -> "PostgresConnection":
        if self._connection is None:
            if self._in_transaction:
                raise StoreUnavailableError(_STORE, "the connection was lost inside a transaction")
            self._connection = self._connect()
            self._age.begin()
        return self._connection

    def _connect(self) -> "PostgresConnection":
        from session_management.clients.pg8000_connection import PostgresConnection

        def connect() -> PostgresConnection:
            user, password = self._credentials.get()
            timeout = within_deadline(_STORE, self._options.connect_timeout_seconds)
            return PostgresConnection(self._options, user or "", password, timeout)

        try:
            return connect()
        except AuthenticationRefusedError:
            if not self._credentials.refresh():
                raise
            return connect()

    def _roll_back(self) -> None:
        try:
            if self._connection is not None:
                self._connection.command("ROLLBACK", self._timeout())
        except SessionManagementError:
            self.close()

    def _timeout(self) -> float:
        return within_deadline(_STORE, self._options.timeout_seconds)


class _Told:
    """Turns what the driver's connection raises into errors of ours; closes it after anything that is none.

    Each statement has one: this takes a third of a generator's time.
    """

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            return
        if isinstance(error, (ConnectionLostError, AuthenticationRefusedError)):
            self._close()
            leaves_doubt = isinstance(error, ConnectionLostError) and error.leaves_doubt
            raise (CommitUnknownError if leaves_doubt else StoreUnavailableError)(_STORE, str(error)) from error
        if not isinstance(error, SessionManagementError):
            # A reply may still be under way: nobody may read it as that of the next statement.
            self._close()
