"""The manager over PostgreSQL and Redis."""

from session_management.adapters.postgres_sessions import PostgreSQLSessionAdapter
from session_management.adapters.postgres_sweep import PostgreSQLSweepAdapter
from session_management.adapters.postgres_users import PostgreSQLUserAdapter
from session_management.adapters.redis_attempts import RedisAttemptAdapter
from session_management.adapters.redis_sessions import RedisSessionAdapter
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.interfaces import Clock, DatabaseAdapter, Observer
from session_management.managers.user_manager import UserManager
from session_management.policy import SessionPolicy


class ProductionUserManager(UserManager):
    """`UserManager` with PostgreSQL as the record and Redis for the copies."""

    def __init__(
        self, *, postgres: Postgres, redis: Redis, policy: SessionPolicy, clock: Clock, observer: Observer
    ) -> None:
        """Wire the rules to the two clients; nothing connects yet."""
        super().__init__(
            database=DatabaseAdapter(
                users=PostgreSQLUserAdapter(postgres),
                sessions=PostgreSQLSessionAdapter(postgres, policy.names),
                sweep=PostgreSQLSweepAdapter(postgres),
                begin=postgres.transaction,
            ),
            copies=RedisSessionAdapter(redis, clock, keeps_plain_ids=policy.accepts_original),
            attempts=RedisAttemptAdapter(redis, clock),
            policy=policy,
            clock=clock,
            observer=observer,
        )
