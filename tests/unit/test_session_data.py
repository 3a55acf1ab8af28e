"""The value in Redis: what goes in comes out, the original's is read, garbage is believed by nobody."""

import json
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from session_management.models import Session, SessionWithUser, User, UserRole
from session_management.session_data import (
    Fence,
    decode,
    encode_copy,
    encode_revoked,
    encode_stale,
    session_of,
    to_datetime,
    to_ms,
)

ORIGINAL_FIELDS = {"user_id", "created_at", "expires_at", "ip", "user_agent"}

milliseconds = st.integers(0, 7_258_118_400_000).map(
    lambda count: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=count)
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
users = st.builds(
    User,
    id=st.uuids().map(str),
    email=texts,
    role=st.sampled_from(UserRole),
    is_verified=st.booleans(),
    created_at=milliseconds,
    last_login_at=st.none() | milliseconds,
)
sessions = st.builds(
    Session,
    key=st.just("the key"),
    handle=st.just("the handle"),
    user_id=st.uuids().map(str),
    created_at=milliseconds,
    expires_at=milliseconds,
    absolute_expires_at=milliseconds,
    last_activity=milliseconds,
    authenticated_at=milliseconds,
    is_persistent=st.booleans(),
    ip=st.none() | st.ip_addresses().map(str),
    user_agent=st.none() | texts,
)


@given(session=sessions, user=users, checked_at=milliseconds)
def test_a_copy_comes_back_as_it_was_written(session: Session, user: User, checked_at: datetime) -> None:
    session = replace(session, user_id=user.id)
    data = decode(encode_copy(SessionWithUser(session, user), checked_at))

    assert session_of(data, "the key", "the handle") == session
    assert data.user == user
    assert data.checked == checked_at
    assert data.fence is None
    assert data.is_ours


@given(milliseconds)
def test_a_millisecond_survives_being_written_and_read(moment: datetime) -> None:
    assert to_datetime(to_ms(moment)) == moment


def test_times_are_epoch_milliseconds_as_the_original_writes_them(found: SessionWithUser) -> None:
    at = datetime(2026, 1, 31, 9, 30, 0, 123_000, tzinfo=UTC)
    session = replace(found.session, created_at=at, expires_at=at + timedelta(days=7))

    written = json.loads(encode_copy(SessionWithUser(session, found.user), at))

    assert written["created_at"] == 1_769_851_800_123
    assert written["expires_at"] == 1_769_851_800_123 + 604_800_000


def test_a_copy_has_the_originals_fields_under_its_names(found: SessionWithUser) -> None:
    written = json.loads(encode_copy(found, found.session.created_at))

    assert written.keys() >= ORIGINAL_FIELDS
    assert written["ip"] == "192.0.2.7"
    assert written["user_agent"] == "Mozilla/5.0"


def test_a_copy_holds_no_password_hash(found: SessionWithUser) -> None:
    """P5: not even if the record was read with it."""
    user = replace(found.user, hashed_password="$argon2id$canary")

    assert b"canary" not in encode_copy(SessionWithUser(found.session, user), found.session.created_at)


def test_what_the_original_wrote_is_read_and_not_believed_by_itself() -> None:
    value = (
        b'{"user_id":"u1","created_at":1769851800123,"expires_at":1770456600123,"ip":"198.51.100.1","user_agent":"x"}'
    )

    data = decode(value)

    session = session_of(data, "the key", "the handle")
    assert data.user_id == session.user_id == "u1"
    assert (to_ms(session.created_at), to_ms(session.expires_at)) == (1_769_851_800_123, 1_770_456_600_123)
    assert (session.ip, session.user_agent) == ("198.51.100.1", "x")
    assert data.checked is None
    assert not data.is_ours


def test_the_original_may_leave_the_user_agent_out() -> None:
    assert decode(b'{"user_id":"u1","created_at":1,"expires_at":2,"ip":"198.51.100.1"}').user_id == "u1"


def test_a_revoked_fence_is_an_expired_session_to_the_original() -> None:
    written, data = json.loads(encode_revoked()), decode(encode_revoked())

    assert written.keys() >= ORIGINAL_FIELDS
    assert written["expires_at"] == 0
    assert data.fence is Fence.REVOKED
    assert data.checked is None


def test_a_stale_fence_is_a_session_to_the_original_and_holds_no_snapshot(session: Session) -> None:
    written, data = json.loads(encode_stale(session)), decode(encode_stale(session))

    assert written.keys() >= ORIGINAL_FIELDS
    assert written["user_id"] == session.user_id
    assert written["expires_at"] == to_ms(session.expires_at)
    assert "copy" not in written
    assert data.fence is Fence.STALE
    assert data.checked is None


def test_no_two_values_are_alike(found: SessionWithUser) -> None:
    """Compare-and-set must not take a newer value for the older one that it read."""
    at = found.session.created_at
    values = [
        write()
        for write in (lambda: encode_copy(found, at), encode_revoked, lambda: encode_stale(found.session))
        for _ in range(200)
    ]

    assert len(set(values)) == len(values)


def test_what_was_read_remembers_the_very_bytes_that_stood_there(found: SessionWithUser) -> None:
    value = encode_copy(found, found.session.created_at)

    assert decode(value).version == value
    assert decode(b"garbage").version == b"garbage"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
IN_THE_COPY: dict[str, Any] = {
    "checked_at": 1_769_851_800_123,
    "absolute_expires_at": 1_770_456_600_123,
    "last_activity": 1_769_851_800_123,
    "authenticated_at": 1_769_851_800_123,
    "is_persistent": True,
    "email": "ann@example.com",
    "role": "USER",
    "is_verified": True,
    "user_since": 1,
    "last_login_at": None,
}
"""The places of the list by names, in their order."""

GOOD: dict[str, Any] = {
    "user_id": "u1",
    "created_at": 1_769_851_800_123,
    "expires_at": 1_770_456_600_123,
    "ip": None,
    "user_agent": None,
    "copy": list(IN_THE_COPY.values()),
    "nonce": "n",
}


def good_but(name: str, value: object) -> bytes:
    """Return a copy with this value for one field, or in one place."""
    if name in IN_THE_COPY:
        return json.dumps(GOOD | {"copy": list((IN_THE_COPY | {name: value}).values())}).encode()
    return json.dumps(GOOD | {name: value}).encode()


@given(st.binary(max_size=60))
@example(b"")
@example(b"null")
@example(b"[]")
@example(b'"nonce"')
@example(b"{}")
@example(b"\xff\xfe")
@example(b"[" * 100_000)
@example(b'{"user_id":"u","created_at":1e999,"expires_at":1}')
@example(b'{"user_id":"u","created_at":1,"expires_at":' + b"9" * 5_000 + b"}")
def test_garbage_is_data_that_nobody_believes(value: bytes) -> None:
    data = decode(value)

    assert data.checked is None
    assert data.user is None
    assert data.version == value


@given(field=st.sampled_from([*GOOD, *IN_THE_COPY]), value=json_values)
@example("created_at", 10**18)
@example("expires_at", 253_402_300_799_000)
@example("created_at", -(10**15))
@example("absolute_expires_at", "tomorrow")
@example("last_activity", {})
@example("last_activity", 10**400)
@example("checked_at", "now")
@example("checked_at", 10**17)
@example("copy", [])
@example("copy", {name: name for name in IN_THE_COPY})
@example("last_login_at", "never")
def test_whatever_one_field_holds_the_rules_can_go_on(field: str, value: object) -> None:
    """A copy is whole, with instants that can be reckoned with, or it is not believed."""
    data = decode(good_but(field, value))

    session = session_of(data, "key", "handle")
    month = timedelta(days=30)
    instants = session.created_at, session.expires_at, session.last_activity, session.authenticated_at
    for moment in (*instants, data.checked or session.created_at):
        assert moment - month < moment < moment + month


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_id", 2),
        ("is_verified", "false"),
        ("is_verified", 1),
        ("email", ["ann@example.com"]),
        ("role", "ROOT"),
        ("role", ["USER"]),
        ("user_since", True),
        ("user_since", -1),
        ("last_login_at", 2**47),
        ("copy", None),
        ("copy", [*IN_THE_COPY.values(), 1]),
        ("copy", [*IN_THE_COPY.values()][1:]),
        ("copy", IN_THE_COPY),
        ("checked_at", 1_769_851_800_123.0),
        ("expires_at", 1_770_456_600_123.5),
        ("ip", 5),
        ("user_agent", {}),
        ("authenticated_at", "now"),
        ("is_persistent", "false"),
        ("is_persistent", 1),
    ],
)
def test_a_copy_that_we_cannot_have_written_is_not_believed(field: str, value: object) -> None:
    """With a field of another type, or one too few or too many: `"false"` would else verify a user."""
    assert decode(json.dumps(GOOD).encode()).checked
    assert decode(good_but(field, value)).checked is None


@pytest.mark.parametrize("missing", ["nonce", "copy", "ip", "user_agent"])
def test_without_one_of_our_fields_a_copy_is_not_believed(missing: str) -> None:
    fields = {name: value for name, value in GOOD.items() if name != missing}

    assert decode(json.dumps(fields).encode()).checked is None


@pytest.mark.parametrize("missing", ["user_id", "created_at", "expires_at"])
def test_without_one_of_the_originals_fields_it_is_no_session(missing: str) -> None:
    fields = {name: value for name, value in GOOD.items() if name != missing}

    assert decode(json.dumps(fields).encode()).checked is None


def test_a_fence_of_an_unknown_kind_is_not_believed() -> None:
    assert decode(json.dumps(GOOD | {"fence": "frozen"}).encode()).checked is None


def test_a_value_does_not_show_itself_in_logs(found: SessionWithUser) -> None:
    """P5: in plain form the key is the secret, and a value may hold anything."""
    assert "nonce" not in repr(decode(encode_copy(found, found.session.created_at)))
