"""Every setting: read from its variable, checked with all others, its value never shown."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_management.errors import ConfigurationError
from session_management.models import UserRole
from session_management.setting import Secret
from session_management.settings import Settings

STORES = {
    "DATABASE_URL": "postgresql://ann:secret@db.example.com/app",
    "REDIS_URL": "rediss://ann:secret@cache.example.com",
}
ON_AWS = {"AWS_LAMBDA_FUNCTION_NAME": "login"}

# Each with a value that is not its default.
EVERY_SETTING: dict[str, tuple[str, Any]] = {
    "DATABASE_URL": ("postgresql://u:p@h/n", Secret("postgresql://u:p@h/n")),
    "DATABASE_HOST": ("db.example.com", "db.example.com"),
    "DATABASE_PORT": ("6432", 6432),
    "DATABASE_NAME": ("app", "app"),
    "DATABASE_USER": ("ann", "ann"),
    "DATABASE_PASSWORD": ("secret", Secret("secret")),
    "DATABASE_SECRET_ARN": ("arn:aws:secretsmanager:x", "arn:aws:secretsmanager:x"),
    "DATABASE_IAM_AUTH": ("true", True),
    "DATABASE_SSLMODE": ("disable", "disable"),
    "DATABASE_CA_FILE": (__file__, __file__),
    "DATABASE_POOLER": ("none", "none"),
    "DATABASE_CONNECT_TIMEOUT_MS": ("1500", 1500),
    "DATABASE_TIMEOUT_MS": ("1600", 1600),
    "REDIS_URL": ("rediss://u:p@h/0", Secret("rediss://u:p@h/0")),
    "REDIS_HOST": ("cache.example.com", "cache.example.com"),
    "REDIS_PORT": ("6380", 6380),
    "REDIS_USER": ("ann", "ann"),
    "REDIS_PASSWORD": ("secret", Secret("secret")),
    "REDIS_TLS": ("false", False),
    "REDIS_CA_FILE": (__file__, __file__),
    "REDIS_SECRET_ARN": ("arn:aws:secretsmanager:x", "arn:aws:secretsmanager:x"),
    "REDIS_IAM_AUTH": ("1", True),
    "REDIS_CACHE_NAME": ("sessions", "sessions"),
    "REDIS_CLUSTER": ("yes", True),
    "REDIS_CONNECT_TIMEOUT_MS": ("250", 250),
    "REDIS_TIMEOUT_MS": ("150", 150),
    "SESSION_MAX_AGE_SECONDS": ("3600", 3600),
    "SESSION_SHORT_MAX_AGE_SECONDS": ("1800", 1800),
    "SESSION_SLIDING": ("true", True),
    "SESSION_ABSOLUTE_MAX_AGE_SECONDS": ("700000", 700000),
    "SESSION_REVALIDATE_SECONDS": ("30", 30),
    "SESSION_STALE_IF_ERROR_SECONDS": ("0", 0),
    "SESSION_TOUCH_SECONDS": ("120", 120),
    "SESSION_IDLE_TIMEOUT_SECONDS": ("3600", 3600),
    "SESSION_ID_AT_REST": ("plain", "plain"),
    "SESSION_UPGRADE_PLAIN_UNTIL": ("2027-01-31T00:00:00Z", datetime(2027, 1, 31, tzinfo=UTC)),
    "SESSION_MAX_PER_USER": ("5", 5),
    "REVOKED_RETENTION_SECONDS": ("86400", 86400),
    "SWEEP_RESERVE_SECONDS": ("10", 10),
    "REGISTRATION": ("open", "open"),
    "REGISTRATION_HIDES_ACCOUNTS": ("true", True),
    "PASSWORD_MIN_LENGTH": ("8", 8),
    "LOGIN_REQUIRES_VERIFIED": ("true", True),
    "LOGIN_ACCOUNT_FREE_ATTEMPTS": ("5", 5),
    "LOGIN_ACCOUNT_MAX_DELAY_SECONDS": ("60", 60),
    "LOGIN_IP_ATTEMPTS": ("50", 50),
    "LOGIN_IP_WINDOW_SECONDS": ("600", 600),
    "TRUSTED_PROXY_HOPS": ("1", 1),
    "COOKIE_NAME": ("sid", "sid"),
    "COOKIE_SECURE": ("false", False),
    "COOKIE_SAMESITE": ("strict", "Strict"),
    "COOKIE_DOMAIN": ("example.com", "example.com"),
    "ALLOWED_ORIGINS": (
        "https://App.example.com, http://localhost:3000 https://[::1]:8443",
        ("https://app.example.com", "http://localhost:3000", "https://[::1]:8443"),
    ),
    "ORIGIN_SECRET": ("s" * 32, Secret("s" * 32)),
    "ORIGIN_SECRET_PREVIOUS": ("p" * 32, Secret("p" * 32)),
    "AUTHORIZER_RESPONSE": ("policy", "policy"),
    "REQUIRED_ROLE": ("ADMIN", UserRole.ADMIN),
    "REQUIRE_VERIFIED": ("true", True),
    "MAX_AUTH_AGE_SECONDS": ("900", 900),
    "CLIENT_CHANGE_POLICY": ("deny", "deny"),
}
# Those that only go with another.
TOGETHER = {
    "COOKIE_NAME": {"COOKIE_SECURE": "true"},
    "COOKIE_DOMAIN": {"COOKIE_NAME": "__Secure-sid"},
    "ORIGIN_SECRET_PREVIOUS": {"ORIGIN_SECRET": "s" * 32},
}

DESIGNED_DEFAULTS = {
    "SESSION_MAX_AGE_SECONDS": 604_800,
    "SESSION_SHORT_MAX_AGE_SECONDS": 86_400,
    "SESSION_SLIDING": False,
    "SESSION_IDLE_TIMEOUT_SECONDS": 0,
    "SESSION_ABSOLUTE_MAX_AGE_SECONDS": 2_592_000,
    "SESSION_REVALIDATE_SECONDS": 60,
    "SESSION_STALE_IF_ERROR_SECONDS": 300,
    "SESSION_TOUCH_SECONDS": 300,
    "SESSION_ID_AT_REST": "digest",
    "SESSION_UPGRADE_PLAIN_UNTIL": None,
    "SESSION_MAX_PER_USER": 0,
    "REVOKED_RETENTION_SECONDS": 2_592_000,
    "SWEEP_RESERVE_SECONDS": 20,
    "LOGIN_ACCOUNT_FREE_ATTEMPTS": 10,
    "LOGIN_ACCOUNT_MAX_DELAY_SECONDS": 300,
    "LOGIN_IP_ATTEMPTS": 100,
    "LOGIN_IP_WINDOW_SECONDS": 900,
    "TRUSTED_PROXY_HOPS": 0,
    "DATABASE_CONNECT_TIMEOUT_MS": 2_000,
    "DATABASE_TIMEOUT_MS": 2_000,
    "REDIS_CONNECT_TIMEOUT_MS": 500,
    "REDIS_TIMEOUT_MS": 300,
    "DATABASE_POOLER": "transaction",
    "REGISTRATION": "closed",
    "REGISTRATION_HIDES_ACCOUNTS": False,
    "PASSWORD_MIN_LENGTH": 15,
    "LOGIN_REQUIRES_VERIFIED": False,
    "COOKIE_NAME": "__Host-sessionId",
    "COOKIE_SECURE": True,
    "COOKIE_SAMESITE": "Lax",
    "COOKIE_DOMAIN": None,
    "ALLOWED_ORIGINS": (),
    "ORIGIN_SECRET": None,
    "ORIGIN_SECRET_PREVIOUS": None,
    "AUTHORIZER_RESPONSE": "simple",
    "REQUIRED_ROLE": None,
    "REQUIRE_VERIFIED": False,
    "MAX_AUTH_AGE_SECONDS": 0,
    "CLIENT_CHANGE_POLICY": "log",
}


def faults_of(variables: dict[str, str]) -> list[str]:
    """Return what is wrong with *variables*."""
    with pytest.raises(ConfigurationError) as raised:
        Settings.from_environment(variables)
    return list(raised.value.faults)


@pytest.mark.parametrize("name", EVERY_SETTING)
def test_every_setting_is_read_from_its_variable(name: str) -> None:
    text, value = EVERY_SETTING[name]

    settings = Settings.from_environment({**TOGETHER.get(name, {}), name: text})

    assert getattr(settings, name.lower()) == value


def test_there_is_no_setting_that_is_not_tested_here() -> None:
    assert {name.upper() for name in Settings.FIELDS} == EVERY_SETTING.keys()


@pytest.mark.parametrize("name", DESIGNED_DEFAULTS)
def test_defaults_are_the_documented_ones(name: str) -> None:
    assert getattr(Settings.from_environment({}), name.lower()) == DESIGNED_DEFAULTS[name]


def test_the_processs_environment_is_read_when_nothing_else_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_MAX_AGE_SECONDS", "7200")

    assert Settings.from_environment().session_max_age_seconds == 7200


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_not_set(empty: str) -> None:
    names = [*EVERY_SETTING, "APP_ENV", "FORCE_MOCK_MODE"]

    assert Settings.from_environment(dict.fromkeys(names, empty)) == Settings.from_environment({})


def test_settings_cannot_be_changed() -> None:
    settings = Settings.from_environment({})

    for name in ("cookie_name", "session_max_age_seconds", "runtime", "another"):
        with pytest.raises(AttributeError):
            setattr(settings, name, "other")
        with pytest.raises(AttributeError):
            delattr(settings, name)
    assert settings == Settings.from_environment({})


def test_settings_are_equal_where_all_of_them_are() -> None:
    one, alike = (Settings.from_environment({"COOKIE_NAME": "sid", **STORES}) for _ in range(2))

    assert (one, hash(one)) == (alike, hash(alike))
    for other in ({"COOKIE_NAME": "other", **STORES}, {"COOKIE_NAME": "sid", **STORES, "APP_ENV": "production"}):
        assert one != Settings.from_environment(other)


WRONG_VALUES = {
    "DATABASE_URL": "mysql://h/n",
    "DATABASE_PORT": "0",
    "DATABASE_IAM_AUTH": "perhaps",
    "DATABASE_SSLMODE": "require",
    "DATABASE_POOLER": "session",
    "DATABASE_CONNECT_TIMEOUT_MS": "0",
    "DATABASE_TIMEOUT_MS": "2s",
    "REDIS_URL": "https://h",
    "REDIS_PORT": "65536",
    "REDIS_TLS": "maybe",
    "REDIS_IAM_AUTH": "2",
    "REDIS_CLUSTER": "three",
    "REDIS_CONNECT_TIMEOUT_MS": "1e3",
    "REDIS_TIMEOUT_MS": "-1",
    "SESSION_MAX_AGE_SECONDS": "0",
    "SESSION_ABSOLUTE_MAX_AGE_SECONDS": "-5",
    "SESSION_REVALIDATE_SECONDS": "0",
    "SESSION_STALE_IF_ERROR_SECONDS": "-1",
    "SESSION_TOUCH_SECONDS": "0",
    "SESSION_IDLE_TIMEOUT_SECONDS": "never",
    "SESSION_ID_AT_REST": "raw",
    "SESSION_MAX_PER_USER": "-1",
    "REVOKED_RETENTION_SECONDS": "899",
    "SWEEP_RESERVE_SECONDS": "0",
    "REGISTRATION": "maybe",
    "REGISTRATION_HIDES_ACCOUNTS": "some",
    "PASSWORD_MIN_LENGTH": "7",
    "LOGIN_ACCOUNT_FREE_ATTEMPTS": "0",
    "LOGIN_ACCOUNT_MAX_DELAY_SECONDS": "0",
    "LOGIN_IP_ATTEMPTS": "none",
    "LOGIN_IP_WINDOW_SECONDS": "86401",
    "TRUSTED_PROXY_HOPS": "-1",
    "COOKIE_NAME": "session id",
    "COOKIE_SECURE": "sometimes",
    "COOKIE_SAMESITE": "Relaxed",
    "COOKIE_DOMAIN": "example.com; HttpOnly",
    "ALLOWED_ORIGINS": "https://app.example.com/path",
    "ORIGIN_SECRET": "s" * 31,
    "ORIGIN_SECRET_PREVIOUS": "p" * 31,
    "AUTHORIZER_RESPONSE": "iam",
    "REQUIRED_ROLE": "ROOT",
    "REQUIRE_VERIFIED": "mostly",
    "MAX_AUTH_AGE_SECONDS": "-1",
    "CLIENT_CHANGE_POLICY": "warn",
}


@pytest.mark.parametrize("name", WRONG_VALUES)
def test_a_wrong_value_is_one_fault_that_names_its_variable(name: str) -> None:
    (fault,) = faults_of({name: WRONG_VALUES[name]})

    assert fault.startswith(f"{name}: ")
    assert len(fault) > len(name) + 10


def test_all_faults_are_told_at_once() -> None:
    told = [fault.partition(":")[0] for fault in faults_of({"APP_ENV": "production", **WRONG_VALUES})]

    assert sorted(told) == sorted(WRONG_VALUES)


def test_wrong_values_do_not_hide_what_is_missing() -> None:
    faults = faults_of({"APP_ENV": "production", "REDIS_PORT": "x", "SESSION_MAX_AGE_SECONDS": "99999999"})

    assert sorted(fault.partition(":")[0] for fault in faults) == [
        "DATABASE_URL",
        "REDIS_PORT",
        "REDIS_URL",
        "SESSION_MAX_AGE_SECONDS",
    ]


@pytest.mark.parametrize(
    "origin", ["*", "https://*", "app.example.com", "https://", "null", "ftp://a.b", "https://a b", "https://a.b/"]
)
def test_only_exact_origins_may_be_allowed(origin: str) -> None:
    (fault,) = faults_of({"ALLOWED_ORIGINS": f"https://app.example.com {origin}"})

    assert "exact origin" in fault


@pytest.mark.parametrize("name", ["a\r\nb", "a;b", "a=b", "a,b", "é", "a" * 65])
def test_a_cookies_name_is_a_token(name: str) -> None:
    (fault,) = faults_of({"COOKIE_NAME": name})

    assert "must be a cookie name" in fault


@pytest.mark.parametrize("name", ["ORIGIN_SECRET", "ORIGIN_SECRET_PREVIOUS"])
@pytest.mark.parametrize("secret", ["s" * 31, "s" * 16 + " " + "s" * 16, "é" * 32, "s" * 32 + "\x7f", "s\n" * 16])
def test_a_secret_is_long_and_can_stand_in_a_header(name: str, secret: str) -> None:
    (fault,) = faults_of({"ORIGIN_SECRET": "o" * 32, name: secret})

    assert fault == f"{name}: must be at least 32 characters that a header can hold: ASCII, and no spaces"


# --- No value is shown --------------------------------------------------------------------------

FORMS = (
    "canary{}",
    "postgresql://canary{0}:canary{0}@canary{0}/canary{0}?sslmode=canary{0}",
    "rediss://canary{0}:canary{0}@canary{0}:66666/canary{0}",
    "12{}canary",
)


@pytest.mark.parametrize("app_env", ["production", "development", "test", None])
@pytest.mark.parametrize("place", [{}, ON_AWS], ids=["off AWS", "on AWS"])
@pytest.mark.parametrize("form", FORMS)
def test_no_fault_shows_a_value(form: str, place: dict[str, str], app_env: str | None) -> None:
    """P5: whatever somebody pasted into whichever variable; APP_ENV alone is named, for it is a word."""
    variables = {name: form.format(number) for number, name in enumerate(EVERY_SETTING)}

    with pytest.raises(ConfigurationError) as raised:
        Settings.from_environment({**variables, **place, **({"APP_ENV": app_env} if app_env else {})})

    error = raised.value
    assert "canary" not in f"{error} {error!r} {error.faults} {error.__cause__!r} {error.__context__!r}"


@given(st.dictionaries(st.sampled_from([*EVERY_SETTING]), st.text(max_size=8).map("☃{}☃".format)))
def test_whatever_the_variables_hold_there_are_settings_or_faults_without_a_value(variables: dict[str, str]) -> None:
    try:
        settings = Settings.from_environment({"APP_ENV": "production", **variables})
    except ConfigurationError as error:
        assert not any(value in str(error) for value in variables.values())  # noqa: PT017 (either may happen)
    else:
        assert settings.postgres.host
        assert settings.redis.host


def test_settings_that_are_made_by_hand_are_checked_and_do_not_show_a_wrong_value_either() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings({"DATABASE_URL": "mysql://canary", "COOKIE_NAME": "canary="})

    assert len(raised.value.faults) == 2
    assert "canary" not in f"{raised.value} {raised.value!r}"


def test_settings_do_not_show_secrets() -> None:
    settings = Settings.from_environment(
        {
            "APP_ENV": "production",
            "DATABASE_URL": "postgresql://ann:canary@db.example.com/app",
            "DATABASE_PASSWORD": "canary",
            "REDIS_URL": "rediss://ann:canary@cache.example.com",
            "REDIS_PASSWORD": "canary",
            "ORIGIN_SECRET": "canary" * 6,
            "ORIGIN_SECRET_PREVIOUS": "canary" * 7,
        }
    )

    shown = [str(settings), vars(settings), settings.postgres, settings.redis]
    assert "canary" not in repr([settings, *shown])
    assert settings.postgres.password == settings.redis.password == "canary"


# --- Modes --------------------------------------------------------------------------------------

ONE_STORE = {"DATABASE_URL": STORES["DATABASE_URL"]}


@pytest.mark.parametrize(
    ("variables", "mode"),
    [
        ({}, "mock"),
        ({"APP_ENV": "test"}, "mock"),
        ({"APP_ENV": "anything"}, "mock"),
        ({"APP_ENV": "test", **STORES}, "mock"),
        ({"APP_ENV": "development"}, "mock"),
        ({"APP_ENV": "development", **ONE_STORE}, "mock"),
        ({"APP_ENV": "development", **STORES}, "development"),
        ({"APP_ENV": "production", **STORES}, "production"),
        ({"APP_ENV": "production", "FORCE_MOCK_MODE": "true"}, "mock"),
        ({"APP_ENV": "production", "FORCE_MOCK_MODE": "true", **STORES}, "mock"),
        ({"APP_ENV": "development", "FORCE_MOCK_MODE": "1", **STORES}, "mock"),
        ({"APP_ENV": "production", "FORCE_MOCK_MODE": "false", **STORES}, "production"),
        ({**ON_AWS, "APP_ENV": "production", **STORES}, "production"),
        ({**ON_AWS, "APP_ENV": "development", **STORES}, "development"),
        ({**ON_AWS, "AWS_SAM_LOCAL": "true"}, "mock"),
        ({**ON_AWS, "AWS_SAM_LOCAL": "true", "FORCE_MOCK_MODE": "true", "APP_ENV": "production"}, "mock"),
    ],
)
def test_the_mode_follows_from_app_env_the_stores_and_force_mock_mode(variables: dict[str, str], mode: str) -> None:
    assert Settings.from_environment(variables).mode == mode


@pytest.mark.parametrize(
    ("variables", "faulty"),
    [
        ({"APP_ENV": "production"}, ["DATABASE_URL", "REDIS_URL"]),
        ({"APP_ENV": "production", **ONE_STORE}, ["REDIS_URL"]),
        ({**ON_AWS, **STORES}, ["APP_ENV"]),
        ({**ON_AWS, "APP_ENV": "test", **STORES}, ["APP_ENV"]),
        ({**ON_AWS, "APP_ENV": "anything", **STORES}, ["APP_ENV"]),
        ({**ON_AWS, "APP_ENV": "production", "FORCE_MOCK_MODE": "true", **STORES}, ["FORCE_MOCK_MODE"]),
        ({**ON_AWS, "APP_ENV": "development"}, ["DATABASE_URL", "REDIS_URL"]),
        ({**ON_AWS, "APP_ENV": "development", **ONE_STORE}, ["REDIS_URL"]),
        ({**ON_AWS}, ["APP_ENV", "DATABASE_URL", "REDIS_URL"]),
        ({**ON_AWS, "FORCE_MOCK_MODE": "true"}, ["APP_ENV", "DATABASE_URL", "FORCE_MOCK_MODE", "REDIS_URL"]),
    ],
)
def test_a_deployed_function_and_production_never_run_on_memory(variables: dict[str, str], faulty: list[str]) -> None:
    """ASVS 6.3.2."""
    assert sorted(fault.partition(":")[0] for fault in faults_of(variables)) == faulty


@pytest.mark.parametrize("app_env", ["production", "development"])
def test_stores_may_be_named_by_host_as_well_as_by_url(app_env: str) -> None:
    variables = {
        "APP_ENV": app_env,
        "DATABASE_HOST": "db.example.com",
        "DATABASE_NAME": "app",
        "DATABASE_USER": "ann",
        "REDIS_HOST": "cache.example.com",
    }

    assert Settings.from_environment(variables).mode == app_env


# --- What the settings come to ------------------------------------------------------------------


def test_a_url_and_single_settings_come_to_the_same_options() -> None:
    by_url = Settings.from_environment(
        {
            "DATABASE_URL": "postgresql://ann:s%2Fcret@db.example.com:6543/app",
            "REDIS_URL": "rediss://bob:s%2Fcret@cache.example.com:6380",
        }
    )
    single = Settings.from_environment(
        {
            "DATABASE_HOST": "db.example.com",
            "DATABASE_PORT": "6543",
            "DATABASE_NAME": "app",
            "DATABASE_USER": "ann",
            "DATABASE_PASSWORD": "s/cret",
            "REDIS_HOST": "cache.example.com",
            "REDIS_PORT": "6380",
            "REDIS_USER": "bob",
            "REDIS_PASSWORD": "s/cret",
        }
    )

    assert by_url.postgres == single.postgres
    assert by_url.redis == single.redis
    assert by_url.postgres.password == "s/cret"


def test_single_settings_fill_what_a_url_leaves_out() -> None:
    settings = Settings.from_environment(
        {"DATABASE_URL": "postgresql://h", "DATABASE_NAME": "app", "DATABASE_USER": "ann", "DATABASE_PASSWORD": "p"}
    )

    assert (settings.postgres.name, settings.postgres.user, settings.postgres.password) == ("app", "ann", "p")
    assert settings.postgres.port == 5432


@pytest.mark.parametrize(
    ("variables", "postgres", "redis"),
    [
        ({"DATABASE_URL": "postgresql://h/n", "REDIS_HOST": "h"}, True, True),
        ({"DATABASE_URL": "postgresql://localhost/n", "REDIS_HOST": "127.0.0.1"}, False, False),
        ({"DATABASE_URL": "postgresql://localhost/n?sslmode=require", "REDIS_URL": "rediss://localhost"}, True, True),
        (
            {
                "DATABASE_URL": "postgresql://h/n",
                "DATABASE_SSLMODE": "disable",
                "REDIS_HOST": "h",
                "REDIS_TLS": "false",
            },
            False,
            False,
        ),
        (
            {"DATABASE_HOST": "::1", "DATABASE_SSLMODE": "verify-full", "REDIS_HOST": "::1", "REDIS_TLS": "true"},
            True,
            True,
        ),
    ],
)
def test_tls_is_on_unless_the_host_is_this_machine_or_it_is_switched_off(
    variables: dict[str, str], postgres: bool, redis: bool
) -> None:
    settings = Settings.from_environment(variables)

    assert (settings.postgres.uses_tls, settings.redis.uses_tls) == (postgres, redis)


def test_time_outs_are_handed_on_in_seconds() -> None:
    settings = Settings.from_environment({"DATABASE_TIMEOUT_MS": "1500", "REDIS_CONNECT_TIMEOUT_MS": "250"})

    assert settings.postgres.timeout_seconds == 1.5
    assert settings.redis.connect_timeout_seconds == 0.25


@pytest.mark.parametrize(("pooler", "is_pooled"), [("transaction", True), ("none", False)])
def test_the_pooler_is_told_to_the_client(pooler: str, is_pooled: bool) -> None:
    assert Settings.from_environment({"DATABASE_POOLER": pooler}).postgres.is_pooled is is_pooled


def test_the_policy_has_the_numbers_of_the_settings() -> None:
    given = {
        name: text for name, (text, _) in EVERY_SETTING.items() if name.startswith(("SESSION_", "REVOKED", "SWEEP"))
    }
    until = given.pop("SESSION_UPGRADE_PLAIN_UNTIL")
    policy = Settings.from_environment(given).policy

    assert policy.max_age == timedelta(hours=1)
    assert policy.expiry.absolute == timedelta(seconds=700_000)
    assert policy.expiry.idle == timedelta(hours=1)
    assert policy.revalidate == timedelta(seconds=30)
    assert policy.stale_if_error == timedelta()
    assert policy.touch == timedelta(minutes=2)
    assert policy.revoked_retention == timedelta(days=1)
    assert policy.sweep_reserve_seconds == 10
    assert policy.max_per_user == 5
    assert policy.accepts_original
    assert policy.upgrade_plain_until is None
    upgrading = Settings.from_environment({"SESSION_UPGRADE_PLAIN_UNTIL": until}).policy
    assert upgrading.upgrade_plain_until == datetime(2027, 1, 31, tzinfo=UTC)
    assert upgrading.names.takes_plain


@pytest.mark.parametrize("name", [name for name, (text, _) in EVERY_SETTING.items() if text.isdigit()])
def test_no_number_is_so_big_that_the_rules_could_not_reckon_with_it(name: str) -> None:
    faults = faults_of({name: "9" * 18})

    assert faults[0].startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("secure", "name"), [("true", "__Host-sessionId"), ("false", "sessionId"), ("", "__Host-sessionId")]
)
def test_the_cookies_name_has_the_host_prefix_where_the_cookie_is_secure(secure: str, name: str) -> None:
    assert Settings.from_environment({"COOKIE_SECURE": secure}).cookie_name == name


def test_the_cookie_is_secure_in_every_mode() -> None:
    assert Settings.from_environment({"APP_ENV": "development"}).cookie_secure
    assert re.match("__Host-", Settings.from_environment({"APP_ENV": "test"}).cookie_name)


def test_spaces_around_a_value_are_a_slip_but_in_a_password_they_are_part_of_it() -> None:
    settings = Settings.from_environment({"COOKIE_NAME": " sid ", "DATABASE_PASSWORD": " p "})

    assert settings.cookie_name == "sid"
    assert settings.postgres.password == " p "
