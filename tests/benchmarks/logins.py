"""`make bench-logins`: how much longer a login takes, all but the hash, than what it asks of both stores."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pytest

from session_management.managers import authentication
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, SessionMetadata
from session_management.passwords import Verification
from session_management.tokens import handle_of
from tests.benchmarks.benchmark import Benchmark, run
from tests.benchmarks.measuring import Operation
from tests.benchmarks.replay import RawStores, asked_by
from tests.benchmarks.stores import Stores, opened

RAW_LOGIN: Final = "raw statements of a login"
LOGIN: Final = "manager: log_in, without the hash"
_USERS: Final = 100
_CLIENT: Final = SessionMetadata(ip="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")


@contextmanager
def started() -> Iterator[list[Operation]]:
    """Start both stores, and a manager whose users' passwords are all right, at no cost."""
    with opened() as stores, RawStores.opened(stores.postgres, stores.valkey) as raw, pytest.MonkeyPatch.context() as p:
        p.setattr(authentication, "verify_password", lambda *_: Verification(is_right=True))
        logins = _logins(stores)
        yield [
            Operation(RAW_LOGIN, _each([_replayed(raw, login) for login in logins])),
            Operation(LOGIN, _each(logins), target=1.5, limit=2),
        ]


def _logins(stores: Stores) -> list[Callable[[], str]]:
    """Return what logs in, for each user; it returns the session's ID."""
    emails = [f"user-{number}@example.com" for number in range(_USERS)]
    for email in emails:
        stores.manager.create(CreateUserData(email, hashed_password="a hash"))
    return [_login(stores.manager, email) for email in emails]


def _login(manager: UserManager, email: str) -> Callable[[], str]:
    return lambda: manager.log_in(email, "a password", _CLIENT).session_id


def _replayed(raw: RawStores, login: Callable[[], str]) -> Callable[[], None]:
    session_ids: list[str] = []
    asked = asked_by(lambda: session_ids.append(login()))
    replay, numbers = raw.replay(asked, handle_of(session_ids[0])), itertools.count()
    prefix = handle_of(session_ids[0])[:48]
    return lambda: replay(f"{prefix}{next(numbers):016x}")


def _each(calls: Sequence[Callable[[], object]]) -> Callable[[], object]:
    following = itertools.cycle(calls).__next__
    return lambda: following()()


LOGINS: Final = Benchmark(
    name="bench-logins",
    about="How much longer does a login take, without the hash, than what it asks of both stores?",
    started=started,
    reference=RAW_LOGIN,
    calls=50,
    rounds=60,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure it as the command line asks."""
    run(LOGINS, arguments)


if __name__ == "__main__":
    main()
