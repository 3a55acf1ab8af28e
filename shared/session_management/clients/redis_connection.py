"""One connection to Redis or Valkey: commands go out and replies come in, both packed and read by hiredis.

redis-py's own would do, but its package cannot be imported by halves: with its clients for asyncio, clusters and
sentinels it takes a fresh environment longer than all the rest up to its first answer. What it knows of errors is asked
in `redis_errors`, once there is one.
"""

import socket
import ssl
from typing import Any, Final

import hiredis

from session_management.clients.credentials import Credentials
from session_management.store_options import RedisOptions

type Address = tuple[str, int]
type Word = str | bytes | int

_BYTES: Final = 65_536
_NOTHING_YET: Final = object()


class RedisConnection:
    """Opens at the first command. Whatever keeps a command from its reply closes it: the next command opens it anew.

    `socket_timeout` is that of each wait for the server, `socket_connect_timeout` that of the connection, in seconds.
    """

    def __init__(
        self, address: Address, options: RedisOptions, credentials: Credentials, timeouts: tuple[float, float]
    ) -> None:
        """Connect nowhere yet; be known by *credentials*, which are asked at each opening."""
        self._address = address
        self._options = options
        self._credentials = credentials
        self.socket_timeout, self.socket_connect_timeout = timeouts
        self._socket: socket.socket | None = None
        self._reader = _new_reader()

    def set_timeouts(self, timeout: float, connect_timeout: float) -> None:
        """Wait so long from now on."""
        self.socket_timeout, self.socket_connect_timeout = timeout, connect_timeout
        if self._socket is not None:
            self._socket.settimeout(timeout)

    def exchange(self, command: bytes) -> Any:
        """Return the reply to a packed command; an error that the server replies is a value, too.

        Raises:
            OSError: the connection broke, or could not be made; TimeoutError, if the server was silent.
            hiredis.ProtocolError: what came is no reply.
            hiredis.ReplyError: the server let us not in.
            StoreUnavailableError: there are no credentials to be had.
        """
        try:
            return self._exchange(self._socket or self._open(), command)
        except BaseException:
            # A reply may still be under way: nobody may read it as that of the next command.
            self.close()
            raise

    def close(self) -> None:
        """Close it, whatever state it is in."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _exchange(self, sock: socket.socket, command: bytes) -> Any:
        reader = self._reader
        sock.sendall(command)
        while True:
            received = sock.recv(_BYTES)
            if not received:
                raise ConnectionResetError("the server closed the connection")
            reader.feed(received)
            reply = reader.gets()
            if reply is not _NOTHING_YET:
                return reply

    def _open(self) -> socket.socket:
        user, password = self._credentials.get()
        self._reader = _new_reader()
        sock = self._socket = socket.create_connection(self._address, self.socket_connect_timeout)
        sock.settimeout(self.socket_timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._options.uses_tls:
            sock = self._socket = _context(self._options.ca_file).wrap_socket(sock, server_hostname=self._address[0])
        if user or password:
            self._require(sock, "AUTH", *([user] if user else []), password or "")
        if self._options.database:
            self._require(sock, "SELECT", self._options.database)
        return sock

    def _require(self, sock: socket.socket, *words: Word) -> None:
        """Do without what follows unless the server agrees."""
        reply = self._exchange(sock, hiredis.pack_command(words))  # type: ignore[arg-type]  # any number of words
        if isinstance(reply, hiredis.ReplyError):
            raise reply


def _new_reader() -> hiredis.Reader:
    return hiredis.Reader(notEnoughData=_NOTHING_YET)


def _context(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
