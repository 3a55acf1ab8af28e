"""`make bench-cold`: how much longer than Python itself a fresh environment takes until its first answer.

What is run is what `sam build` puts into the layer and the functions, in an interpreter that has the packages of
Lambda's runtime and no others. What is measured is the processor's time of that process, from its start to its first
answer: the import of the handler's module, and the answer with the connections that it opens, handshakes included.
Waiting takes no processor's time: so neither the stores' work is in it, nor what else the machine does. The session, or
the user, is there already. What Python does at its end is in the bare `-c pass` alone.

With `--beside REVISION` another commit is built as well, and its functions are measured in the same rounds.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from infra.database.migrate import migrate, read_migrations
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.factory import UserManagerFactory
from session_management.models import CreateUserData, SessionMetadata
from session_management.settings import Settings
from tests.benchmarks.benchmark import Benchmark, run, say
from tests.benchmarks.measuring import Operation, Pair
from tests.packaging.built import HOST, LAYER, ROOT, Built
from tests.packaging.built import run as run_command
from tests.packaging.emulator import LAMBDA_PYTHON, runtime_environment
from tests.packaging.execution import Execution
from tests.support.http_events import http_event
from tests.support.servers import postgres_client, server_environment

BARE: Final = "python -c pass"
AUTHORIZER: Final = "authorizer"
LOGIN: Final = "login, without the hash"
UNDER_CLIENT: Final = "runtime client: authorizer"
_ANCHORS: Final = {
    "Powertools' Logger and redis": "from aws_lambda_powertools import Logger; import redis; import os; os._exit(0)",
    "those, pg8000 and pydantic": "from aws_lambda_powertools import Logger; import redis, pg8000.native, pydantic;"
    " pydantic.create_model('Model', field=int); import os; os._exit(0)",
}
_BOUNDS: Final = {AUTHORIZER: (10, 13), LOGIN: (16, 20)}
_FIRST_ANSWER: Final = Path(__file__).parent / "first_answer.py"
_PASSWORD: Final = "nine umbrellas under one moon"
_CLIENT: Final = SessionMetadata(ip="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
_HALF: Final = 0.5
_FUNCTIONS: Final = ("Authorizer", "Validate", "Login")

type Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Functions:
    """What is built of a commit, and the environment that its functions have; *suffix* tells commits apart."""

    built: Built
    environment: Mapping[str, str]
    suffix: str = ""

    def operations(self, events: Mapping[str, Event]) -> Iterator[Operation]:
        """Yield a cold start of each function that *events* are for, and of the authorizer under the runtime client."""
        for name, event in events.items():
            function = name.partition(",")[0].capitalize()
            program = [str(_FIRST_ANSWER), json.dumps(event)]
            target, limit = (None, None) if self.suffix else _BOUNDS.get(name, (None, None))
            start = partial(_processor_seconds, program, self._environment_of(function))
            yield Operation(f"{name}{self.suffix}", start, target, limit, tells_seconds=True)
        first = partial(self._seconds_to_first_answer, events[AUTHORIZER])
        yield Operation(f"{UNDER_CLIENT}{self.suffix}", first, tells_seconds=True)

    def anchors(self) -> Iterator[Operation]:
        """Yield what Python and packages of the layer take by themselves."""
        for name, program in {BARE: "pass", **_ANCHORS}.items():
            start = partial(_processor_seconds, ["-c", program], self._environment_of("Authorizer"))
            yield Operation(name, start, tells_seconds=True)

    def _environment_of(self, function: str) -> dict[str, str]:
        return {**runtime_environment(self.built.function(function), self.built.layer), **self.environment}

    def _seconds_to_first_answer(self, event: Event) -> float:
        with Execution(self.built.function("Authorizer"), self.built.layer, self.environment) as execution:
            answer = execution.initialised.invoke(event)
            if not answer.get("isAuthorized"):
                raise RuntimeError(f"no session is answered: {answer}\n{execution.log()}")
            seconds: float = execution.initialised.invoke({"ask": "seconds"})
            return seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure it as the command line asks."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--beside", metavar="REVISION")
    asked, others = parser.parse_known_args(arguments)
    run(benchmark(asked.beside), others)


def benchmark(beside: str | None = None) -> Benchmark:
    """Return what is measured, with the same of another commit if one is named."""
    pairs = []
    if beside:
        half = Pair(f"{UNDER_CLIENT}, to that of {beside}", UNDER_CLIENT, f"{UNDER_CLIENT}, {beside}", _HALF, _HALF)
        alike = (Pair(f"{name}, to that of {beside}", name, f"{name}, {beside}") for name in _BOUNDS)
        pairs = [*alike, half]
    return Benchmark(
        name="bench-cold",
        about="How much longer than Python itself does a fresh environment take until its first answer?"
        " (--beside REVISION measures another commit, too)",
        started=partial(started, beside),
        reference=BARE,
        calls=1,
        rounds=40,
        pairs=pairs,
        may_count=False,
    )


@contextmanager
def started(beside: str | None = None) -> Iterator[list[Operation]]:
    """Build the functions, and start both stores with a user and a session whose copy is hot."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres() as postgres,
        EmbeddedValkey() as valkey,
    ):
        with postgres_client(postgres) as client:
            migrate(client, read_migrations())
        # As long as there may be: what is measured is the hot copy.
        believed = {"SESSION_REVALIDATE_SECONDS": "890", "SESSION_STALE_IF_ERROR_SECONDS": "5"}
        environment = server_environment(postgres, valkey, DATABASE_POOLER="none", **believed)
        events = _events(environment)
        say("Building what is measured...\n")
        functions = [_Functions(_build(ROOT, Path(folder) / "now"), environment)]
        if beside:
            with _checked_out(beside, Path(folder) / "source") as source:
                functions.append(_Functions(_build(source, Path(folder) / "then"), environment, f", {beside}"))
        yield [*functions[0].anchors(), *(operation for one in functions for operation in one.operations(events))]


@contextmanager
def _checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """Give the files of a commit, in a work tree of their own."""
    git = partial(subprocess.run, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    git(["git", "worktree", "add", "--quiet", "--detach", folder, revision])
    try:
        yield folder
    finally:
        git(["git", "worktree", "remove", "--force", folder])


def _build(source: Path, folder: Path) -> Built:
    """Build the layer by its makefile, and take the functions' folders as they are: SAM does no more."""
    layer = folder / LAYER
    layer.mkdir(parents=True)
    run_command(
        ["make", "-C", source / "shared", "-f", f"platforms/{HOST}/Makefile", "build-SessionLayer"],
        ARTIFACTS_DIR=str(layer),
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    )
    for name in _FUNCTIONS:
        shutil.copytree(source / "functions" / name.lower(), folder / name)
    return Built(folder)


def _events(environment: Mapping[str, str]) -> dict[str, Event]:
    """Make a user with a session, and return what is asked of each function."""
    manager = UserManagerFactory.create(Settings.from_environment(environment))
    user = manager.create(CreateUserData("ann@example.com", password=_PASSWORD, is_verified=True))
    session_id = manager.create_session(user.id, _CLIENT, 604_800)
    UserManagerFactory.clear_cache()
    validation = _from_client(http_event("GET", headers=_headers(authorization=f"Bearer {session_id}")))
    arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/$default/GET/orders"
    body = {"email": user.email, "password": _PASSWORD, "transport": "bearer"}
    headers = _headers(**{"content-type": "application/json"})
    return {
        AUTHORIZER: {**validation, "type": "REQUEST", "routeArn": arn},
        "validate": validation,
        LOGIN: _from_client(http_event("POST", headers=headers, body=body)),
    }


def _headers(**headers: str) -> dict[str, str]:
    return {**headers, "user-agent": _CLIENT.user_agent or ""}


def _from_client(event: Event) -> Event:
    event["requestContext"]["http"]["sourceIp"] = _CLIENT.ip
    return event


def _processor_seconds(program: Sequence[str], environment: Mapping[str, str]) -> float:
    """Return the processor's time of a fresh interpreter that runs *program*, its arguments."""
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [LAMBDA_PYTHON, *program], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            raise RuntimeError(f"{program} failed:\n{log.read()}")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
