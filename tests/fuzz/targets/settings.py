"""The environment: settings come out and all that is made of them, or one error; neither shows a secret.

The fields are the values of the variables below, in that order.
"""

from datetime import timedelta
from typing import Final

from session_management.errors import ConfigurationError
from session_management.settings import Settings
from session_management.store_options import PostgresOptions, RedisOptions
from tests.fuzz.targets.target import Target, fields_of, seed_of

_CANARY: Final = "~canary-7c1e"
_SECRETS: Final = {"DATABASE_PASSWORD": _CANARY, "REDIS_PASSWORD": _CANARY, "ORIGIN_SECRET": _CANARY * 3}
_NAMES: Final = (
    *("DATABASE_URL", "REDIS_URL", "APP_ENV", "ALLOWED_ORIGINS", "DATABASE_SSLMODE", "REDIS_TLS", "REDIS_CLUSTER"),
    *("DATABASE_PORT", "SESSION_MAX_AGE_SECONDS", "SESSION_IDLE_TIMEOUT_SECONDS", "DATABASE_CA_FILE", "DATABASE_HOST"),
    *("REQUIRED_ROLE", "REQUIRE_VERIFIED", "MAX_AUTH_AGE_SECONDS", "CLIENT_CHANGE_POLICY"),
)


def check(data: bytes) -> None:
    """Hold the settings to their bounds, and their faults to silence."""
    # No environment variable holds NUL.
    given = dict(zip(_NAMES, fields_of(data.replace(b"\x00", b"")), strict=False))
    try:
        settings = Settings.from_environment({**_SECRETS, **given})
    except ConfigurationError as error:
        assert error.faults
        assert all(fault.partition(":")[0].isupper() for fault in error.faults)
        assert _CANARY not in f"{error!s} {error!r}" or _CANARY in given.get("APP_ENV", "")
        return
    postgres, redis, policy = settings.postgres, settings.redis, settings.policy
    assert _CANARY not in f"{settings!r} {settings!s} {postgres!r} {redis!r}" or _shown_anyway(postgres, redis, given)
    assert 1 <= postgres.port <= 65535
    assert 1 <= redis.port <= 65535
    assert redis.database >= 0
    assert bool(postgres.host) == bool(settings.database_url or settings.database_host)
    assert policy.max_age <= policy.expiry.absolute
    assert settings.access.max_auth_age >= timedelta()
    assert settings.client_change_policy in ("off", "log", "deny")
    if settings.mode == "production":
        assert postgres.host
        assert redis.host


def _shown_anyway(postgres: PostgresOptions, redis: RedisOptions, given: dict[str, str]) -> bool:
    """Whether the canary came to stand where no secret is."""
    shown = [postgres.host, postgres.name, postgres.user, redis.host, redis.user, *given.values()]
    secrets = given.get("DATABASE_URL"), given.get("REDIS_URL")
    return any(_CANARY in text for text in shown if text and text not in secrets)


_POSTGRES: Final = f"postgresql://u:{_CANARY}@db.example.com:5432/app?sslmode=require"
_REDIS: Final = f"rediss://u:{_CANARY}@cache.example.com:6379/0"

TARGET: Final = Target(
    check,
    seeds=(
        seed_of(_POSTGRES, _REDIS, "production"),
        seed_of(f"postgres://:{_CANARY}@127.0.0.1/app", f"redis://:{_CANARY}@[::1]:6380/3", "development"),
        seed_of("", "", "test", "https://app.example.com, http://localhost:3000", "disable", "false", "true"),
        seed_of("", "", "", "", "verify-full", "yes", "no", "6543", "3600", "600"),
        seed_of(*[""] * 12, "ADMIN", "true", "900", "deny"),
    ),
    words=(
        "postgresql://",
        "rediss://",
        "redis://",
        "valkey://",
        "@",
        "[::1]",
        "%00",
        "%2F",
        "?sslmode=",
        "&schema=",
        ":0",
    ),
)
