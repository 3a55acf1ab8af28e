"""A deployment for all end-to-end tests. Without an account they are skipped: the only tests that ever are."""

import os
from collections.abc import Iterator

import boto3
import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.e2e.account import Deployment

_HOW = "needs an AWS account, in which it creates and deletes a stack: set AWS credentials and a region, then make e2e"


def _session() -> boto3.Session | None:
    """Return who we are on AWS, where that was asked for and is so."""
    if os.environ.get("SESSIONS_E2E") != "1":
        return None
    session = boto3.Session()
    try:
        session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError):
        return None
    return session


@pytest.fixture(scope="session")
def account() -> boto3.Session:
    """An account to deploy to."""
    session = _session()
    if session is None:
        pytest.skip(_HOW)
    return session


@pytest.fixture(scope="session")
def deployed(account: boto3.Session) -> Iterator[Deployment]:
    """The newest code, deployed; the last test takes it down, and this does where nobody came so far."""
    deployment = Deployment(account)
    assert not deployment.exists(), f"{deployment.name} is there already, of another run: take it down first"
    try:
        done = deployment.deploy()
        assert done.returncode == 0, done.stdout + done.stderr
        yield deployment
    finally:
        if deployment.exists():
            deployment.delete()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """An HTTP client without a memory."""
    with httpx.Client(timeout=30) as made:
        yield made
