"""What a new password must be: long, and not what is tried first. Rules: NIST SP 800-63B-4, 3.1.1.2.

There are none of composition. A password is judged, as it is hashed, in Unicode's form NFC.
"""

import functools
import unicodedata
from typing import Final

from session_management.errors import WeakPasswordError

PASSWORD_CHARACTERS: Final = 128
_OWN_CHARACTERS: Final = 8
"""So many must be left of a password without the email in it."""


def require_strong(password: str, *, email: str, min_length: int) -> None:
    """Refuse a new *password* for the user with *email* that others could guess.

    Raises:
        WeakPasswordError: it has fewer than *min_length* or more than 128 code points, is one character over and over,
            is made of the email, or is one of the 30,000 commonest. The message says which, and what to do.
    """
    text = unicodedata.normalize("NFC", password)
    if len(text) < min_length:
        raise WeakPasswordError(f"the password is too short: use at least {min_length} characters")
    if len(text) > PASSWORD_CHARACTERS:
        raise WeakPasswordError(f"the password is too long: use at most {PASSWORD_CHARACTERS} characters")
    folded = text.casefold()
    if len(set(folded)) == 1:
        raise WeakPasswordError("the password is one character over and over: use several words")
    if len(_without_email(folded, email)) < _OWN_CHARACTERS:
        raise WeakPasswordError("the password is made of the email: use words that have nothing to do with it")
    if folded in _commonest():
        raise WeakPasswordError("the password is among the commonest, which are tried first: use several words")


def import_commonest() -> None:
    """Import what the first judgement would."""
    _commonest()


def _without_email(folded: str, email: str) -> str:
    address = unicodedata.normalize("NFC", email).casefold()
    name, _, domain = address.partition("@")
    for part in (address, name, domain, domain.partition(".")[0]):
        # An empty part would be found between any two characters; replacing it by nothing does nothing.
        folded = folded.replace(part, "")
    return folded


@functools.cache
def _commonest() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(unicodedata.normalize("NFC", password).casefold() for password in FREQUENCY_LISTS["passwords"])
