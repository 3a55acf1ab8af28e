"""`make run`: the local stack, kept open until Ctrl-C. Reads `PORT` and `ENVIRONMENTS`."""

import json
import logging
import os
import platform
import sys
import threading

from infra.local.deployment import CONTAINERS_HOST, StackOptions, seen_from_containers
from infra.local.door.http_server import PortTakenError
from infra.local.lambdas.local_function import InvocationError
from infra.local.servers import ServerError
from infra.local.stack import LocalStack

_SWEEP_EVERY_SECONDS = 300
_log = logging.getLogger(__name__)

_LINES_TO_PASTE = """
The session service answers at {url}
Its user: {email}, password: {password}
All that it answers, as OpenAPI: {url}/openapi.yaml

Log in, keeping the cookie:
  curl -iw '\\n' -c /tmp/session-cookies -H 'content-type: application/json' \\
    -d '{{"email": "{email}", "password": "{password}"}}' {url}/login
Whose session is it?
  curl -iw '\\n' -b /tmp/session-cookies {url}/validate
The protected route, behind the authorizer:
  curl -iw '\\n' -b /tmp/session-cookies {url}/me
Log in for a bearer token, and use it:
  SESSION=$(curl -s -H 'content-type: application/json' \\
    -d '{{"email": "{email}", "password": "{password}", "transport": "bearer"}}' {url}/login \\
    | python3 -c 'import json, sys; print(json.load(sys.stdin)["session_id"])')
  curl -iw '\\n' -H "authorization: Bearer $SESSION" {url}/validate
Your sessions, by device; DELETE ends the others, POST {url}/sessions/extend pushes this one's end:
  curl -iw '\\n' -b /tmp/session-cookies {url}/sessions
Register:
  curl -iw '\\n' -c /tmp/session-cookies -H 'content-type: application/json' -H 'Sec-Fetch-Site: none' \\
    -d '{{"email": "new@example.com", "password": "nine umbrellas under one moon"}}' {url}/register
Log out:
  curl -iw '\\n' -b /tmp/session-cookies -c /tmp/session-cookies -H 'Sec-Fetch-Site: none' -X POST {url}/logout

A built function in its container, on these servers:
  sam local invoke Validate -e events/validate.none.json --env-vars {variables} \\
    --add-host {containers_host}:host-gateway \\
    --parameter-overrides "Architecture={architecture} CreateNetwork=false CreateData=false"

What the functions log appears below. Ctrl-C ends everything.
"""


def main() -> int:
    """Serve until Ctrl-C; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        port, environments = _number("PORT", 8080, 65535), _number("ENVIRONMENTS", 1, 64)
        options = StackOptions(port=port, environments=environments)
        with LocalStack(options, announce=_announce) as stack:
            print(_lines_to_paste(stack), flush=True)
            _sweep_until_interrupted(stack)
    except PortTakenError as error:
        return _fail(f"{error}; choose another, as in: make run PORT=8081")
    except (InvocationError, ServerError, ValueError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def _lines_to_paste(stack: LocalStack) -> str:
    """Return what to try; the variables for SAM are put where the lines say, and go when the stack goes."""
    variables = stack.valkey.folder / "sam.json"
    variables.write_text(json.dumps({"Parameters": seen_from_containers(stack.environment)}))
    user = stack.demo_user
    return _LINES_TO_PASTE.format(
        url=stack.url,
        email=user.email,
        password=user.password,
        variables=variables,
        containers_host=CONTAINERS_HOST,
        architecture="arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64",
    )


def _fail(why: str) -> int:
    print(f"Cannot start: {why}", file=sys.stderr)
    return 1


def _announce(line: str) -> None:
    print(f"{line} ...", flush=True)


def _number(name: str, default: int, most: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= most:
        raise ValueError(f"{name} must be a number from 1 to {most}, not {text!r}")
    return int(text)


def _sweep_until_interrupted(stack: LocalStack) -> None:
    """Call the sweeper as often as the schedule does."""
    while not threading.Event().wait(_SWEEP_EVERY_SECONDS):
        try:
            _log.info("sweep: %s", stack.sweep())
        except InvocationError as error:
            _log.error("sweep: %s", error)


if __name__ == "__main__":
    sys.exit(main())
