"""IAM tokens: signed here, for whom and for what their store checks, and anew each time."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

import botocore.auth
import botocore.session
import pytest

from session_management.clients.credentials import Credentials
from session_management.clients.iam_tokens import ElastiCacheTokenCredentials, RdsTokenCredentials
from session_management.errors import StoreUnavailableError
from session_management.settings import Settings

SECRET_KEY: Final = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
RDS_HOST: Final = "app.c0ffee.eu-central-1.rds.amazonaws.com"
CACHE_HOST: Final = "sessions.c0ffee.euc1.cache.amazonaws.com"


def of_rds(host: str = RDS_HOST) -> RdsTokenCredentials:
    variables = {
        "DATABASE_HOST": host,
        "DATABASE_NAME": "app",
        "DATABASE_USER": "ser vice",
        "DATABASE_IAM_AUTH": "true",
    }
    return RdsTokenCredentials(Settings.from_environment(variables).postgres)


def of_cache(host: str = CACHE_HOST) -> ElastiCacheTokenCredentials:
    variables = {"REDIS_HOST": host, "REDIS_USER": "service", "REDIS_IAM_AUTH": "true", "REDIS_CACHE_NAME": "Sessions"}
    return ElastiCacheTokenCredentials(Settings.from_environment(variables).redis)


def token_of(credentials: Credentials) -> str:
    token = credentials.get()[1]
    assert token
    return token


@pytest.fixture
def tell(aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Tell the SDK what time it is."""

    def told(at: datetime) -> None:
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: at.replace(tzinfo=None))

    return told


def signed_for(token: str, *, host: str, service: str, region: str = "eu-central-1") -> dict[str, str]:
    """Return what a token says, if it is signed as AWS would sign it: recomputed from AWS' description of SigV4."""
    url = urlsplit(f"https://{token}")
    query = dict(parse_qsl(url.query, strict_parsing=True))
    signature = query.pop("X-Amz-Signature")
    scope = f"{query['X-Amz-Date'][:8]}/{region}/{service}/aws4_request"
    canonical = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(query.items()))
    request = f"GET\n/\n{canonical}\nhost:{host}\n\nhost\n{hashlib.sha256(b'').hexdigest()}"
    text = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{SECRET_KEY}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    assert hmac.new(key, text.encode(), "sha256").hexdigest() == signature
    assert (url.netloc, url.path) == (host, "/")
    assert query["X-Amz-Credential"] == f"AKIAIOSFODNN7EXAMPLE/{scope}"
    return {name: value for name, value in query.items() if name not in ("X-Amz-Credential", "X-Amz-Date")}


EVERY_TOKEN: Final = {
    "Action": "connect",
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Expires": "900",
    "X-Amz-Security-Token": "a-session-token",
    "X-Amz-SignedHeaders": "host",
}


def test_an_rds_token_is_signed_for_the_user_at_the_host(aws: None) -> None:
    credentials = of_rds()
    assert credentials.get()[0] == "ser vice"
    says = signed_for(token_of(credentials), host=f"{RDS_HOST}:5432", service="rds-db")
    assert says == EVERY_TOKEN | {"DBUser": "ser vice"}


def test_an_rds_token_is_what_the_sdk_generates(tell: Callable[[datetime], None]) -> None:
    tell(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    rds = botocore.session.get_session().create_client("rds")
    assert token_of(of_rds()) == rds.generate_db_auth_token(RDS_HOST, 5432, "ser vice")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (RDS_HOST, "eu-central-1"),
        ("app.proxy-c0ffee.us-east-1.rds.amazonaws.com", "us-east-1"),
        ("app.c0ffee.us-gov-west-1.rds.amazonaws.com", "us-gov-west-1"),
        ("app.c0ffee.cn-north-1.rds.amazonaws.com.cn", "cn-north-1"),
        ("db.example.com", "eu-central-1"),
        ("us-east-1.rds.amazonaws.com.example.com", "eu-central-1"),
    ],
)
def test_an_rds_token_is_signed_for_the_region_of_its_endpoint_or_else_the_functions(
    aws: None, host: str, region: str
) -> None:
    signed_for(token_of(of_rds(host)), host=f"{host}:5432", service="rds-db", region=region)


@pytest.mark.parametrize(
    ("host", "more"),
    [("sessions-c0ffee.serverless.euc1.cache.amazonaws.com", {"ResourceType": "ServerlessCache"}), (CACHE_HOST, {})],
)
def test_an_elasticache_token_is_signed_for_the_user_of_the_cache(aws: None, host: str, more: dict[str, str]) -> None:
    """Whatever the case of its name in the settings: ElastiCache knows it in lower case."""
    credentials = of_cache(host)
    assert credentials.get()[0] == "service"
    says = signed_for(token_of(credentials), host="sessions", service="elasticache")
    assert says == EVERY_TOKEN | {"User": "service"} | more


@pytest.mark.parametrize("make", [of_rds, of_cache])
def test_each_token_is_new(tell: Callable[[datetime], None], make: Callable[[], Credentials]) -> None:
    credentials, at = make(), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    for _ in range(3):
        tell(at)
        assert f"X-Amz-Date={at:%Y%m%dT%H%M%SZ}" in token_of(credentials)
        at += timedelta(seconds=1)
    assert not credentials.refresh()


@pytest.mark.parametrize("make", [of_rds, of_cache])
def test_a_token_is_signed_with_the_credentials_that_the_function_has_now(
    aws: None, monkeypatch: pytest.MonkeyPatch, make: Callable[[], Credentials]
) -> None:
    """A kept session of the SDK would go on with those of its first day."""
    credentials = make()
    for key in ("AKIDOFTHEFIRSTDAY", "AKIDOFTODAY"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        assert f"X-Amz-Credential={key}%2F" in token_of(credentials)


@pytest.mark.parametrize("make", [lambda: of_rds("db.example.com"), of_cache])
def test_without_a_region_no_token_is_signed(
    aws: None, monkeypatch: pytest.MonkeyPatch, make: Callable[[], Credentials]
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(StoreUnavailableError, match=r"no IAM token can be signed \(NoRegionError\)"):
        make().get()


@pytest.mark.parametrize("make", [of_rds, of_cache])
def test_without_credentials_of_aws_no_token_is_signed(
    aws: None, monkeypatch: pytest.MonkeyPatch, make: Callable[[], Credentials]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(StoreUnavailableError, match=r"no IAM token can be signed \(NoCredentialsError\)"):
        make().get()
