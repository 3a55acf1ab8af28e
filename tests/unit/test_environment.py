"""The mode and the place, as the environment names them."""

import pytest

from session_management.environment import ManagerEnvironment, get_environment, is_true, read_runtime


@pytest.mark.parametrize(
    ("app_env", "environment"),
    [
        ("production", "production"),
        ("development", "development"),
        ("test", "mock"),
        (None, "mock"),
        ("", "mock"),
        ("prod", "mock"),
        ("staging", "mock"),
        ("mock", "mock"),
        (" Production ", "production"),
        ("DEVELOPMENT", "development"),
    ],
)
def test_app_env_names_the_mode_as_node_env_named_the_originals(
    monkeypatch: pytest.MonkeyPatch, app_env: str | None, environment: ManagerEnvironment
) -> None:
    monkeypatch.delenv("APP_ENV", raising=False)
    if app_env is not None:
        monkeypatch.setenv("APP_ENV", app_env)

    assert get_environment() == environment


def test_a_changed_environment_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "production")
    before = get_environment()
    monkeypatch.setenv("APP_ENV", "development")

    assert (before, get_environment()) == ("production", "development")


@pytest.mark.parametrize(
    ("variables", "is_deployed"),
    [
        ({}, False),
        ({"AWS_LAMBDA_FUNCTION_NAME": "login"}, True),
        ({"AWS_LAMBDA_FUNCTION_NAME": "login", "AWS_SAM_LOCAL": "true"}, False),
        ({"AWS_LAMBDA_FUNCTION_NAME": "login", "AWS_SAM_LOCAL": "false"}, True),
        ({"AWS_LAMBDA_FUNCTION_NAME": "login", "AWS_SAM_LOCAL": ""}, True),
        ({"AWS_SAM_LOCAL": "true"}, False),
    ],
)
def test_a_function_is_deployed_where_lambda_names_it_unless_sam_plays_lambda(
    variables: dict[str, str], is_deployed: bool
) -> None:
    assert read_runtime(variables).is_deployed is is_deployed


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "1", "yes", "on", " true "])
def test_several_words_mean_yes(text: str) -> None:
    assert is_true(text)


@pytest.mark.parametrize("text", ["", "false", "0", "no", "off", "truth", "2"])
def test_anything_else_means_no(text: str) -> None:
    assert not is_true(text)
