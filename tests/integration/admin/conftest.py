"""The doctor over real servers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.factory import UserManagerFactory
from tests.functions.service import Service
from tests.support.servers import server_environment

type Doctor = Callable[..., "Report"]


class Report:
    """What the admin function's doctor answered."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.status: str = answer["status"]
        self.checks: dict[str, dict[str, Any]] = {check["name"]: check for check in answer["checks"]}

    def statuses(self) -> dict[str, str]:
        return {name: check["status"] for name, check in self.checks.items()}

    def of(self, status: str) -> set[str]:
        return {name for name, found in self.statuses().items() if found == status}


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Doctor]:
    """Ask the doctor: (**settings), in production mode over the servers."""
    with Service.started(monkeypatch) as service:

        def ask(**variables: str) -> Report:
            for name, value in server_environment(postgres, valkey, **variables).items():
                monkeypatch.setenv(name, value)
            UserManagerFactory.clear_cache()
            return Report(service.invoke("Admin", {"command": "doctor"}))

        yield ask
