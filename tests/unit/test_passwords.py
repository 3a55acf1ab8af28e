"""Passwords: Argon2id with OWASP's parameters, old bcrypt hashes, and one price for every failure."""

import re
import unicodedata

import argon2
import argon2._password_hasher
import bcrypt
import pytest

from session_management.passwords import Verification, hash_password, verify_password
from tests.support.hash_computations import CURRENT, OLD, watch_hashes

PASSWORD = "correct horse battery staple"
PARAMETERS = re.compile(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$")


@pytest.fixture
def computations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The price of each hash that was computed, in order."""
    return watch_hashes(monkeypatch)


@pytest.fixture(scope="module")
def hashed() -> str:
    """A hash of PASSWORD, made once."""
    return hash_password(PASSWORD)


def old_bcrypt(password: bytes, cost: int = 4) -> str:
    """Return a hash as the original application made them: bcrypt looks at 72 bytes."""
    return bcrypt.hashpw(password[:72], bcrypt.gensalt(cost)).decode()


def test_a_hash_is_argon2id_with_the_parameters_that_owasp_recommends(hashed: str) -> None:
    parameters = argon2.extract_parameters(hashed)

    assert PARAMETERS.match(hashed)
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19 * 1024, 2, 1)
    assert parameters.salt_len >= 16
    assert parameters.hash_len >= 32


def test_the_same_password_is_hashed_differently_each_time(hashed: str) -> None:
    assert hash_password(PASSWORD) != hashed


def test_the_right_password_is_right_and_its_hash_stays(hashed: str) -> None:
    assert verify_password(PASSWORD, hashed) == Verification(is_right=True, new_hash=None)


@pytest.mark.parametrize("wrong", [PASSWORD + " ", PASSWORD.upper(), "", "x" * 1024], ids=len)
def test_any_other_password_is_wrong(hashed: str, wrong: str) -> None:
    """ASVS 6.2.8."""
    assert not verify_password(wrong, hashed).is_right


def test_how_a_keyboard_composes_a_letter_does_not_matter() -> None:
    """NIST SP 800-63B-4, 3.1.1.2."""
    composed, decomposed = (unicodedata.normalize(form, "Zoë at the café") for form in ("NFC", "NFD"))

    assert composed != decomposed
    assert verify_password(decomposed, hash_password(composed)).is_right
    assert verify_password(composed, hash_password(decomposed)).is_right


def test_letters_that_only_look_alike_stay_different() -> None:
    """NFC, not NFKC: a password is not made weaker than it was typed."""
    assert not verify_password("ﬁsh①", hash_password("fish1")).is_right


def test_a_lone_surrogate_in_a_password_is_a_character_like_any_other() -> None:
    assert verify_password("a\ud800b", hash_password("a\ud800b")).is_right


def test_an_old_bcrypt_hash_is_of_what_was_typed_and_its_successor_of_what_is_meant() -> None:
    composed, decomposed = (unicodedata.normalize(form, "Zoë at the café") for form in ("NFC", "NFD"))

    verified = verify_password(decomposed, old_bcrypt(decomposed.encode()))

    assert verified.is_right
    assert verify_password(composed, verified.new_hash).is_right


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_an_old_bcrypt_hash_is_verified_and_replaced(prefix: str) -> None:
    old = prefix + old_bcrypt(PASSWORD.encode()).removeprefix("$2b$")

    verified = verify_password(PASSWORD, old)

    assert verified.is_right
    assert PARAMETERS.match(verified.new_hash or "")
    assert verify_password(PASSWORD, verified.new_hash) == Verification(is_right=True)


def test_a_wrong_password_does_not_replace_an_old_hash() -> None:
    assert verify_password("wrong", old_bcrypt(PASSWORD.encode())) == Verification(is_right=False, new_hash=None)


def test_an_old_hash_knows_only_72_bytes_of_a_password_and_its_replacement_knows_all() -> None:
    long = "0123456789" * 10
    same_72_bytes = long[:72] + "something else"

    verified = verify_password(long, old_bcrypt(long.encode()))

    assert verified.is_right
    assert verify_password(same_72_bytes, old_bcrypt(long.encode())).is_right
    assert verify_password(long, verified.new_hash).is_right
    assert not verify_password(same_72_bytes, verified.new_hash).is_right


def test_an_old_hash_is_cut_at_bytes_even_in_the_midst_of_a_character() -> None:
    password = "a" * 71 + "é" * 10

    assert verify_password(password, old_bcrypt(password.encode())).is_right


def test_a_hash_with_lower_parameters_is_replaced() -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)

    verified = verify_password(PASSWORD, weak)

    assert verified.is_right
    assert PARAMETERS.match(verified.new_hash or "")


USABLE = {
    "a wrong password": hash_password(PASSWORD),
    "a wrong password, old hash": old_bcrypt(PASSWORD.encode()),
}
UNUSABLE = {
    "no such user": None,
    "a user without a password": "",
    "plain text": PASSWORD,
    "an unknown format": "$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaA",
    "a broken bcrypt hash": "$2b$12$short",
    "a bcrypt hash with a broken salt": "$2b$04$" + "+" * 53,
    "a bcrypt hash with an impossible cost": "$2b$99$" + "a" * 53,
    "half an Argon2 hash": "$argon2id$v=19$m=19456",
}


@pytest.mark.parametrize("hashed", [*USABLE.values(), *UNUSABLE.values()], ids=[*USABLE, *UNUSABLE])
def test_every_failure_costs_one_computation(computations: list[str], hashed: str | None) -> None:
    """Nobody learns from the time whether an email is known, unless its hash is an old one."""
    assert verify_password("wrong", hashed) == Verification(is_right=False)
    assert computations == [OLD if hashed == USABLE["a wrong password, old hash"] else CURRENT]


@pytest.mark.parametrize("hashed", UNUSABLE.values(), ids=UNUSABLE)
def test_without_a_usable_hash_the_cost_is_that_of_the_present_parameters(
    monkeypatch: pytest.MonkeyPatch, hashed: str | None
) -> None:
    verified: list[bytes] = []

    def verify(given: bytes, _secret: bytes, _type: argon2.Type) -> bool:
        verified.append(given)
        return True

    monkeypatch.setattr(argon2._password_hasher, "verify_secret", verify)

    assert verify_password("even the right one", hashed) == Verification(is_right=False)
    assert PARAMETERS.match(verified[-1].decode())


@pytest.mark.parametrize("rest", ["", "$c2FsdA", "$!!!!$????", "$c2FsdHNhbHQ$AAAA"])
def test_a_damaged_argon2_hash_is_nobodys(rest: str) -> None:
    assert verify_password(PASSWORD, "$argon2id$v=19$m=19456,t=2,p=1" + rest) == Verification(is_right=False)


def test_a_right_password_costs_one_computation(computations: list[str], hashed: str) -> None:
    verify_password(PASSWORD, hashed)

    assert computations == [CURRENT]


def test_neither_a_verification_nor_its_new_hash_is_shown() -> None:
    """P5."""
    verified = verify_password(PASSWORD, old_bcrypt(PASSWORD.encode()))

    assert "argon2" not in repr(verified)
