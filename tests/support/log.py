"""What the service's logger writes, as CloudWatch would get it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from session_management.observability import logger


class Log:
    """Every line of the service's logger, from debug on."""

    def __init__(self) -> None:
        self._stream = io.StringIO()

    @classmethod
    @contextmanager
    def captured(cls) -> Iterator[Self]:
        """Take the logger's lines, and give the logger back as it was."""
        log, handler, level = cls(), logger().registered_handler, logger().log_level
        assert isinstance(handler, logging.StreamHandler)
        before = handler.setStream(log._stream)
        logger().setLevel(logging.DEBUG)
        try:
            yield log
        finally:
            handler.setStream(before)
            logger().setLevel(level)

    @property
    def text(self) -> str:
        """All that was written."""
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What was written, line by line: each is one JSON object."""
        return [json.loads(line) for line in self.text.splitlines()]

    def saying(self, words: str) -> list[dict[str, Any]]:
        """Return the lines whose message holds *words*."""
        return [line for line in self.lines if words in line["message"]]
