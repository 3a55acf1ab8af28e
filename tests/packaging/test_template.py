"""template.yaml against the code, and the promises that it has to keep by itself."""

import re
from typing import Any

import pytest

from infra.deployment.parameters import parameter_of
from infra.deployment.template import loaded
from infra.local.deployment import DEPLOYED
from infra.local.door.routes import ROUTES
from session_management.settings import Settings
from tests.events import CASES
from tests.packaging.built import ROOT
from tests.packaging.resolution import Resolution
from tests.packaging.template import default, everywhere, functions, resources, template, variables
from tests.packaging.translation import translations

SECRET = ("_PASSWORD", "_URL", "_SECRET", "_SECRET_PREVIOUS")
MODE = {"APP_ENV", "FORCE_MOCK_MODE"}
SETTINGS = sorted(name.upper() for name in Settings.FIELDS)
DOORS = ("Login", "Register", "Password", "Logout", "Validate")
LAMBDA_ENVIRONMENT_BYTES = 4096
OWN_STORES = {"CreateNetwork": "false", "CreateData": "false"}
USERS = {"Validate": "session_validator", "Authorizer": "session_validator", "Migrate": "migrator"}
CREATED = {
    "Data.Outputs.DatabaseHost": "database.example",
    "Data.Outputs.DatabaseDirectHost": "direct.example",
    "Data.Outputs.DatabasePort": "5432",
    "Data.Outputs.RedisHost": "cache.example",
    "Data.Outputs.RedisPort": "6379",
    "Data.Outputs.RedisUser": "sessions-1a2b3c4d",
    "Data.Outputs.CacheName": "sessions-1a2b3c4d",
    "Data.Outputs.RedisCluster": "true",
}
AUTHORIZER_SECONDS = 10


def _environment(name: str, parameters: dict[str, str]) -> dict[str, str]:
    """What the function is told, but for its log level and the file of authorities, which only the layer has."""
    deployed = Resolution(template(), parameters, CREATED)
    own = functions()[name].get("Environment", {}).get("Variables", {})
    told: dict[str, str] = deployed.of(variables() | own)
    return told | {"DATABASE_CA_FILE": ""}


def test_the_environment_is_the_codes_settings():
    assert set(variables()) == {
        *SETTINGS,
        *MODE,
        "POWERTOOLS_LOG_LEVEL",
        "POWERTOOLS_SERVICE_NAME",
        "RES_OPTIONS",
    }


@pytest.mark.parametrize("setting", [*SETTINGS, *sorted(MODE)])
def test_each_setting_is_a_parameter_of_its_name(setting: str):
    """Where nothing is created that sets it by itself."""
    chosen = Resolution(template(), {**OWN_STORES, parameter_of(setting): "chosen"})

    assert chosen.of(variables()[setting]) == "chosen"


@pytest.mark.parametrize("name", [name for name in functions() if name != "Me"])
def test_created_stores_are_set_as_settings_that_work(name: str):
    """And each function is told of the same stores, as the user that it may be."""
    told = Settings.from_environment(_environment(name, {}))

    assert told.database_iam_auth
    assert told.redis_iam_auth
    assert told.database_user == USERS.get(name, "session_service")
    assert told.database_host == ("direct.example" if name == "Migrate" else "database.example")
    assert told.redis_host == "cache.example"


def test_the_domain_of_the_edge_is_an_origin_of_its_own():
    edge = {"CreateEdge": "true", "DomainName": "app.example.com"}

    assert Settings.from_environment(_environment("Login", edge)).allowed_origins == ("https://app.example.com",)


def test_users_of_ones_own_are_kept_apart_by_secrets():
    own = {
        **OWN_STORES,
        "DatabaseHost": "db.example",
        "DatabaseName": "sessions",
        "DatabaseSecretArn": "service",
        "DatabaseValidatorSecretArn": "validator",
        "DatabaseMigratorSecretArn": "migrator",
        "RedisHost": "redis.example",
    }
    secrets = {name: _environment(name, own)["DATABASE_SECRET_ARN"] for name in ("Login", "Validate", "Migrate")}

    assert secrets == {"Login": "service", "Validate": "validator", "Migrate": "migrator"}


def test_the_parameters_defaults_are_the_codes_defaults():
    given = {setting: default(parameter_of(setting)) for setting in SETTINGS}

    # In mock mode, since production asks for stores, which have no default.
    assert Settings.from_environment({**given, "APP_ENV": "test"}) == Settings.from_environment({"APP_ENV": "test"})


def test_a_function_is_deployed_for_production_and_never_mocks():
    assert default("AppEnv") == "production"
    assert default("ForceMockMode") == "false"


def test_what_may_hold_a_secret_is_not_echoed():
    secrets = {name for name in SETTINGS if name.endswith(SECRET)}

    assert {name for name in SETTINGS if template()["Parameters"][parameter_of(name)].get("NoEcho")} == secrets


@pytest.mark.parametrize("name", list(functions()))
@pytest.mark.parametrize("created", ["true", "false"])
def test_the_environment_stays_within_lambdas_limit(name: str, created: str):
    """With the defaults, and 100 bytes for each setting that has none: more than an RDS endpoint or a secret's ARN."""
    told = _environment(name, {"CreateNetwork": created, "CreateData": created})

    assert sum(len(setting) + (len(value) or 100) for setting, value in told.items()) < LAMBDA_ENVIRONMENT_BYTES


def test_one_parameter_is_both_log_levels():
    logging = everywhere()["LoggingConfig"]

    assert (logging["LogFormat"], logging["ApplicationLogLevel"]) == ("JSON", {"Ref": "LogLevel"})
    assert logging["SystemLogLevel"] == "WARN", "a line for each request that went well would cost more than it"
    assert variables()["POWERTOOLS_LOG_LEVEL"] == {"Ref": "LogLevel"}


def test_the_authorizer_is_called_by_its_alias_and_caches_nothing():
    """The bare ARN would run $LATEST; an identity source would ask for cookie and bearer both."""
    (api,) = resources("AWS::Serverless::HttpApi").values()
    (authorizer,) = api["Auth"]["Authorizers"].values()

    assert everywhere()["AutoPublishAlias"] == "live"
    assert authorizer["FunctionArn"] == {"Ref": "Authorizer.Alias"}
    assert authorizer["Identity"] == {"ReauthorizeEvery": 0}
    assert authorizer["EnableFunctionDefaultPermissions"]
    assert authorizer["AuthorizerPayloadFormatVersion"] == "2.0"


def test_only_me_is_behind_the_authorizer():
    guarded = {
        name
        for name, function in functions().items()
        for event in function.get("Events", {}).values()
        if "Auth" in event["Properties"]
    }

    assert guarded == {"Me"}


@pytest.mark.parametrize("name", DOORS)
def test_a_door_is_a_function_url_and_a_route_for_every_method(name: str):
    (route,) = [event["Properties"] for event in functions()[name]["Events"].values()]

    assert functions()[name]["FunctionUrlConfig"] == {"AuthType": "NONE"}
    assert (route["Path"], route["Method"]) == (f"/{name.lower()}", "ANY")


def test_the_sessions_function_has_a_route_for_all_of_its_paths():
    sessions = functions()["Sessions"]
    routes = [event["Properties"] for event in sessions["Events"].values()]

    assert sessions["FunctionUrlConfig"] == {"AuthType": "NONE"}
    assert {(route["Path"], route["Method"]) for route in routes} == {
        ("/sessions", "ANY"),
        ("/sessions/{proxy+}", "ANY"),
    }


def test_what_opens_no_store_is_told_no_secret():
    told = variables() | functions()["Me"]["Environment"]["Variables"]

    assert {name: told[name] for name in told if name.endswith(SECRET)} == {
        "DATABASE_URL": "",
        "DATABASE_PASSWORD": "",
        "REDIS_URL": "",
        "REDIS_PASSWORD": "",
        "ORIGIN_SECRET": "",
        "ORIGIN_SECRET_PREVIOUS": "",
    }


def test_a_name_server_that_says_nothing_leaves_a_function_time_to_answer():
    """P9: no time-out of a connection covers the look-up of its host's name."""
    options = dict(option.split(":") for option in variables()["RES_OPTIONS"].split())

    assert int(options["timeout"]) * int(options["attempts"]) == 2
    assert everywhere()["Timeout"] == 10


def test_nothing_but_the_functions_answers_cors():
    (api,) = resources("AWS::Serverless::HttpApi").values()

    assert "CorsConfiguration" not in api


def test_an_authorizer_has_the_time_that_api_gateway_gives_it():
    limits = [functions()[name].get("Timeout", everywhere()["Timeout"]) for name in ("Authorizer", "Validate")]

    assert max(limits) <= AUTHORIZER_SECONDS


def test_a_sweep_ends_before_the_next_begins():
    (tick,) = functions()["Sweeper"]["Events"].values()

    assert tick["Properties"]["ScheduleExpression"] == "rate(5 minutes)"
    assert int(default("SweepReserveSeconds")) < functions()["Sweeper"]["Timeout"] <= 300


def test_every_function_has_an_event_file():
    assert {case.function for case in CASES} == set(functions())


def test_the_local_stack_runs_each_function_as_the_template_says():
    local = {deployed.folder: deployed.timeout_seconds for deployed in DEPLOYED}

    for function in functions().values():
        folder = function["CodeUri"].rstrip("/")
        assert local[folder] == function.get("Timeout", everywhere()["Timeout"]), folder


def test_nothing_but_an_operator_invokes_the_admin_function():
    """It creates administrators: no URL, no route, no schedule, and nobody else's permission."""
    admin = functions()["Admin"]

    assert admin.keys() & {"Events", "FunctionUrlConfig", "EventInvokeConfig"} == set()
    assert resources("AWS::Lambda::Permission") == {}
    assert resources("AWS::Lambda::Url") == {}
    assert admin["Policies"] == functions()["Sweeper"]["Policies"]
    assert "Fn::If" in admin["Policies"][0]


def test_the_front_door_has_no_way_to_the_admin_function():
    assert "admin" not in {route.function for route in ROUTES}


# --- A second authorizer, as the documents show it -----------------------------------------------


@pytest.fixture(scope="module")
def second() -> dict[str, Any]:
    """The example in docs/use-from-another-stack.md."""
    document = (ROOT / "docs/use-from-another-stack.md").read_text()
    (example,) = re.findall(r"^```yaml\n(Resources:\n  AdminAuthorizer:.+?)^```$", document, re.MULTILINE | re.DOTALL)
    return loaded(example)


@pytest.fixture(scope="module")
def translated(second: dict[str, Any], environments: None) -> dict[str, Any]:
    """What SAM makes of the template with the example in it."""
    both = {part: {**template()[part], **second[part]} for part in second}
    (made,) = translations({**template(), **both}, [{}])
    return made


def test_the_example_names_settings_and_differs_from_the_authorizer_in_nothing_else(second: dict[str, Any]):
    example, own = dict(second["Resources"]["AdminAuthorizer"]["Properties"]), dict(functions()["Authorizer"])
    told, own_told = (each.pop("Environment")["Variables"] for each in (example, own))
    changes = {name: value for name, value in told.items() if value != own_told.get(name)}
    left_out = {"Description", "ReservedConcurrentExecutions", "ProvisionedConcurrencyConfig"}

    assert {**own, **example, "Description": ""} == {**own, "Description": ""}
    assert own.keys() - example.keys() <= left_out
    assert changes.keys() <= set(SETTINGS)
    assert told.keys() - changes.keys() == own_told.keys()
    assert Settings.from_environment(changes).access != Settings.from_environment({}).access


def test_a_stack_may_have_several_authorizers_from_the_same_code(second: dict[str, Any], translated: dict[str, Any]):
    """Each with the settings that all functions share, but for its own policy, behind an alias of its own."""
    made = translated["Resources"]
    first, other = (made[name]["Properties"] for name in ("Authorizer", "AdminAuthorizer"))
    changes = second["Resources"]["AdminAuthorizer"]["Properties"]["Environment"]["Variables"]

    assert first["Code"] == other["Code"]
    assert first["Environment"]["Variables"] | changes == other["Environment"]["Variables"]
    assert made["AdminAuthorizerAliaslive"]["Properties"]["FunctionName"] == {"Ref": "AdminAuthorizer"}
    assert translated["Outputs"]["AdminAuthorizerArn"]["Value"] == {"Ref": "AdminAuthorizerAliaslive"}
