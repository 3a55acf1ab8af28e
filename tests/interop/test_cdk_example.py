"""The example with CDK in docs/use-from-another-stack.md, synthesised by CDK itself."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.examples import example

CDK = Path(__file__).parent / "cdk"


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template that the example's stack comes to."""
    node = shutil.which("node")
    assert node, "Node.js is not installed: run make test-interop, which installs it"
    folder = tmp_path_factory.mktemp("cdk")
    (folder / "node_modules").symlink_to(CDK / "node_modules")
    (folder / "orders.mjs").write_text(f"{example('With CDK', 'js')}\nstack.node.root.synth()\n")
    environment = {"CDK_OUTDIR": str(folder / "out"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [node, "orders.mjs"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    template: dict[str, Any] = json.loads((folder / "out/Orders.template.json").read_text())
    return template


def _only(template: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]
    return dict(found)


def test_it_asks_the_alias_simply_and_keeps_nothing(synthesised: dict[str, Any]):
    authorizer = _only(synthesised, "AWS::ApiGatewayV2::Authorizer")

    assert ":live/invocations" in json.dumps(authorizer["AuthorizerUri"])
    assert authorizer["AuthorizerResultTtlInSeconds"] == 0
    assert authorizer["EnableSimpleResponses"]
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"
    assert authorizer.get("IdentitySource", []) == []


def test_api_gateway_may_invoke_the_alias(synthesised: dict[str, Any]):
    permissions = [each for each in synthesised["Resources"].values() if each["Type"] == "AWS::Lambda::Permission"]
    of_the_alias = [
        each["Properties"] for each in permissions if ":live" in json.dumps(each["Properties"]["FunctionName"])
    ]

    assert [each["Principal"] for each in of_the_alias] == ["apigateway.amazonaws.com"]
    assert "/authorizers/" in json.dumps(of_the_alias[0]["SourceArn"])


def test_every_route_is_behind_it(synthesised: dict[str, Any]):
    route = _only(synthesised, "AWS::ApiGatewayV2::Route")

    assert (route["RouteKey"], route["AuthorizationType"]) == ("GET /orders", "CUSTOM")
