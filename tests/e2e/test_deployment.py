"""From an empty account to a working service, and back: in the order of the tests, some forty minutes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.account import Deployment, a_copy_of_the_project
from tests.e2e.walk import FORWARDED, Walk, apart, below
from tests.e2e.web_socket import handshake
from tests.packaging.examples import example

# Every validation of the new version fails, in a way that no setting and no store is to blame for.
_BROKEN = '''

def lambda_handler(event: object, context: object) -> object:
    """Fail."""
    raise ZeroDivisionError("planted by the end-to-end tests")
'''
_CANARY = '\nDeployment = "Canary10Percent5Minutes"\n'


def test_everything_is_created_and_works_by_its_own_account(deployed: Deployment):
    report = deployed.invoke("AdminFunction", {"command": "doctor"})

    assert deployed.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    # Without +info, which the service does not need, some of Valkey cannot be told: a warning, and no fault.
    assert report["status"] in {"ok", "warning"}, report


def test_the_schema_is_there_and_nothing_is_pending(deployed: Deployment):
    assert deployed.invoke("MigrateFunction", {"dry_run": True})["pending"] == []


def test_somebody_walks_through_all_doors_behind_the_api(deployed: Deployment, client: httpx.Client):
    Walk(client, below(deployed.outputs["ApiUrl"])).through_all_doors()


def test_somebody_walks_through_all_doors_at_their_own_urls(deployed: Deployment, client: httpx.Client):
    Walk(client, apart(deployed.urls())).through_all_doors()


def test_the_authorizer_lets_a_session_pass_and_nobody_else(deployed: Deployment, client: httpx.Client):
    """The simple form of an HTTP API knows no 401: who has no session is forbidden, as who may not."""
    api = deployed.outputs["ApiUrl"]
    walk = Walk(client, below(api))
    walk.register()
    walk.log_in_with_an_app()

    passed = client.get(f"{api}/me", headers={**FORWARDED, **walk.bearer})
    refused = client.get(f"{api}/me", headers=FORWARDED)

    assert passed.json()["email"] == walk.email
    assert refused.status_code == 403


@pytest.mark.parametrize("heading", ["REST API, REQUEST", "REST API, TOKEN"])
def test_an_api_of_another_stack_answers_401_without_a_session(
    deployed: Deployment, client: httpx.Client, heading: str
):
    """401 where the answer is a policy; the simple one, above, says 403 of who has no session as well."""
    walk = Walk(client, below(deployed.outputs["ApiUrl"]))
    walk.register()
    walk.log_in_with_an_app()
    authorizer = {"SessionAuthorizerArn": deployed.outputs["AuthorizerArn"]}

    with deployed.another_stack(example(heading, "yaml"), **authorizer) as outputs:
        passed = client.get(outputs["Url"], headers=walk.bearer)
        unknown = client.get(outputs["Url"], headers={"authorization": f"Bearer {'A' * 43}"})

    assert "user_id" in passed.json()
    assert unknown.status_code == 401


def test_only_a_session_connects_to_a_web_socket_of_another_stack(deployed: Deployment, client: httpx.Client):
    walk = Walk(client, below(deployed.outputs["ApiUrl"]))
    walk.register()
    walk.log_in_with_an_app()
    authorizer = {"SessionAuthorizerArn": deployed.outputs["AuthorizerArn"]}

    with deployed.another_stack(example("WebSocket API", "yaml"), **authorizer) as outputs:
        assert handshake(client, outputs["Url"], walk.bearer) == 101
        assert handshake(client, outputs["Url"], {}) == 401


@pytest.mark.parametrize("forged", [{"x-origin-secret": "guessed"}, {"x-viewer-address": "192.0.2.1"}])
def test_without_an_edge_its_headers_mean_nothing(deployed: Deployment, client: httpx.Client, forged: dict[str, str]):
    answer = client.get(deployed.outputs["ValidateUrl"], headers=forged)

    assert answer.status_code == 401


def test_no_connection_through_the_proxy_is_pinned(deployed: Deployment, client: httpx.Client):
    """A pinned one serves a single environment, and the proxy is for nothing. Needs a minute of the tests above."""
    Walk(client, below(deployed.outputs["ApiUrl"])).through_all_doors()
    proxy = deployed.proxy_name()

    assert deployed.most("AWS/RDS", "ClientConnections", ProxyName=proxy) > 0
    assert deployed.most("AWS/RDS", "DatabaseConnectionsCurrentlySessionPinned", ProxyName=proxy) == 0


def test_a_version_that_fails_is_taken_back_by_its_canary(deployed: Deployment, client: httpx.Client, tmp_path: Path):
    with a_copy_of_the_project(tmp_path) as project:
        validate = project / "functions/validate/app.py"
        validate.write_text(validate.read_text() + _BROKEN)
        samconfig = project / "samconfig.toml"
        marker = "[e2e.deploy.parameters.parameter_overrides]"
        samconfig.write_text(samconfig.read_text().replace(marker, marker + _CANARY))
        with _asking_all_the_time(deployed.outputs["ValidateUrl"]):
            done = deployed.deploy(project)

    assert done.returncode != 0
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert client.get(deployed.outputs["ValidateUrl"]).status_code == 401
    Walk(client, below(deployed.outputs["ApiUrl"])).through_all_doors()


def test_taking_it_down_leaves_a_snapshot_and_the_logs(deployed: Deployment):
    database, group = deployed.database_id(), deployed.outputs["LogGroup"]
    deployed.delete()

    rds = deployed.client("rds")
    snapshots = rds.describe_db_cluster_snapshots(SnapshotType="manual", DBClusterIdentifier=database)[
        "DBClusterSnapshots"
    ]
    groups = deployed.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert not deployed.exists()
    assert len(snapshots) == 1
    assert [found["logGroupName"] for found in groups] == [group]
    # Nobody wants this one, and it is billed; the logs go by themselves within a day.
    rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=snapshots[0]["DBClusterSnapshotIdentifier"])


@contextmanager
def _asking_all_the_time(url: str) -> Iterator[None]:
    """Send some requests a second from another thread, whatever they are answered."""
    is_over = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=30) as client:
            while not is_over.wait(0.2):
                client.get(url)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    try:
        yield
    finally:
        is_over.set()
        asking.join()
