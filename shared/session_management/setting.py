"""One setting: how it is read from the text of its variable. A fault is a ValueError that does not show the text."""

import os.path
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self, overload

_WHOLE: Final = r"[+-]?[0-9]{1,18}"
_INSTANT: Final = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}"
_FLAGS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}

type Read[T] = Callable[[str], T]


class Setting[T]:
    """A field of the settings, whose instances have a value in its place."""

    def __init__(self, read: Read[T], default: T) -> None:
        """Have *read* make a value of a text, and *default* be it where there is none."""
        self.read = read
        self.default = default

    if TYPE_CHECKING:

        @overload
        def __get__(self, settings: None, kind: type) -> Self: ...
        @overload
        def __get__(self, settings: object, kind: type) -> T: ...
        def __get__(self, settings: object, kind: type) -> Any: ...


class Secret:
    """A text that is shown to nobody who does not ask for it by `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Keep it."""
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        """Say only that there is one."""
        return "Secret(hidden)"

    def __eq__(self, other: object) -> bool:
        """Return whether *other* is a secret of the same text."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Return the text's."""
        return hash(self._text)


def whole(least: int, most: int) -> Read[int]:
    """Read a whole number from *least* to *most*."""

    def read(text: str) -> int:
        if not re.fullmatch(_WHOLE, text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def flag(text: str) -> bool:
    """Read true or false, in the usual ways to write them."""
    if text.lower() not in _FLAGS:
        raise ValueError("must be true or false")
    return _FLAGS[text.lower()]


def one_of[Choice: str](*choices: Choice) -> Read[Choice]:
    """Read one of these words, as they are written."""

    def read(text: str) -> Choice:
        for choice in choices:
            if choice == text:
                return choice
        raise ValueError(f"must be {' or '.join(choices)}")

    return read


def matching(pattern: str, fault: str) -> Read[str]:
    """Read a text that is wholly a match of *pattern*; say *fault* of any other. Nothing is compiled before."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(fault)
        return text

    return read


def secret(check: Callable[[str], object] = str) -> Read[Secret]:
    """Read a secret that *check* takes."""

    def read(text: str) -> Secret:
        check(text)
        return Secret(text)

    return read


def existing_file(text: str) -> str:
    """Read the path of a file."""
    if not os.path.isfile(text):  # noqa: PTH113 (no other thing at a start needs pathlib)
        raise ValueError("there is no such file")
    return text


def instant(text: str) -> datetime:
    """Read an instant with its time zone."""
    try:
        found = datetime.fromisoformat(text) if re.match(_INSTANT, text) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError("must be an instant such as 2027-01-31T00:00:00Z")
    return found
