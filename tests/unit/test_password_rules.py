"""New passwords: long ones that nobody guesses first, whatever characters they have (ASVS 6.2.1, 6.2.4, 6.2.5)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_management.errors import WeakPasswordError
from session_management.password_rules import PASSWORD_CHARACTERS, require_strong

EMAIL = "Ann.Miller@mail.example.com"
SHORT, LONG = "too short: use at least 15", "too long: use at most 128"
REPEATED, OWN, COMMON = "one character over and over", "made of the email", "among the commonest"


def refusal(password: str, *, email: str = EMAIL, min_length: int = 15) -> str:
    """Return why a password is refused; nothing if it is not."""
    try:
        require_strong(password, email=email, min_length=min_length)
    except WeakPasswordError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "password",
    [
        "nine umbrellas under one moon",
        "correct horse battery staple",
        "fifteen letters",
        "               a      b",
        "\N{BLUE HEART}\N{YELLOW HEART}" * 8,
        "zwölf Boxkämpfer jagen",
        "a" * 127 + "b",
        "ann.miller and the seven seas",
    ],
)
def test_any_long_text_will_do(password: str) -> None:
    """There are no rules of composition. ASVS 6.2.5, NIST SP 800-63B-4, 3.1.1.2."""
    assert refusal(password) == ""


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", SHORT),
        ("fourteen chars", SHORT),
        ("ab" * 65, LONG),
        ("a" * 20, REPEATED),
        (" " * 20, REPEATED),
        ("aA" * 10, REPEATED),
        ("ann.miller@mail.example.com", OWN),
        ("ANN.MILLER@MAIL.EXAMPLE.COM", OWN),
        ("Ann.MillerAnn.Miller", OWN),
        ("Ann.Miller1234567", OWN),
        ("mail.example.com!", OWN),
        ("123456789987654321", COMMON),
        ("QWERTY123456789", COMMON),
    ],
)
def test_a_password_that_others_would_guess_is_refused_with_the_reason(password: str, why: str) -> None:
    """ASVS 6.2.1, 6.2.4, 6.2.11."""
    assert why in refusal(password)


def test_so_many_characters_must_be_left_without_the_email() -> None:
    """ASVS 6.1.2, 6.2.11."""
    assert OWN in refusal("ann.miller-1234567x"[:17])
    assert refusal("ann.miller-1234567") == ""


def test_length_is_counted_in_code_points_of_one_form() -> None:
    """One keyboard sends an umlaut as one code point, another as two; neither counts bytes (NIST SP 800-63B-4)."""
    composed = "ärger über öl x"
    for form in ("NFC", "NFD"):
        assert refusal(unicodedata.normalize(form, composed)) == ""
        assert SHORT in refusal(unicodedata.normalize(form, composed[1:]))
    emojis = [chr(0x1F600 + number % 64) for number in range(PASSWORD_CHARACTERS + 1)]
    assert refusal("".join(emojis[:-1])) == ""
    assert LONG in refusal("".join(emojis))


def test_the_email_is_known_in_either_form() -> None:
    composed = "jürgen@exämple.com"
    for form in ("NFC", "NFD"):
        assert OWN in refusal(unicodedata.normalize(form, composed).upper(), email=composed)
        assert OWN in refusal(composed, email=unicodedata.normalize(form, composed))


@pytest.mark.parametrize(("password", "why"), [("password", COMMON), ("trustno1", COMMON), ("PassWord", COMMON)])
def test_where_shorter_ones_may_be_the_commonest_still_may_not(password: str, why: str) -> None:
    """ASVS 6.2.4."""
    assert why in refusal(password, min_length=8)


@given(st.text(max_size=200), st.integers(8, 64))
def test_no_refusal_repeats_the_password(password: str, min_length: int) -> None:
    """P5. Whatever the password, it is taken, or refused with words of ours."""
    said = refusal(f"~{password}~", min_length=min_length)

    assert f"~{password}~" not in said
    assert refusal(f"~{password}~", min_length=min_length) == said
