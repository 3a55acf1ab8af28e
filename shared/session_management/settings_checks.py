"""Settings that are each fine and cannot work together. Every check names the settings that it concerns."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from session_management.constants import FENCE_SECONDS
from session_management.store_options import is_loopback

if TYPE_CHECKING:
    from session_management.settings import Settings

type Contradiction = tuple[tuple[str, ...], str]
"""The names of the settings concerned, and a sentence that says what is wrong and what to do."""

_STORES: Final = ("database_url", "database_host", "redis_url", "redis_host")


def contradictions(settings: "Settings") -> Iterator[Contradiction]:
    """Yield what is wrong with *settings* as a whole, for the mode that they ask for."""
    yield from _of_the_mode(settings)
    yield from _of_the_times(settings)
    yield from _of_the_upgrade(settings)
    yield from _of_the_cookie(settings)
    yield from _of_the_edge(settings)
    if settings.mode != "mock" or settings.runtime.is_deployed:
        yield from _of_postgres(settings)
        yield from _of_redis(settings)


def _of_the_mode(settings: "Settings") -> Iterator[Contradiction]:
    runtime = settings.runtime
    if runtime.is_deployed and runtime.is_forced:
        yield (), "FORCE_MOCK_MODE: a deployed function never runs mock; remove it"
    if runtime.is_deployed and runtime.environment == "mock":
        asked_for = f"is {runtime.asked_for!r}" if runtime.asked_for else "is not set"
        yield (), f"APP_ENV: {asked_for}; a deployed function needs production or development"
    if settings.mode == "production" or runtime.is_deployed:
        if not (settings.database_url or settings.database_host):
            yield _STORES[:2], "DATABASE_URL: PostgreSQL is not configured; set DATABASE_URL or DATABASE_HOST"
        if not (settings.redis_url or settings.redis_host):
            yield _STORES[2:], "REDIS_URL: Redis is not configured; set REDIS_URL or REDIS_HOST"


def _of_the_times(settings: "Settings") -> Iterator[Contradiction]:
    s = settings
    if s.session_max_age_seconds > s.session_absolute_max_age_seconds:
        ages = ("session_max_age_seconds", "session_absolute_max_age_seconds")
        yield ages, "SESSION_MAX_AGE_SECONDS: must not be above SESSION_ABSOLUTE_MAX_AGE_SECONDS"
    if s.session_revalidate_seconds + s.session_stale_if_error_seconds >= FENCE_SECONDS:
        spans = ("session_revalidate_seconds", "session_stale_if_error_seconds")
        yield spans, f"SESSION_STALE_IF_ERROR_SECONDS: with SESSION_REVALIDATE_SECONDS, must be below {FENCE_SECONDS}"
    # Activity is recorded when a copy is checked again and the touch interval has passed.
    least = 2 * (s.session_touch_seconds + s.session_revalidate_seconds)
    if 0 < s.session_idle_timeout_seconds < least:
        names = ("session_idle_timeout_seconds", "session_touch_seconds", "session_revalidate_seconds")
        yield (
            names,
            (
                f"SESSION_IDLE_TIMEOUT_SECONDS: must be at least {least}, or active sessions would end: "
                "twice SESSION_TOUCH_SECONDS + SESSION_REVALIDATE_SECONDS; lower those two"
            ),
        )


def _of_the_upgrade(settings: "Settings") -> Iterator[Contradiction]:
    if settings.session_upgrade_plain_until and settings.session_id_at_rest != "digest":
        names = ("session_upgrade_plain_until", "session_id_at_rest")
        yield names, "SESSION_UPGRADE_PLAIN_UNTIL: needs SESSION_ID_AT_REST=digest; it is what sessions are upgraded to"


def _of_the_cookie(settings: "Settings") -> Iterator[Contradiction]:
    s = settings
    names = ("cookie_name", "cookie_secure", "cookie_domain", "cookie_samesite")
    prefixed = s.cookie_name.lower()  # browsers know a prefix in any case
    if prefixed.startswith(("__host-", "__secure-")) and not s.cookie_secure:
        yield names, "COOKIE_NAME: browsers drop a __Host- or __Secure- cookie without COOKIE_SECURE=true"
    if prefixed.startswith("__host-") and s.cookie_domain:
        yield (
            names,
            "COOKIE_DOMAIN: browsers drop a __Host- cookie with a domain; set COOKIE_NAME=__Secure-sessionId",
        )
    if s.cookie_samesite == "None" and not s.cookie_secure:
        yield names, "COOKIE_SAMESITE: None needs COOKIE_SECURE=true"


def _of_the_edge(settings: "Settings") -> Iterator[Contradiction]:
    if settings.origin_secret_previous and not settings.origin_secret:
        names = ("origin_secret", "origin_secret_previous")
        yield names, "ORIGIN_SECRET_PREVIOUS: is the one before ORIGIN_SECRET, which is not set; set it, or neither"


def _of_postgres(settings: "Settings") -> Iterator[Contradiction]:
    s, options = settings, settings.postgres
    if s.database_url and s.database_host:
        yield _STORES[:2], "DATABASE_URL: set either DATABASE_URL or DATABASE_HOST, not both"
    if not options.host:
        return
    if not options.name:
        yield (*_STORES[:2], "database_name"), "DATABASE_NAME: is not set"
    if not options.user and not options.secret_arn:
        yield (*_STORES[:2], "database_user"), "DATABASE_USER: is not set"
    if options.secret_arn and options.uses_iam:
        names: tuple[str, ...] = ("database_secret_arn", "database_iam_auth")
        yield names, "DATABASE_IAM_AUTH: set it or DATABASE_SECRET_ARN, not both"
    if not options.uses_tls:
        yield from _of_clear_text_to_postgres(settings)


def _of_clear_text_to_postgres(settings: "Settings") -> Iterator[Contradiction]:
    names = ("database_sslmode", "database_url", "database_host")
    if settings.database_iam_auth:
        yield (*names, "database_iam_auth"), "DATABASE_IAM_AUTH: a token is sent only over TLS"
    if is_loopback(settings.postgres.host):
        return
    if settings.runtime.is_deployed:
        yield names, "DATABASE_SSLMODE: disable is refused on AWS; PostgreSQL is reached with TLS"
    elif settings.database_sslmode is None:
        yield names, "DATABASE_URL: sslmode=disable to another host needs DATABASE_SSLMODE=disable as well"


def _of_redis(settings: "Settings") -> Iterator[Contradiction]:
    s, options = settings, settings.redis
    if s.redis_url and s.redis_host:
        yield _STORES[2:], "REDIS_URL: set either REDIS_URL or REDIS_HOST, not both"
    if not options.host:
        return
    if options.secret_arn and options.uses_iam:
        yield ("redis_secret_arn", "redis_iam_auth"), "REDIS_IAM_AUTH: set it or REDIS_SECRET_ARN, not both"
    if options.uses_iam and not (options.user and options.cache_name and options.uses_tls):
        names = ("redis_iam_auth", "redis_user", "redis_cache_name", "redis_tls")
        yield names, "REDIS_IAM_AUTH: needs REDIS_USER, REDIS_CACHE_NAME and TLS"
    if options.is_cluster and options.database:
        yield ("redis_url", "redis_cluster"), "REDIS_URL: a cluster has only database 0"
    if not options.uses_tls and not is_loopback(options.host):
        yield from _of_clear_text_to_redis(settings)


def _of_clear_text_to_redis(settings: "Settings") -> Iterator[Contradiction]:
    names = ("redis_tls", "redis_url", "redis_host")
    if settings.runtime.is_deployed:
        yield names, "REDIS_TLS: Redis is reached with TLS on AWS; use rediss:// or REDIS_TLS=true"
    elif settings.redis_tls is None:
        yield names, "REDIS_URL: redis:// sends secrets in clear; use rediss://, or set REDIS_TLS=false as well"
