"""Logins that fail, each for another reason: whole calls of the function, over real servers, under a stopwatch."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import pytest

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, UserStatus
from session_management.passwords import hash_password
from tests.benchmarks.unheard import unheard
from tests.functions.service import Service, told
from tests.support.http_events import http_event
from tests.support.servers import postgres_client, server_environment

_RIGHT, _WRONG = "nine umbrellas under one moon", "nine umbrellas under two moons"


@dataclass(frozen=True, slots=True)
class Case:
    """Who logs in, and the password that is sent."""

    password: str = _RIGHT
    is_known: bool = True
    has_password: bool = True
    is_verified: bool = True
    is_disabled: bool = False


WRONG_PASSWORD: Final = "wrong password"
PATHS: Final = {
    WRONG_PASSWORD: Case(_WRONG),
    "another's": Case(_WRONG),  # the same once more: what differs here, the machine made differ
    "unknown email": Case(is_known=False),
    "no password": Case(has_password=False),
    "disabled": Case(is_disabled=True),
    "unverified": Case(is_verified=False),
}
"""By what is wrong, each alone."""

_REFUSED: Final = (401, "invalid_credentials")


class FailingLogins:
    """The login function in one execution environment, where a login needs a verified email.

    Each round has users of its own, and each login an address of its own, so that no limit on failed logins is met.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._hashed = hash_password(_RIGHT)

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """Start PostgreSQL and Valkey, with the newest schema, and a service in production mode over them."""
        with EmbeddedPostgres() as postgres, EmbeddedValkey() as valkey:
            with postgres_client(postgres) as client:
                migrate(client, read_migrations())
            with pytest.MonkeyPatch.context() as monkeypatch, Service.started(monkeypatch) as service:
                service.configure(**server_environment(postgres, valkey, LOGIN_REQUIRES_VERIFIED="true"))
                yield cls(service)

    @property
    def manager(self) -> UserManager:
        """The manager that the function uses."""
        return self._service.manager

    def prepare(self, number: int) -> None:
        """Make the users of round *number*."""
        manager = self.manager
        for path, case in PATHS.items():
            if case.is_known:
                hashed = self._hashed if case.has_password else None
                data = CreateUserData(email_of(path, number), hashed_password=hashed, is_verified=case.is_verified)
                user = manager.create(data)
                if case.is_disabled:
                    manager.update(user.id, {"status": UserStatus.DISABLED})

    def seconds(self, path: str, number: int) -> float:
        """Return how long the login on *path* of round *number* takes, from the event to the answer.

        Raises:
            RuntimeError: it is not refused as a wrong password is.
        """
        event = _event(path, number)
        with unheard():
            begun = time.perf_counter()
            answer = self._service.invoke("Login", event)
            passed = time.perf_counter() - begun
        if told(answer) != _REFUSED:
            raise RuntimeError(f"{path}: {answer}")
        return passed


def email_of(path: str, number: int) -> str:
    """Return the email of the login on *path* of round *number*."""
    return f"{_index_of(path)}-{number}@example.com"


def _event(path: str, number: int) -> dict[str, Any]:
    body = {"email": email_of(path, number), "password": PATHS[path].password}
    event = http_event("POST", headers={"content-type": "application/json"}, body=body)
    event["requestContext"]["http"]["sourceIp"] = f"2001:db8:{_index_of(path):x}:{number:x}::1"
    return event


def _index_of(path: str) -> int:
    return list(PATHS).index(path)
