"""Credentials that are signed here: IAM tokens for PostgreSQL on RDS and for ElastiCache.

A token is a presigned request without its scheme. It is good for 15 minutes, and made anew for each connection.
"""

import re
from typing import Any, Final
from urllib.parse import urlencode

from session_management.clients.aws_sdk import new_session, reason
from session_management.clients.credentials import UserAndPassword
from session_management.errors import StoreUnavailableError
from session_management.store_options import PostgresOptions, RedisOptions

_TOKEN_SECONDS: Final = 900
_RDS_REGION: Final = re.compile(r"\.([a-z]+(?:-[a-z]+)+-\d+)\.rds\.amazonaws\.com(?:\.cn)?$")


class RdsTokenCredentials:
    """A token for PostgreSQL on RDS or behind RDS Proxy, signed for the region that its endpoint names.

    The same as what the SDK's `generate_db_auth_token` gives, without its client of RDS, which is slow to make.
    """

    def __init__(self, options: PostgresOptions) -> None:
        """Sign nothing yet."""
        self._options = options

    def get(self) -> UserAndPassword:
        """Return the database user and a new token."""
        options = self._options
        query = {"Action": "connect", "DBUser": options.user or ""}
        found = _RDS_REGION.search(options.host)
        region = found[1] if found else None
        return options.user, _signed("postgresql", "rds-db", f"{options.host}:{options.port}", query, region)

    def refresh(self) -> bool:
        """Return False: the refused token was new."""
        return False


class ElastiCacheTokenCredentials:
    """A token for a cache of ElastiCache, serverless or not, in the function's own region."""

    def __init__(self, options: RedisOptions) -> None:
        """Sign nothing yet."""
        self._options = options

    def get(self) -> UserAndPassword:
        """Return the cache user and a new token."""
        options = self._options
        query = {"Action": "connect", "User": options.user or ""}
        if ".serverless." in options.host:
            query["ResourceType"] = "ServerlessCache"
        return options.user, _signed("redis", "elasticache", (options.cache_name or "").lower(), query, None)

    def refresh(self) -> bool:
        """Return False: the refused token was new."""
        return False


def _signed(store: str, service: str, host: str, query: dict[str, str], region: str | None) -> str:
    from botocore.exceptions import BotoCoreError

    try:
        return _presigned(service, host, query, region).removeprefix("https://")
    except BotoCoreError as error:
        raise StoreUnavailableError(store, f"no IAM token can be signed ({reason(error)})") from error


def _presigned(service: str, host: str, query: dict[str, str], region: str | None) -> str:
    from botocore.exceptions import NoCredentialsError, NoRegionError
    from botocore.model import ServiceId
    from botocore.signers import RequestSigner

    session = new_session()
    region = region or session.get_config_variable("region")
    credentials = session.get_credentials()
    if not region:
        raise NoRegionError
    if credentials is None:
        raise NoCredentialsError
    request: dict[str, Any] = {
        "method": "GET",
        "url": f"https://{host}/?{urlencode(query)}",
        "body": {},
        "headers": {},
        "context": {},
    }
    events = session.get_component("event_emitter")
    signer = RequestSigner(ServiceId(service), region, service, "v4", credentials, events)
    return str(signer.generate_presigned_url(request, "connect", expires_in=_TOKEN_SECONDS, region_name=region))
