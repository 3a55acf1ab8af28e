"""What every event has: a name that stays, a level, a sentence, and fields."""

from typing import ClassVar, Literal

from session_management.value import Value

type Level = Literal["INFO", "WARNING", "ERROR"]


class Event(Value):
    """Something that happened, told once, after it was done. Its docstring says when, its fields what of.

    A field that is None is left out of the log.

    No field ever holds an email, a session ID, a password, an address or anything else that a client sent.
    """

    name: ClassVar[str]
    level: ClassVar[Level] = "INFO"
    says: ClassVar[str]


class Fenced(Event):
    """An event of which Redis has to know: `is_fenced` is false where it did not answer, and a sweep has to finish it.

    Until then a copy is believed for what is left of SESSION_REVALIDATE_SECONDS.
    """

    is_fenced: bool = True
