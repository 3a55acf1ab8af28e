"""User agents: what people read of them, and what counts as the same device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_management.devices import device_family, device_name, is_same_device

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Safari/605.1.15"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (CHROME.format(131), "Chrome on Windows"),
        (SAFARI, "Safari on iPhone"),
        (FIREFOX, "Firefox on Linux"),
        (MAC, "Safari on macOS"),
        (ANDROID, "Chrome on Android"),
        ("curl/8.17.0", "curl"),
        ("a program of nobody's", "Unknown device"),
        ("", "Unknown device"),
        (None, "Unknown device"),
    ],
)
def test_a_device_has_a_name_that_people_know(user_agent: str | None, name: str) -> None:
    assert device_name(user_agent) == name


def test_an_update_of_the_browser_is_the_same_device() -> None:
    assert CHROME.format(131) != CHROME.format(132)
    assert is_same_device(CHROME.format(131), CHROME.format(132))


@pytest.mark.parametrize("other", [SAFARI, FIREFOX, ANDROID, "curl/8.17.0", None])
def test_another_browser_or_system_is_another_device(other: str | None) -> None:
    assert not is_same_device(CHROME.format(131), other)


@given(st.text(max_size=512))
def test_any_text_has_a_name_and_a_family(user_agent: str) -> None:
    assert device_name(user_agent)
    assert len(device_family(user_agent)) == 2
