"""What a function is to the local stack, and the ways in which it can fail to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFunction:
    """A function to run: *folder* has an `app.py` with a `lambda_handler`, *layer* what it shares."""

    name: str
    folder: Path
    layer: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 10.0
    memory_mb: int = 512


class InvocationError(Exception):
    """A function did not answer an event."""


class FunctionError(InvocationError):
    """The handler, or its module while it was imported, raised; *message* is the exception's text."""

    def __init__(self, type_name: str, message: str) -> None:
        super().__init__(f"{type_name}: {message}")
        self.message = message


class FunctionTimedOutError(InvocationError):
    """The handler ran past the function's time-out; its process was killed."""


class ProcessDiedError(InvocationError):
    """The function's process ended before it answered."""
