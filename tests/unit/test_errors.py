"""The error tree: an outage is never a kind of refusal."""

import pytest

from session_management.errors import (
    CommitUnknownError,
    ConfigurationError,
    InvalidCredentialsError,
    InvalidInputError,
    SessionManagementError,
    StoreUnavailableError,
    UnauthenticatedError,
)


@pytest.mark.parametrize("cannot_tell", [StoreUnavailableError, CommitUnknownError, ConfigurationError])
@pytest.mark.parametrize("refusal", [UnauthenticatedError, InvalidCredentialsError])
def test_cannot_tell_and_no_are_different_branches(
    cannot_tell: type[SessionManagementError], refusal: type[SessionManagementError]
) -> None:
    """P6: whoever catches one does not catch the other."""
    assert not issubclass(cannot_tell, refusal)
    assert not issubclass(refusal, cannot_tell)


def test_a_configuration_error_tells_every_fault() -> None:
    error = ConfigurationError(["A: is not set", "B: is wrong"])

    assert error.faults == ("A: is not set", "B: is wrong")
    assert str(error) == "A: is not set; B: is wrong"


def test_an_unavailable_store_has_a_name_and_a_reason() -> None:
    error = StoreUnavailableError("redis", "it did not answer in time")

    assert (error.store, error.reason, error.was_tried) == ("redis", "it did not answer in time", True)
    assert str(error) == "redis is unavailable: it did not answer in time"


def test_invalid_input_is_a_value_error_to_callers_who_know_only_python() -> None:
    assert issubclass(InvalidInputError, ValueError)


def test_a_commit_of_which_nobody_knows_is_an_outage_to_whoever_does_not_look_again() -> None:
    assert issubclass(CommitUnknownError, StoreUnavailableError)
