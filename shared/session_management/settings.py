"""The settings, read from environment variables and checked whole: every fault is told at once, no value is."""

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from os import environ
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from session_management.access import AccessPolicy
from session_management.attempts import ACCOUNT_LIFE_MS, Limit
from session_management.constants import AUTH_CONSTANTS, FENCE_SECONDS, SESSION_CONSTANTS, TEN_YEARS_SECONDS
from session_management.environment import ManagerEnvironment, Runtime, read_runtime
from session_management.errors import ConfigurationError
from session_management.expiry import ExpiryRule
from session_management.models import UserRole
from session_management.policy import LoginPolicy, SessionPolicy
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

_ORIGIN: Final = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?")
_COOKIE_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_DOMAIN: Final = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_HEADER_SECRET: Final = re.compile(r"[!-~]{32,}")

_FIRST_WAIT_MS: Final = 1_000


class Settings(BaseModel):
    """Every setting, under the name of its environment variable in lower case. An empty variable is not set.

    `runtime` is where and in which mode the code runs; `mode` what that comes to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)

    runtime: Runtime = Field(exclude=True)

    database_url: SecretStr | None = None
    database_host: str | None = None
    database_port: int = Field(5432, ge=1, le=65535)
    database_name: str | None = None
    database_user: str | None = None
    database_password: SecretStr | None = None
    database_secret_arn: str | None = None
    database_iam_auth: bool = False
    database_sslmode: Literal["verify-full", "disable"] | None = None
    database_ca_file: str | None = None
    database_pooler: Literal["transaction", "none"] = "transaction"
    database_connect_timeout_ms: int = Field(SESSION_CONSTANTS.DATABASE.CONNECTION_TIMEOUT, ge=50, le=60_000)
    database_timeout_ms: int = Field(2_000, ge=50, le=60_000)

    redis_url: SecretStr | None = None
    redis_host: str | None = None
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_user: str | None = None
    redis_password: SecretStr | None = None
    redis_tls: bool | None = None
    redis_ca_file: str | None = None
    redis_secret_arn: str | None = None
    redis_iam_auth: bool = False
    redis_cache_name: str | None = None
    redis_cluster: bool = False
    redis_connect_timeout_ms: int = Field(500, ge=20, le=60_000)
    redis_timeout_ms: int = Field(300, ge=20, le=60_000)

    session_max_age_seconds: int = Field(AUTH_CONSTANTS.SESSION_MAX_AGE_SECONDS, ge=60, le=TEN_YEARS_SECONDS)
    session_short_max_age_seconds: int = Field(86_400, ge=60, le=TEN_YEARS_SECONDS)
    session_sliding: bool = False
    session_absolute_max_age_seconds: int = Field(2_592_000, ge=60, le=TEN_YEARS_SECONDS)
    session_revalidate_seconds: int = Field(60, ge=1, lt=FENCE_SECONDS)
    session_stale_if_error_seconds: int = Field(300, ge=0, lt=FENCE_SECONDS)
    session_touch_seconds: int = Field(300, ge=1, le=TEN_YEARS_SECONDS)
    session_idle_timeout_seconds: int = Field(0, ge=0, le=TEN_YEARS_SECONDS)
    session_id_at_rest: AtRest = "digest"
    session_upgrade_plain_until: AwareDatetime | None = None
    session_max_per_user: int = Field(0, ge=0, le=1_000_000)
    revoked_retention_seconds: int = Field(2_592_000, ge=FENCE_SECONDS, le=TEN_YEARS_SECONDS)
    sweep_reserve_seconds: int = Field(20, ge=1, le=900)

    registration: Literal["open", "closed"] = "closed"
    registration_hides_accounts: bool = False
    password_min_length: int = Field(15, ge=8, le=64)
    login_requires_verified: bool = False
    login_account_free_attempts: int = Field(10, ge=1, le=1_000_000)
    login_account_max_delay_seconds: int = Field(300, ge=1, le=86_400)
    login_ip_attempts: int = Field(100, ge=1, le=1_000_000)
    login_ip_window_seconds: int = Field(900, ge=1, le=86_400)
    trusted_proxy_hops: int = Field(0, ge=0, le=10)

    cookie_secure: bool = True
    cookie_domain: str | None = None
    cookie_samesite: Literal["Lax", "Strict", "None"] = "Lax"
    cookie_name: str = ""
    allowed_origins: tuple[str, ...] = ()
    origin_secret: SecretStr | None = None
    origin_secret_previous: SecretStr | None = None
    authorizer_response: Literal["simple", "policy"] = "simple"
    required_role: UserRole | None = None
    require_verified: bool = False
    max_auth_age_seconds: int = Field(0, ge=0, le=TEN_YEARS_SECONDS)
    client_change_policy: Literal["off", "log", "deny"] = "log"

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = environ) -> Self:
        """Return the settings that *variables* hold.

        Raises:
            ConfigurationError: with every fault, each naming its variable.
        """
        texts = {name: variables.get(name.upper(), "") for name in cls.model_fields if name != "runtime"}
        # Spaces around a value are a slip of whoever typed it, but in a password they are part of it.
        given = {
            name: text if name.endswith("_password") else text.strip() for name, text in texts.items() if text.strip()
        }
        runtime = read_runtime(variables)
        faulty: dict[str, str] = {}
        try:
            settings = cls.model_validate({"runtime": runtime, **given})
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            faulty = {str(fault["loc"][0]): fault["msg"] for fault in found}
            faultless = {name: text for name, text in given.items() if name not in faulty}
            settings = cls.model_validate({"runtime": runtime, **faultless})
        faults = [f"{name.upper()}: {message.removeprefix('Value error, ')}" for name, message in faulty.items()]
        faults += [said for concerned, said in contradictions(settings) if faulty.keys().isdisjoint(concerned)]
        if faults:
            raise ConfigurationError(faults)
        return settings

    @field_validator("database_url")
    @classmethod
    def _is_postgres_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url:
            read_postgres_url(url.get_secret_value())
        return url

    @field_validator("redis_url")
    @classmethod
    def _is_redis_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url:
            read_redis_url(url.get_secret_value())
        return url

    @field_validator("database_ca_file", "redis_ca_file")
    @classmethod
    def _is_file(cls, path: str | None) -> str | None:
        if path and not Path(path).is_file():
            raise ValueError("there is no such file")
        return path

    @field_validator("session_upgrade_plain_until", mode="before")
    @classmethod
    def _is_instant(cls, text: object) -> object:
        # pydantic takes numbers, too, for seconds or milliseconds as their size suggests.
        if isinstance(text, str) and not _INSTANT.match(text):
            raise ValueError("must be an instant such as 2027-01-31T00:00:00Z")
        return text

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split_origins(cls, text: object) -> object:
        return tuple(text.replace(",", " ").split()) if isinstance(text, str) else text

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if not all(_ORIGIN.fullmatch(origin) for origin in origins):
            raise ValueError("each must be an exact origin such as https://app.example.com, without a path or *")
        return tuple(origin.lower() for origin in origins)

    @field_validator("origin_secret", "origin_secret_previous")
    @classmethod
    def _is_header_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret and not _HEADER_SECRET.fullmatch(secret.get_secret_value()):
            raise ValueError("must be at least 32 characters that a header can hold: ASCII, and no spaces")
        return secret

    @field_validator("cookie_samesite", mode="before")
    @classmethod
    def _in_canonical_case(cls, text: object) -> object:
        return text.capitalize() if isinstance(text, str) else text

    @field_validator("cookie_name")
    @classmethod
    def _named(cls, name: str, info: ValidationInfo) -> str:
        name = name or ("__Host-sessionId" if info.data.get("cookie_secure", True) else "sessionId")
        if not _COOKIE_NAME.fullmatch(name):
            raise ValueError("must be a cookie name: 1 to 64 letters, digits or !#$%&'*+.^_`|~-")
        return name

    @field_validator("cookie_domain")
    @classmethod
    def _is_domain(cls, domain: str | None) -> str | None:
        if domain and not _DOMAIN.fullmatch(domain):
            raise ValueError("must be a domain such as example.com")
        return domain

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
        url = read_postgres_url(self.database_url.get_secret_value()) if self.database_url else None
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
        url = read_redis_url(self.redis_url.get_secret_value()) if self.redis_url else None
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


def _revealed(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
