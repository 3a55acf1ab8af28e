"""Values with named fields, as frozen dataclasses have them, whose classes take a start next to no time to make."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, dataclass_transform, get_origin


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Value:
    """A value of the fields that its class annotates, made by their names; it is used, and checked, as a dataclass.

    Making a frozen dataclass takes most of a millisecond, and a cold start makes every class that it imports.
    """

    fields: ClassVar[Mapping[str, Any]] = {}
    """The types of the fields, by name: those of the class that it is made from, and its own."""

    hidden: ClassVar[Sequence[str]] = ()
    """The fields that are not shown."""

    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        """Know the fields."""
        annotations: dict[str, Any] = vars(cls).get("__annotations__", {})
        own = {name: kind for name, kind in annotations.items() if ClassVar not in {kind, get_origin(kind)}}
        cls.fields = {**cls.fields, **own}
        cls._defaults = {**cls._defaults, **{name: vars(cls)[name] for name in own if name in vars(cls)}}

    def __init__(self, **facts: Any) -> None:
        """Hold *facts*: every field that has no default, and none but fields."""
        told = {**self._defaults, **facts}
        if told.keys() != self.fields.keys():
            raise TypeError(f"{type(self).__name__} is made of {', '.join(self.fields)}; not: {', '.join(facts)}")
        vars(self).update(told)

    @property
    def facts(self) -> dict[str, Any]:
        """The fields' values, by name."""
        told = vars(self)
        return {name: told[name] for name in self.fields}

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse it."""
        raise AttributeError(f"{name} cannot be set: a value does not change")

    def __delattr__(self, name: str) -> None:
        """Refuse it."""
        raise AttributeError(f"{name} cannot be deleted: a value does not change")

    def __replace__(self, **changes: Any) -> Self:
        """Return the same value with other fields, for `copy.replace`."""
        return type(self)(**{**self.facts, **changes})

    def __eq__(self, other: object) -> bool:
        """Return whether *other* is the same value."""
        return type(other) is type(self) and other.facts == self.facts

    def __hash__(self) -> int:
        """Return that of the fields."""
        return hash((type(self), *self.facts.values()))

    def __repr__(self) -> str:
        """Show the fields but for the hidden ones."""
        shown = [f"{name}={value!r}" for name, value in self.facts.items() if name not in self.hidden]
        return f"{type(self).__name__}({', '.join(shown)})"
