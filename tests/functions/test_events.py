"""Every event file, through the real handlers in mock mode."""

import pytest

from tests.events import ADMINS_ONLY, CASES, DENIED_CASES, MOCK_ENVIRONMENT, EventCase, environment_of, outcome
from tests.functions.service import Service, handler_of


@pytest.fixture
def service(service: Service) -> Service:
    """The functions with the settings that the event files are meant for."""
    service.configure(**MOCK_ENVIRONMENT)
    return service


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_event_file_is_answered_as_expected(service: Service, case: EventCase) -> None:
    assert outcome(service.answer(case.function, case.event)) == case.expected


@pytest.mark.parametrize("case", DENIED_CASES, ids=str)
def test_an_authorizer_with_a_policy_answers_the_same_files_by_it(service: Service, case: EventCase) -> None:
    service.configure(**environment_of(ADMINS_ONLY))

    assert outcome(service.answer(case.function, case.event)) == case.expected


def test_every_function_is_loaded_as_lambda_loads_it() -> None:
    assert {case.function for case in CASES} == {
        "Login",
        "Register",
        "Password",
        "Logout",
        "Validate",
        "Sessions",
        "Authorizer",
        "Me",
        "Sweeper",
        "Admin",
        "Migrate",
    }
    assert all(callable(handler_of(case.function)) for case in CASES)


def test_all_events_can_be_answered_by_one_warm_environment(service: Service) -> None:
    """Nothing that one leaves behind changes the next, but for what ends the demo session; only one can go before."""
    enders = ("Password", "Logout")
    cases = sorted(
        (case for case in CASES if case.file != "sessions.end-all.json"),
        key=lambda case: enders.index(case.function) if case.function in enders else -1,
    )

    assert [outcome(service.answer(case.function, case.event)) for case in cases] == [case.expected for case in cases]
