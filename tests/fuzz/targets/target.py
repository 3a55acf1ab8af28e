"""One coverage-guided fuzzer: what it calls, what it starts from."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from tests.events import CASES

FIELD: Final = "\x1e"
"""Stands between the fields of an input that has several."""


@dataclass(frozen=True, slots=True)
class Target:
    """*check* raises where a property does not hold; *seeds* are good inputs; *words* are worth trying anywhere.

    With *is_json* inputs are mutated as JSON most of the time.
    """

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[str, ...]
    is_json: bool = False


def text_of(data: bytes) -> str:
    """Return *data* as text; what is no UTF-8 becomes lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def fields_of(data: bytes) -> list[str]:
    """Return the fields of *data*."""
    return text_of(data).split(FIELD)


def seed_of(*fields: str) -> bytes:
    """Return the input that has these fields."""
    return FIELD.join(fields).encode("utf-8", "surrogateescape")


def event_of(data: bytes) -> Any:
    """Return the event that *data* is the JSON of, or None."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def events_of(*functions: str) -> tuple[bytes, ...]:
    """Return the event files of these functions, in short form."""
    return tuple(json.dumps(case.event, separators=(",", ":")).encode() for case in CASES if case.function in functions)


def is_clean(texts: Iterable[str]) -> bool:
    """Return whether no text could start another line, in a header or a log."""
    return not any({*text} & {*"\r\n\x00"} for text in texts)
