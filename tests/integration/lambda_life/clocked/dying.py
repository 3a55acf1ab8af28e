"""Environments that are killed at a call to a store: each is forked off this process, which has no connection."""

import os
import signal
from collections.abc import Callable
from typing import Any

from session_management.clients.pg8000_connection import PostgresConnection
from session_management.clients.redis_node import Node
from session_management.snapshots import before_snapshot


def die(handle: Callable[[], Any], call: int, moment: str) -> str | None:
    """Run *handle* in a process that is killed `before` its *call*-th call to a store is sent, or `after` its answer.

    Which call it was; None if *handle* ended before it.
    """
    before_snapshot()  # what it imports, it need not import again each time
    near, far = os.pipe()
    process = os.fork()
    if not process:
        _Life(call, moment, far).live(handle)
    os.close(far)
    with os.fdopen(near) as told:
        last_words = told.read()
    _, status = os.waitpid(process, 0)
    assert bool(last_words) is (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL), status
    return last_words or None


class _Life:
    """Counts calls to both stores, and ends this process at one of them."""

    def __init__(self, call: int, moment: str, pipe: int) -> None:
        self._left = call
        self._moment = moment
        self._pipe = pipe

    def live(self, handle: Callable[[], Any]) -> None:
        for owner, name in (
            (PostgresConnection, "command"),
            (PostgresConnection, "run"),
            (PostgresConnection, "run_prepared"),
            (Node, "execute_command"),
        ):
            setattr(owner, name, self._counted(getattr(owner, name)))
        try:
            handle()
        finally:
            os._exit(0)

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(client: Any, *words: Any, **named: Any) -> Any:
            self._left -= 1
            self._end_at("before", words)
            answer = call(client, *words, **named)
            self._end_at("after", words)
            return answer

        return counted

    def _end_at(self, moment: str, words: tuple[Any, ...]) -> None:
        if self._left == 0 and self._moment == moment:
            os.write(self._pipe, " ".join(str(words[0]).split()[:2]).encode())
            os.kill(os.getpid(), signal.SIGKILL)
