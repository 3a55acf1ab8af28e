"""`make invoke`: every event file through `sam local invoke`, in containers of Lambda's image.

Needs Docker and what `make build` built, hence no name by which pytest would find it among the other tests.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.deployment import StackOptions
from infra.local.stack import LocalStack
from tests.events import ADMINS_ONLY, CASES, DENIED_CASES, EventCase, outcome
from tests.packaging import docker
from tests.packaging.built import HOST, ROOT
from tests.packaging.round_trip import walk_through


@pytest.fixture(scope="session")
def options() -> list[str]:
    """Return what every invocation is told."""
    own_stores = "CreateNetwork=false CreateData=false"
    given = [
        *("--parameter-overrides", f"Architecture={HOST} {own_stores}"),
        *("--add-host", f"{docker.HOST}:host-gateway"),
    ]
    return [*given, "--skip-pull-image"] if docker.has_image() else given


@pytest.fixture(scope="module")
def environment() -> Iterator[Mapping[str, str]]:
    """Start the local stack and return its functions' environment, as a container needs it."""
    with LocalStack(StackOptions(durable=False)) as stack, docker.reachable(stack.environment) as seen:
        yield seen


@pytest.mark.parametrize("case", CASES, ids=str)
def test_sam_local_invoke_answers_an_event_in_mock_mode(case: EventCase, options: list[str]):
    assert outcome(_invoke(case.function, case.path, options)) == case.expected


@pytest.mark.parametrize("case", DENIED_CASES, ids=str)
def test_sam_local_invoke_takes_another_policy_from_a_file_of_variables(case: EventCase, options: list[str]):
    policy = [*options, "--env-vars", str(ADMINS_ONLY)]

    assert outcome(_invoke(case.function, case.path, policy)) == case.expected


def test_a_user_logs_in_and_out_on_the_local_stack(environment: Mapping[str, str], options: list[str], tmp_path: Path):
    event_file, variables = tmp_path / "event.json", tmp_path / "env.json"
    variables.write_text(json.dumps({"Parameters": environment}))

    def invoke(function: str, event: Any) -> Any:
        event_file.write_text(json.dumps(event))
        return _invoke(function, event_file, [*options, "--env-vars", str(variables)])

    walk_through(invoke)


def _invoke(function: str, event: Path, options: list[str]) -> Any:
    """Return the function's answer; what the function logged goes to the tests' output."""
    done = subprocess.run(
        [ROOT / ".venv-sam/bin/sam", "local", "invoke", function, "--event", event, *options],
        cwd=ROOT,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])
