"""Cold starts of built functions, as operations: each a fresh interpreter with the packages of Lambda's runtime."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tests.benchmarks.first_events import AUTHORIZER, LOGIN, Event
from tests.benchmarks.measuring import Operation
from tests.packaging.built import Built
from tests.packaging.emulator import LAMBDA_PYTHON, runtime_environment
from tests.packaging.execution import Execution

BARE: Final = "python -c pass"
UNDER_CLIENT: Final = "authorizer, under the runtime client"
BOUNDS: Final = {AUTHORIZER: (10, 13), LOGIN: (16, 20)}
"""The target and the limit of a function's ratio to Python itself."""

_ANCHORS: Final = {
    "Powertools' Logger and redis": "from aws_lambda_powertools import Logger; import redis; import os; os._exit(0)",
    "those, pg8000 and pydantic": "from aws_lambda_powertools import Logger; import redis, pg8000.native, pydantic;"
    " pydantic.create_model('Model', field=int); import os; os._exit(0)",
}
FIRST_ANSWER: Final = Path(__file__).parent / "first_answer.py"


@dataclass(frozen=True, slots=True)
class BuiltFunctions:
    """What is built of a commit, and the environment that its functions have; *suffix* tells commits apart."""

    built: Built
    environment: Mapping[str, str]
    suffix: str = ""

    def operations(self, events: Mapping[str, Event]) -> Iterator[Operation]:
        """Yield a cold start of each function that *events* are for, and of the authorizer under the runtime client."""
        for name, event in events.items():
            function = name.partition(",")[0].capitalize()
            target, limit = (None, None) if self.suffix else BOUNDS.get(name, (None, None))
            start = partial(processor_seconds, [FIRST_ANSWER, json.dumps(event)], self._environment_of(function))
            yield Operation(f"{name}{self.suffix}", start, target, limit, tells_seconds=True)
        first = partial(self._seconds_to_first_answer, events[AUTHORIZER])
        yield Operation(f"{UNDER_CLIENT}{self.suffix}", first, tells_seconds=True)

    def anchors(self) -> Iterator[Operation]:
        """Yield what Python and packages of the layer take by themselves."""
        for name, program in {BARE: "pass", **_ANCHORS}.items():
            start = partial(processor_seconds, ["-c", program], self._environment_of("Authorizer"))
            yield Operation(name, start, tells_seconds=True)

    def _environment_of(self, function: str) -> dict[str, str]:
        return {**runtime_environment(self.built.function(function), self.built.layer), **self.environment}

    def _seconds_to_first_answer(self, event: Event) -> float:
        with Execution(self.built.function("Authorizer"), self.built.layer, self.environment) as execution:
            answer = execution.initialised.invoke(event)
            if not answer.get("isAuthorized"):
                raise RuntimeError(f"no session is answered: {answer}\n{execution.log()}")
            seconds: float = execution.initialised.invoke({"ask": "seconds"})
            return seconds


def processor_seconds(program: Sequence[str | Path], environment: Mapping[str, str]) -> float:
    """Return the processor's time of a fresh interpreter that runs *program*, its arguments."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [LAMBDA_PYTHON, *program], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise RuntimeError(f"{program} failed:\n{log.read()}")
    return used.ru_utime + used.ru_stime
