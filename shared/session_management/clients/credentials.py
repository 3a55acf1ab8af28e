"""Who we are to a store: fixed credentials, a secret that rotates, or an IAM token. Only the last two import boto3."""

import json
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode

from session_management.deadline import within_deadline
from session_management.errors import StoreUnavailableError
from session_management.interfaces import Clock
from session_management.store_options import PostgresOptions, RedisOptions

if TYPE_CHECKING:
    from botocore.config import Config

_SECONDS_BETWEEN_REFRESHES: Final = 10.0
_SECRET_SECONDS: Final = 3.0
_TOKEN_SECONDS: Final = 900

type UserAndPassword = tuple[str | None, str | None]


class Credentials(Protocol):
    """Asked at each connection to a store."""

    def get(self) -> UserAndPassword:
        """Return the user and the password to connect with. Raises StoreUnavailableError."""
        ...

    def refresh(self) -> bool:
        """After a refusal: whether `get` may now give something newer."""
        ...


class FixedCredentials:
    """What the settings hold."""

    def __init__(self, user: str | None, password: str | None) -> None:
        """Keep them."""
        self._pair = (user, password)

    def get(self) -> UserAndPassword:
        """Return the user and password of the settings."""
        return self._pair

    def refresh(self) -> bool:
        """Return False: a refusal is final."""
        return False


class SecretCredentials:
    """A Secrets Manager secret, JSON with `username` and `password`, fetched once and again after a refusal.

    A rotated secret is fetched at most once per 10 seconds, however often the store refuses.
    """

    def __init__(self, store: str, arn: str, *, clock: Clock) -> None:
        """Fetch nothing yet."""
        self._store = store
        self._arn = arn
        self._clock = clock
        self._pair: UserAndPassword | None = None
        self._fetched_at = 0.0

    def get(self) -> UserAndPassword:
        """Return what the secret held when it was last fetched."""
        if self._pair is None:
            self._pair = self._fetch()
        return self._pair

    def refresh(self) -> bool:
        """Forget the secret unless it was fetched a moment ago."""
        if 0 <= self._clock.monotonic() - self._fetched_at < _SECONDS_BETWEEN_REFRESHES:
            return False
        self._pair = None
        return True

    def _fetch(self) -> UserAndPassword:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError

        self._fetched_at = self._clock.monotonic()
        try:
            client = boto3.client("secretsmanager", config=_quick(self._store))
            secret = json.loads(client.get_secret_value(SecretId=self._arn)["SecretString"])
            return secret.get("username"), secret["password"]
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailableError(self._store, f"its secret cannot be read ({_code(error)})") from error
        except (ValueError, KeyError, AttributeError, TypeError):
            reason = "its secret is not JSON with the fields username and password"
            raise StoreUnavailableError(self._store, reason) from None


class RdsTokenCredentials:
    """An IAM token for PostgreSQL on RDS, signed here and fresh for each connection (it is good for 15 minutes)."""

    def __init__(self, options: PostgresOptions) -> None:
        """Sign nothing yet."""
        self._options = options

    def get(self) -> UserAndPassword:
        """Return the database user and a new token."""
        import boto3
        from botocore.exceptions import BotoCoreError

        options = self._options
        try:
            token = boto3.client("rds").generate_db_auth_token(options.host, options.port, options.user)
        except BotoCoreError as error:
            raise StoreUnavailableError("postgresql", f"no IAM token can be signed ({_code(error)})") from error
        return options.user, token

    def refresh(self) -> bool:
        """Return False: the refused token was new."""
        return False


class ElastiCacheTokenCredentials:
    """An IAM token for ElastiCache, signed here and fresh for each connection (it is good for 15 minutes)."""

    def __init__(self, options: RedisOptions) -> None:
        """Sign nothing yet."""
        self._options = options

    def get(self) -> UserAndPassword:
        """Return the cache user and a new token: a presigned `connect` request, without its scheme."""
        from botocore.exceptions import BotoCoreError

        try:
            return self._options.user, self._presigned().removeprefix("https://")
        except BotoCoreError as error:
            raise StoreUnavailableError("redis", f"no IAM token can be signed ({_code(error)})") from error

    def refresh(self) -> bool:
        """Return False: the refused token was new."""
        return False

    def _presigned(self) -> str:
        from botocore.exceptions import NoCredentialsError
        from botocore.model import ServiceId
        from botocore.session import get_session
        from botocore.signers import RequestSigner

        session = get_session()
        region = session.get_config_variable("region")
        query = {"Action": "connect", "User": self._options.user or ""}
        if ".serverless." in self._options.host:
            query["ResourceType"] = "ServerlessCache"
        request: dict[str, Any] = {
            "method": "GET",
            "url": f"https://{self._options.cache_name}/?{urlencode(query)}",
            "body": {},
            "headers": {},
            "context": {},
        }
        credentials, events = session.get_credentials(), session.get_component("event_emitter")
        if credentials is None:
            raise NoCredentialsError
        signer = RequestSigner(ServiceId("elasticache"), region, "elasticache", "v4", credentials, events)
        return str(signer.generate_presigned_url(request, "connect", expires_in=_TOKEN_SECONDS, region_name=region))


def postgres_credentials(options: PostgresOptions, *, clock: Clock) -> Credentials:
    """Return the credentials that *options* ask for."""
    if options.uses_iam:
        return RdsTokenCredentials(options)
    if options.secret_arn:
        return SecretCredentials("postgresql", options.secret_arn, clock=clock)
    return FixedCredentials(options.user, options.password)


def redis_credentials(options: RedisOptions, *, clock: Clock) -> Credentials:
    """Return the credentials that *options* ask for."""
    if options.uses_iam:
        return ElastiCacheTokenCredentials(options)
    if options.secret_arn:
        return SecretCredentials("redis", options.secret_arn, clock=clock)
    return FixedCredentials(options.user, options.password)


def _quick(store: str) -> "Config":
    from botocore.config import Config

    half = within_deadline(store, _SECRET_SECONDS) / 2
    return Config(connect_timeout=half, read_timeout=half, retries={"total_max_attempts": 1})


def _code(error: Exception) -> str:
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", type(error).__name__))
