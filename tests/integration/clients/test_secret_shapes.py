"""What a secret may hold, who may not read it, and what is said of it: never what it holds."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import boto3
import pytest
from botocore.auth import SigV4Auth

from session_management.clients.secrets_manager import SecretCredentials
from session_management.deadline import deadline
from session_management.errors import StoreUnavailableError
from tests.integration.clients.conftest import Secret
from tests.support.clock import ToldClock

ARN: Final = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:store-a1b2c3"
SHAPE: Final = "its secret is not JSON with the fields username and password"

type Read = Callable[[str | None], SecretCredentials]


@pytest.fixture
def read(clock: ToldClock, secret: Secret) -> Read:
    return lambda user: SecretCredentials("postgresql", secret.arn, user=user, clock=clock)


@pytest.fixture(autouse=True)
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """P5: not by the SDK either, as long as nobody asks it to say everything."""
    caplog.set_level(logging.INFO)
    yield
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"username": "them", "password": "canary"}, ("them", "canary")),
        (
            {
                "username": "them",
                "password": "canary",
                "engine": "postgres",
                "host": "db.example.com",
                "port": 5432,
                "dbname": "app",
                "dbInstanceIdentifier": "app",
                "masterarn": None,
            },
            ("them", "canary"),
        ),
        ({"password": "canary"}, ("of-the-settings", "canary")),
    ],
    ids=["our own", "as RDS writes it", "a password alone"],
)
def test_the_user_is_the_secrets_or_else_the_settings(
    read: Read, secret: Secret, fields: dict[str, Any], expected: tuple[str, str]
) -> None:
    secret.hold(**fields)
    assert read("of-the-settings").get() == expected


@pytest.mark.parametrize(
    "text",
    [
        "canary",
        '"canary"',
        '["username", "canary"]',
        '{"username": "canary"}',
        '{"username": "them", "password": ""}',
        '{"username": "", "password": "canary"}',
        '{"username": null, "password": "canary"}',
        '{"username": "them", "password": ["canary"]}',
        '{"username": "them", "password": "canary"',
        "[" * 100_000,
    ],
)
def test_a_secret_of_another_shape_says_what_it_should_be(read: Read, secret: Secret, text: str) -> None:
    secret.hold_text(text[:65_536])
    assert_refused(read(None), SHAPE)


def test_a_secret_of_bytes_says_what_it_should_be(read: Read, secret: Secret) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId=secret.arn, SecretBinary=b"canary")
    assert_refused(read(None), SHAPE)


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "DecryptionFailure", "InternalServiceError", "ThrottlingException"]
)
def test_a_secret_that_may_not_be_read_says_so(read: Read, secret: Secret, code: str) -> None:
    """Its own role lacks the permission, or the key's."""
    secret.hold(username="them", password="canary")
    secret.refusal = code
    assert_refused(read(None), rf"its secret cannot be read ({code})")
    assert secret.fetches == 1


@pytest.mark.parametrize(("forced", "code"), [(True, "ResourceNotFoundException"), (False, "InvalidRequestException")])
def test_a_deleted_secret_says_so(read: Read, secret: Secret, forced: bool, code: str) -> None:
    secret.hold(username="them", password="canary")
    boto3.client("secretsmanager").delete_secret(SecretId=secret.arn, ForceDeleteWithoutRecovery=forced)
    assert_refused(read(None), rf"its secret cannot be read ({code})")


def test_a_secret_is_asked_for_where_its_arn_says(
    read: Read, secret: Secret, monkeypatch: pytest.MonkeyPatch, clock: ToldClock
) -> None:
    secret.hold(username="them", password="canary")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert read(None).get() == ("them", "canary")
    named = SecretCredentials("redis", "store", user=None, clock=clock)
    assert_refused(named, "its secret cannot be read (ResourceNotFoundException)")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert named.get() == ("them", "canary")


def test_a_secret_is_read_with_the_credentials_that_the_function_has_now(
    read: Read, secret: Secret, monkeypatch: pytest.MonkeyPatch, clock: ToldClock
) -> None:
    """A kept session of the SDK would go on with those of its first day."""
    secret.hold(username="them", password="canary")
    signed_with: list[str] = []
    add_auth = SigV4Auth.add_auth

    def watched(signer: Any, request: Any) -> None:
        signed_with.append(signer.credentials.access_key)
        add_auth(signer, request)

    monkeypatch.setattr(SigV4Auth, "add_auth", watched)
    credentials = read(None)
    for key in ("AKIDOFTHEFIRSTDAY", "AKIDOFTODAY"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        clock.advance(11)
        assert credentials.refresh()
    assert signed_with == ["AKIDOFTHEFIRSTDAY", "AKIDOFTODAY"]


@pytest.mark.parametrize("is_listening", [True, False])
def test_a_secrets_manager_out_of_reach_is_an_unavailable_store_within_the_requests_time(
    monkeypatch: pytest.MonkeyPatch, clock: ToldClock, is_listening: bool
) -> None:
    """P9: it listens and never answers, as where a route to it is missing; or it refuses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if not is_listening:
            server.close()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            monkeypatch.setenv(f"AWS_{name}", "x")
        credentials = SecretCredentials("postgresql", ARN, user=None, clock=clock)
        began = time.monotonic()
        with deadline(1.0):
            assert_refused(credentials, "its secret cannot be read (")
        assert time.monotonic() - began < 2


def assert_refused(credentials: SecretCredentials, reason: str) -> None:
    with pytest.raises(StoreUnavailableError) as failure:
        credentials.get()
    assert failure.value.reason.startswith(reason)
    error: BaseException | None = failure.value
    while error:
        assert "canary" not in repr(error) + repr(vars(error))
        error = error.__cause__ or error.__context__
