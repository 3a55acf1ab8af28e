"""What every event has: a name that stays, a level, a sentence, and fields."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

type Level = Literal["INFO", "WARNING", "ERROR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, told once, after it was done. Its docstring says when, its fields what of.

    A field that is None is left out of the log.

    No field ever holds an email, a session ID, a password, an address or anything else that a client sent.
    """

    name: ClassVar[str]
    level: ClassVar[Level] = "INFO"
    says: ClassVar[str]

    @property
    def facts(self) -> dict[str, Any]:
        """The fields, by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced(Event):
    """An event of which Redis has to know: `is_fenced` is false where it did not answer, and a sweep has to finish it.

    Until then a copy is believed for what is left of SESSION_REVALIDATE_SECONDS.
    """

    is_fenced: bool = True
