"""The walk of the end-to-end tests, on the local stack: so that it is tested where there is no account."""

import httpx

from infra.local.deployment import StackOptions
from infra.local.stack import LocalStack
from tests.e2e.walk import FORWARDED, Walk, below


def test_somebody_walks_through_all_doors_of_the_local_stack() -> None:
    with LocalStack(StackOptions(durable=False)) as stack, httpx.Client(trust_env=False) as client:
        walk = Walk(client, below(stack.url))
        walk.through_all_doors()
        walk.log_in_with_an_app()

        answer = client.get(f"{stack.url}/me", headers={**FORWARDED, **walk.bearer})
        assert answer.json()["email"] == walk.email
