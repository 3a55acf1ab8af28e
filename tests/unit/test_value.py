"""Values with named fields: made as they are declared, never changed, and shown without what is hidden."""

import copy
from typing import Any, ClassVar

import pytest

from session_management.value import Value


class Parcel(Value):
    kind: ClassVar[str] = "parcel"
    hidden: ClassVar = ("contents",)

    address: str
    contents: str
    weight: int = 1


class Letter(Parcel):
    contents: str = "words"
    stamp: str


class Other(Value):
    address: str
    contents: str
    weight: int = 1


def parcel(**facts: Any) -> Parcel:
    return Parcel(**{"address": "here", "contents": "canary", **facts})


def test_a_value_has_its_fields_and_their_defaults_in_the_order_of_the_class() -> None:
    assert list(parcel().facts.items()) == [("address", "here"), ("contents", "canary"), ("weight", 1)]
    assert (parcel(weight=2).weight, parcel().kind) == (2, "parcel")


def test_a_class_made_from_another_has_the_fields_of_both() -> None:
    assert Letter(stamp="blue", address="here").facts == {
        "address": "here",
        "contents": "words",
        "weight": 1,
        "stamp": "blue",
    }
    assert Letter.fields == {"address": str, "contents": str, "weight": int, "stamp": str}
    assert Parcel.fields.keys() == {"address", "contents", "weight"}


@pytest.mark.parametrize("facts", [{}, {"address": "here"}, {"address": "here", "contents": "canary", "kind": "x"}])
def test_a_field_that_is_missing_or_unknown_is_an_error_that_shows_no_value(facts: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="Parcel is made of address, contents, weight") as raised:
        Parcel(**facts)

    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("name", ["address", "kind", "another"])
def test_a_value_does_not_change(name: str) -> None:
    value = parcel()

    with pytest.raises(AttributeError):
        setattr(value, name, "there")
    with pytest.raises(AttributeError):
        delattr(value, name)
    assert value == parcel()


def test_values_are_equal_where_their_classes_and_fields_are() -> None:
    assert (parcel(), hash(parcel())) == (parcel(), hash(parcel()))
    assert parcel() != parcel(weight=2)
    assert parcel() != Other(address="here", contents="canary")


def test_a_value_is_replaced_by_one_with_other_fields() -> None:
    before = parcel()

    assert copy.replace(before, weight=3) == parcel(weight=3)
    assert before.weight == 1
    with pytest.raises(TypeError):
        copy.replace(before, colour="blue")  # type: ignore[call-arg]


def test_what_is_hidden_is_not_shown() -> None:
    assert repr(parcel()) == "Parcel(address='here', weight=1)"
    assert "words" not in repr(Letter(address="here", stamp="blue"))
