"""What goes wrong with Redis: an error that it replies, which its first words tell, or one of the connection."""

import re
from typing import Final

import hiredis

from session_management.errors import StoreUnavailableError

_STORE: Final = "redis"
_REFUSED: Final = (
    "WRONGPASS",
    "NOAUTH",
    "ERR invalid password",
    "ERR AUTH <password> called without any password",
    "ERR Client sent AUTH, but no password is set",
)
_NO_PERMISSION: Final = "the user lacks a permission: see infra/redis"
_MEANINGS: Final = (
    (_REFUSED, "it refused the user or the password", False),
    (("NOPERM",), _NO_PERMISSION, True),
    (("MOVED",), "it is a cluster: set REDIS_CLUSTER=true", False),
    # ElastiCache says so of what it refuses.
    (("ERR unknown command", "ERR unknown subcommand"), "it does not know the command, or refuses it", True),
    (("ERR This instance has cluster support disabled",), "it is no cluster: set REDIS_CLUSTER=false", False),
)
_NO_PERMISSION_IN_SCRIPT: Final = "ACL failure in script"
_CODE: Final = re.compile(r"[A-Z]+(?= )")


class NoOwnerError(Exception):
    """A cluster's nodes do not tell who has a key."""


def may_be_sent_again(error: BaseException) -> bool:
    """Tell whether a connection broke, or could not be made, so that another may do better; a time-out would not."""
    return isinstance(error, (OSError, hiredis.ProtocolError)) and not isinstance(error, TimeoutError)


def is_of_redis(error: BaseException) -> bool:
    """Tell whether it is Redis that failed, or the way to it, and not this program."""
    return isinstance(error, (OSError, hiredis.HiredisError, NoOwnerError))


def was_refused(error: BaseException) -> bool:
    """Tell whether the user or the password was refused."""
    return _says(error, *_REFUSED)


def is_read_only(error: BaseException) -> bool:
    """Tell whether a replica was asked to write."""
    return _says(error, "READONLY")


def is_of_the_node(error: BaseException) -> bool:
    """Tell whether a node cannot serve anybody, so that another of the cluster may do better; a time-out is no sign."""
    return may_be_sent_again(error) or _says(error, "LOADING", "ERR max number of clients reached")


def is_of_a_cluster(error: BaseException) -> bool:
    """Tell whether a cluster's node did not answer, or answered for the cluster and not for the command."""
    is_answer = isinstance(error, hiredis.ReplyError) and not is_of_the_node(error)
    return not is_answer or _says(error, "MOVED", "ASK", "CLUSTERDOWN", "MASTERDOWN", "READONLY")


def redirection_of(error: hiredis.ReplyError) -> tuple[str, int, bool] | None:
    """Return which host and port have a key, and whether for good; None if the reply is about something else.

    The host is empty where it is the one that was asked.
    """
    if not _says(error, "MOVED", "ASK"):
        return None
    word, _, address = str(error).split(" ")
    host, _, port = address.rpartition(":")
    return host, int(port), word == "MOVED"


def meaning_of(error: BaseException) -> StoreUnavailableError:
    """Return our error for one of Redis, of which it repeats no more than the code: other words may hold a key."""
    text = str(error) if isinstance(error, hiredis.ReplyError) else ""
    if isinstance(error, TimeoutError):
        return StoreUnavailableError(_STORE, "it did not answer in time")
    for words, reason, is_up in _MEANINGS:
        if text.startswith(words):
            return StoreUnavailableError(_STORE, reason, is_up=is_up)
    if _NO_PERMISSION_IN_SCRIPT in text:
        return StoreUnavailableError(_STORE, _NO_PERMISSION, is_up=True)
    code = _CODE.match(text)
    return StoreUnavailableError(_STORE, f"it replied {code[0]}" if code else type(error).__name__)


def _says(error: BaseException, *words: str) -> bool:
    return isinstance(error, hiredis.ReplyError) and str(error).startswith(words)
