"""Copies of sessions as a busy service has them, in any number: by the service's own encoding, loaded by pipelines."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched
from uuid import UUID

import redis

from session_management.models import Session, SessionWithUser, User, UserRole
from session_management.session_data import encode_copy
from session_management.tokens import handle_of
from tests.load.crowd.population import USER_AGENTS, email_of, session_id_of

_PIPELINE = 1_000


def load(keys: redis.Redis, count: int, now: datetime, progress: Callable[[int], None]) -> None:
    """Put the copies of sessions 0 to *count* into Valkey, checked *now*."""
    for batch in batched(copies(range(count), now), _PIPELINE, strict=False):
        with keys.pipeline(transaction=False) as pipeline:
            for name, copy, life in batch:
                pipeline.set(name, copy, px=life)
            done = len(pipeline.execute())
        progress(done)


def copies(numbers: Iterable[int], now: datetime) -> Iterator[tuple[str, bytes, timedelta]]:
    """Yield name, value and life of each session's copy; every fifth session came by IPv6."""
    life = timedelta(days=7)
    for number in numbers:
        handle = handle_of(session_id_of(number))
        user = User(
            id=str(UUID(int=number + 2**120)),
            email=email_of(number),
            role=UserRole.USER,
            is_verified=True,
            created_at=now - timedelta(days=30),
            last_login_at=now,
        )
        session = Session(
            key=handle,
            handle=handle,
            user_id=user.id,
            created_at=now,
            expires_at=now + life,
            absolute_expires_at=now + timedelta(days=30),
            last_activity=now,
            authenticated_at=now,
            ip=f"192.0.2.{number % 250}"
            if number % 5
            else f"2001:db8:{number % 65_536:x}:12ab:34cd:56ef:78:{number % 250:x}",
            user_agent=USER_AGENTS[number % len(USER_AGENTS)],
        )
        yield f"session:{handle}", encode_copy(SessionWithUser(session, user), now), life


def bytes_each(keys: redis.Redis, names: Iterable[str]) -> list[int]:
    """Return what each of these keys takes in memory, with its name, its value, its expiry and the entry itself."""
    return [int(keys.memory_usage(name, samples=0) or 0) for name in names]
