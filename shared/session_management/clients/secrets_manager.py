"""Credentials in a Secrets Manager secret that rotates."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from session_management.clients.aws_sdk import new_session, reason
from session_management.clients.credentials import UserAndPassword
from session_management.deadline import within_deadline
from session_management.errors import StoreUnavailableError
from session_management.instants import Instant, is_within, present
from session_management.interfaces import Clock

if TYPE_CHECKING:
    from botocore.config import Config

_SECONDS_BETWEEN_REFRESHES: Final = 10.0
_TIMEOUT_SECONDS: Final = 3.0


class SecretCredentials:
    """A secret of JSON with `password` and, if it names one, `username`; other fields, as RDS writes them, are ignored.

    It is fetched at the first connection, and again when the store refuses what it held, as after a rotation: once
    per 10 seconds at most, however often the store refuses. The first time does not count: a rotation may be under
    way while an environment starts. The user is part of it, since a rotation may alternate between two; a secret
    without one belongs to the user of the settings.
    """

    def __init__(self, store: str, arn: str, *, user: str | None, clock: Clock) -> None:
        """Fetch nothing yet."""
        self._store = store
        self._arn = arn
        self._user = user
        self._clock = clock
        self._pair: UserAndPassword | None = None
        self._refreshed_at: Instant | None = None

    def get(self) -> UserAndPassword:
        """Return what the secret held when it was last fetched."""
        if self._pair is None:
            self._pair = self._fetch()
        return self._pair

    def refresh(self) -> bool:
        """Fetch the secret again, unless that was done a moment ago; keep what it held if it cannot be read."""
        now = present(self._clock)
        if self._refreshed_at and is_within(_SECONDS_BETWEEN_REFRESHES, self._refreshed_at, now):
            return False
        self._refreshed_at = now
        self._pair = self._fetch()
        return True

    def _fetch(self) -> UserAndPassword:
        pair = _read(self._text(), self._user)
        if pair is None:
            # Raised here, where no error of a parser is at hand: it would hold the secret.
            raise StoreUnavailableError(self._store, "its secret is not JSON with the fields username and password")
        return pair

    def _text(self) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            client: Any = new_session().create_client(
                "secretsmanager", region_name=_region(self._arn), config=_quick(self._store)
            )
            return client.get_secret_value(SecretId=self._arn).get("SecretString")
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailableError(self._store, f"its secret cannot be read ({reason(error)})") from error


def _read(text: Any, user: str | None) -> UserAndPassword | None:
    with suppress(ValueError, TypeError, RecursionError):
        match json.loads(text):
            case {"username": str(named), "password": str(password)} if named and password:
                return named, password
            case {"password": str(password), **others} if password and "username" not in others:
                return user, password
    return None


def _region(arn: str) -> str | None:
    """Return where the secret is; None, which is where the function is, if it is named without saying so."""
    match arn.split(":"):
        case ["arn", _, "secretsmanager", region, *_] if region:
            return region
    return None


def _quick(store: str) -> "Config":
    from botocore.config import Config

    half = within_deadline(store, _TIMEOUT_SECONDS) / 2
    return Config(connect_timeout=half, read_timeout=half, retries={"total_max_attempts": 1})
