"""A built function under Lambda's real runtime client and a Runtime API of the tests: cold, or out of a snapshot."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, Self

from tests.packaging.emulator import LAMBDA_PYTHON, runtime_environment
from tests.packaging.runtime_api import Invocations, RuntimeApi

_RUNTIME: Final = Path(__file__).parent / "runtime"
_WAIT_SECONDS: Final = 30.0


class Execution:
    """One process that initialises a function; with SnapStart, as many that are restored from it.

    A context manager; entering it starts the process, leaving it ends all of them.
    """

    def __init__(self, function: Path, layer: Path, environment: Mapping[str, str], *, restores: int = 0) -> None:
        self._open = ExitStack()
        self._restored = [f"restored-{number}" for number in range(1, restores + 1)]
        self._api = RuntimeApi(["initialised", *self._restored])
        self._function = function
        self._environment = {
            **runtime_environment(function, layer),
            # The function first: it has modules of its own, whatever those of the tests are called.
            "PYTHONPATH": f"{function}:{layer}:{_RUNTIME}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if restores else "on-demand",
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            **environment,
        }

    @property
    def pid(self) -> int:
        """Return the process that initialises the function: of it a snapshot is taken."""
        return self._process.pid

    @property
    def initialised(self) -> Invocations:
        """Return the environment as it is without SnapStart, and before a snapshot."""
        return self._api.first

    def wait_for_snapshot(self) -> None:
        """Return when the snapshot would be taken."""
        assert self._api.initialised.wait(_WAIT_SECONDS), f"it was not initialised in time\n{self.log()}"

    def restore(self) -> Sequence[Invocations]:
        """Restore the snapshot, and return the environments that come of it."""
        self.wait_for_snapshot()
        self._api.may_restore.set()
        return [self._api.environments[name] for name in self._restored]

    def exit_code(self) -> int:
        """Return with what the process ended."""
        return self._process.wait(_WAIT_SECONDS)

    def log(self) -> str:
        """Return what all processes have printed so far."""
        self._log.seek(0)
        return self._log.read()

    def __enter__(self) -> Self:
        self._open.enter_context(self._api.serving())
        self._log = self._open.enter_context(tempfile.TemporaryFile("w+"))
        self._process = subprocess.Popen(
            [LAMBDA_PYTHON, _RUNTIME / "restoring_runtime.py", "window.lambda_handler", *self._restored],
            cwd=self._function,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._open.close()
