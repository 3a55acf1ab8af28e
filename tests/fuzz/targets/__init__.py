"""What the coverage-guided fuzzers call: a parser each, with the properties that hold whatever it is given."""

from importlib import import_module
from typing import Final

from tests.fuzz.targets.target import Target

NAMES: Final = ("authorizers", "bodies", "cookies", "copies", "origins", "requests", "session_ids", "settings", "urls")


def target(name: str) -> Target:
    """Return the target of that name, which is a module here; it is imported now, and what it tests with it."""
    found: Target = import_module(f"tests.fuzz.targets.{name}").TARGET
    return found
