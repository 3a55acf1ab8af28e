"""Many clients behind a pooler that gives each transaction whichever connection is free."""

from collections.abc import Iterator

import pytest

from tests.system.certificates import Certificates
from tests.system.conftest import migrated
from tests.system.pooled_clients import careful_client, careless_client, manager_client, side_by_side
from tests.system.scenes import Variables, behind_pgbouncer

CLIENTS = 4


@pytest.fixture(scope="module")
def variables(certificates: Certificates) -> Iterator[Variables]:
    with behind_pgbouncer(certificates) as variables:
        assert migrated(variables)["applied"]
        yield variables


def test_each_client_gets_the_rows_that_it_asked_for(variables: Variables) -> None:
    assert side_by_side(careful_client, CLIENTS, variables) == []


def test_this_pooler_does_mix_up_clients_that_take_no_care(variables: Variables) -> None:
    """Or the test above would prove nothing."""
    assert side_by_side(careless_client, CLIENTS, variables)


def test_each_manager_gets_its_own_user_and_session(variables: Variables) -> None:
    assert side_by_side(manager_client, CLIENTS, variables) == []
