"""The local front door: HTTP in, Lambda events to the functions, their answers back, as AWS would do it."""

import logging
import time
from collections.abc import Mapping, Sequence

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from infra.local.door.api_document import DOCUMENT_PATH, serve_api_document
from infra.local.door.gateway import Authorizer, Door, RefusedError
from infra.local.door.http_answer import MalformedAnswerError, http_response, message
from infra.local.door.http_event import function_event
from infra.local.door.http_request import HttpRequest
from infra.local.door.routes import ROUTES, FrontRoute
from infra.local.lambdas.execution_environment import ExecutionEnvironments
from infra.local.lambdas.local_function import FunctionTimedOutError, InvocationError

_BODY_LIMIT_BYTES = 6 * 1024 * 1024
_log = logging.getLogger(__name__)


def front_door(functions: Mapping[str, ExecutionEnvironments], routes: Sequence[FrontRoute] = ROUTES) -> Starlette:
    """Return the ASGI application that serves *routes* with *functions*, by name, and the API's document."""
    doors = {name: Door(environments) for name, environments in functions.items()}
    served = [
        Route(
            route.path,
            _Endpoint(
                route,
                doors[route.function],
                Authorizer(route.authorizer, doors[route.authorizer]) if route.authorizer else None,
            ),
        )
        for route in routes
    ]
    served.append(Route(DOCUMENT_PATH, serve_api_document))
    application = Starlette(routes=served, exception_handlers={404: _not_found})
    application.router.redirect_slashes = False
    return application


async def _not_found(_request: Request, _error: Exception) -> Response:
    return message(404, "Not Found")


class _Endpoint:
    """Serves one route, whatever the method."""

    def __init__(self, route: FrontRoute, function: Door, authorizer: Authorizer | None) -> None:
        self._route = route
        self._function = function
        self._authorizer = authorizer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        try:
            request = HttpRequest.of(scope, await _read_body(Request(scope, receive)))
            response = await self._answer(request)
        except RefusedError as refused:
            response = refused.response
        except ClientDisconnect:
            return
        taken_ms = (time.monotonic() - started) * 1000
        _log.info("%s %s %d (%.1f ms)", scope["method"], self._route.path, response.status_code, taken_ms)
        await response(scope, receive, send)

    async def _answer(self, request: HttpRequest) -> Response:
        context = await self._authorizer.context(request, self._route) if self._authorizer else None
        try:
            return http_response(await self._function.invoke(function_event(request, self._route, context)))
        except FunctionTimedOutError as error:
            _log.error("%s: %s", self._route.function, error)
            return message(504, "Gateway Timeout")
        except (InvocationError, MalformedAnswerError) as error:
            _log.error("%s: %s", self._route.function, error)
            return message(502, "Bad Gateway")


async def _read_body(request: Request) -> bytes:
    """Return the whole body; refuse what Lambda would not take."""
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > _BODY_LIMIT_BYTES:
        raise RefusedError(413, "Request Too Long")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_LIMIT_BYTES:
            raise RefusedError(413, "Request Too Long")
    return bytes(body)
