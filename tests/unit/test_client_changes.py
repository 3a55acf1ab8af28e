"""Whether a session is presented by the client that opened it."""

import ipaddress
from copy import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_management.client_changes import ClientChange, changes_of
from session_management.models import Session, SessionMetadata
from tests.unit.programs import run_program
from tests.unit.test_devices import ANDROID, CHROME, FIREFOX, SAFARI

IP, DEVICE = ClientChange.IP, ClientChange.DEVICE
AT = datetime(2026, 1, 31, tzinfo=UTC)
V4, V6 = "192.0.2.7", "2001:db8:1:2::7"


def changes(session: Session, *, login: SessionMetadata, now: SessionMetadata) -> tuple[ClientChange, ...]:
    """Return what has changed between a login and now."""
    return changes_of(replace(session, ip=login.ip, user_agent=login.user_agent), now)


@pytest.mark.parametrize(
    ("login", "now", "expected"),
    [
        (V4, V4, ()),
        (V4, "192.0.2.255", ()),
        (V4, "192.0.3.7", (IP,)),
        (V4, "193.0.2.7", (IP,)),
        (V6, V6, ()),
        (V6, "2001:db8:1:2:ffff:ffff:ffff:ffff", ()),
        (V6, "2001:0DB8:0001:0002::7", ()),
        (V6, "2001:db8:1:3::7", (IP,)),
        (V4, V6, (IP,)),
        (V6, V4, (IP,)),
        (V4, "::ffff:192.0.2.9", ()),
        ("::ffff:192.0.2.9", "192.0.3.9", (IP,)),
        ("::ffff:192.0.2.9", "::ffff:198.51.100.9", (IP,)),
        ("0.0.0.7", "::7", (IP,)),
    ],
)
def test_an_address_changes_with_its_network(
    session: Session, login: str, now: str, expected: tuple[ClientChange, ...]
) -> None:
    """IPv4 by /24, IPv6 by /64: a lease or a privacy address that is renewed is no other client."""
    assert changes(session, login=SessionMetadata(login), now=SessionMetadata(now)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [(CHROME.format(131), ()), (CHROME.format(140), ()), (FIREFOX, (DEVICE,)), (ANDROID, (DEVICE,)), ("x", (DEVICE,))],
)
def test_a_device_changes_with_its_browser_or_its_system(
    session: Session, now: str, expected: tuple[ClientChange, ...]
) -> None:
    login = SessionMetadata(user_agent=CHROME.format(131))

    assert changes(session, login=login, now=SessionMetadata(user_agent=now)) == expected


@pytest.mark.parametrize("missing", [SessionMetadata(), SessionMetadata("unknown", "")], ids=repr)
def test_what_is_missing_on_either_side_is_no_change(session: Session, missing: SessionMetadata) -> None:
    whole = SessionMetadata(V4, SAFARI)

    assert changes(session, login=missing, now=whole) == ()
    assert changes(session, login=whole, now=missing) == ()


def test_an_address_that_is_none_is_missing(session: Session) -> None:
    """The original application records what it is given."""
    assert changes_of(replace(session, ip="unknown", user_agent=None), SessionMetadata(V4)) == ()


def test_both_may_change_at_once(session: Session) -> None:
    assert changes(session, login=SessionMetadata(V4, SAFARI), now=SessionMetadata(V6, FIREFOX)) == (IP, DEVICE)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_ipv4_networks_are_those_of_the_standard_library(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address
) -> None:
    check_network(str(one), str(other), is_same=other in ipaddress.ip_network(f"{one}/24", strict=False))


@given(st.ip_addresses(v=6), st.integers(0, 2**64))
def test_ipv6_networks_are_those_of_the_standard_library(one: ipaddress.IPv6Address, distance: int) -> None:
    other = ipaddress.IPv6Address((int(one) + distance) % 2**128)
    if one.ipv4_mapped or other.ipv4_mapped:
        return
    check_network(str(one), str(other), is_same=other in ipaddress.ip_network(f"{one}/64", strict=False))


def check_network(one: str, other: str, *, is_same: bool) -> None:
    session = _session(one)
    assert changes_of(session, SessionMetadata(other)) == (() if is_same else (IP,))


@given(st.text() | st.none(), st.text() | st.none(), st.text() | st.none(), st.text() | st.none())
def test_whatever_was_recorded_there_is_an_answer(
    ip: str | None, agent: str | None, now_ip: str | None, now_agent: str | None
) -> None:
    found = changes_of(replace(_session(ip), user_agent=agent), SessionMetadata(now_ip, now_agent))

    assert set(found) <= {IP, DEVICE}


def test_the_usual_request_does_not_load_the_parser_of_user_agents() -> None:
    """It takes half a second: the same client, one that moved, and one whose browser was updated do without it."""
    run_program(f"""
        import sys
        from session_management.client_changes import _is_same_network
        from session_management.devices import is_same_device

        assert is_same_device({CHROME.format(131)!r}, {CHROME.format(131)!r})
        assert is_same_device({CHROME.format(131)!r}, {CHROME.format(140)!r})
        assert not _is_same_network({V4!r}, {V6!r})
        assert "ua_parser" not in sys.modules
    """)


def _session(ip: str | None) -> Session:
    return Session("k", "h", "u", AT, AT, AT, AT, AT, ip=ip)
