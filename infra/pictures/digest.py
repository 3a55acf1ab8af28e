"""A picture carries a digest of what it was drawn from, by which a test knows whether it still shows that."""

import hashlib
from pathlib import Path
from typing import Final

DIGEST_KEY: Final = "Description"
"""Of the PNG's text that holds the digest."""


def digest_of(drawn: str) -> str:
    """Return the SHA-256 of all that a picture shows."""
    return hashlib.sha256(drawn.encode()).hexdigest()


def is_drawn_from(picture: Path, digest: str) -> bool:
    """Tell whether a PNG carries *digest*."""
    return f"{DIGEST_KEY}\0{digest}".encode() in picture.read_bytes()
