"""The stores' URLs: what was written into one is what is read out of it."""

from copy import replace
from typing import Final
from urllib.parse import quote

from session_management.store_options import StoreUrl, read_postgres_url, read_redis_url
from tests.fuzz.targets.target import Target, fields_of, seed_of

_PORTS: Final = 65_535
# Each says what is wrong and repeats nothing of what was given.
_REFUSALS: Final = (
    "is no URL of the form postgresql://user:password@host:5432/name",
    "is no URL of the form rediss://user:password@host:6379/0",
    "the query names a schema; only the schema public is supported",
    "the path must be the number of a database, as in /0",
)


def check(data: bytes) -> None:
    """Write the fields user, password, database and port into URLs, and read them; and read anything as one."""
    fields = [field.encode("utf-8", "replace").decode() for field in fields_of(data)]
    for text in fields:
        _read_anything(text)
    user, password, name, port = [*fields, "", "", "", ""][:4]
    number = int.from_bytes(port.encode()[:2]) % _PORTS + 1
    read = read_postgres_url(f"postgresql://{_quoted(user)}:{_quoted(password)}@db.example:{number}/{_quoted(name)}")
    assert read == StoreUrl(
        host="db.example", port=number, path=name, user=user or None, password=password or None, uses_tls=None
    )
    read = read_redis_url(f"rediss://{_quoted(user)}:{_quoted(password)}@[::1]:{number}/{number}")
    assert read == StoreUrl(
        host="::1", port=number, path=str(number), user=user or None, password=password or None, uses_tls=True
    )


def _read_anything(text: str) -> None:
    for read_url in (read_postgres_url, read_redis_url):
        try:
            read = read_url(text)
        except ValueError as error:
            assert str(error) in _REFUSALS
        else:
            assert read.host
            assert read.port is None or 0 < read.port <= _PORTS
            assert repr(read) == repr(replace(read, password="another"))


def _quoted(text: str) -> str:
    return quote(text, safe="")


TARGET: Final = Target(
    check,
    seeds=(
        seed_of("app", "p@ss:w/rd?#%", "sessions", "5432"),
        seed_of("postgresql://u:p@db.example:5432/app?sslmode=disable&schema=public", "valkeys://:p@[::1]/0"),
        seed_of("\u00fcser", "\u2603 and more", "na me", "1"),
    ),
    words=(
        "postgresql://",
        "redis://",
        "rediss://",
        "valkey://",
        "%",
        "%2F",
        "@",
        ":",
        "/",
        "[",
        "]",
        "?schema=",
        "\u2100",
    ),
)
