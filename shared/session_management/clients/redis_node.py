"""One server of Redis or Valkey over one socket: commands are packed and replies read by hiredis.

redis-py has connections of its own, but none can be imported without its clients for asyncio, clusters and sentinels.
That takes a fresh environment nearly as long as all the rest up to its first answer.
"""

import socket
import ssl
import struct
from typing import Any, Final, NamedTuple

import hiredis

from session_management.clients.connection_age import ConnectionAge
from session_management.clients.credentials import Credentials
from session_management.clients.redis_errors import may_be_sent_again
from session_management.constants import SESSION_CONSTANTS
from session_management.interfaces import Clock
from session_management.store_options import RedisOptions

type Address = tuple[str, int]
type Word = str | bytes | int

_BYTES: Final = 16_384
_NOTHING_YET: Final = object()
_TIMEVAL: Final = struct.Struct("ll")


class Timeouts(NamedTuple):
    """What is waited for at most, in seconds: for each part of an answer, and for the connection."""

    answer: float
    connect: float


class Node:
    """A server that one command after the other is sent to; the connection is opened at the first.

    Whatever keeps a command from its reply closes the connection, and the next command opens another. So it does where
    the connection was idle, or open, for too long.
    """

    def __init__(
        self, address: Address, options: RedisOptions, credentials: Credentials, timeouts: Timeouts, clock: Clock
    ) -> None:
        """Connect nowhere yet. *credentials* are asked at each connection."""
        self._address = address
        self._options = options
        self._credentials = credentials
        self.timeouts = timeouts
        self._age = ConnectionAge(clock)
        self._socket: socket.socket | None = None
        self._reader: hiredis.Reader

    def execute_command(self, *words: Word) -> Any:
        """Return the reply; where the connection broke, to the command sent again over another.

        Raises:
            hiredis.ReplyError: the server replies an error, or lets us not in.
            hiredis.ProtocolError: what came is no reply.
            OSError: the connection broke, or could not be made; TimeoutError if the server was silent.
            StoreUnavailableError: there are no credentials to be had.
        """
        if self._socket and not self._age.use():
            self.close()
        command = hiredis.pack_command(words)  # type: ignore[arg-type]  # it takes any number of words
        try:
            reply = self._exchange(command)
        except (OSError, hiredis.ProtocolError) as error:
            reply = self._exchange_again(command, error)
        if isinstance(reply, hiredis.ReplyError):
            raise reply
        return reply

    def set_timeouts(self, timeouts: Timeouts) -> None:
        """Wait so long from now on."""
        self.timeouts = timeouts
        if self._socket:
            _bound(self._socket, timeouts.answer)

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        if self._socket:
            self._socket.close()
        self._socket = None

    def _exchange_again(self, command: bytes, error: Exception) -> Any:
        for _ in range(SESSION_CONSTANTS.REDIS.MAX_RETRIES):
            if not may_be_sent_again(error):
                break
            try:
                return self._exchange(command)
            except (OSError, hiredis.ProtocolError) as another:
                error = another
        raise error

    def _exchange(self, command: bytes) -> Any:
        try:
            connection, reader = self._socket or self._open(), self._reader
            connection.sendall(command)
            while received := connection.recv(_BYTES):
                reader.feed(received)
                reply = reader.gets()
                if reply is not _NOTHING_YET:
                    return reply
        except BlockingIOError as error:
            self.close()
            raise TimeoutError from error
        except BaseException:
            # A reply may still be under way: nobody may read it as that of the next command.
            self.close()
            raise
        self.close()
        raise ConnectionResetError("the server closed the connection")

    def _open(self) -> socket.socket:
        self._reader = hiredis.Reader(notEnoughData=_NOTHING_YET)
        self._socket = socket.create_connection(self._address, self.timeouts.connect)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._age.begin()
        if self._options.uses_tls:
            context = _tls(self._options.ca_file)
            self._socket = context.wrap_socket(self._socket, server_hostname=self._address[0])
        _bound(self._socket, self.timeouts.answer)
        # Not before: a token is signed only for a server that has shown who it is.
        user, password = self._credentials.get()
        # No HELLO and no CLIENT, which ElastiCache refuses: the protocol is RESP 2.
        if user or password:
            self._require("AUTH", *([user] if user else []), password or "")
        if self._options.database:
            self._require("SELECT", self._options.database)
        return self._socket

    def _require(self, *words: Word) -> None:
        reply = self._exchange(hiredis.pack_command(words))  # type: ignore[arg-type]  # it takes any number of words
        if isinstance(reply, hiredis.ReplyError):
            raise reply


def _bound(connection: socket.socket, seconds: float) -> None:
    """Have nothing be waited for longer on *connection*.

    By the kernel, where that can be: for a time-out of Python's the connection is polled before whatever is sent and
    received, which takes a tenth of the time of a whole question. Under TLS a time-out of the kernel's is tried again.
    """
    if isinstance(connection, ssl.SSLSocket):
        connection.settimeout(seconds)
        return
    connection.settimeout(None)
    whole, part = divmod(round(seconds * 1_000_000), 1_000_000)
    for direction in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, direction, _TIMEVAL.pack(whole, part or not whole))


def _tls(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
