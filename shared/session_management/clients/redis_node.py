"""One server of Redis or Valkey: a command goes to it again where the connection broke. Imported at the first one."""

from typing import Any

import hiredis

from session_management.clients.redis_connection import RedisConnection, Word
from session_management.constants import SESSION_CONSTANTS


class Node:
    """A server that one command after the other is sent to. Its errors are redis-py's."""

    def __init__(self, connection: RedisConnection) -> None:
        """Use *connection*, which opens at the first command."""
        self._connection = connection

    @property
    def connections(self) -> list[RedisConnection]:
        """The one connection, open or not."""
        return [self._connection]

    def owner_of(self, words: tuple[Word, ...]) -> None:
        """Return nothing: there is one connection for all keys."""

    def execute_command(self, *words: Word) -> Any:
        """Return the reply; where the connection broke, to the command sent again over another."""
        packed = hiredis.pack_command(words)  # type: ignore[arg-type]  # it takes any number of words
        try:
            reply = self._connection.exchange(packed)
        except (OSError, hiredis.HiredisError) as error:
            reply = self._exchange_again(packed, error)
        if isinstance(reply, hiredis.ReplyError):
            from session_management.clients.redis_errors import of_reply

            raise of_reply(reply)
        return reply

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _exchange_again(self, packed: bytes, error: Exception) -> Any:
        from session_management.clients.redis_errors import is_worth_another_try, of_connection

        for _ in range(SESSION_CONSTANTS.REDIS.MAX_RETRIES):
            if not is_worth_another_try(error):
                break
            try:
                return self._connection.exchange(packed)
            except (OSError, hiredis.HiredisError) as another:
                error = another
        raise of_connection(error) from error
