"""One function of the service in an execution environment of its own, which can be frozen and thawed."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from infra.local.deployment import PROJECT
from infra.local.lambdas.execution_environment import ExecutionEnvironment
from infra.local.lambdas.local_function import InvocationError, LocalFunction

_CLOCKED: Final = Path(__file__).parent / "clocked"


class LiveFunction:
    """A function in a real process, warm from its first event on. A context manager."""

    def __init__(self, name: str, settings: Mapping[str, str], *, timeout_seconds: float = 10.0) -> None:
        self._function = LocalFunction(
            name=name,
            folder=_CLOCKED,
            layer=PROJECT / "shared",
            environment={**settings, "FUNCTION": str(PROJECT / "functions" / name)},
            timeout_seconds=timeout_seconds,
        )

    def invoke(self, event: Any) -> Any:
        """Return the function's answer; an exception of the handler is one with `errorMessage`, as for Lambda."""
        try:
            return self._environment.invoke(event)
        except InvocationError as error:
            return {"errorMessage": str(error)}

    def hurry(self, event: Any, seconds: float) -> Any:
        """Return the answer to an event that comes with so many seconds left."""
        return self.invoke({"seconds": seconds, "event": event})

    def die(self, event: Any, call: int, moment: str) -> str | None:
        """Handle *event* in a process that is killed `before` or `after` its *call*-th call to a store; which that was.

        None if there was none. This process itself lives on, and must have handled no event of another kind.
        """
        last_words: str | None = self._environment.invoke({"die": [call, moment], "event": event})
        return last_words

    def jump(self, *, calendar: float = 0.0, monotonic: float = 0.0) -> None:
        """Set its clocks ahead of ours by so many seconds, or behind."""
        assert self._environment.invoke({"jump": [calendar, monotonic]}) == {}

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process, and let it go on afterwards."""
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Kill the process, whatever it is at."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        """The process."""
        process = self._environment._process
        assert process
        return process._process.pid

    def __enter__(self) -> Self:
        self._environment = ExecutionEnvironment(self._function)
        self._environment.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._environment.close()
