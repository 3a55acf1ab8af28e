"""Lambda's runtime client, restored from one snapshot as often as names are given.

Run by path: `python restoring_runtime.py app.lambda_handler NAME...`. Where the client waits to be restored, the
process forks: each child goes on with the same memory, as a restored environment does, and presents itself to the
Runtime API by its name.
"""

import os
import random
import sys
from typing import Any

import runtime_client
from awslambdaric import __main__ as program

HANDLER, *NAMES = sys.argv[1:]

Client = program.LambdaRuntimeClient
wait_to_be_restored = Client.restore_next


def restore_next(client: Any) -> None:
    """Wait for the restore as the client does, and come back once in each child."""
    wait_to_be_restored(client)
    drawn = random.getstate()
    for name in NAMES:
        if os.fork() == 0:
            random.setstate(drawn)  # Python seeds it anew where it forks, which a restore is not
            runtime_client.initialize_client(name)
            return
    for _ in NAMES:
        os.wait()
    os._exit(0)


Client.restore_next = restore_next
program.main([sys.argv[0], HANDLER])
