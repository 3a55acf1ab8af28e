"""The demo's HTTP client, which shows what it sends and gets, and its way to say what should have come."""

from typing import Any

import httpx

from infra.local.narrator import Narrator


class DifferenceError(Exception):
    """Something came back that should not have; the text says what."""


def expect(what: str, found: Any, expected: Any) -> None:
    """Raise DifferenceError unless *found* is what was *expected*."""
    if found != expected:
        raise DifferenceError(f"{what}: {found!r}, where {expected!r} should be")


class ShownClient(httpx.Client):
    """An HTTP client with a cookie jar, all of whose exchanges are shown."""

    def __init__(self, url: str, narrator: Narrator, user_agent: str = "curl/8.17.0") -> None:
        # Proxies that the environment names must not come between.
        super().__init__(
            base_url=url,
            # A browser says by itself where a request comes from.
            headers={"user-agent": user_agent, "sec-fetch-site": "same-origin"},
            trust_env=False,
            timeout=30,
            event_hooks={"response": [self._show]},
        )
        self._narrator = narrator

    def _show(self, answer: httpx.Response) -> None:
        answer.read()
        self._narrator.exchange(answer)
