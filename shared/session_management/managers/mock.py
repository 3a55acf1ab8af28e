"""The manager over memory, with demo users: for trying things out and for tests, never on AWS."""

from typing import Final

from session_management.adapters.memory import MemoryDatabase, MemoryUserAdapter
from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.adapters.memory_copies import MemoryCopyAdapter
from session_management.adapters.memory_sessions import MemorySessionAdapter, MemorySweepAdapter
from session_management.interfaces import Clock, DatabaseAdapter, Observer
from session_management.managers.user_manager import UserManager
from session_management.models import Session, UserRole
from session_management.policy import SessionPolicy

DEMO_PASSWORD: Final = "correct horse battery staple"
DEMO_USERS: Final = (("demo@example.com", UserRole.USER), ("admin@example.com", UserRole.ADMIN))
DEMO_SESSION_ID: Final = "demo-session-id-for-events-and-docs-0000000"
"""A live session of the first demo user, in every mock manager: what the event files present."""

# DEMO_PASSWORD, hashed once, so that building a mock manager costs nothing.
_DEMO_HASH: Final = "$argon2id$v=19$m=19456,t=2,p=1$IkDmaXtYV8tyNg1vKka3Mg$X9p434LRFJSYyajZ5CY6S4EC1bIQOt3kerv6hRBta6c"


class MockUserManager(UserManager):
    """`UserManager` over one process's memory: the same rules, two demo users, one live session."""

    def __init__(self, *, policy: SessionPolicy, clock: Clock, observer: Observer) -> None:
        """Start with the demo users and the demo session, and nothing else."""
        memory = MemoryDatabase()
        database = DatabaseAdapter(
            users=MemoryUserAdapter(memory, clock),
            sessions=MemorySessionAdapter(memory, clock, policy.names),
            sweep=MemorySweepAdapter(memory, clock),
            begin=memory.transaction,
        )
        super().__init__(
            database=database,
            copies=MemoryCopyAdapter(clock),
            attempts=MemoryAttemptAdapter(clock),
            policy=policy,
            clock=clock,
            observer=observer,
        )
        users = [database.users.create(email, _DEMO_HASH, role, is_verified=True) for email, role in DEMO_USERS]
        database.sessions.open(_demo_session(users[0].id, policy, clock), None, None)


def _demo_session(user_id: str, policy: SessionPolicy, clock: Clock) -> Session:
    now = clock.now()
    key = policy.names.key_of(DEMO_SESSION_ID) or ""
    return Session(
        key=key,
        handle=policy.names.handle_of_key(key),
        user_id=user_id,
        created_at=now,
        expires_at=now + policy.max_age,
        absolute_expires_at=policy.expiry.absolute_end(now),
        last_activity=now,
        authenticated_at=now,
        ip="192.0.2.1",
        user_agent="the demo session",
    )
