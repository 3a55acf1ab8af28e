"""The edge: who knows the secret, in the time that it takes to compare it with each."""

import hmac

import pytest

from session_management.http import edge
from session_management.http.edge import came_through_edge, check_edge
from session_management.http.errors import DirectAccessError
from session_management.settings import Settings

NEW, OLD = "n" * 32, "o" * 40
CLOSED = Settings.from_environment({"ORIGIN_SECRET": NEW})
ROTATING = Settings.from_environment({"ORIGIN_SECRET": NEW, "ORIGIN_SECRET_PREVIOUS": OLD})
OPEN = Settings.from_environment({})
NOT_IT = ["", "x", NEW[:-1], f"{NEW}n", NEW.upper(), f"{NEW}, {NEW}", "ñ" * 32, "\ud800" * 32, f"{NEW}\x00"]


def with_proof(secret: str) -> dict[str, str]:
    return {"x-origin-secret": secret}


def test_who_knows_the_secret_is_let_pass() -> None:
    check_edge(with_proof(NEW), CLOSED)

    assert came_through_edge(with_proof(NEW), CLOSED)


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_while_it_is_changed_either_is_the_secret(secret: str) -> None:
    check_edge(with_proof(secret), ROTATING)

    assert came_through_edge(with_proof(secret), ROTATING)


@pytest.mark.parametrize("headers", [{}, *map(with_proof, [*NOT_IT, OLD]), {"x-origin": NEW}], ids=ascii)
def test_nobody_else_is(headers: dict[str, str]) -> None:
    assert not came_through_edge(headers, CLOSED)
    with pytest.raises(DirectAccessError, match=r"^ask the application's own domain$"):
        check_edge(headers, CLOSED)


@pytest.mark.parametrize("headers", [{}, with_proof(""), with_proof(NEW)])
def test_where_no_secret_is_set_everybody_passes_and_nobody_is_believed(headers: dict[str, str]) -> None:
    check_edge(headers, OPEN)

    assert not came_through_edge(headers, OPEN)


@pytest.mark.parametrize("headers", [{}, with_proof("x"), with_proof(NEW), with_proof(OLD)])
def test_both_secrets_are_compared_whichever_it_is(headers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In constant time, and as bytes, since text of other characters than ASCII cannot be compared so."""
    compared: list[tuple[bytes, bytes]] = []

    def compare(presented: bytes, secret: bytes) -> bool:
        compared.append((presented, secret))
        return hmac.compare_digest(presented, secret)

    monkeypatch.setattr(edge, "hmac", type("watched", (), {"compare_digest": staticmethod(compare)}))
    came_through_edge(headers, ROTATING)

    presented = headers.get("x-origin-secret", "").encode()
    assert compared == [(presented, NEW.encode()), (presented, OLD.encode())]
