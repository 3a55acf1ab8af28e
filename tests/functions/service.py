"""The functions as Lambda calls them, in mock mode, over stores that are watched and can be stopped."""

import functools
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from session_management.errors import StoreUnavailableError
from session_management.factory import UserManagerFactory
from session_management.managers import mock
from session_management.managers.user_manager import UserManager
from session_management.settings import Settings
from tests.support.contexts import FakeContext

ROOT = Path(__file__).parent.parent.parent
FOLDERS = {
    "Login": "functions/login",
    "Register": "functions/register",
    "Password": "functions/password",
    "Logout": "functions/logout",
    "Validate": "functions/validate",
    "Sessions": "functions/sessions",
    "Authorizer": "functions/authorizer",
    "Me": "functions/me",
    "Sweeper": "functions/sweeper",
    "Admin": "functions/admin",
    "Migrate": "infra/database",
}
_SHORT, _LONG = 10, 300
POSTGRES, REDIS = "postgresql", "redis"
_ADAPTERS = {
    "MemoryUserAdapter": POSTGRES,
    "MemorySessionAdapter": POSTGRES,
    "MemorySweepAdapter": POSTGRES,
    "MemoryCopyAdapter": REDIS,
    "MemoryAttemptAdapter": REDIS,
}

type Handler = Callable[[Any, Any], dict[str, Any]]


class Stores:
    """The two stores of a mock manager: what they were asked, and which of them do not answer."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.down: set[str] = set()
        self.is_tried = True

    def watched(self, store: str, adapter: type) -> Callable[..., Any]:
        """Return what makes an adapter of this kind that is watched."""
        stores = self

        class Watched:
            def __init__(self, *args: Any) -> None:
                self._adapter = adapter(*args)

            def __getattr__(self, name: str) -> Any:
                operation = getattr(self._adapter, name)

                def ask(*args: Any, **kwargs: Any) -> Any:
                    stores.calls.append(f"{store}: {name}")
                    if store in stores.down:
                        raise StoreUnavailableError(store, "it did not answer in time", was_tried=stores.is_tried)
                    return operation(*args, **kwargs)

                return ask

        return Watched


class Service:
    """All functions in one execution environment each; they share the memory of one manager."""

    def __init__(self, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stores = stores
        self._monkeypatch = monkeypatch

    @classmethod
    @contextmanager
    def started(cls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Self]:
        """Start in mock mode with no other setting, over watched stores."""
        for name in [*Settings.FIELDS, "FORCE_MOCK_MODE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_SAM_LOCAL"]:
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("APP_ENV", "test")
        stores = Stores()
        for name, store in _ADAPTERS.items():
            monkeypatch.setattr(mock, name, stores.watched(store, getattr(mock, name)))
        service = cls(stores, monkeypatch)
        service.configure()
        yield service
        UserManagerFactory.clear_cache()

    def configure(self, **variables: str) -> None:
        """Start anew with these settings besides."""
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)
        UserManagerFactory.clear_cache()
        try:
            self.manager.count()
        finally:
            self.stores.calls.clear()

    @property
    def manager(self) -> UserManager:
        """The manager that the functions use."""
        return UserManagerFactory.create()

    def invoke(self, function: str, event: Any) -> Any:
        """Return what the handler returns; it has its usual time."""
        seconds = _LONG if function in ("Sweeper", "Migrate") else _SHORT
        return handler_of(function)(event, FakeContext(seconds=seconds, function=function))

    def answer(self, function: str, event: Any) -> Any:
        """Return what Lambda answers: an exception is its type and message."""
        try:
            return self.invoke(function, event)
        except Exception as error:  # noqa: BLE001 (as Lambda does)
            return {"errorType": type(error).__name__, "errorMessage": str(error)}


@functools.cache
def handler_of(function: str) -> Handler:
    """Return the `lambda_handler` of a function, loaded by its path, as Lambda does: its folder is the root."""
    folder = ROOT / FOLDERS[function]
    spec = importlib.util.spec_from_file_location(f"app_of_{function}", folder / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    handler: Handler = module.lambda_handler
    return handler


def body_of(answer: Mapping[str, Any]) -> Any:
    """Return the JSON in an answer."""
    return json.loads(answer["body"])


def told(answer: Mapping[str, Any]) -> tuple[int, str | None]:
    """Return an answer's status, and the code of the problem, if it is one."""
    return answer["statusCode"], json.loads(answer.get("body") or "{}").get("code")
