"""What stands between a request and its function: the queue for a free environment, and the authorizer."""

import logging
from collections.abc import Mapping
from typing import Any

from anyio import CapacityLimiter, to_thread

from infra.local.door.http_answer import message
from infra.local.door.http_event import authorizer_event
from infra.local.door.http_request import HttpRequest
from infra.local.door.routes import FrontRoute
from infra.local.lambdas.execution_environment import ExecutionEnvironments
from infra.local.lambdas.local_function import FunctionError, InvocationError

_log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The gateway answers by itself, with *response*; the function is not called."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.response = message(status, text)


class Door:
    """One function's environments, for callers that must not block: they queue here, not in threads."""

    def __init__(self, environments: ExecutionEnvironments) -> None:
        self._environments = environments
        self._limiter = CapacityLimiter(environments.count)

    async def invoke(self, event: dict[str, Any]) -> Any:
        """Return the function's answer; raise InvocationError when there is none."""
        return await to_thread.run_sync(self._environments.invoke, event, limiter=self._limiter)


class Authorizer:
    """Asks an authorizer as an HTTP API does: format 2.0, simple responses, nothing cached."""

    def __init__(self, name: str, door: Door) -> None:
        self._name = name
        self._door = door

    async def context(self, request: HttpRequest, route: FrontRoute) -> Mapping[str, Any]:
        """Return the context for the function behind.

        Raises:
            RefusedError: 403 not authorized, 401 the authorizer raised exactly "Unauthorized", 500 it failed.
        """
        try:
            answer = await self._door.invoke(authorizer_event(request, route))
        except InvocationError as error:
            if isinstance(error, FunctionError) and error.message == "Unauthorized":
                raise RefusedError(401, "Unauthorized") from error
            raise self._failed(error) from error
        return self._allowed(answer)

    def _allowed(self, answer: Any) -> Mapping[str, Any]:
        context = answer.get("context") or {} if isinstance(answer, dict) else None
        if not isinstance(context, dict) or not isinstance(answer.get("isAuthorized"), bool):
            raise self._failed("an answer that is no simple response")
        if not answer["isAuthorized"]:
            raise RefusedError(403, "Forbidden")
        return context

    def _failed(self, why: object) -> RefusedError:
        _log.error("%s: %s", self._name, why)
        return RefusedError(500, "Internal Server Error")
