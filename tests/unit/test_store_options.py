"""Store URLs: what they say, and what is no such URL, told without repeating it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_management.store_options import (
    PostgresOptions,
    RedisOptions,
    StoreUrl,
    is_loopback,
    read_postgres_url,
    read_redis_url,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann:secret@db.example.com:6543/app",
            StoreUrl(host="db.example.com", port=6543, path="app", user="ann", password="secret", uses_tls=None),
        ),
        (
            "postgres://db.example.com",
            StoreUrl(host="db.example.com", port=None, path="", user=None, password=None, uses_tls=None),
        ),
        (
            "postgresql://a%40b:p%2Fw%3A%23%25@[::1]:5432/my%20app?schema=public",
            StoreUrl(host="::1", port=5432, path="my app", user="a@b", password="p/w:#%", uses_tls=None),
        ),
        (
            "postgresql://h/n?sslmode=disable",
            StoreUrl(host="h", port=None, path="n", user=None, password=None, uses_tls=False),
        ),
        (
            "postgresql://h/n?sslmode=require",
            StoreUrl(host="h", port=None, path="n", user=None, password=None, uses_tls=True),
        ),
        (
            "postgresql://h/n?sslmode=prefer",
            StoreUrl(host="h", port=None, path="n", user=None, password=None, uses_tls=True),
        ),
        (
            "postgresql://h/n?connection_limit=5&sslmode=verify-full",
            StoreUrl(host="h", port=None, path="n", user=None, password=None, uses_tls=True),
        ),
    ],
)
def test_a_postgresql_url_names_place_user_and_database(url: str, expected: StoreUrl) -> None:
    assert read_postgres_url(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "rediss://ann:secret@cache.example.com:6380/2",
            StoreUrl(host="cache.example.com", port=6380, path="2", user="ann", password="secret", uses_tls=True),
        ),
        (
            "redis://:secret@h",
            StoreUrl(host="h", port=None, path="", user=None, password="secret", uses_tls=False),
        ),
        (
            "valkey://h/0",
            StoreUrl(host="h", port=None, path="0", user=None, password=None, uses_tls=False),
        ),
        (
            "valkeys://h/",
            StoreUrl(host="h", port=None, path="", user=None, password=None, uses_tls=True),
        ),
    ],
)
def test_a_redis_url_names_place_user_database_and_tls(url: str, expected: StoreUrl) -> None:
    assert read_redis_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "canary",
        "mysql://ann:canary@h/n",
        "postgresql:///canary",
        "postgresql://ann:canary@:5432/n",
        "postgresql://ann:canary@h:0/n",
        "postgresql://ann:canary@h:99999/n",
        "postgresql://ann:canary@h:port/n",
        "postgresql://ann:can/ary@h/n",
        "postgresql://ann:canary@[::1/n",
        "postgresql://ann:canary@h/n?schema=other",
    ],
)
def test_what_is_no_postgresql_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"postgresql://user:password@host:5432/name|only the schema public") as raised:
        read_postgres_url(url)

    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "canary",
        "http://ann:canary@h/0",
        "redis://",
        "redis://ann:canary@h:99999",
        "redis://ann:canary@h/name",
        "redis://h/-1",
        "redis://h/" + "1" * 5_000,
        "redis://h/\u0663",
    ],
)
def test_what_is_no_redis_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"rediss://user:password@host:6379/0|number of a database") as raised:
        read_redis_url(url)

    assert "canary" not in str(raised.value)


@given(st.text() | st.text().map("postgresql://{}".format) | st.text().map("rediss://a:b@{}".format))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_postgres_url, read_redis_url):
        try:
            assert read(text).host
        except ValueError as error:
            assert str(error)  # noqa: PT017 (either may happen)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "db", "0.0.0.0", "::"]
)
def test_any_other_machine_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_options_and_urls_do_not_show_passwords() -> None:
    """P5."""
    shared: dict[str, Any] = {
        "host": "h",
        "port": 1,
        "user": "u",
        "password": "canary",
        "uses_tls": True,
        "ca_file": None,
        "secret_arn": None,
        "uses_iam": False,
        "connect_timeout_seconds": 1,
        "timeout_seconds": 1,
    }
    shown = [
        PostgresOptions(name="n", is_pooled=True, **shared),
        RedisOptions(database=0, cache_name=None, is_cluster=False, **shared),
        read_postgres_url("postgresql://u:canary@h/n"),
    ]

    assert "canary" not in repr(shown)
