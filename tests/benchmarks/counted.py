"""`python -m tests.benchmarks.counted MODULE:FUNCTION FEW MANY`: calls of each operation for a profiler to count.

Each is called in processes of its own, one for each number of calls. They are forked off one that has started all and
warmed it up, and so have the same behind them. A line is printed for each operation: its name and the processes' IDs.
"""

import importlib
import os
import sys
from collections.abc import Sequence

from tests.benchmarks.measuring import Operation

_WARM_UP = 20


def main(arguments: Sequence[str]) -> None:
    """Start the operations that the function gives, and call those that this process does by itself."""
    place, *numbers = arguments
    module, _, function = place.partition(":")
    with getattr(importlib.import_module(module), function)() as started:
        operations = [operation for operation in started if not operation.elsewhere]
        for operation in operations:
            _call(operation, _WARM_UP)
        lines = ["\t".join([one.name, *(str(_forked(one, int(number))) for number in numbers)]) for one in operations]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _forked(operation: Operation, number: int) -> int:
    """Return the ID of a process that made so many calls."""
    if (pid := os.fork()) == 0:
        try:
            _call(operation, number)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return pid


def _call(operation: Operation, number: int) -> None:
    for _ in range(number):
        operation.run()


if __name__ == "__main__":
    main(sys.argv[1:])
