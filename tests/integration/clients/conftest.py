"""An AWS of moto's, and a secret in it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import moto
import pytest
from moto.core.exceptions import JsonRESTError
from moto.secretsmanager.models import SecretsManagerBackend


class Secret:
    """A secret whose readers are counted, and may be turned away."""

    def __init__(self) -> None:
        self.fetches = 0
        """How often Secrets Manager was asked for it, whatever it answered."""
        self.refusal: str | None = None
        """The code of the error that whoever asks is given."""
        self.arn: str = boto3.client("secretsmanager").create_secret(Name="store", SecretString="{}")["ARN"]

    def hold(self, **fields: Any) -> None:
        """Hold these fields from now on."""
        self.hold_text(json.dumps(fields))

    def hold_text(self, text: str) -> None:
        """Hold what need not be JSON."""
        boto3.client("secretsmanager").put_secret_value(SecretId=self.arn, SecretString=text)

    def asked(self) -> None:
        """Count one who asks, and turn it away if so told."""
        self.fetches += 1
        if self.refusal:
            raise JsonRESTError(self.refusal, "an explanation of AWS' own")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS of moto's, with credentials of nobody."""
    with moto.mock_aws():
        for name, value in (
            ("AWS_DEFAULT_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("AWS_SESSION_TOKEN", "a-session-token"),
        ):
            monkeypatch.setenv(name, value)
        yield


@pytest.fixture
def secret(aws: None, monkeypatch: pytest.MonkeyPatch) -> Secret:
    """A secret in Secrets Manager, empty yet."""
    made, get = Secret(), SecretsManagerBackend.get_secret_value

    def counted(backend: SecretsManagerBackend, *arguments: Any, **more: Any) -> Any:
        made.asked()
        return get(backend, *arguments, **more)

    monkeypatch.setattr(SecretsManagerBackend, "get_secret_value", counted)
    return made
