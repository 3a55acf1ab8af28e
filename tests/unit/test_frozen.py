"""Frozen values that are made in one step are no others than those that are made field by field."""

import copy
from copy import replace
from dataclasses import FrozenInstanceError, dataclass, field

import pytest

from session_management.frozen import quickly


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    name: str | None = field(default=None, repr=False)


make_point = quickly(Point)


def test_it_is_the_same_value() -> None:
    made = make_point(1, name="here")

    assert type(made) is Point
    assert made == Point(1, 2, "here")
    assert hash(made) == hash(Point(1, 2, "here"))
    assert repr(made) == repr(Point(1, 2, "here"))
    assert replace(made, y=3) == Point(1, 3, "here")
    assert copy.deepcopy(made) == made


def test_it_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        make_point(1).x = 5  # type: ignore[misc]


@pytest.mark.parametrize("arguments", [{}, {"x": 1, "z": 2}], ids=["one too few", "an unknown one"])
def test_wrong_fields_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        make_point(**arguments)  # type: ignore[arg-type]
