"""One Lambda execution environment: a process of its own for a function, one event at a time, kept warm."""

import queue
import threading
from typing import Any, Self

from infra.local.lambdas.function_process import FunctionProcess
from infra.local.lambdas.local_function import LocalFunction


class ExecutionEnvironment:
    """Runs one function; a process that died or overran is replaced at the next event.

    The function's output (its log) goes to *log*, a file descriptor; by default to this process's stderr.
    """

    def __init__(self, function: LocalFunction, *, log: int | None = None) -> None:
        self._function = function
        self._log = log
        self._busy = threading.Lock()
        self._process: FunctionProcess | None = None

    def start(self) -> None:
        """Start the process if none runs; return at once, while it imports the function."""
        with self._busy:
            self._running()

    def invoke(self, event: Any) -> Any:
        """Return what the handler answers to *event*; wait while it works on another.

        Raises:
            InvocationError: it raised, overran or died.
        """
        with self._busy:
            return self._running().invoke(event)

    def close(self) -> None:
        """End the process."""
        with self._busy:
            if self._process:
                self._process.end()
                self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _running(self) -> FunctionProcess:
        if self._process is None or not self._process.is_running():
            self._process = FunctionProcess(self._function, self._log)
        return self._process


class ExecutionEnvironments:
    """As many environments of one function as it may have at once; an event that finds all busy waits."""

    def __init__(self, function: LocalFunction, count: int = 1, *, log: int | None = None) -> None:
        self.function = function
        self.count = count
        self._all = [ExecutionEnvironment(function, log=log) for _ in range(count)]
        # Last in, first out, as on Lambda: the warmest is used first.
        self._idle: queue.LifoQueue[ExecutionEnvironment] = queue.LifoQueue()
        for environment in self._all:
            self._idle.put(environment)

    def start(self) -> None:
        """Start every process; return while they import the function."""
        for environment in self._all:
            environment.start()

    def invoke(self, event: Any) -> Any:
        """Return what an idle environment answers to *event*; raise as `ExecutionEnvironment.invoke` does."""
        environment = self._idle.get()
        try:
            return environment.invoke(event)
        finally:
            self._idle.put(environment)

    def close(self) -> None:
        """End every process."""
        for environment in self._all:
            environment.close()
