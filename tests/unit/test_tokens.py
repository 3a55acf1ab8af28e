"""Session IDs: random, recognised by their form, named by their digest."""

import hashlib

import pytest

from session_management.tokens import AtRest, SessionNames, handle_of, handle_of_record, new_session_id


def test_a_session_id_carries_256_bits_in_43_url_safe_characters() -> None:
    """ASVS 7.2.3, NIST SP 800-63B-4, 5.1."""
    session_id = new_session_id()

    assert len(session_id) == 43
    assert session_id.replace("-", "").replace("_", "").isalnum()
    assert session_id.isascii()


def test_a_session_id_is_made_of_32_bytes_of_the_operating_systems_randomness(monkeypatch: pytest.MonkeyPatch) -> None:
    """ASVS 7.2.3, NIST SP 800-63B-4, 5.1."""
    monkeypatch.setattr("secrets.token_bytes", lambda count: b"\xff" * count)

    assert new_session_id() == "_" * 42 + "8"


def test_no_session_id_comes_twice() -> None:
    """ASVS 7.2.3."""
    assert len({new_session_id() for _ in range(10_000)}) == 10_000


def test_a_new_session_id_is_of_the_form_that_is_accepted() -> None:
    assert all(SessionNames().key_of(new_session_id()) for _ in range(100))


def test_a_handle_is_the_sha256_in_hex() -> None:
    session_id = new_session_id()

    assert handle_of(session_id) == hashlib.sha256(session_id.encode()).hexdigest()


def test_at_rest_a_session_is_named_by_its_handle() -> None:
    """P5: the stores never hold the secret."""
    names, session_id = SessionNames("digest"), new_session_id()

    key = names.key_of(session_id)

    assert key == handle_of(session_id)
    assert names.handle_of_key(handle_of(session_id)) == handle_of(session_id)
    assert names.handle_of_presented(handle_of(session_id)) == handle_of(session_id)


def test_beside_the_original_a_session_is_named_by_its_id_and_shown_by_its_handle() -> None:
    names, session_id = SessionNames("plain"), new_session_id()

    assert names.key_of(session_id) == session_id
    assert names.handle_of_key(session_id) == handle_of(session_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 42,
        "a" * 44,
        "a" * 10_000,
        "a" * 42 + "=",
        "a" * 42 + "é",
        "a" * 42 + "\n",
        "a" * 43 + "\n",
        "\n" + "a" * 43,
        "a" * 42 + "\x00",
        "a" * 42 + "\ud800",
        "a" * 42 + "٣",
        "a" * 42 + "'",
        " " + "a" * 42,
        "../" + "a" * 40,
    ],
    ids=repr,
)
def test_what_no_session_id_looks_like_has_no_key(text: str) -> None:
    """P7: such a thing costs no store call."""
    assert SessionNames("digest").key_of(text) is None


@pytest.mark.parametrize(("length", "is_accepted"), [(15, False), (16, True), (43, True), (255, True), (256, False)])
def test_the_originals_ids_may_be_of_any_length_that_its_column_holds(length: int, is_accepted: bool) -> None:
    assert (SessionNames("plain").key_of("k" * length) is not None) is is_accepted


@pytest.mark.parametrize("at_rest", ["digest", "plain"])
def test_a_line_break_after_an_id_is_not_overlooked(at_rest: AtRest) -> None:
    assert SessionNames(at_rest).key_of(new_session_id() + "\n") is None


def test_while_plain_sessions_are_taken_in_the_originals_ids_are_named_by_their_handles_too() -> None:
    names, of_the_original = SessionNames("digest", takes_plain=True), "3f1e5f0a-9f5c-4c8e-8f66-0d8d5a3e2b11"

    assert names.key_of(of_the_original) == handle_of(of_the_original)
    assert SessionNames("digest").key_of(of_the_original) is None


def test_a_record_is_shown_by_the_same_handle_in_whichever_form_it_is_kept() -> None:
    """P5: rows that were kept in plain form before a switch are listed, too."""
    session_id = new_session_id()

    assert handle_of_record(session_id) == handle_of(session_id)
    assert handle_of_record(handle_of(session_id)) == handle_of(session_id)


def test_a_record_is_current_in_the_form_that_is_kept_now() -> None:
    session_id = new_session_id()

    assert [SessionNames("digest").is_current(key) for key in (session_id, handle_of(session_id))] == [False, True]
    assert [SessionNames("plain").is_current(key) for key in (session_id, handle_of(session_id))] == [True, False]


def test_an_id_that_looks_like_a_handle_is_shown_by_its_own_handle_in_plain_form() -> None:
    """P5: it is the original's, and a secret."""
    session_id = handle_of(new_session_id())

    assert SessionNames("plain").handle_of_key(session_id) == handle_of(session_id)


def test_what_is_presented_has_its_handle_unless_nothing_of_ours_can_be_under_it() -> None:
    session_id = new_session_id()

    assert SessionNames("plain").handle_of_presented(session_id) == handle_of(session_id)
    assert SessionNames("plain").handle_of_presented(handle_of(session_id)) is None
    assert SessionNames("digest").handle_of_presented(handle_of(session_id)) == handle_of(session_id)


def test_in_plain_form_nothing_of_ours_is_kept_under_what_looks_like_a_handle() -> None:
    """A handle is public: where both forms are at rest, it must not open what it names."""
    session_id = new_session_id()

    assert SessionNames("plain").may_record(session_id)
    assert not SessionNames("plain").may_record(handle_of(session_id))
    assert SessionNames("digest").may_record(handle_of(session_id))
