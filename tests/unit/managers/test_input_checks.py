"""What callers may pass: refused by the argument's name, before any store is asked."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_management.errors import InvalidInputError
from session_management.managers.input_checks import checked_email, checked_fields, checked_role, checked_ttl


@pytest.mark.parametrize(
    "email",
    [
        "ann@example.com",
        "Ann.O'Hara+tag@Example.COM",
        "a@b",
        "ann@localhost",
        "änn@exämple.com",
        "a" * 243 + "@example.com",
    ],
)
def test_an_email_is_kept_as_it_is_written(email: str) -> None:
    assert checked_email(email) == email


@pytest.mark.parametrize(
    "email",
    [
        "",
        "@",
        "ann",
        "@example.com",
        "ann@",
        "a" * 244 + "@example.com",
        "ann @example.com",
        "ann@example.com\n",
        "ann@example.com\x00",
        "ann@exam\u2028ple.com",
        "ann@\ud800.com",
        None,
        5,
        b"ann@example.com",
    ],
    ids=repr,
)
def test_what_is_no_email_is_refused(email: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^email: "):
        checked_email(email)


@pytest.mark.parametrize("role", ["USER", "ADMIN"])
def test_a_role_is_one_of_two(role: str) -> None:
    assert checked_role(role) == role


@pytest.mark.parametrize("role", ["user", "ROOT", "", None, 1, ["USER"], {}], ids=repr)
def test_there_is_no_other_role(role: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^role: must be one of USER, ADMIN$"):
        checked_role(role)


@pytest.mark.parametrize("seconds", [1, 60, 604_800])
def test_a_ttl_is_a_number_of_seconds(seconds: int) -> None:
    assert checked_ttl(seconds) == timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [0, -1, 1.5, float("nan"), "60", None, True], ids=repr)
def test_what_is_no_ttl_is_refused(seconds: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^ttl_seconds: "):
        checked_ttl(seconds)


@pytest.mark.parametrize("seconds", [10**12, 10**20, 10**400])
def test_a_ttl_beyond_all_dates_can_still_be_reckoned_with(seconds: int) -> None:
    """The absolute lifetime bounds it."""
    assert timedelta(days=3650) <= checked_ttl(seconds) <= timedelta(days=36500)


def test_four_fields_of_a_user_can_be_changed() -> None:
    fields = {"email": "new@example.com", "role": "ADMIN", "is_verified": True, "status": "DISABLED"}

    assert checked_fields(fields) == fields


@pytest.mark.parametrize(
    "name", ["id", "hashed_password", "password", "session_id", "created_at", "last_login_at", "x; DROP"]
)
def test_no_other_field_can_be_changed(name: str) -> None:
    """The names become part of a statement."""
    with pytest.raises(InvalidInputError, match="cannot be changed here"):
        checked_fields({"role": "USER", name: "x"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "x"),
        ("role", "root"),
        ("is_verified", "true"),
        ("is_verified", 1),
        ("is_verified", None),
        ("status", "GONE"),
    ],
)
def test_a_field_takes_only_what_it_can_hold(field: str, value: object) -> None:
    with pytest.raises(InvalidInputError, match=f"^{field}: "):
        checked_fields({field: value})


@given(st.text() | st.integers() | st.none() | st.lists(st.text()))
def test_a_refusal_does_not_repeat_the_value(value: object) -> None:
    try:
        checked_email(value)
    except InvalidInputError as error:
        assert "of at most 255" in str(error) or "control characters" in str(error)  # noqa: PT017 (either may happen)
