"""The functions in this process, in production mode, before real stores that are reached over a bad network."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management import factory
from session_management.factory import UserManagerFactory
from session_management.models import CreateUserData, SessionMetadata
from session_management.settings import Settings
from session_management.tokens import handle_of
from tests.conftest import MakeEnvironment
from tests.functions.service import handler_of
from tests.integration.failures.rows import END_ONE, NO_COPY, OLD_COPY, POSTGRES, PRESENTED, REDIS, UNKNOWN
from tests.integration.lambda_life.conftest import EMAIL, PASSWORD
from tests.integration.lambda_life.requests import DONE, event_for, outcome
from tests.support.contexts import FakeContext
from tests.support.log import Log
from tests.support.managers import Environment
from tests.support.relay import Relay
from tests.support.servers import server_environment

TIME_OUTS = {
    POSTGRES: ("DATABASE_TIMEOUT_MS", "DATABASE_CONNECT_TIMEOUT_MS"),
    REDIS: ("REDIS_TIMEOUT_MS", "REDIS_CONNECT_TIMEOUT_MS"),
}
WAIT_MS = 300
"""What a silent store costs these tests each time; the settings' own defaults are longer."""
PATIENT_MS = 10_000
"""How long a store is waited for that is not silent, so that a busy machine does not make it look silent."""


@dataclass(frozen=True)
class Told:
    """What came of one request: its answer, how long it took, the stores' warnings and metrics, with the store."""

    answer: object
    seconds: float
    lines: list[tuple[str, str]]
    metrics: list[tuple[str, str]]


class Functions:
    """One execution environment of each function; another environment opens sessions for them."""

    def __init__(
        self,
        *,
        relays: dict[str, Relay],
        env: Environment,
        keys: redis.Redis,
        capsys: pytest.CaptureFixture[str],
        deployed: pytest.MonkeyPatch,
        log: Log,
    ) -> None:
        self.relays = relays
        self.clock = env.clock
        self._env = env
        self._keys = keys
        self._capsys = capsys
        self._deployed = deployed
        self._log = log

    def prepare(self, function: str, finds: str, *, is_warm: bool) -> Any:
        """Return the event to send; with `is_warm`, over connections that have been used."""
        session_id = self._log_in()
        if function == "sweeper":
            self._env.manager.delete_session(session_id)
        if is_warm:
            used = self._log_in() if function == "logout" else session_id
            event = self._event_for(function, used)
            # Without a copy, every function asks both stores.
            self._keys.flushall()
            assert self.ask(function, event).answer == DONE[function]
        if is_warm and function == "password":
            self._env.manager.change_password(self._ann, PASSWORD)
            session_id = self._log_in()
        event = self._event_for(function, "A" * 43 if finds == UNKNOWN else session_id)
        if finds == NO_COPY:
            self._keys.flushall()
        if finds == OLD_COPY:
            self.clock.advance(60)
        if finds == PRESENTED:
            event["headers"]["authorization"] = f"Bearer {session_id}"
        return event

    def ask(self, function: str, event: Any, *, seconds: float | None = None) -> Told:
        """Send one request, in its usual time or so many seconds; each registration is of somebody else."""
        if function == "register":
            event = event_for(function, "")
        self._capsys.readouterr()
        lines_before = len(self._log.lines)
        began = time.monotonic()
        answer = self._invoke(function, event, seconds or (300 if function in ("sweeper", "migrate") else 10))
        taken = time.monotonic() - began
        told = self._log.lines[lines_before:]
        lines = [line for line in told if line["level"] in ("WARNING", "ERROR") and "store" in line]
        return Told(answer, taken, [(line["message"], line["store"]) for line in lines], self._metrics())

    def wait(self, milliseconds: int, *stores: str) -> None:
        """Have environments that wait so long for these *stores*, with nothing opened yet."""
        for name, value in time_outs(milliseconds, *stores).items():
            self._deployed.setenv(name, value)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have environments that never handled a request, with breakers that know of no failure."""
        UserManagerFactory.clear_cache()

    def _event_for(self, function: str, session_id: str) -> Any:
        """Return the event, which names another session by its handle where one is to be ended so."""
        return event_for(function, session_id, handle_of(self._log_in()) if function == END_ONE else "")

    def _invoke(self, function: str, event: Any, seconds: float) -> object:
        name = function.partition(",")[0]
        context = FakeContext(seconds=seconds, function=name)
        try:
            return outcome(handler_of(name.capitalize())(event, context))
        except Exception as error:  # noqa: BLE001 (as Lambda does)
            return str(error) if str(error) == "Unauthorized" else type(error).__name__

    def _metrics(self) -> list[tuple[str, str]]:
        documents = [json.loads(line) for line in self._capsys.readouterr().out.splitlines() if '"_aws"' in line]
        return [
            (metric["Name"], document["store"])
            for document in documents
            for directive in document["_aws"]["CloudWatchMetrics"]
            for metric in directive["Metrics"]
            if "store" in document
        ]

    @property
    def _ann(self) -> str:
        found = self._env.manager.find_by_email(EMAIL)
        assert found
        return found.id

    def _log_in(self) -> str:
        return self._env.manager.log_in(EMAIL, PASSWORD, SessionMetadata()).session_id


@pytest.fixture
def relays(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[dict[str, Relay]]:
    """The way to each store."""
    with Relay(postgres.port) as to_postgres, Relay(valkey.port) as to_valkey:
        yield {POSTGRES: to_postgres, REDIS: to_valkey}


@pytest.fixture
def settings(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, relays: dict[str, Relay]) -> dict[str, str]:
    """The functions' settings, by which they reach the stores over the relays, and are patient with both."""
    settings = server_environment(postgres, valkey)
    settings["DATABASE_URL"] = settings["DATABASE_URL"].replace(f":{postgres.port}/", f":{relays[POSTGRES].port}/")
    settings["REDIS_URL"] = settings["REDIS_URL"].replace(f":{valkey.port}/", f":{relays[REDIS].port}/")
    return settings | {"REGISTRATION": "open"} | time_outs(PATIENT_MS, POSTGRES, REDIS)


def time_outs(milliseconds: int, *stores: str) -> dict[str, str]:
    """Return the settings by which these *stores* are waited for so long."""
    return {name: str(milliseconds) for store in stores for name in TIME_OUTS[store]}


@pytest.fixture
def deployed(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], fresh_factory: type[UserManagerFactory]
) -> pytest.MonkeyPatch:
    """Let the functions find the settings, and nothing else, with nothing opened yet; return what changes them."""
    for name in [*Settings.FIELDS, "FORCE_MOCK_MODE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_SAM_LOCAL"]:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def env(make_environment: MakeEnvironment, monkeypatch: pytest.MonkeyPatch, cheap_passwords: None) -> Environment:
    """An environment that reaches the stores directly, on the functions' clock, and Ann."""
    env = make_environment()
    env.manager.create(CreateUserData(email=EMAIL, password=PASSWORD))
    monkeypatch.setattr(factory, "_CLOCK", env.clock)
    return env


@pytest.fixture
def functions(
    deployed: pytest.MonkeyPatch,
    env: Environment,
    relays: dict[str, Relay],
    keys: redis.Redis,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Functions]:
    """The functions, in a fresh environment."""
    with Log.captured() as log:
        yield Functions(relays=relays, env=env, keys=keys, capsys=capsys, deployed=deployed, log=log)
