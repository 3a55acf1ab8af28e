"""Every event file is answered by the function that was built, in mock mode, as on `sam local`."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.events import (
    ADMINS_ONLY,
    CASES,
    DENIED_CASES,
    EVENTS,
    MOCK_ENVIRONMENT,
    EventCase,
    environment_of,
    outcome,
)
from tests.packaging.conftest import StartFunction
from tests.packaging.emulator import LambdaEmulator

type Function = Callable[[str], LambdaEmulator]

SAM_LOCAL = {"AWS_SAM_LOCAL": "true"}


@pytest.fixture(scope="module")
def function(start: StartFunction) -> Function:
    """Return a function by its logical ID, started when it is first asked for and kept warm."""
    return cache(lambda name: start(name, {**MOCK_ENVIRONMENT, **SAM_LOCAL}))


@pytest.fixture(scope="module")
def admins_only(start: StartFunction) -> LambdaEmulator:
    """The authorizer's code, deployed for administrators alone."""
    return start("Authorizer", {**environment_of(ADMINS_ONLY), **SAM_LOCAL})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_built_function_answers_its_event(case: EventCase, function: Function):
    answer = function(case.function).invoke(case.event)

    assert outcome(answer) == case.expected


@pytest.mark.parametrize("case", DENIED_CASES, ids=str)
def test_the_same_built_authorizer_has_another_policy_by_its_variables(case: EventCase, admins_only: LambdaEmulator):
    assert outcome(admins_only.invoke(case.event)) == case.expected


def test_every_event_file_has_its_case():
    assert sorted(path.name for path in EVENTS.glob("*.json")) == sorted(case.file for case in CASES)


@pytest.mark.parametrize("name", ["Login", "Register", "Password", "Logout", "Validate", "Sessions"])
def test_a_deployed_function_never_runs_mock(name: str, start: StartFunction):
    case = next(case for case in CASES if case.function == name)

    answer = start(name, MOCK_ENVIRONMENT).invoke(case.event)

    assert outcome(answer)["code"] == "unavailable"


def test_a_deployed_authorizer_never_runs_mock(start: StartFunction):
    case = next(case for case in CASES if case.function == "Authorizer")

    answer = start("Authorizer", MOCK_ENVIRONMENT).invoke(case.event)

    assert outcome(answer)["error"] != "Unauthorized"
