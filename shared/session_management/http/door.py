"""The frame of every HTTP function: event → request → answer, with each error in its place."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from session_management.deadline import deadline
from session_management.errors import (
    ConfigurationError,
    SessionManagementError,
    StoreUnavailableError,
    TooManyAttemptsError,
)
from session_management.events import DirectAccessRefused, LimitReached, OriginRefused, SettingsFaulty, StoreNotAsked
from session_management.factory import UserManagerFactory
from session_management.http.edge import check_edge
from session_management.http.errors import DirectAccessError, ForbiddenOriginError, MethodNotAllowedError
from session_management.http.origins import check_origin, cors_headers, preflight_headers
from session_management.http.requests import Request, lower_case, read_request
from session_management.http.responses import Response, no_content, problem
from session_management.observability import tell
from session_management.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

type Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]
type Answer = Callable[[Request, Settings], Response]
type MethodsOf = Callable[[Request], Sequence[str]]


def answering(*methods: str) -> Callable[[Answer], Handler]:
    """Make a Lambda handler of a function from a request to an answer, for the given methods, whatever the path."""
    return answering_by_path(lambda _: methods)


def answering_by_path(methods_of: MethodsOf) -> Callable[[Answer], Handler]:
    """Make a Lambda handler of a function from a request to an answer, for the methods that the request's path takes.

    Errors of ours become problem documents; any other exception is a bug and goes to Lambda, which
    answers 502 and counts it. OPTIONS is answered here, CORS included. Of what came past the edge nothing else is
    looked at.
    """

    def frame(answer: Answer) -> Handler:
        @functools.wraps(answer)
        def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
            with deadline(context.get_remaining_time_in_millis() / 1000):
                return _answer(event, methods_of, answer).as_payload()

        return lambda_handler

    return frame


def _answer(event: dict[str, Any], methods_of: MethodsOf, answer: Answer) -> Response:
    try:
        settings = UserManagerFactory.settings()
    except ConfigurationError as error:
        tell(SettingsFaulty(faults=error.faults))
        return problem(error)
    headers = _headers_of(event)
    try:
        check_edge(headers, settings)
        # Without any it looks for itself: what is no mapping is refused with the rest of the event.
        response = _pass(read_request(event, headers or None), methods_of, settings, answer)
    except SessionManagementError as error:
        response = refusal(error)
    return response.adding(cors_headers(headers, settings.allowed_origins))


def refusal(error: SessionManagementError) -> Response:
    """Return the problem document of *error*, and tell what nobody has told yet."""
    if isinstance(error, DirectAccessError):
        tell(DirectAccessRefused())
    if isinstance(error, ForbiddenOriginError):
        tell(OriginRefused(reason=error.reason))
    if isinstance(error, TooManyAttemptsError):
        tell(LimitReached(retry_after_seconds=error.retry_after_seconds))
    if isinstance(error, StoreUnavailableError) and not error.was_tried:
        tell(StoreNotAsked(store=error.store, reason=error.reason))
    return problem(error)


def _headers_of(event: Any) -> dict[str, str]:
    headers = event.get("headers") if isinstance(event, dict) else None
    return lower_case(headers) if isinstance(headers, dict) else {}


def _pass(request: Request, methods_of: MethodsOf, settings: Settings, answer: Answer) -> Response:
    methods = methods_of(request)
    if request.method == "OPTIONS":
        return no_content().adding(preflight_headers(request, settings.allowed_origins, methods))
    if request.method not in methods:
        raise MethodNotAllowedError(methods)
    if request.method != "GET":
        check_origin(request, settings)
    return answer(request, settings)
