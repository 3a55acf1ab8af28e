"""`make demo`: starts the local stack, walks through the service, and fails unless every step went well."""

import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from infra.local.deployment import PROJECT, StackOptions
from infra.local.lambdas.local_function import InvocationError
from infra.local.narrator import Narrator
from infra.local.servers import ServerError
from infra.local.stack import LocalStack
from infra.local.walkthrough import Walkthrough

_LOG_LINES = 40


def main(project: Path = PROJECT) -> int:
    """Run the demo with the functions of *project*; return the exit code."""
    narrator, started = Narrator(), time.monotonic()
    with tempfile.TemporaryFile("w+") as log:
        is_good = _walk_through(StackOptions(log=log.fileno(), project=project), narrator)
        if not is_good:
            _show_log(log, narrator)
    taken = f"{time.monotonic() - started:.1f} s"
    narrator.note(f"\nEvery step went as it should ({taken})." if is_good else f"\nThe demo failed ({taken}).")
    return 0 if is_good else 1


def _walk_through(options: StackOptions, narrator: Narrator) -> bool:
    try:
        with LocalStack(options, announce=lambda line: narrator.note(f"{line} ...")) as stack:
            narrator.note(f"The service answers at {stack.url}")
            return Walkthrough(stack, narrator).is_as_it_should_be()
    except (InvocationError, ServerError) as error:
        narrator.note(f"The service did not start: {error}")
        return False
    except KeyboardInterrupt:
        narrator.note("\nInterrupted.")
        return False


def _show_log(log: IO[str], narrator: Narrator) -> None:
    log.seek(0)
    narrator.note("\nThe end of the functions' log:\n")
    for line in log.read().splitlines()[-_LOG_LINES:]:
        narrator.note(f"   {line}")


if __name__ == "__main__":
    sys.exit(main())
