"""The authorizer in a process of its own, asked thousands of times: what the process holds, again and again.

Run as `python -m tests.integration.lambda_life.long_lived <requests> <looks> <file>`, with a function's environment
variables. The answer is written to the file; standard output is the function's.
"""

import gc
import json
import os
import sys
from pathlib import Path
from random import Random
from typing import Any, Final

from session_management import factory
from session_management.factory import UserManagerFactory, get_redis
from session_management.models import CreateUserData, SessionMetadata
from session_management.tokens import handle_of, new_session_id
from tests.functions.service import handler_of
from tests.load.events import question
from tests.load.processes import holding
from tests.support.clock import ToldClock
from tests.support.contexts import FakeContext

_SESSIONS: Final = 200
_STEP_SECONDS: Final = 0.1
"""What passes between two requests: within an hour of them all copies grow stale, and connections old, many times."""
_KINDS: Final = {"hot": 70, "missed": 10, "unknown": 10, "malformed": 10}


class LongLived:
    """One environment, and sessions that it is asked about."""

    def __init__(self) -> None:
        self._clock = ToldClock()
        factory._CLOCK = self._clock  # type: ignore[assignment, misc]  # this process is for this alone
        self._ask = handler_of("Authorizer")
        self._context = FakeContext()
        self._random = Random(1)
        manager = UserManagerFactory.create()
        user = manager.create(CreateUserData("ann@example.com"))
        self._session_ids = [manager.create_session(user.id, SessionMetadata(), 604_800) for _ in range(_SESSIONS)]

    def answer(self, requests: int) -> int:
        """Answer so many; return how many were let pass."""
        return sum(self._answer() for _ in range(requests))

    def held(self) -> dict[str, Any]:
        """Return what the process holds: blocks of Python's allocator, MB in memory, and open descriptors."""
        gc.collect()
        held = holding(os.getpid())
        return {
            "blocks": sys.getallocatedblocks(),
            "memory_mb": held.memory_mb,
            "descriptors": held.descriptors,
        }

    def _answer(self) -> bool:
        self._clock.advance(_STEP_SECONDS)
        (kind,) = self._random.choices([*_KINDS], [*_KINDS.values()])
        answer: dict[str, bool] = self._ask(question("authorizer", self._presented(kind)), self._context)
        return answer["isAuthorized"]

    def _presented(self, kind: str) -> str:
        session_id = self._random.choice(self._session_ids)
        if kind == "missed":
            get_redis().command("DEL", f"session:{handle_of(session_id)}")
        return {"unknown": new_session_id(), "malformed": session_id[:-1]}.get(kind, session_id)


def main(requests: int, looks: int, file: Path) -> None:
    """Answer *requests* after as many to warm up as there are between two *looks*, and write down what was seen."""
    living = LongLived()
    living.answer(requests // looks)
    held, let_pass = [living.held()], 0
    for _ in range(looks):
        let_pass += living.answer(requests // looks)
        held.append(living.held())
    file.write_text(json.dumps({"held": held, "let_pass": let_pass}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
