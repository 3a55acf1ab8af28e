"""What every event has: a name that stays, a level, a sentence, and fields."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, dataclass_transform, get_origin

type Level = Literal["INFO", "WARNING", "ERROR"]


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Event:
    """Something that happened, told once, after it was done. Its docstring says when, its fields what of.

    A field that is None is left out of the log.

    No field ever holds an email, a session ID, a password, an address or anything else that a client sent.

    It is to be used, and checked, as a frozen dataclass. Making one of each of so many classes took a cold start longer
    than Python itself takes to start.
    """

    name: ClassVar[str]
    level: ClassVar[Level] = "INFO"
    says: ClassVar[str]
    fields: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        """Know the fields and their types: those of the class that it is made from, and its own."""
        own = vars(cls).get("__annotations__", {}).items()
        cls.fields = {**cls.fields, **{name: kind for name, kind in own if ClassVar not in (kind, get_origin(kind))}}

    def __init__(self, **facts: Any) -> None:
        """Hold *facts*: every field that has no default, and none but fields."""
        if facts.keys() - self.fields.keys():
            raise TypeError(f"{type(self).__name__} has no {facts.keys() - self.fields.keys()}")
        values = {name: facts[name] if name in facts else getattr(type(self), name) for name in self.fields}
        vars(self).update(values)

    @property
    def facts(self) -> dict[str, Any]:
        """The fields, by name."""
        return dict(vars(self))

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse it."""
        raise AttributeError(f"{name} cannot be set: what happened does not change")

    def __replace__(self, **changes: Any) -> Self:
        """Return the same event with other fields, for `copy.replace`."""
        return type(self)(**{**vars(self), **changes})

    def __eq__(self, other: object) -> bool:
        """Return whether *other* is the same event."""
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        """Return that of the fields."""
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        """Show the fields."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Fenced(Event):
    """An event of which Redis has to know: `is_fenced` is false where it did not answer, and a sweep has to finish it.

    Until then a copy is believed for what is left of SESSION_REVALIDATE_SECONDS.
    """

    is_fenced: bool = True
