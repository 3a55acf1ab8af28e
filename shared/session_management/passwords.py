"""Passwords: hashed with Argon2id, old bcrypt hashes still verified and replaced when they are next used.

Parameters: OWASP Password Storage Cheat Sheet, Argon2id with 19 MiB, 2 passes, 1 lane.
"""

import functools
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pwdlib import PasswordHash

_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
_LANES: Final = 1
_BCRYPT_BYTES: Final = 72

# Verified when there is no hash to verify: an unknown email then costs what a wrong password costs.
# It has the parameters above, and belongs to a random password that nobody kept.
_NOBODY: Final = "$argon2id$v=19$m=19456,t=2,p=1$01xLhpi+GvTdjeW301Juyg$N2dObvm381pBaiu547IOXQ90cUfiLtjzJlhiYsppUXU"


class Verification(NamedTuple):
    """Whether a password was right; `new_hash` is set if it was and its hash should be replaced."""

    is_right: bool
    new_hash: str | None = None

    def __repr__(self) -> str:
        """Show all but the hash."""
        return f"Verification(is_right={self.is_right!r})"


def hash_password(password: str) -> str:
    """Return an Argon2id hash of *password*, with its salt and parameters, as text."""
    return _hasher().hash(_normalised(password))


def verify_password(password: str, hashed_password: str | None) -> Verification:
    """Say whether *password* belongs to *hashed_password*; without a known form of hash it is wrong, at one's cost."""
    from pwdlib.exceptions import UnknownHashError

    try:
        return _verify(password, hashed_password or _NOBODY, is_real=bool(hashed_password))
    except (UnknownHashError, ValueError):  # the latter is bcrypt's word for a damaged hash
        return _verify(password, _NOBODY, is_real=False)


def import_hashers() -> None:
    """Import what the first hash would."""
    _hasher()


def _verify(password: str, hashed: str, *, is_real: bool) -> Verification:
    if hashed.startswith("$2"):
        # Made by others, of what was typed; bcrypt never saw more than 72 bytes, and the library now refuses them.
        is_right = _hasher().verify(_bytes(password)[:_BCRYPT_BYTES], hashed)
        return Verification(is_right, hash_password(password) if is_right else None)
    is_right, new_hash = _hasher().verify_and_update(_normalised(password), hashed)
    return Verification(True, new_hash) if is_right and is_real else Verification(False)


def _normalised(password: str) -> bytes:
    # One keyboard may send é as one code point, another as two (NIST SP 800-63B-4, 3.1.1.2).
    return _bytes(unicodedata.normalize("NFC", password))


def _bytes(password: str) -> bytes:
    return password.encode(errors="surrogatepass")


@functools.cache
def _hasher() -> "PasswordHash":
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher
    from pwdlib.hashers.bcrypt import BcryptHasher

    return PasswordHash((Argon2Hasher(_PASSES, _MEMORY_KIB, _LANES), BcryptHasher()))
