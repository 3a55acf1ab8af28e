"""Bringing every environment to one and the same state: warm, and connected to both stores."""

import itertools
import time
from collections.abc import Callable
from typing import Any, Final

from tests.load.answers import OK, UNAVAILABLE, Answer
from tests.load.connections import Sampler, Watch
from tests.load.events import first, login, logout
from tests.load.fleet import Environment, Fleet
from tests.load.journal import Journal
from tests.load.processes import Holding, holding

_WITHIN_SECONDS: Final = 30.0
_EMAIL, _PASSWORD = "settling@example.com", "settling password"


class UnsettledError(Exception):
    """A store did not come to answer again, or a login was refused."""


class Settling:
    """Has every environment do something that needs both stores, with a user of its own."""

    def __init__(self, fleet: Fleet, sampler: Sampler, journal: Journal) -> None:
        self._fleet = fleet
        self._watches = sampler.postgres, sampler.valkey
        self._journal = journal
        self._user_id = create_user(fleet, _EMAIL, _PASSWORD)

    def holdings(self) -> dict[str, Holding]:
        """Return what each process holds once all are connected to both stores, and idle; a fault if some are not."""
        until = time.monotonic() + _WITHIN_SECONDS
        while (unconnected := self._unconnected()) and time.monotonic() < until:
            for environment in self._fleet.all:
                self._use_both_stores(environment)
        for environment, watch in unconnected:
            self._journal.fault(f"late: {environment.function} is not connected to {watch.store}")
        return {environment.name: holding(environment.pid) for environment in self._fleet.all}

    def _unconnected(self) -> list[tuple[Environment, Watch]]:
        pairs = itertools.product(self._fleet.all, self._watches)
        return [(environment, watch) for environment, watch in pairs if environment.name not in watch.latest]

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
        answer = insist(lambda: door.tell(login(_EMAIL, _PASSWORD)))
        if answer.status != OK:
            raise UnsettledError
        return str(answer.body["session_id"])


def create_user(fleet: Fleet, email: str, password: str) -> str:
    """Return the ID of a new user."""
    (account,) = fleet.of("account")
    body: dict[str, Any] = {"create": email, "password": password}
    return str(account.tell(body).body["user_id"])


def insist(ask: Callable[[], Answer]) -> Answer:
    """Return the first answer that is not an outage.

    Raises:
        UnsettledError: there was none in time.
    """
    until = time.monotonic() + _WITHIN_SECONDS
    while (answer := ask()).status == UNAVAILABLE:
        if time.monotonic() > until:
            raise UnsettledError
    return answer
