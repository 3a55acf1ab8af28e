"""A deployment, as it asks: CloudFormation's custom resource, which waits for an answer at a URL, whatever happens.

The URL is signed: whoever has it can answer in our place. It stands in no log and no error.
"""

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from aws_lambda_powertools.utilities.data_classes import CloudFormationCustomResourceEvent
from migrate import MigrationError, Outcome

from session_management.errors import SessionManagementError
from session_management.events import MigrationFailed
from session_management.observability import logger, tell

RESERVE_SECONDS: Final = 15.0
"""Kept back from the function's time for the answer: as long as all tries to send it may take, and some more."""

_TRIES: Final = 2
_TRY_SECONDS: Final = 5.0
# CloudFormation takes 4096 bytes in all. In JSON, a character is up to six.
_REASON_LENGTH: Final = 500
_ECHOED: Final = ("StackId", "RequestId", "LogicalResourceId")


class NotAnsweredError(Exception):
    """CloudFormation did not take the answer, and waits until its own time is up."""


def is_custom_resource(event: object) -> bool:
    """Whether CloudFormation asks, and not an operator."""
    return isinstance(event, dict) and "RequestType" in event and isinstance(event.get("ResponseURL"), str)


def answer(event: dict[str, Any], bring_up_to_date: Callable[[Mapping[str, Any]], Outcome]) -> dict[str, Any]:
    """Have the schema brought up to date with the resource's properties, and tell CloudFormation what came of it.

    Deleting the resource does nothing: what is in the database stays. An error that nobody foresaw is answered too,
    and then goes on to Lambda. Returns what was answered.

    Raises:
        NotAnsweredError: the answer was not taken.
    """
    asked = CloudFormationCustomResourceEvent(event)
    try:
        outcome = None if asked.request_type == "Delete" else bring_up_to_date(asked.resource_properties)
    except (MigrationError, SessionManagementError) as error:
        tell(MigrationFailed(reason=str(error)))
        return _send(asked, {"Status": "FAILED", "Reason": str(error)[:_REASON_LENGTH]})
    except Exception as error:
        _send(asked, {"Status": "FAILED", "Reason": f"an unforeseen {type(error).__name__}: see the function's log"})
        raise
    return _send(asked, {"Status": "SUCCESS", "Data": {"current": outcome.current or ""} if outcome else {}})


def _send(asked: CloudFormationCustomResourceEvent, outcome: dict[str, Any]) -> dict[str, Any]:
    # Another ID than before would be another resource. Where an answer got lost, CloudFormation has made one up.
    told: dict[str, Any] = {"PhysicalResourceId": asked.physical_resource_id or "schema"}
    told |= {name: asked.get(name) for name in _ECHOED} | outcome
    for _ in range(_TRIES):
        failure = _put(asked.response_url, json.dumps(told, ensure_ascii=False).encode(errors="replace"))
        if failure is None:
            return told
        logger().warning("CloudFormation did not take the answer", reason=failure)
    raise NotAnsweredError("CloudFormation could not be answered, and waits until its own time is up")


def _put(url: str, body: bytes) -> str | None:
    """Send *body* to *url*; return why it was not taken, or None."""
    try:
        # The URL is signed for an empty content type.
        request = Request(url, body, {"Content-Type": ""}, method="PUT")  # noqa: S310 (CloudFormation's own)
        with urlopen(request, timeout=_TRY_SECONDS):  # noqa: S310
            return None
    except HTTPError as refused:
        refused.close()
        return f"HTTP {refused.code}"
    except (OSError, ValueError, HTTPException) as error:
        # Their words may repeat the URL.
        cause = getattr(error, "reason", None)
        return type(cause if isinstance(cause, Exception) else error).__name__
