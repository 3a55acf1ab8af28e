"""Session IDs: made, recognised by their form, and turned into the names that the stores know them by."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final, Literal

AtRest = Literal["digest", "plain"]

_SESSION_ID_BYTES: Final = 32
_HANDLE: Final = re.compile(r"[0-9a-f]{64}")
_FORMS: Final[dict[AtRest, re.Pattern[str]]] = {
    "digest": re.compile(r"[A-Za-z0-9_-]{43}"),
    # The original application makes its own IDs; its column holds 255 characters.
    "plain": re.compile(r"[A-Za-z0-9_-]{16,255}"),
}


def new_session_id() -> str:
    """Return a new session ID: 256 random bits as 43 URL-safe characters (ASVS 7.2.3)."""
    return secrets.token_urlsafe(_SESSION_ID_BYTES)


def handle_of(session_id: str) -> str:
    """Return the handle of *session_id*: its SHA-256 as 64 hex digits, which is no secret."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def is_handle(text: str) -> bool:
    """Return whether *text* has the form of a handle."""
    return _HANDLE.fullmatch(text) is not None


def handle_of_record(key: str) -> str:
    """Return the public handle of the session that is recorded under *key*, in whichever form that is.

    Nothing is recorded in plain form under what looks like a handle.
    """
    return key if _HANDLE.fullmatch(key) else handle_of(key)


@dataclass(frozen=True, slots=True)
class SessionNames:
    """How session IDs are named at rest: by their handle ("digest"), or by themselves ("plain").

    With `takes_plain` IDs that were kept in plain form before are taken too, to be kept as digests from then on.
    """

    at_rest: AtRest = "digest"
    takes_plain: bool = False

    def key_of(self, session_id: str) -> str | None:
        """Return the stores' key for *session_id*, or None if no ID of ours can look like that."""
        if not self.is_session_id(session_id):
            return None
        return handle_of(session_id) if self.at_rest == "digest" else session_id

    def is_session_id(self, text: str) -> bool:
        """Return whether *text* has the form of a session ID that is taken."""
        return _FORMS["plain" if self.takes_plain else self.at_rest].fullmatch(text) is not None

    def handle_of_key(self, key: str) -> str:
        """Return the public handle of the session that the stores call *key*, which may still be in plain form."""
        return handle_of_record(key) if self.at_rest == "digest" else handle_of(key)

    def handle_of_presented(self, key: str) -> str | None:
        """Return the public handle of the session that `key_of` named *key*; None where none of ours can be."""
        if self.at_rest == "digest":
            return key
        return handle_of(key) if self.may_record(key) else None

    def key_of_handle(self, handle: str) -> str | None:
        """Return the stores' key for the session that people call *handle*; None where only its record tells that."""
        return handle if self.at_rest == "digest" else None

    @property
    def knows_plain(self) -> bool:
        """Whether a session may be known by its ID in plain form."""
        return self.takes_plain or self.at_rest == "plain"

    def is_current(self, key: str) -> bool:
        """Return whether a session that is recorded under *key* is kept as it would be now."""
        return is_handle(key) == (self.at_rest == "digest")

    def may_record(self, key: str) -> bool:
        """Return whether a session of ours can be kept under *key*.

        In plain form none is kept under what looks like a handle: handles are public, and while both forms are at
        rest, one that is presented as a session ID would open the session that it names.
        """
        return self.at_rest == "digest" or not is_handle(key)
