"""The templates in docs/use-from-another-stack.md, as CloudFormation would see them."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest

from tests.packaging.built import ROOT
from tests.packaging.examples import example, templates
from tests.packaging.translation import references, translations

PARAMETER = "SessionAuthorizerArn"
HTTP = {"HTTP API, simple": ("2.0", True), "HTTP API, policy, kept for a minute": ("2.0", False)}
REST = {"REST API, TOKEN": "token", "REST API, REQUEST": "request"}
SOCKET = "WebSocket API"
SCHEMAS = ROOT / ".venv-sam/lib/python3.13/site-packages/cfnlint/data/schemas/resources"


@pytest.fixture(scope="module")
def translated(environments: None) -> dict[str, dict[str, Any]]:
    """What SAM makes of each, by the heading."""
    return {heading: translations(template, [{}])[0] for heading, template in templates().items()}


def _resources(made: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in made["Resources"].values() if each["Type"] == kind]


def test_there_is_a_template_for_each_kind_of_api():
    assert templates().keys() == {*HTTP, *REST, SOCKET}


@pytest.mark.parametrize("heading", templates())
def test_api_gateway_may_invoke_the_alias_and_asks_no_other(translated: dict[str, dict[str, Any]], heading: str):
    made = translated[heading]
    allowed = [
        each for each in _resources(made, "AWS::Lambda::Permission") if each["FunctionName"] == {"Ref": PARAMETER}
    ]
    sources = [each["SourceArn"] for each in allowed]

    assert [each["Principal"] for each in allowed] == ["apigateway.amazonaws.com"]
    assert "/authorizers/" in json.dumps(sources) or "$connect" in json.dumps(sources)


@pytest.mark.parametrize("heading", templates())
def test_a_template_is_one_that_cloudformation_takes(
    translated: dict[str, dict[str, Any]], heading: str, tmp_path: Path
):
    written = tmp_path / "template.yaml"
    written.write_text(example(heading, "yaml"))
    done = subprocess.run([ROOT / ".venv-sam/bin/cfn-lint", written], capture_output=True, text=True, check=False)

    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize(("heading", "form"), HTTP.items(), ids=HTTP)
def test_an_http_api_asks_as_the_text_says(translated: dict[str, dict[str, Any]], heading: str, form: tuple[str, bool]):
    (api,) = _resources(translated[heading], "AWS::ApiGatewayV2::Api")
    (authorizer,) = api["Body"]["components"]["securitySchemes"].values()
    asked = authorizer["x-amazon-apigateway-authorizer"]
    is_kept = "kept" in heading

    assert (asked["authorizerPayloadFormatVersion"], asked.get("enableSimpleResponses", False)) == form
    assert PARAMETER in references(asked["authorizerUri"])
    assert asked["authorizerResultTtlInSeconds"] == (60 if is_kept else 0)
    assert asked["identitySource"] == (["$request.header.Authorization"] if is_kept else [])


@pytest.mark.parametrize(("heading", "kind"), REST.items(), ids=REST)
def test_a_rest_api_asks_as_the_text_says(translated: dict[str, dict[str, Any]], heading: str, kind: str):
    (api,) = _resources(translated[heading], "AWS::ApiGateway::RestApi")
    (authorizer,) = api["Body"]["securityDefinitions"].values()
    asked = authorizer["x-amazon-apigateway-authorizer"]

    assert asked["type"] == kind
    assert PARAMETER in references(asked["authorizerUri"])
    assert asked["authorizerResultTtlInSeconds"] == 0
    assert authorizer["name"] == ("Authorization" if kind == "token" else "Unused")


def test_a_websocket_api_asks_when_somebody_connects(translated: dict[str, dict[str, Any]]):
    (authorizer,) = _resources(translated[SOCKET], "AWS::ApiGatewayV2::Authorizer")
    (route,) = _resources(translated[SOCKET], "AWS::ApiGatewayV2::Route")

    assert authorizer["AuthorizerType"] == "REQUEST"
    assert PARAMETER in references(authorizer["AuthorizerUri"])
    assert "IdentitySource" not in authorizer
    assert (route["RouteKey"], route["AuthorizationType"]) == ("$connect", "CUSTOM")


# --- Terraform ------------------------------------------------------------------------------------


@cache
def terraform() -> dict[str, dict[str, Any]]:
    """Return the example's resources, by their types."""
    parsed = hcl2.loads(example("With Terraform", "hcl"))
    return {_plain(kind): next(iter(named.values())) for found in parsed["resource"] for kind, named in found.items()}


def _plain(text: str) -> str:
    return text.strip('"')


def _properties(kind: str) -> set[str]:
    """Return the properties that CloudFormation knows of a type."""
    for path in SCHEMAS.glob("*.json"):
        text = path.read_text()
        if f'"typeName": "{kind}"' in text:
            return set(json.loads(text)["properties"])
    raise AssertionError(kind)


@pytest.mark.parametrize("part", ["api", "authorizer", "route", "integration", "stage"])
def test_terraforms_arguments_are_properties_of_the_same_api(environments: None, part: str):
    """Both call the same AWS API; Terraform's names are its names in snake case."""
    names = {name for name in terraform()[f"aws_apigatewayv2_{part}"] if not name.startswith("__")}
    known = {
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
        for name in _properties(f"AWS::ApiGatewayV2::{part.title()}")
    }
    ours_alone = {"name"} if part == "stage" else set()  # StageName

    assert names - ours_alone <= known


def test_terraform_asks_the_alias_and_keeps_nothing():
    authorizer = terraform()["aws_apigatewayv2_authorizer"]

    assert "functions/${var.session_authorizer_arn}/invocations" in authorizer["authorizer_uri"]
    assert authorizer["authorizer_result_ttl_in_seconds"] == 0
    assert authorizer["enable_simple_responses"]
    assert "identity_sources" not in authorizer


def test_terraform_lets_api_gateway_invoke_the_alias():
    permission = terraform()["aws_lambda_permission"]

    assert _plain(permission["qualifier"]) == "live"
    assert _plain(permission["principal"]) == "apigateway.amazonaws.com"
    assert "/authorizers/" in permission["source_arn"]
