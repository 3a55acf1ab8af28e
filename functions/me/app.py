"""GET /me: an example of a backend behind the authorizer. It needs no session code, and no layer, of its own."""

import json
from typing import Any


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with the context that the authorizer gave (200), or with 401 where no authorizer stood before.

    An HTTP API hands the context on below `lambda`, a REST API beside its own fields.
    """
    match event:
        case {"requestContext": {"authorizer": {"lambda": {"user_id": str(user_id)} as caller}}} if user_id:
            return _answer(200, caller)
        case {"requestContext": {"authorizer": {"user_id": str(user_id)} as caller}} if user_id:
            return _answer(200, caller)
        case _:
            return _answer(401, {"message": "Unauthorized"})


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}
