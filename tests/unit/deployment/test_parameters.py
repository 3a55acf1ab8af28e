"""What `make deploy` gives to SAM."""

from pathlib import Path

import pytest

from infra.deployment.parameters import Declared, DeploymentError, check_settings, compared, parameters
from infra.deployment.template import PROJECT, read_template

DECLARED: Declared = {
    "SessionMaxAgeSeconds": {"Default": 604800},
    "CookieSecure": {"Default": "true"},
    "DatabasePassword": {"Default": "", "NoEcho": True},
    "OriginSecret": {"Default": "", "NoEcho": True},
    "OriginSecretPrevious": {"Default": "", "NoEcho": True},
}


@pytest.fixture
def samconfig(tmp_path: Path) -> Path:
    file = tmp_path / "samconfig.toml"
    file.write_text(
        """
        version = 0.1
        [default.deploy.parameters]
        stack_name = "sessions"
        [dev.deploy.parameters.parameter_overrides]
        SessionMaxAgeSeconds = 3600
        [typo.deploy.parameters.parameter_overrides]
        SessionMaxAge = 3600
        [leak.deploy.parameters.parameter_overrides]
        DatabasePassword = "hunter2"
        """
    )
    return file


def test_everything_has_a_value_so_that_a_line_taken_out_is_the_default_again(samconfig: Path):
    values = parameters(DECLARED, "dev", samconfig=samconfig, variables={})

    assert values == {"SessionMaxAgeSeconds": "3600", "CookieSecure": "true"}


def test_a_secret_comes_from_the_environment_and_is_else_left_as_it_was_deployed(samconfig: Path):
    values = parameters(DECLARED, "dev", samconfig=samconfig, variables={"DATABASE_PASSWORD": "hunter2"})

    assert values["DatabasePassword"] == "hunter2"
    assert values.keys() == {"SessionMaxAgeSeconds", "CookieSecure", "DatabasePassword"}


def test_a_secret_that_is_given_has_every_function_published(samconfig: Path):
    """Or the functions would go on with the one before. Nothing that is compared can tell what the secret is."""
    values = parameters(DECLARED, "dev", samconfig=samconfig, variables={"DATABASE_PASSWORD": "hunter2"})
    first, second = compared(DECLARED, values), compared(DECLARED, values)

    assert first.pop("DatabasePassword") != second.pop("DatabasePassword")
    assert first == second == {"SessionMaxAgeSeconds": "3600", "CookieSecure": "true"}
    assert "hunter2" not in {*compared(DECLARED, values).values()}


@pytest.mark.parametrize(
    ("given", "deployed"),
    [
        ({}, {}),
        ({"ORIGIN_SECRET": "new"}, {"OriginSecret": "new", "OriginSecretPrevious": ""}),
        (
            {"ORIGIN_SECRET": "new", "ORIGIN_SECRET_PREVIOUS": "old"},
            {"OriginSecret": "new", "OriginSecretPrevious": "old"},
        ),
    ],
)
def test_the_origin_secret_before_lasts_as_long_as_it_is_given(
    samconfig: Path, given: dict[str, str], deployed: dict[str, str]
):
    values = parameters(DECLARED, "dev", samconfig=samconfig, variables=given)

    assert {name: value for name, value in values.items() if name.startswith("Origin")} == deployed


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ("prod", r"ENV=prod: samconfig.toml has no \[prod.*it has dev, typo, leak"),
        ("default", "ENV=default"),
        ("typo", "SessionMaxAge: is no parameter of template.yaml; samconfig.toml names it for typo"),
        ("leak", "DatabasePassword: comes from the environment, not from a file"),
    ],
)
def test_what_cannot_be_deployed_is_said(samconfig: Path, environment: str, words: str):
    with pytest.raises(DeploymentError, match=words) as raised:
        parameters(DECLARED, environment, samconfig=samconfig, variables={})

    assert "hunter2" not in str(raised.value)


def test_settings_that_cannot_work_are_told_all_at_once():
    with pytest.raises(DeploymentError) as raised:
        check_settings({"SessionMaxAgeSeconds": "1", "CookieName": "a b"})

    assert [line.split(":")[0] for line in str(raised.value).splitlines()] == ["SESSION_MAX_AGE_SECONDS", "COOKIE_NAME"]


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_the_environments_of_samconfig_can_be_deployed(environment: str):
    declared = read_template(PROJECT / "template.yaml")["Parameters"]
    values = parameters(declared, environment, samconfig=PROJECT / "samconfig.toml", variables={})

    check_settings(values)

    for name, value in values.items():
        allowed = [str(choice) for choice in declared[name].get("AllowedValues", [value])]
        assert value in allowed, name
