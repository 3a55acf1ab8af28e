"""The templates in docs/use-from-another-stack.md, as CloudFormation would see them."""

import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
import pytest

from infra.deployment.parameters import parameter_of
from session_management.factory import UserManagerFactory
from session_management.settings import Settings
from tests.events import EVENTS
from tests.packaging.built import ROOT
from tests.packaging.examples import example, templates
from tests.packaging.template import template as service
from tests.packaging.translation import references, translations

PARAMETER = "SessionAuthorizerArn"
HTTP = {"HTTP API, simple": ("2.0", True), "HTTP API, policy, kept for a minute": ("2.0", False)}
REST = {"REST API, TOKEN": "token", "REST API, REQUEST": "request"}
SOCKET = "WebSocket API"
APIS = (*HTTP, *REST, SOCKET)
LAYER = "The layer in your own functions"
SCHEMAS = ROOT / ".venv-sam/lib/python3.13/site-packages/cfnlint/data/schemas/resources"


@pytest.fixture(scope="module")
def translated(environments: None) -> dict[str, dict[str, Any]]:
    """What SAM makes of each, by the heading."""
    return {heading: translations(template, [{}])[0] for heading, template in templates().items()}


def _resources(made: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in made["Resources"].values() if each["Type"] == kind]


def test_there_is_a_template_for_each_kind_of_api_and_for_the_layer():
    assert templates().keys() == {*APIS, LAYER}


@pytest.mark.parametrize("heading", APIS)
def test_api_gateway_may_invoke_the_alias_and_asks_no_other(translated: dict[str, dict[str, Any]], heading: str):
    made = translated[heading]
    allowed = [
        each for each in _resources(made, "AWS::Lambda::Permission") if each["FunctionName"] == {"Ref": PARAMETER}
    ]
    (source, api) = allowed[0]["SourceArn"]["Fn::Sub"]

    assert [each["Principal"] for each in allowed] == ["apigateway.amazonaws.com"]
    assert source.endswith(":${__ApiId__}/authorizers/*")
    assert api == {"__ApiId__": {"Ref": "Api"}}


def test_the_templates_are_such_that_cloudformation_takes(translated: dict[str, dict[str, Any]], tmp_path: Path):
    """As they stand there, and as SAM translates them."""
    for heading, made in translated.items():
        (tmp_path / f"{heading}.yaml").write_text(example(heading, "yaml"))
        (tmp_path / f"{heading}, translated.json").write_text(json.dumps(made))
    linted = subprocess.run(
        [ROOT / ".venv-sam/bin/cfn-lint", *tmp_path.iterdir()], capture_output=True, text=True, check=False
    )

    assert (linted.returncode, linted.stdout) == (0, "")


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
    (authorizer,) = api["Body"]["components"]["securitySchemes"].values()
    asked = authorizer["x-amazon-apigateway-authorizer"]

    assert asked["type"] == kind
    assert PARAMETER in references(asked["authorizerUri"])
    assert asked["authorizerResultTtlInSeconds"] == 0
    assert authorizer["name"] == ("Authorization" if kind == "token" else "Unused")
    assert [stage["StageName"] for stage in _resources(translated[heading], "AWS::ApiGateway::Stage")] == ["live"]


def test_a_websocket_api_asks_when_somebody_connects(translated: dict[str, dict[str, Any]]):
    (authorizer,) = _resources(translated[SOCKET], "AWS::ApiGatewayV2::Authorizer")
    (route,) = _resources(translated[SOCKET], "AWS::ApiGatewayV2::Route")

    assert authorizer["AuthorizerType"] == "REQUEST"
    assert PARAMETER in references(authorizer["AuthorizerUri"])
    assert "IdentitySource" not in authorizer
    assert (route["RouteKey"], route["AuthorizationType"]) == ("$connect", "CUSTOM")


# --- Backends -------------------------------------------------------------------------------------


def _handler(heading: str, function: str) -> Callable[[dict[str, Any], None], dict[str, Any]]:
    """Return the function that stands in a template."""
    code: dict[str, Any] = {}
    exec(templates()[heading]["Resources"][function]["Properties"]["InlineCode"], code)  # noqa: S102 - the documents' own
    handler: Callable[[dict[str, Any], None], dict[str, Any]] = code["lambda_handler"]
    return handler


@pytest.mark.parametrize("heading", [*HTTP, *REST])
def test_a_backend_finds_the_caller_where_its_api_puts_the_context(heading: str):
    event = json.loads((EVENTS / "me.json").read_text())
    caller = event["requestContext"]["authorizer"]["lambda"]
    if heading in REST:
        event["requestContext"]["authorizer"] = {**caller, "principalId": caller["user_id"]}

    answer = _handler(heading, "Orders")(event, None)

    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {"user_id": caller["user_id"]})


def test_who_connects_is_in_the_context_of_the_connection(capsys: pytest.CaptureFixture[str]):
    event = {"requestContext": {"routeKey": "$connect", "authorizer": {"user_id": "1a0bc30b"}}}

    assert _handler(SOCKET, "Connected")(event, None) == {"statusCode": 200}
    assert capsys.readouterr().out == "connected 1a0bc30b\n"


# --- The layer ------------------------------------------------------------------------------------


@pytest.fixture
def layered() -> dict[str, Any]:
    """The function that has the layer."""
    function: dict[str, Any] = templates()[LAYER]["Resources"]["EndSessions"]["Properties"]
    return function


def test_what_the_layers_template_takes_is_what_the_service_puts_out():
    assert templates()[LAYER]["Parameters"].keys() <= service()["Outputs"].keys()


def test_a_function_with_the_layer_is_told_what_the_services_functions_are(layered: dict[str, Any]):
    variables = layered["Environment"]["Variables"]
    told = {name: value if isinstance(value, str) else "x" for name, value in variables.items()}
    settings = Settings.from_environment({**told, "DATABASE_CA_FILE": ""})

    assert (settings.database_iam_auth, settings.redis_iam_auth, settings.redis_cluster) == (True, True, True)
    assert {parameter_of(name) for name in told} - {"PowertoolsServiceName"} <= service()["Parameters"].keys()
    assert (variables["DATABASE_NAME"], variables["DATABASE_USER"]) == ("sessions", "session_service")


def test_a_function_with_the_layer_runs_what_the_layer_was_built_for(layered: dict[str, Any]):
    assert layered["Architectures"] == [service()["Parameters"]["Architecture"]["Default"]]
    assert layered["Runtime"] == service()["Globals"]["Function"]["Runtime"]
    assert layered["Layers"] == [{"Ref": "LayerArn"}]


def test_a_function_with_the_layer_may_log_in_as_whom_it_is_told(layered: dict[str, Any]):
    statements = layered["Policies"][0]["Statement"]
    allowed = {statement["Action"]: statement["Resource"] for statement in statements}
    user = layered["Environment"]["Variables"]["DATABASE_USER"]

    assert allowed["rds-db:connect"]["Fn::Sub"].endswith(f":dbuser:${{DatabaseResourceId}}/{user}")
    assert [text["Fn::Sub"].rpartition("}:")[2] for text in allowed["elasticache:Connect"]] == [
        "serverlesscache:${CacheName}",
        "user:${RedisUser}",
    ]


def test_the_function_with_the_layer_ends_the_sessions_of_a_user(
    monkeypatch: pytest.MonkeyPatch, fresh_factory: type[UserManagerFactory]
):
    """In mock mode, whose one session is the demo user's."""
    monkeypatch.setenv("APP_ENV", "test")
    user = fresh_factory.create().find_by_email("demo@example.com")
    assert user

    assert _handler(LAYER, "EndSessions")({"user_id": user.id}, None) == {"ended": 1}


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
