"""What counts tries of a password: one counter for whatever is one account or one client, and nobody's name in it."""

import re

import pytest

from session_management.attempts import (
    ACCOUNT_LIFE_MS,
    Limit,
    account_counter,
    address_counter,
    registration_counter,
)

LIMIT = Limit(10, ACCOUNT_LIFE_MS, 1_000, 300_000)


def keys_of_accounts(*emails: str) -> set[str]:
    return {account_counter(email, LIMIT).key for email in emails}


def keys_of_addresses(*addresses: str) -> set[str]:
    return {address_counter(ip, LIMIT).key for ip in addresses}


@pytest.mark.parametrize(
    "spellings",
    [
        ("ann@example.com", "ANN@example.com", "Ann@Example.COM"),
        # By some collation's rules for lower case these are the same addresses to PostgreSQL.
        ("kim@example.com", "\u212aim@example.com", "k\u0130m@example.com"),
        ("m\u00fcller@example.com", "mu\u0308ller@example.com", "M\u00dcLLER@example.com"),
    ],
)
def test_whatever_may_be_one_account_has_one_counter(spellings: tuple[str, ...]) -> None:
    assert len(keys_of_accounts(*spellings)) == 1


def test_other_accounts_have_other_counters() -> None:
    assert len(keys_of_accounts("ann@example.com", "bob@example.com", "ann@example.org", "192.0.2.7")) == 4
    assert keys_of_accounts("192.0.2.7").isdisjoint(keys_of_addresses("192.0.2.7"))


def test_an_ipv4_address_counts_whole_and_an_ipv6_address_with_its_64() -> None:
    assert len(keys_of_addresses("192.0.2.7", "192.0.2.8")) == 2
    assert len(keys_of_addresses("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", "2001:DB8:0:0::2")) == 1
    assert len(keys_of_addresses("2001:db8::1", "2001:db8:0:1::1")) == 2


def test_an_ipv4_address_in_ipv6_is_that_ipv4_address() -> None:
    """Or all of IPv4 would be one client there."""
    assert len(keys_of_addresses("::ffff:192.0.2.7", "192.0.2.7")) == 1
    assert len(keys_of_addresses("::ffff:192.0.2.7", "::ffff:192.0.2.8")) == 2


@pytest.mark.parametrize("email", ["ann@example.com", "\ud800@example.com", "a" * 5000])
def test_no_key_and_no_member_names_anybody(email: str) -> None:
    counter = account_counter(email, LIMIT)
    assert re.fullmatch("attempts:account:[0-9a-f]{64}", counter.key)
    assert re.fullmatch("[0-9a-f]{64}:id", counter.member("id"))
    assert re.fullmatch("attempts:ip:[0-9a-f]{64}", address_counter("192.0.2.7", LIMIT).key)
    assert re.fullmatch("attempts:registration:[0-9a-f]{64}", registration_counter("192.0.2.7", LIMIT).key)


def test_what_a_counter_shares_has_an_owner_for_each_email_whatever_its_case() -> None:
    """They may be accounts of different people: a success of one is none of the other."""
    owners = {account_counter(email, LIMIT).owner for email in ("ann@example.com", "ANN@example.com")}
    assert len(owners) == 1
    assert account_counter("\u00e4nn@example.com", LIMIT).owner not in owners


@pytest.mark.parametrize(
    ("failures", "wait_ms"),
    [(9, 0), (10, 1_000), (11, 2_000), (18, 256_000), (19, 300_000), (100_000, 300_000)],
)
def test_the_wait_doubles_and_has_an_end(failures: int, wait_ms: int) -> None:
    assert LIMIT.wait_ms([5] * failures, 5) == wait_ms


def test_a_stricter_limit_has_a_fifth_free_and_never_nothing() -> None:
    assert [Limit(free, 60_000).stricter().free for free in (100, 10, 4, 1)] == [20, 2, 1, 1]
    assert LIMIT.stricter() == Limit(2, ACCOUNT_LIFE_MS, 1_000, 300_000)
