"""A built function under Lambda's real runtime client and SAM CLI's interface emulator, without Docker."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from tests.packaging.built import HOST, ROOT

LAMBDA_PYTHON: Final = ROOT / ".venv-lambda/bin/python"
_INVOKE: Final = "2015-03-31/functions/function/invocations"
_START_SECONDS: Final = 20.0
_FUNCTION_SECONDS: Final = 60


class LambdaEmulator:
    """One execution environment: the function's folder, its layer, the runtime's packages and no more.

    It takes one event at a time. What the function prints goes to where the tests' output goes.
    """

    def __init__(self, function: Path, layer: Path, environment: Mapping[str, str]) -> None:
        self._port, runtime_port = _free_ports()
        emulator = next(ROOT.glob(f".venv-sam/lib/*/site-packages/samcli/local/rapid/aws-lambda-rie-{HOST}"))
        addresses = [
            f"--runtime-interface-emulator-address=127.0.0.1:{self._port}",
            f"--runtime-api-address=127.0.0.1:{runtime_port}",
        ]
        self._process = subprocess.Popen(
            [emulator, "--log-level=error", *addresses, LAMBDA_PYTHON, "-m", "awslambdaric", "app.lambda_handler"],
            cwd=function,
            env={**runtime_environment(function, layer), **environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def invoke(self, event: Any) -> Any:
        """Return the function's answer; an exception of the handler is one with `errorMessage`."""
        url = f"http://127.0.0.1:{self._port}/{_INVOKE}"
        return httpx.post(url, json=event, timeout=_FUNCTION_SECONDS + 5).raise_for_status().json()

    def __enter__(self) -> Self:
        until = time.monotonic() + _START_SECONDS
        while not self._listens():
            assert self._process.poll() is None, "the emulator ended"
            assert time.monotonic() < until, "the emulator did not start in time"
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def runtime_environment(function: Path, layer: Path) -> dict[str, str]:
    """Return what Lambda sets for every function."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{function}:{layer}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(function),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(_FUNCTION_SECONDS),
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
    }
