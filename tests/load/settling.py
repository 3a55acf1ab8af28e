"""Bringing every environment to one and the same state: warm, and connected to both stores."""

import time
from collections.abc import Callable
from typing import Any, Final

from tests.load.answers import UNAVAILABLE, Answer
from tests.load.connections import Sampler
from tests.load.events import first, login, logout
from tests.load.fleet import Environment, Fleet
from tests.load.processes import Holding, holding

_WITHIN_SECONDS: Final = 60.0
_EMAIL, _PASSWORD = "settling@example.com", "settling password"


class UnsettledError(Exception):
    """Some environment did not come to use both stores again."""


class Settling:
    """Has every environment do something that needs both stores, with a user of its own."""

    def __init__(self, fleet: Fleet, sampler: Sampler) -> None:
        self._fleet = fleet
        self._sampler = sampler
        self._user_id = create_user(fleet, _EMAIL, _PASSWORD)

    def holdings(self) -> dict[str, Holding]:
        """Return what each environment's process holds once all are connected to both stores, and idle.

        Raises:
            UnsettledError: they were not within a minute.
        """
        until = time.monotonic() + _WITHIN_SECONDS
        while not self._all_are_connected():
            if time.monotonic() > until:
                raise UnsettledError
            for environment in self._fleet.all:
                self._use_both_stores(environment)
        return {environment.name: holding(environment.pid) for environment in self._fleet.all}

    def _all_are_connected(self) -> bool:
        names = {environment.name for environment in self._fleet.all}
        return all(names <= watch.latest.keys() for watch in (self._sampler.postgres, self._sampler.valkey))

    def _use_both_stores(self, environment: Environment) -> Answer:
        match environment.function:
            case "login":
                return environment.tell(login(_EMAIL, _PASSWORD))
            case "logout":
                return environment.tell(logout(self._log_in()))
            case "account":
                self._log_in()
                return environment.tell({"revoke_all": self._user_id})
            case function:
                return environment.tell(first(function))

    def _log_in(self) -> str:
        (door, *_) = self._fleet.of("login")
        return str(insist(lambda: door.tell(login(_EMAIL, _PASSWORD))).body["session_id"])


def create_user(fleet: Fleet, email: str, password: str) -> str:
    """Return the ID of a new user."""
    (account,) = fleet.of("account")
    body: dict[str, Any] = {"create": email, "password": password}
    return str(account.tell(body).body["user_id"])


def insist(ask: Callable[[], Answer]) -> Answer:
    """Return the first answer that is not an outage.

    Raises:
        UnsettledError: there was none within a minute.
    """
    until = time.monotonic() + _WITHIN_SECONDS
    while (answer := ask()).status == UNAVAILABLE:
        if time.monotonic() > until:
            raise UnsettledError
    return answer
