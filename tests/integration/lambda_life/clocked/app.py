"""A function whose clocks jump when it is told so, as those of an environment that was frozen or restored.

It runs the function in the folder that FUNCTION names. The event `{"jump": [CALENDAR, MONOTONIC]}` is for the clocks,
`{"seconds": SECONDS, "event": EVENT}` an event that comes with so little time left, and
`{"die": [CALL, MOMENT], "event": EVENT}` one that kills whoever handles it.
"""

import importlib
import importlib.util
import os
import time
from pathlib import Path
from typing import Any

from session_management.clock import SystemClock

_ahead = [0.0, 0.0]


_timestamp, _monotonic = SystemClock.timestamp, SystemClock.monotonic
SystemClock.timestamp = lambda _: _timestamp() + _ahead[0]  # type: ignore[assignment]
SystemClock.monotonic = lambda _: _monotonic() + _ahead[1]  # type: ignore[assignment]

_spec = importlib.util.spec_from_file_location("function", Path(os.environ["FUNCTION"]) / "app.py")
assert _spec
assert _spec.loader
_function = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_function)


def lambda_handler(event: Any, context: Any) -> Any:
    """Answer *event* as the function does."""
    match event:
        case {"jump": seconds}:
            _ahead[:] = seconds
            return {}
        case {"seconds": seconds, "event": event}:
            context._deadline = time.monotonic() + seconds
            return _function.lambda_handler(event, context)
        case {"die": [call, moment], "event": event}:
            # Imported here alone, since it imports the drivers.
            die = importlib.import_module("dying").die
            return die(lambda: _function.lambda_handler(event, context), call, moment)
        case _:
            return _function.lambda_handler(event, context)
