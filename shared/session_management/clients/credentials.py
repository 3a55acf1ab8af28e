"""Who we are to a store: as the settings say, as a secret does (`secrets_manager`), or by a token (`iam_tokens`)."""

from typing import Protocol

type UserAndPassword = tuple[str | None, str | None]


class Credentials(Protocol):
    """Asked at each connection to a store."""

    def get(self) -> UserAndPassword:
        """Return the user and the password to connect with. Raises StoreUnavailableError."""
        ...

    def refresh(self) -> bool:
        """After a refusal: whether `get` gives something newer now. Raises StoreUnavailableError."""
        ...


class FixedCredentials:
    """What the settings hold."""

    def __init__(self, user: str | None, password: str | None) -> None:
        """Keep them."""
        self._pair = (user, password)

    def get(self) -> UserAndPassword:
        """Return the user and password of the settings."""
        return self._pair

    def refresh(self) -> bool:
        """Return False: a refusal is final."""
        return False
