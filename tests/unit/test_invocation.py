"""Lines of the log say which invocation they belong to."""

import logging

import pytest

from session_management.invocation import InvocationFilter
from tests.support.contexts import FakeContext


def told(invocation: InvocationFilter) -> dict[str, object]:
    """Return what a line that is written now says besides what every line says."""
    record = logging.makeLogRecord({})
    before = set(vars(record))
    assert invocation.filter(record)
    return {name: value for name, value in vars(record).items() if name not in before}


def test_before_the_first_invocation_there_is_nothing_to_say() -> None:
    assert told(InvocationFilter()) == {}


def test_each_line_says_which_invocation_it_belongs_to_and_the_first_are_cold() -> None:
    invocation, first, second = InvocationFilter(), FakeContext(), FakeContext()
    invocation.begin(first)

    assert told(invocation) == told(invocation)
    assert told(invocation) == {
        "cold_start": True,
        "function_name": first.function_name,
        "function_memory_size": first.memory_limit_in_mb,
        "function_arn": first.invoked_function_arn,
        "function_request_id": first.aws_request_id,
    }
    invocation.begin(second)
    assert told(invocation)["cold_start"] is False


def test_what_lambda_keeps_warm_is_never_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")
    invocation = InvocationFilter()
    invocation.begin(FakeContext())

    assert told(invocation)["cold_start"] is False
