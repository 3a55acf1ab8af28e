"""Who sent a request: the address that connected, unless proxies of ours are named that stand before the door."""

import pytest

from session_management.http.clients import client_of
from session_management.http.requests import read_request
from session_management.settings import Settings
from tests.support.http_events import a_request, http_event

CONNECTED = "192.0.2.7"
SETTINGS = Settings.from_environment({})


def test_a_session_records_where_the_request_came_from() -> None:
    client = client_of(a_request(headers={"user-agent": "Firefox"}), SETTINGS)

    assert (client.ip, client.user_agent) == (CONNECTED, "Firefox")


def test_a_forged_forwarded_for_changes_nothing() -> None:
    request = a_request(headers={"x-forwarded-for": f"198.51.100.1, {CONNECTED}"})

    assert client_of(request, SETTINGS).ip == CONNECTED


@pytest.mark.parametrize(
    ("hops", "forwarded_for", "expected"),
    [
        (1, "198.51.100.1, 192.0.2.7", "198.51.100.1"),
        (1, "203.0.113.9, 198.51.100.1, 192.0.2.7", "198.51.100.1"),
        (2, "203.0.113.9, 198.51.100.1, 192.0.2.7", "203.0.113.9"),
        (2, "10.0.0.1 , 203.0.113.9\t,198.51.100.1,192.0.2.7", "203.0.113.9"),
        (1, "2001:DB8::7, 192.0.2.7", "2001:db8::7"),
        (0, "198.51.100.1, 192.0.2.7", CONNECTED),
    ],
)
def test_the_client_is_whom_the_outermost_trusted_proxy_saw(hops: int, forwarded_for: str, expected: str) -> None:
    """What stands further left is what the client says of itself."""
    assert ip_of(hops, forwarded_for) == expected


@pytest.mark.parametrize(
    ("hops", "forwarded_for"),
    [
        (1, "198.51.100.1"),  # as a function URL passes on what the client sent
        (1, "198.51.100.1, 203.0.113.9"),
        (1, "192.0.2.7"),
        (2, "198.51.100.1, 192.0.2.7"),
        (1, "unknown, 192.0.2.7"),
        (1, "198.51.100.1:443, 192.0.2.7"),
        (1, "198.51.100.1, 192.0.2.7,"),
        (1, ", 192.0.2.7"),
        (1, ""),
    ],
)
def test_a_header_that_does_not_show_the_proxies_is_not_believed(hops: int, forwarded_for: str) -> None:
    assert ip_of(hops, forwarded_for) == CONNECTED


def test_without_the_header_the_client_is_who_connected() -> None:
    assert client_of(a_request(), behind(1)).ip == CONNECTED


@pytest.mark.parametrize("source_ip", [None, 5, True, 1.5, [], {}, "x"], ids=repr)
@pytest.mark.parametrize("hops", [0, 1])
def test_an_address_that_is_none_is_not_recorded(source_ip: object, hops: int) -> None:
    event = http_event(headers={"x-forwarded-for": "198.51.100.1, x"})
    event["requestContext"]["http"]["sourceIp"] = source_ip

    assert client_of(read_request(event), behind(hops)).ip is None


# --- Behind the edge ----------------------------------------------------------------------------

SECRET, VIEWER = "n" * 32, "198.51.100.9"


@pytest.mark.parametrize(("said", "expected"), [(VIEWER, VIEWER), ("2001:DB8::7", "2001:db8::7")])
def test_whom_the_edge_saw_is_the_client(said: str, expected: str) -> None:
    """ASVS 4.1.3."""
    assert behind_the_edge({"x-origin-secret": SECRET, "x-viewer-address": said}) == expected


@pytest.mark.parametrize("said", [None, "", "unknown", f"{VIEWER}:443", f"{VIEWER}, {VIEWER}", " "])
def test_an_edge_that_names_nobody_is_the_client_itself(said: str | None) -> None:
    headers = {} if said is None else {"x-viewer-address": said}

    assert behind_the_edge({"x-origin-secret": SECRET, **headers}) == CONNECTED


@pytest.mark.parametrize("proof", [{}, {"x-origin-secret": "x" * 32}, {"x-origin-secret": ""}])
def test_nobody_who_does_not_prove_to_be_the_edge_names_the_client(proof: dict[str, str]) -> None:
    """An authorizer of another API is asked past the edge, too, where anybody can send the header. ASVS 4.1.3."""
    assert behind_the_edge({"x-viewer-address": VIEWER, **proof}) == CONNECTED


def test_without_a_secret_there_is_no_edge_to_believe() -> None:
    assert client_of(a_request(headers={"x-viewer-address": VIEWER, "x-origin-secret": ""}), SETTINGS).ip == CONNECTED


def test_what_comes_through_the_edge_is_told_by_no_other_proxy() -> None:
    """X-Forwarded-For is passed on by the edge, and its left is the client's to choose."""
    headers = {"x-forwarded-for": f"203.0.113.9, {CONNECTED}"}

    assert behind_the_edge({"x-origin-secret": SECRET, **headers}, hops=1) == CONNECTED
    assert behind_the_edge({"x-origin-secret": SECRET, "x-viewer-address": VIEWER, **headers}, hops=1) == VIEWER
    assert behind_the_edge({"x-viewer-address": VIEWER, **headers}, hops=1) == "203.0.113.9"


def behind_the_edge(headers: dict[str, str], hops: int = 0) -> str | None:
    settings = Settings.from_environment({"ORIGIN_SECRET": SECRET, "TRUSTED_PROXY_HOPS": str(hops)})
    return client_of(a_request(headers=headers), settings).ip


def ip_of(hops: int, forwarded_for: str) -> str | None:
    return client_of(a_request(headers={"x-forwarded-for": forwarded_for}), behind(hops)).ip


def behind(hops: int) -> Settings:
    return Settings.from_environment({"TRUSTED_PROXY_HOPS": str(hops)})
