"""The values: they hold only what both stores can hold, and show no secret."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from session_management.models import CreateUserData, LogIn, SessionMetadata, SessionWithUser, User, UserRole
from session_management.tokens import new_session_id


@pytest.mark.parametrize(
    ("given_ip", "kept"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:192.0.2.7", "::ffff:c000:207"),
        (None, None),
        ("", None),
        ("unknown", None),
        ("192.0.2.7, 198.51.100.1", None),
        ("192.0.2.7:443", None),
        ("192.0.2.07", None),
        ("fe80::1%eth0", "fe80::1"),
        ("fe80::1%\r\n", "fe80::1"),
    ],
)
def test_metadata_keep_an_address_and_nothing_else(given_ip: str | None, kept: str | None) -> None:
    ip = SessionMetadata(ip=given_ip).ip

    assert (ip and ipaddress.ip_address(ip)) == (kept and ipaddress.ip_address(kept))


def test_a_user_agent_is_cut_to_512_characters() -> None:
    assert SessionMetadata(user_agent="é" * 10_000).user_agent == "é" * 512


@pytest.mark.parametrize("form", ["{}", "curl {} x", "\r\n{}\x00", "sessionId={};", "a-{}_b", "x " * 250 + "{}"])
def test_a_user_agent_keeps_no_session_id(form: str) -> None:
    """P5: not a part of one either, where it is cut."""
    session_id = new_session_id()
    kept = SessionMetadata(user_agent=form.format(session_id)).user_agent or ""

    assert session_id[:8] not in kept
    assert "[hidden]" in kept


def test_a_user_agent_that_a_browser_sends_is_kept_whole() -> None:
    sent = (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari"
    )

    assert SessionMetadata(user_agent=sent).user_agent == sent


@given(st.text() | st.none())
@example("a\r\nSet-Cookie: b")
@example("\x00")
@example("\ud800")
@example("\x85\u2028")
def test_a_user_agent_is_something_that_every_store_and_log_can_hold(text: str | None) -> None:
    kept = SessionMetadata(user_agent=text).user_agent

    assert kept is None or 1 <= len(kept) <= 512
    assert not any(character in (kept or "") for character in "\x00\r\n\x1b\x7f")
    (kept or "").encode()


@given(st.text())
def test_an_address_is_something_that_postgresqls_inet_can_hold(text: str) -> None:
    ip = SessionMetadata(ip=text).ip

    assert ip is None or "%" not in str(ipaddress.ip_address(ip))


def test_secrets_do_not_show(found: SessionWithUser) -> None:
    """P5: a value in a log line or a traceback gives nothing away."""
    values = [
        LogIn("canary-session-id", found.session, found.user),
        CreateUserData("ann@example.com", password="canary-password"),
        CreateUserData("ann@example.com", hashed_password="$argon2id$canary"),
        User("id", "ann@example.com", UserRole.USER, True, found.user.created_at, hashed_password="$argon2id$canary"),
    ]

    assert "canary" not in repr(values)


def test_where_ids_are_plain_the_key_is_the_secret_and_does_not_show(found: SessionWithUser) -> None:
    assert found.session.key not in repr(found).replace(f"handle={found.session.handle!r}", "")


def test_values_cannot_be_changed(found: SessionWithUser) -> None:
    with pytest.raises(AttributeError):
        found.user.role = UserRole.USER  # type: ignore[misc]


def test_roles_are_user_and_admin() -> None:
    assert {*UserRole} == {"USER", "ADMIN"}
