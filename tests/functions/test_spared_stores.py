"""A request that no store was asked for: there is no other trace of it than one line."""

from typing import Any

import pytest

from session_management.managers.mock import DEMO_SESSION_ID
from tests.functions.service import POSTGRES, Service, told
from tests.support.http_events import http_event
from tests.support.log import Log

BEARER = {"authorization": f"Bearer {DEMO_SESSION_ID}"}


@pytest.mark.parametrize("is_tried", [False, True])
@pytest.mark.parametrize(
    ("function", "event"),
    [
        ("Logout", http_event("POST", headers=BEARER)),
        ("Validate", http_event(headers=BEARER)),
        ("Sessions", http_event(headers=BEARER)),
        ("Sessions", http_event("DELETE", headers=BEARER)),
    ],
)
def test_it_is_logged_once_that_a_store_was_spared(
    service: Service, log: Log, function: str, event: Any, is_tried: bool
) -> None:
    service.stores.down, service.stores.is_tried = {POSTGRES}, is_tried

    assert told(service.invoke(function, event)) == (503, "unavailable")

    lines = [line for line in log.lines if line["message"] == "a request was answered without asking a store"]
    assert [line["store"] for line in lines] == ([] if is_tried else [POSTGRES])
