"""The settings, read from environment variables and checked whole: every fault is told at once, no value is."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from os import environ
from typing import Any, ClassVar, Final, Self

from session_management.access import AccessPolicy
from session_management.attempts import ACCOUNT_LIFE_MS, Limit
from session_management.constants import AUTH_CONSTANTS, FENCE_SECONDS, SESSION_CONSTANTS, TEN_YEARS_SECONDS
from session_management.environment import ManagerEnvironment, Runtime, read_runtime
from session_management.errors import ConfigurationError
from session_management.expiry import ExpiryRule
from session_management.models import UserRole
from session_management.policy import LoginPolicy, SessionPolicy
from session_management.setting import (
    Secret,
    Setting,
    existing_file,
    flag,
    instant,
    matching,
    one_of,
    secret,
    whole,
)
from session_management.settings_checks import contradictions
from session_management.store_options import (
    PostgresOptions,
    RedisOptions,
    StoreUrl,
    is_loopback,
    read_postgres_url,
    read_redis_url,
)
from session_management.tokens import AtRest, SessionNames

_ORIGIN: Final = r"https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?"
_COOKIE_NAME: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}"
_DOMAIN: Final = r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
_IN_HEADER: Final = r"[!-~]{32,}"

_FIRST_WAIT_MS: Final = 1_000


def _origins(text: str) -> tuple[str, ...]:
    origins = text.replace(",", " ").split()
    if not all(re.fullmatch(_ORIGIN, origin) for origin in origins):
        raise ValueError("each must be an exact origin such as https://app.example.com, without a path or *")
    return tuple(origin.lower() for origin in origins)


_port: Final = whole(1, 65_535)
_timeout_ms: Final = whole(50, 60_000)
_redis_timeout_ms: Final = whole(20, 60_000)
_span: Final = whole(1, TEN_YEARS_SECONDS)
_span_or_none: Final = whole(0, TEN_YEARS_SECONDS)
_lifetime: Final = whole(60, TEN_YEARS_SECONDS)
_attempts: Final = whole(1, 1_000_000)
_within_a_day: Final = whole(1, 86_400)
_header_secret: Final = secret(
    matching(_IN_HEADER, "must be at least 32 characters that a header can hold: ASCII, and no spaces")
)
_cookie_name: Final = matching(_COOKIE_NAME, "must be a cookie name: 1 to 64 letters, digits or !#$%&'*+.^_`|~-")
_domain: Final = matching(_DOMAIN, "must be a domain such as example.com")
_same_site: Final = one_of("Lax", "Strict", "None")


class Settings:
    """Every setting, under the name of its environment variable in lower case. An empty variable is not set.

    `runtime` is where and in which mode the code runs; `mode` what that comes to. Nothing of it can be changed.

    It is no model of pydantic's, whose import takes as long as all the rest of an authorizer's cold start.
    """

    FIELDS: ClassVar[Mapping[str, Setting[Any]]]
    """All settings by name."""

    runtime: Runtime

    database_url = Setting(secret(read_postgres_url), None)
    database_host = Setting(str, None)
    database_port = Setting(_port, 5432)
    database_name = Setting(str, None)
    database_user = Setting(str, None)
    database_password = Setting(secret(), None)
    database_secret_arn = Setting(str, None)
    database_iam_auth = Setting(flag, False)
    database_sslmode = Setting(one_of("verify-full", "disable"), None)
    database_ca_file = Setting(existing_file, None)
    database_pooler = Setting(one_of("transaction", "none"), "transaction")
    database_connect_timeout_ms = Setting(_timeout_ms, SESSION_CONSTANTS.DATABASE.CONNECTION_TIMEOUT)
    database_timeout_ms = Setting(_timeout_ms, 2_000)

    redis_url = Setting(secret(read_redis_url), None)
    redis_host = Setting(str, None)
    redis_port = Setting(_port, 6379)
    redis_user = Setting(str, None)
    redis_password = Setting(secret(), None)
    redis_tls = Setting(flag, None)
    redis_ca_file = Setting(existing_file, None)
    redis_secret_arn = Setting(str, None)
    redis_iam_auth = Setting(flag, False)
    redis_cache_name = Setting(str, None)
    redis_cluster = Setting(flag, False)
    redis_connect_timeout_ms = Setting(_redis_timeout_ms, 500)
    redis_timeout_ms = Setting(_redis_timeout_ms, 300)

    session_max_age_seconds = Setting(_lifetime, AUTH_CONSTANTS.SESSION_MAX_AGE_SECONDS)
    session_short_max_age_seconds = Setting(_lifetime, 86_400)
    session_sliding = Setting(flag, False)
    session_absolute_max_age_seconds = Setting(_lifetime, 2_592_000)
    session_revalidate_seconds = Setting(whole(1, FENCE_SECONDS - 1), 60)
    session_stale_if_error_seconds = Setting(whole(0, FENCE_SECONDS - 1), 300)
    session_touch_seconds = Setting(_span, 300)
    session_idle_timeout_seconds = Setting(_span_or_none, 0)
    session_id_at_rest = Setting[AtRest](one_of("digest", "plain"), "digest")
    session_upgrade_plain_until = Setting(instant, None)
    session_max_per_user = Setting(whole(0, 1_000_000), 0)
    revoked_retention_seconds = Setting(whole(FENCE_SECONDS, TEN_YEARS_SECONDS), 2_592_000)
    sweep_reserve_seconds = Setting(whole(1, 900), 20)

    registration = Setting(one_of("open", "closed"), "closed")
    registration_hides_accounts = Setting(flag, False)
    password_min_length = Setting(whole(8, 64), 15)
    login_requires_verified = Setting(flag, False)
    login_account_free_attempts = Setting(_attempts, 10)
    login_account_max_delay_seconds = Setting(_within_a_day, 300)
    login_ip_attempts = Setting(_attempts, 100)
    login_ip_window_seconds = Setting(_within_a_day, 900)
    trusted_proxy_hops = Setting(whole(0, 10), 0)

    cookie_secure = Setting(flag, True)
    cookie_domain = Setting(_domain, None)
    cookie_samesite = Setting(lambda text: _same_site(text.capitalize()), "Lax")
    cookie_name = Setting(_cookie_name, "")
    allowed_origins = Setting[tuple[str, ...]](_origins, ())
    origin_secret = Setting(_header_secret, None)
    origin_secret_previous = Setting(_header_secret, None)
    authorizer_response = Setting(one_of("simple", "policy"), "simple")
    required_role = Setting(one_of(*UserRole), None)
    require_verified = Setting(flag, False)
    max_auth_age_seconds = Setting(_span_or_none, 0)
    client_change_policy = Setting(one_of("off", "log", "deny"), "log")

    def __init__(self, variables: Mapping[str, str]) -> None:
        """Read and check them all: there is no other way to make settings.

        Raises:
            ConfigurationError: with every fault, each naming its variable.
        """
        vars(self).update({name: setting.default for name, setting in self.FIELDS.items()})
        vars(self)["runtime"] = read_runtime(variables)
        faulty = dict(self._read(variables))
        vars(self)["cookie_name"] = self.cookie_name or ("__Host-sessionId" if self.cookie_secure else "sessionId")
        faults = [f"{name.upper()}: {said}" for name, said in faulty.items()]
        faults += [said for concerned, said in contradictions(self) if faulty.keys().isdisjoint(concerned)]
        if faults:
            raise ConfigurationError(faults)

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = environ) -> Self:
        """Return the settings that *variables* hold. Raises ConfigurationError, as the class does."""
        return cls(variables)

    def _read(self, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Hold what is set and right; yield the name of each setting that is wrong, and what is."""
        for name, setting in self.FIELDS.items():
            text = variables.get(name.upper(), "")
            if not text.strip():
                continue
            try:
                # Spaces around a value are a slip of whoever typed it, but in a password they are part of it.
                vars(self)[name] = setting.read(text if name.endswith("_password") else text.strip())
            except ValueError as error:
                yield name, str(error)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse it."""
        raise AttributeError(f"{name} cannot be set: settings do not change")

    def __delattr__(self, name: str) -> None:
        """Refuse it."""
        raise AttributeError(f"{name} cannot be deleted: settings do not change")

    def __eq__(self, other: object) -> bool:
        """Return whether *other* says the same."""
        return isinstance(other, Settings) and self._all() == other._all()

    def __hash__(self) -> int:
        """Return that of what they say."""
        return hash(tuple(self._all().values()))

    def __repr__(self) -> str:
        """Show them, without secrets."""
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self._all().items())})"

    def _all(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("runtime", *self.FIELDS)}

    @cached_property
    def mode(self) -> ManagerEnvironment:
        """The mode that holds: what was asked for, or mock if it is forced or development lacks a store."""
        asked_for = self.runtime.environment
        if self.runtime.is_forced or (asked_for == "development" and not self.has_both_stores):
            return "mock"
        return asked_for

    @property
    def has_both_stores(self) -> bool:
        """Whether PostgreSQL and Redis are both named."""
        return bool(self.database_url or self.database_host) and bool(self.redis_url or self.redis_host)

    @property
    def policy(self) -> SessionPolicy:
        """The numbers that the rules are run with."""
        return SessionPolicy(
            max_age=timedelta(seconds=self.session_max_age_seconds),
            short_max_age=timedelta(seconds=min(self.session_short_max_age_seconds, self.session_max_age_seconds)),
            slides=self.session_sliding,
            expiry=ExpiryRule(
                absolute=timedelta(seconds=self.session_absolute_max_age_seconds),
                idle=timedelta(seconds=self.session_idle_timeout_seconds),
            ),
            revalidate=timedelta(seconds=self.session_revalidate_seconds),
            stale_if_error=timedelta(seconds=self.session_stale_if_error_seconds),
            touch=timedelta(seconds=self.session_touch_seconds),
            revoked_retention=timedelta(seconds=self.revoked_retention_seconds),
            sweep_reserve_seconds=self.sweep_reserve_seconds,
            max_per_user=self.session_max_per_user,
            password_length=self.password_min_length,
            login_requires_verified=self.login_requires_verified,
            names=self.names,
            login=self.login,
            upgrade_plain_until=self.session_upgrade_plain_until,
        )

    @property
    def login(self) -> LoginPolicy:
        """Who may try a password."""
        longest_ms, window_ms = self.login_account_max_delay_seconds * 1000, self.login_ip_window_seconds * 1000
        return LoginPolicy(
            account=Limit(self.login_account_free_attempts, ACCOUNT_LIFE_MS, _FIRST_WAIT_MS, longest_ms),
            address=Limit(self.login_ip_attempts, window_ms),
        )

    @cached_property
    def access(self) -> AccessPolicy:
        """What an authorizer asks of a live session."""
        return AccessPolicy(
            required_role=self.required_role,
            requires_verified=self.require_verified,
            max_auth_age=timedelta(seconds=self.max_auth_age_seconds),
        )

    @cached_property
    def names(self) -> SessionNames:
        """How session IDs are named at rest."""
        return SessionNames(self.session_id_at_rest, takes_plain=self.session_upgrade_plain_until is not None)

    @property
    def postgres(self) -> PostgresOptions:
        """How to reach PostgreSQL, from the URL or from the single settings."""
        url = read_postgres_url(self.database_url.reveal()) if self.database_url else None
        host = url.host if url else self.database_host or ""
        return PostgresOptions(
            host=host,
            port=(url and url.port) or self.database_port,
            name=(url and url.path) or self.database_name or "",
            user=(url and url.user) or self.database_user,
            password=(url and url.password) or _revealed(self.database_password),
            uses_tls=_uses_tls(
                host, None if self.database_sslmode is None else self.database_sslmode != "disable", url
            ),
            ca_file=self.database_ca_file,
            secret_arn=self.database_secret_arn,
            uses_iam=self.database_iam_auth,
            is_pooled=self.database_pooler == "transaction",
            connect_timeout_seconds=self.database_connect_timeout_ms / 1000,
            timeout_seconds=self.database_timeout_ms / 1000,
        )

    @property
    def redis(self) -> RedisOptions:
        """How to reach Redis, from the URL or from the single settings."""
        url = read_redis_url(self.redis_url.reveal()) if self.redis_url else None
        host = url.host if url else self.redis_host or ""
        return RedisOptions(
            host=host,
            port=(url and url.port) or self.redis_port,
            database=int(url.path or 0) if url else 0,
            user=(url and url.user) or self.redis_user,
            password=(url and url.password) or _revealed(self.redis_password),
            uses_tls=_uses_tls(host, self.redis_tls, url),
            ca_file=self.redis_ca_file,
            secret_arn=self.redis_secret_arn,
            uses_iam=self.redis_iam_auth,
            cache_name=self.redis_cache_name,
            is_cluster=self.redis_cluster,
            connect_timeout_seconds=self.redis_connect_timeout_ms / 1000,
            timeout_seconds=self.redis_timeout_ms / 1000,
        )


def _uses_tls(host: str, setting: bool | None, url: StoreUrl | None) -> bool:
    """The setting decides, then the URL, then where the host is."""
    if setting is not None:
        return setting
    if url and url.uses_tls is not None:
        return url.uses_tls
    return not is_loopback(host)


def _revealed(hidden: Secret | None) -> str | None:
    return hidden.reveal() if hidden else None


Settings.FIELDS = {name: value for name, value in vars(Settings).items() if isinstance(value, Setting)}
for _name in Settings.FIELDS:
    delattr(Settings, _name)  # what an instance alone has is read in half the time
