"""Waiting for a server: until it answers, until it has ended, or for so long."""

import time
from collections.abc import Callable

from infra.local.servers.guarded import Guarded
from infra.local.servers.server_error import ServerError

_STEP_SECONDS = 0.01


def wait_until_ready(name: str, guard: Guarded, is_ready: Callable[[], bool], within_seconds: float) -> None:
    """Return when the server that *guard* runs is ready; *is_ready* may raise OSError while it is not.

    Raises:
        ServerError: it ended, or was not ready in time and is ended.
    """
    deadline = time.monotonic() + within_seconds
    while not _answers(is_ready):
        if guard.returncode() is not None:
            raise ServerError(f"{name} ended while starting:\n{guard.log_tail()}")
        if time.monotonic() > deadline:
            guard.kill()
            raise ServerError(f"{name} was not ready within {within_seconds:g} s:\n{guard.log_tail()}")
        time.sleep(_STEP_SECONDS)


def wait_for_success(name: str, guard: Guarded, within_seconds: float) -> None:
    """Return when the program that *guard* runs has ended well.

    Raises:
        ServerError: it failed, or did not end in time and is ended.
    """
    deadline = time.monotonic() + within_seconds
    while (code := guard.returncode()) is None and time.monotonic() < deadline:
        time.sleep(_STEP_SECONDS)
    if code != 0:
        guard.kill()
        raise ServerError(f"{name} failed ({code}):\n{guard.log_tail()}")


def _answers(is_ready: Callable[[], bool]) -> bool:
    try:
        return is_ready()
    except OSError:
        return False
