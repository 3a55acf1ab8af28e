"""A built function with a window: what is asked about its process is answered here, the rest by the function."""

import os
import random
import sys
import time
from typing import Any

import app
import snapshot_restore_py


def lambda_handler(event: Any, context: Any) -> Any:
    match event:
        case {"ask": "random"}:
            return random.random()
        case {"ask": "modules"}:
            return sorted(sys.modules)
        case {"ask": "process"}:
            return os.getpid()
        case {"ask": "seconds"}:
            return time.process_time()
        case {"ask": "hooks"}:
            return [len(snapshot_restore_py.get_before_snapshot()), len(snapshot_restore_py.get_after_restore())]
        case _:
            return app.lambda_handler(event, context)
