"""The original package's constants, under its names, with the values that hold on Lambda.

They are the defaults of the settings; what is in force is in `Settings`.
"""

from typing import Final, NamedTuple


class AuthConstants(NamedTuple):
    """What a login sets: the session's lifetime in seconds, and the header that carries the cookie."""

    SESSION_MAX_AGE_SECONDS: int = 604_800
    SET_COOKIE_HEADER: str = "Set-Cookie"


class Environments(NamedTuple):
    """The three modes that a manager can be built for."""

    MOCK: str = "mock"
    DEVELOPMENT: str = "development"
    PRODUCTION: str = "production"


class DatabaseConstants(NamedTuple):
    """PostgreSQL: connections in one execution environment, and the connect time-out in milliseconds."""

    MAX_CONNECTIONS: int = 1
    CONNECTION_TIMEOUT: int = 2_000


class RedisConstants(NamedTuple):
    """Redis: how often a command is sent again after a lost connection."""

    MAX_RETRIES: int = 1


class SessionConstants(NamedTuple):
    """Modes and store limits, grouped as the original groups them."""

    ENVIRONMENTS: Environments = Environments()
    DATABASE: DatabaseConstants = DatabaseConstants()
    REDIS: RedisConstants = RedisConstants()


AUTH_CONSTANTS: Final = AuthConstants()
SESSION_CONSTANTS: Final = SessionConstants()

TEN_YEARS_SECONDS: Final = 315_360_000
"""The longest span that a setting or a caller may ask for: dates stay dates."""

FENCE_SECONDS: Final = 900
"""How long a fence stays in a copy's place: longer than any request, and than any copy is believed."""

METRICS_NAMESPACE: Final = "SessionManagement"
"""Under which CloudWatch has the service's metrics."""
