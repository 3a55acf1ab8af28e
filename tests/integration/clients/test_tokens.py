"""IAM tokens: signed here, for whom and for what their store checks."""

from urllib.parse import parse_qs, urlsplit

import pytest

from session_management.clients.credentials import postgres_credentials, redis_credentials
from session_management.errors import StoreUnavailableError
from session_management.settings import Settings
from tests.support.clock import ToldClock


def test_an_rds_token_is_signed_for_the_user_at_the_host(aws: None, clock: ToldClock) -> None:
    options = Settings.from_environment(
        {
            "DATABASE_HOST": "db.example.com",
            "DATABASE_NAME": "app",
            "DATABASE_USER": "service",
            "DATABASE_IAM_AUTH": "true",
        }
    ).postgres
    user, token = postgres_credentials(options, clock=clock).get()
    assert token
    url = urlsplit(f"https://{token}")
    query = parse_qs(url.query)
    assert (user, url.netloc, url.path) == ("service", "db.example.com:5432", "/")
    assert (query["Action"], query["DBUser"], query["X-Amz-Expires"]) == (["connect"], ["service"], ["900"])
    assert query["X-Amz-Credential"][0].endswith("/eu-central-1/rds-db/aws4_request")
    assert len(query["X-Amz-Signature"][0]) == 64


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("sessions-x.serverless.euc1.cache.amazonaws.com", ["ServerlessCache"]),
        ("sessions.x.euc1.cache.amazonaws.com", None),
    ],
)
def test_an_elasticache_token_is_signed_for_the_user_of_the_cache(
    aws: None, clock: ToldClock, host: str, kind: list[str] | None
) -> None:
    options = Settings.from_environment(
        {"REDIS_HOST": host, "REDIS_USER": "service", "REDIS_IAM_AUTH": "true", "REDIS_CACHE_NAME": "sessions"}
    ).redis
    user, token = redis_credentials(options, clock=clock).get()
    assert token
    url = urlsplit(f"https://{token}")
    query = parse_qs(url.query)
    assert (user, url.netloc, url.path) == ("service", "sessions", "/")
    assert (query["Action"], query["User"], query["X-Amz-Expires"]) == (["connect"], ["service"], ["900"])
    assert query.get("ResourceType") == kind
    assert query["X-Amz-Credential"][0].endswith("/eu-central-1/elasticache/aws4_request")
    assert not token.startswith("http")


def test_without_credentials_of_aws_no_token_is_signed(
    aws: None, clock: ToldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    options = Settings.from_environment(
        {
            "DATABASE_HOST": "db.example.com",
            "DATABASE_NAME": "app",
            "DATABASE_USER": "service",
            "DATABASE_IAM_AUTH": "true",
        }
    ).postgres
    with pytest.raises(StoreUnavailableError, match=r"no IAM token can be signed \(NoRegionError\)"):
        postgres_credentials(options, clock=clock).get()
