"""The inside of one coverage-guided run: `python -m tests.fuzz.guided TARGET [libFuzzer's flags and folders]`.

It needs atheris, which has wheels for Linux on x86_64. The process ends with libFuzzer: 0 when its runs are done,
77 when a property did not hold; what it was called with is then in a file, as libFuzzer's output says.
"""

import sys

import atheris

from tests.fuzz.targets import target
from tests.fuzz.targets.json_mutator import mutated

with atheris.instrument_imports(include=["session_management"]):
    _TARGET = target(sys.argv[1])


def _check(data: bytes) -> None:
    _TARGET.check(data)


def _mutated(data: bytes, max_size: int, seed: int) -> bytes:
    return mutated(data, max_size, seed, _TARGET.words, atheris.Mutate)


if __name__ == "__main__":
    atheris.enabled_hooks.add("RegEx")
    mutator = {"custom_mutator": _mutated} if _TARGET.is_json else {}
    atheris.Setup([sys.argv[0], *sys.argv[2:]], _check, **mutator)
    atheris.Fuzz()
