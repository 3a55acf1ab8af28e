"""GET /me: an example of a backend behind the authorizer. It needs no session code, and no layer, of its own."""

import json
from typing import Any


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with the context that the authorizer gave (200), or with 401 where no authorizer stood before.

    An HTTP API hands the context on below `lambda`, a REST API beside its own fields.
    """
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    caller = authorizer.get("lambda") or authorizer
    if not caller.get("user_id"):
        return _answer(401, {"message": "Unauthorized"})
    return _answer(200, caller)


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
