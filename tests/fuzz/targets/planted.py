"""A fault on purpose, by which the tests see that the fuzzers find one: it is none of `NAMES`."""

from typing import Final

from session_management.errors import UnauthenticatedError
from session_management.http.requests import Request
from session_management.http.session_ids import presented_session_id
from session_management.settings import Settings
from tests.fuzz.targets.target import Target, text_of

_SETTINGS: Final = Settings.from_environment({"SESSION_ID_AT_REST": "plain"})


def check(data: bytes) -> None:
    """Hold that a session ID has but one letter, as the seed's has, which is wrong."""
    try:
        presented = presented_session_id(Request("GET", {}, (text_of(data),), b"", None), _SETTINGS)
    except UnauthenticatedError:
        return
    assert presented is None or {*presented} == {"d"}


TARGET: Final = Target(check, seeds=(b"__Host-sessionId=" + b"d" * 43,), words=("abc",))
