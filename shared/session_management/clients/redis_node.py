"""One server of Redis or Valkey over redis-py's own connection. Imported at the first command.

redis-py's client around that connection takes as long for a command as the server and the network do on one machine.
"""

from typing import Any

import hiredis
from redis.connection import Connection, SSLConnection
from redis.exceptions import ConnectionError as BrokenConnectionError

type Word = str | bytes | int


class Node:
    """A server that one command after the other is sent to; a connection is opened at the first."""

    def __init__(self, *, uses_tls: bool, **arguments: Any) -> None:
        """Connect nowhere yet. *arguments* are redis-py's."""
        self._connection: Any = (SSLConnection if uses_tls else Connection)(**arguments)

    @property
    def connections(self) -> list[Any]:
        """The one connection, open or not."""
        return [self._connection]

    def owner_of(self, words: tuple[Word, ...]) -> None:
        """Return nothing: there is one connection for all keys."""

    def execute_command(self, *words: Word) -> Any:
        """Return the reply as it came; where the connection broke, to the command sent again over another."""
        try:
            return self._exchange(words)
        except BrokenConnectionError:
            self._connection.disconnect()
            return self._exchange(words)

    def close(self) -> None:
        """Close the connection."""
        self._connection.disconnect()

    def _exchange(self, words: tuple[Word, ...]) -> Any:
        # redis-py's own packing looks at each word first, and takes six times as long.
        packed = hiredis.pack_command(words)  # type: ignore[arg-type]  # it takes any number of words
        self._connection.send_packed_command((packed,), check_health=False)
        return self._connection.read_response()
