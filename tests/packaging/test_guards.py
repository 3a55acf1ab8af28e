"""The project's own rules hold in every combination, and each of them bites."""

from collections.abc import Mapping

import pytest

from tests.packaging.deployments import deployments
from tests.packaging.guards import GUARDS, Guard
from tests.packaging.guards.mutations import MUTATIONS, Mutation
from tests.packaging.guards.parts import Deployment, parts
from tests.packaging.guards.permissions import MANAGED, STARS, listed, statements

BY_NAME = {guard.__name__: guard for guard in GUARDS}


@pytest.fixture(scope="module")
def deployed(environments: None) -> Mapping[str, Deployment]:
    """What every combination comes to."""
    return deployments()


@pytest.mark.parametrize("guard", GUARDS, ids=BY_NAME)
def test_every_combination_keeps_it(guard: Guard, deployed: Mapping[str, Deployment]):
    assert {broken for deployment in deployed.values() for broken in guard(deployment)} == set()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: f"{each.guard}-{each.kind}")
def test_a_fault_is_told(mutation: Mutation, deployed: Mapping[str, Deployment]):
    """Wherever there is something that can have it."""
    faulty = [made for deployment in deployed.values() if (made := mutation.applied(deployment))]

    assert faulty
    assert all(list(BY_NAME[mutation.guard](each)) for each in faulty)


def test_a_secret_that_a_stack_below_would_echo_is_told(deployed: Mapping[str, Deployment]):
    edged = next(each for each in deployed.values() if "infra/stacks/edge.yaml" in each)
    edge = edged["infra/stacks/edge.yaml"]
    echoing = {**edge, "Parameters": {**edge["Parameters"], "OriginSecret": {"Type": "String"}}}

    assert list(BY_NAME["a_secret_stays_one"]({**edged, "infra/stacks/edge.yaml": echoing}))


def test_every_guard_has_a_fault_that_it_tells():
    assert {mutation.guard for mutation in MUTATIONS} | {"a_secret_stays_one"} == BY_NAME.keys()


@pytest.mark.parametrize("policy", MANAGED)
def test_a_policy_of_aws_that_is_allowed_is_used(policy: str, deployed: Mapping[str, Deployment]):
    roles = [part for deployment in deployed.values() for part in parts(deployment, "AWS::IAM::Role")]

    assert any(policy in str(role.properties.get("ManagedPolicyArns")) for role in roles)


@pytest.mark.parametrize(("kind", "action"), STARS)
def test_a_star_that_is_allowed_is_used(kind: str, action: str, deployed: Mapping[str, Deployment]):
    used = [each for deployment in deployed.values() for each in statements(deployment)]

    assert any(part.kind == kind and action in listed(statement["Action"]) for part, statement in used)
