"""Log lines and metrics, out of the way of what is measured and of whoever reads it."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from session_management.observability import logger


@contextmanager
def unheard() -> Iterator[None]:
    """Log lines and metrics are written as ever, to where they are in nobody's way."""
    handler = logger().registered_handler
    assert isinstance(handler, logging.StreamHandler)
    with io.StringIO() as sink, redirect_stdout(sink):
        before = handler.setStream(sink)
        try:
            yield
        finally:
            handler.setStream(before)
