"""The edge: a distribution before the doors. It proves itself by a secret header, and what comes past it is refused."""

import hmac
from collections.abc import Mapping
from typing import Final

from session_management.http.errors import DirectAccessError
from session_management.settings import Settings

_PROOF: Final = "x-origin-secret"


def check_edge(headers: Mapping[str, str], settings: Settings) -> None:
    """Let a request pass that came through the edge, and any where ORIGIN_SECRET is not set.

    Raises:
        DirectAccessError: it came past the edge.
    """
    if settings.origin_secret and not came_through_edge(headers, settings):
        raise DirectAccessError("ask the application's own domain")


def came_through_edge(headers: Mapping[str, str], settings: Settings) -> bool:
    """Return whether X-Origin-Secret is ORIGIN_SECRET or, while that is being changed, ORIGIN_SECRET_PREVIOUS.

    *headers* have their names in lower case. How long it takes tells nothing of either secret's characters: each is
    compared whole, also after the other was right.
    """
    if not settings.origin_secret and not settings.origin_secret_previous:
        return False
    secrets = [secret for secret in (settings.origin_secret, settings.origin_secret_previous) if secret]
    presented = headers.get(_PROOF, "").encode(errors="surrogatepass")  # JSON can hold half a character
    is_each = [hmac.compare_digest(presented, secret.reveal().encode()) for secret in secrets]
    return any(is_each)
