"""`python first_answer.py EVENT`: a built function's module is imported, and answers its first event.

Run by path, with the function's folder and the layer on PYTHONPATH and no more, as Lambda has them. A password is taken
for right without computing its hash, which takes as long at every login as all the rest of the first.
"""

import json
import os
import sys


class Context:
    """What a handler asks of Lambda's context."""

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Return what is left, which does not pass."""
        return 10_000


def main(event: dict[str, object]) -> None:
    """Answer *event*; anything but a session is an error."""
    if "body" in event:
        import argon2  # noqa: PLC0415 (a login imports it anyway)

        argon2.PasswordHasher.verify = lambda *_: True  # type: ignore[method-assign]
    import app  # noqa: PLC0415 (from here on it is ours)

    answer = app.lambda_handler(event, Context())
    if not answer.get("isAuthorized") and answer.get("statusCode") != 200:
        sys.exit(f"no session is answered: {answer}")
    os._exit(0)  # an environment goes on after its first answer: what Python does at its end is not measured


main(json.loads(sys.argv[1]))
