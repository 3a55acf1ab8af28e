"""What `make deploy` gives to SAM."""

from pathlib import Path

import pytest

from infra.deployment.parameters import DeploymentError, check_settings, parameters, public
from infra.deployment.template import PROJECT, read_template

DECLARED = {
    "SessionMaxAgeSeconds": {"Default": 604800},
    "CookieSecure": {"Default": "true"},
    "DatabasePassword": {"Default": "", "NoEcho": True},
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
    assert public(DECLARED, values).keys() == {"SessionMaxAgeSeconds", "CookieSecure"}


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
