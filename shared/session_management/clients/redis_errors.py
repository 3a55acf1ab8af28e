"""What goes wrong with Redis, by redis-py's names for it, and what they mean. Imported only where something does."""

from typing import Final

import hiredis
from redis import exceptions
from redis.connection import DefaultParser

from session_management.errors import StoreUnavailableError

_STORE: Final = "redis"
_NO_PERMISSION: Final = "the user lacks a permission: see infra/redis"
_MEANINGS: Final = (
    (exceptions.AuthenticationError, "it refused the user or the password"),
    (exceptions.NoPermissionError, _NO_PERMISSION),
    (exceptions.MovedError, "it is a cluster: set REDIS_CLUSTER=true"),
    (exceptions.TimeoutError, "it did not answer in time"),
)
_NO_PERMISSION_IN_SCRIPT: Final = "ACL failure in script"
_NO_CLUSTER: Final = "cluster support disabled"
_UNKNOWN: Final = ("unknown command", "unknown subcommand")  # ElastiCache says so of what it refuses


def of_reply(error: hiredis.ReplyError) -> exceptions.RedisError:
    """Return redis-py's error for one that the server replied."""
    named: exceptions.RedisError = DefaultParser.parse_error(str(error))  # type: ignore[no-untyped-call]
    return named


def of_connection(error: Exception) -> exceptions.RedisError:
    """Return redis-py's error for what kept a command from its reply."""
    if isinstance(error, hiredis.ReplyError):
        return of_reply(error)
    kind = exceptions.TimeoutError if isinstance(error, TimeoutError) else exceptions.ConnectionError
    return kind(type(error).__name__)


def is_worth_another_try(error: Exception) -> bool:
    """Tell whether a connection broke, so that another may do better; one that is silent, or refuses us, will again."""
    return not isinstance(error, (TimeoutError, hiredis.ReplyError))


def was_refused(error: Exception) -> bool:
    """Tell whether the user or the password was refused."""
    return isinstance(error, exceptions.AuthenticationError)


def is_broken_connection(error: Exception) -> bool:
    """Tell whether the connection broke, or could not be made; a time-out is something else."""
    return isinstance(error, (exceptions.ConnectionError, OSError))


def is_read_only(error: Exception) -> bool:
    """Tell whether a replica was asked to write."""
    return isinstance(error, exceptions.ReadOnlyError)


def is_of_a_cluster(error: Exception) -> bool:
    """Tell whether a cluster's node did not answer, or answered for the cluster and not for the command."""
    is_answer = isinstance(error, exceptions.ResponseError)
    return not is_answer or isinstance(error, (exceptions.ClusterError, exceptions.AskError, exceptions.ReadOnlyError))


def meaning_of(error: Exception) -> StoreUnavailableError:
    """Return our error for one of redis-py's."""
    if isinstance(error.__cause__, StoreUnavailableError):
        return error.__cause__
    causes = (error, error.__cause__, error.__context__)
    for kind, reason in _MEANINGS:
        if any(isinstance(one, kind) for one in (causes if kind is exceptions.TimeoutError else causes[:1])):
            return StoreUnavailableError(_STORE, reason, is_up=kind is exceptions.NoPermissionError)
    if _NO_PERMISSION_IN_SCRIPT in str(error):
        return StoreUnavailableError(_STORE, _NO_PERMISSION, is_up=True)
    if str(error).lower().startswith(_UNKNOWN):
        return StoreUnavailableError(_STORE, "it does not know the command, or refuses it", is_up=True)
    if _NO_CLUSTER in str(error):
        return StoreUnavailableError(_STORE, "it is no cluster: set REDIS_CLUSTER=false")
    # redis-py says "connection" of everything; what was wrong with it is what it caught.
    return StoreUnavailableError(_STORE, type(error.__cause__ or error.__context__ or error).__name__)
