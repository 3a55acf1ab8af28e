"""Runs one saved input again: `python -m tests.fuzz.reproduce FUZZER FILE`; silent if every property holds now."""

import sys
from pathlib import Path

from tests.fuzz.targets import target

if __name__ == "__main__":
    target(sys.argv[1]).check(Path(sys.argv[2]).read_bytes())
