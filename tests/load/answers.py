"""What an environment answered, reduced to what all functions have in common."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.local.lambdas.local_function import FunctionError, InvocationError

OK: Final = 200
ENDED: Final = 204
REFUSED: Final = 401
BROKEN: Final = 502
UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Answer:
    """A status as an HTTP client sees it, what came with it, and how long it took.

    An authorizer's denial is 401 and its outage 503, though to API Gateway they are a verdict and an exception;
    whatever else a function raises, and an environment that ended, is 502.
    """

    status: int
    seconds: float
    body: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""


def answer_of(payload: Any, seconds: float) -> Answer:
    """Return the answer that a handler returned as *payload*."""
    match payload:
        case {"statusCode": int(status)}:
            return Answer(status, seconds, json.loads(payload.get("body") or "{}"))
        case {"isAuthorized": bool(verdict)}:
            return Answer(OK if verdict else REFUSED, seconds, payload)
        case _:
            return Answer(OK, seconds, payload)


def answer_of_failure(error: InvocationError, seconds: float) -> Answer:
    """Return what *error* means: an outage told by exception, or a fault of the function."""
    if isinstance(error, FunctionError) and str(error).startswith("StoreUnavailableError: "):
        return Answer(UNAVAILABLE, seconds)
    return Answer(BROKEN, seconds, fault=f"{type(error).__name__}: {error}")
