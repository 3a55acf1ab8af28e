"""Settings that are each fine and do not go together."""

import pytest

from session_management.errors import ConfigurationError
from session_management.settings import Settings

ON_AWS = {"AWS_LAMBDA_FUNCTION_NAME": "login"}
POSTGRES = {"DATABASE_URL": "postgresql://ann:secret@db.example.com/app"}
REDIS = {"REDIS_URL": "rediss://ann:secret@cache.example.com"}
PRODUCTION = {"APP_ENV": "production", **POSTGRES, **REDIS}
IAM = {
    "DATABASE_IAM_AUTH": "true",
    "REDIS_IAM_AUTH": "true",
    "REDIS_CACHE_NAME": "sessions",
    "REDIS_USER": "ann",
}


def faulty(**variables: str) -> list[str]:
    """Return the names of the variables that the faults begin with, in order."""
    try:
        Settings.from_environment(variables)
    except ConfigurationError as error:
        return sorted(fault.partition(":")[0] for fault in error.faults)
    return []


# --- Plain form ---------------------------------------------------------------------------------


def test_sessions_in_plain_form_are_upgraded_to_digests_and_to_nothing_else() -> None:
    instant = "2027-01-31T00:00:00Z"
    assert faulty(SESSION_UPGRADE_PLAIN_UNTIL=instant) == []
    assert faulty(SESSION_UPGRADE_PLAIN_UNTIL=instant, SESSION_ID_AT_REST="digest") == []
    assert faulty(SESSION_UPGRADE_PLAIN_UNTIL=instant, SESSION_ID_AT_REST="plain") == ["SESSION_UPGRADE_PLAIN_UNTIL"]


@pytest.mark.parametrize("text", ["2027-01-31T00:00:00", "2027-01-31", "1801353600", "tomorrow", "P30D"])
def test_an_upgrade_ends_at_an_instant_that_everybody_reads_alike(text: str) -> None:
    assert faulty(SESSION_UPGRADE_PLAIN_UNTIL=text) == ["SESSION_UPGRADE_PLAIN_UNTIL"]


# --- The edge -----------------------------------------------------------------------------------


def test_a_secret_that_is_replaced_is_replaced_by_another() -> None:
    new, old = "n" * 32, "o" * 32
    assert faulty(ORIGIN_SECRET=new) == []
    assert faulty(ORIGIN_SECRET=new, ORIGIN_SECRET_PREVIOUS=old) == []
    assert faulty(ORIGIN_SECRET_PREVIOUS=old) == ["ORIGIN_SECRET_PREVIOUS"]


# --- Times --------------------------------------------------------------------------------------


def test_a_session_may_live_as_long_as_its_absolute_lifetime_and_not_longer() -> None:
    assert faulty(SESSION_MAX_AGE_SECONDS="3600", SESSION_ABSOLUTE_MAX_AGE_SECONDS="3600") == []
    assert faulty(SESSION_MAX_AGE_SECONDS="3601", SESSION_ABSOLUTE_MAX_AGE_SECONDS="3600") == [
        "SESSION_MAX_AGE_SECONDS"
    ]


def test_a_fence_outlives_every_copy_that_may_still_be_believed() -> None:
    assert faulty(SESSION_REVALIDATE_SECONDS="600", SESSION_STALE_IF_ERROR_SECONDS="299") == []
    assert faulty(SESSION_REVALIDATE_SECONDS="600", SESSION_STALE_IF_ERROR_SECONDS="300") == [
        "SESSION_STALE_IF_ERROR_SECONDS"
    ]


@pytest.mark.parametrize(("idle", "is_fine"), [(0, True), (1, False), (719, False), (720, True), (3600, True)])
def test_an_idle_timeout_is_twice_what_it_takes_to_record_activity(idle: int, is_fine: bool) -> None:
    """Touch 300 and revalidate 60 seconds: activity is recorded up to 360 seconds late."""
    assert (faulty(SESSION_IDLE_TIMEOUT_SECONDS=str(idle)) == []) is is_fine


def test_a_short_idle_timeout_goes_with_a_short_touch_interval() -> None:
    times = {"SESSION_TOUCH_SECONDS": "60", "SESSION_REVALIDATE_SECONDS": "30"}

    assert faulty(SESSION_IDLE_TIMEOUT_SECONDS="180", **times) == []
    assert faulty(SESSION_IDLE_TIMEOUT_SECONDS="179", **times) == ["SESSION_IDLE_TIMEOUT_SECONDS"]


# --- The cookie ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ({"COOKIE_NAME": "__Host-sid"}, []),
        ({"COOKIE_NAME": "__Host-sid", "COOKIE_SECURE": "false"}, ["COOKIE_NAME"]),
        ({"COOKIE_NAME": "__Secure-sid", "COOKIE_SECURE": "false"}, ["COOKIE_NAME"]),
        ({"COOKIE_NAME": "__host-sid", "COOKIE_SECURE": "false"}, ["COOKIE_NAME"]),
        ({"COOKIE_NAME": "sid", "COOKIE_SECURE": "false"}, []),
        ({"COOKIE_DOMAIN": "example.com"}, ["COOKIE_DOMAIN"]),
        ({"COOKIE_DOMAIN": "example.com", "COOKIE_NAME": "__HOST-sid"}, ["COOKIE_DOMAIN"]),
        ({"COOKIE_DOMAIN": "example.com", "COOKIE_NAME": "__Secure-sid"}, []),
        ({"COOKIE_DOMAIN": "example.com", "COOKIE_SECURE": "false"}, []),
        ({"COOKIE_SAMESITE": "none"}, []),
        ({"COOKIE_SAMESITE": "none", "COOKIE_SECURE": "false"}, ["COOKIE_SAMESITE"]),
        ({"COOKIE_SAMESITE": "strict", "COOKIE_SECURE": "false"}, []),
    ],
)
def test_a_cookie_that_browsers_would_drop_is_refused(cookie: dict[str, str], expected: list[str]) -> None:
    """RFC 6265bis, section 4.1.3: prefixes, which browsers know in any case. ASVS 3.3.3."""
    assert faulty(**cookie) == expected


# --- PostgreSQL ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("postgres", "expected"),
    [
        ({"DATABASE_URL": "postgresql://db.example.com"}, ["DATABASE_NAME", "DATABASE_USER"]),
        ({"DATABASE_HOST": "db.example.com"}, ["DATABASE_NAME", "DATABASE_USER"]),
        ({**POSTGRES, "DATABASE_HOST": "db.example.com"}, ["DATABASE_URL"]),
        ({**POSTGRES, "DATABASE_SECRET_ARN": "arn"}, []),
        ({"DATABASE_URL": "postgresql://db.example.com/app", "DATABASE_SECRET_ARN": "arn"}, []),
        ({**POSTGRES, "DATABASE_SECRET_ARN": "arn", "DATABASE_IAM_AUTH": "true"}, ["DATABASE_IAM_AUTH"]),
        ({**POSTGRES, "DATABASE_IAM_AUTH": "true"}, []),
        ({**POSTGRES, "DATABASE_IAM_AUTH": "true", "DATABASE_SSLMODE": "disable"}, ["DATABASE_IAM_AUTH"]),
    ],
)
def test_postgresql_is_named_once_and_whole(postgres: dict[str, str], expected: list[str]) -> None:
    assert faulty(APP_ENV="production", **REDIS, **postgres) == expected


@pytest.mark.parametrize(
    ("place", "url", "sslmode", "expected"),
    [
        ({}, "db.example.com/app", "", []),
        ({}, "db.example.com/app", "disable", []),
        ({}, "db.example.com/app?sslmode=disable", "", ["DATABASE_URL"]),
        ({}, "db.example.com/app?sslmode=disable", "disable", []),
        ({}, "db.example.com/app?sslmode=disable", "verify-full", []),
        ({}, "localhost/app?sslmode=disable", "", []),
        (ON_AWS, "db.example.com/app", "", []),
        (ON_AWS, "db.example.com/app", "disable", ["DATABASE_SSLMODE"]),
        (ON_AWS, "db.example.com/app?sslmode=disable", "", ["DATABASE_SSLMODE"]),
        (ON_AWS, "127.0.0.1/app", "", []),
    ],
)
def test_postgresql_is_reached_with_tls(place: dict[str, str], url: str, sslmode: str, expected: list[str]) -> None:
    """Off AWS an explicit DATABASE_SSLMODE=disable is accepted for any host."""
    variables = {**place, **REDIS, "DATABASE_URL": f"postgresql://ann@{url}", "DATABASE_SSLMODE": sslmode}

    assert faulty(APP_ENV="production", **variables) == expected


# --- Redis --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("redis", "expected"),
    [
        ({**REDIS, "REDIS_HOST": "cache.example.com"}, ["REDIS_URL"]),
        ({**REDIS, "REDIS_SECRET_ARN": "arn"}, []),
        ({"REDIS_HOST": "cache.example.com", **IAM}, []),
        ({"REDIS_HOST": "cache.example.com", **IAM, "REDIS_SECRET_ARN": "arn"}, ["REDIS_IAM_AUTH"]),
        ({"REDIS_HOST": "cache.example.com", **IAM, "REDIS_USER": ""}, ["REDIS_IAM_AUTH"]),
        ({"REDIS_HOST": "cache.example.com", **IAM, "REDIS_CACHE_NAME": ""}, ["REDIS_IAM_AUTH"]),
        ({"REDIS_HOST": "cache.example.com", **IAM, "REDIS_TLS": "false"}, ["REDIS_IAM_AUTH"]),
        ({"REDIS_URL": "rediss://cache.example.com/1", "REDIS_CLUSTER": "true"}, ["REDIS_URL"]),
        ({"REDIS_URL": "rediss://cache.example.com/0", "REDIS_CLUSTER": "true"}, []),
        ({"REDIS_URL": "rediss://cache.example.com/1"}, []),
    ],
)
def test_redis_is_named_once_and_whole(redis: dict[str, str], expected: list[str]) -> None:
    assert faulty(APP_ENV="production", **POSTGRES, **redis) == expected


@pytest.mark.parametrize(
    ("place", "redis", "expected"),
    [
        ({}, {"REDIS_URL": "rediss://cache.example.com"}, []),
        ({}, {"REDIS_URL": "redis://cache.example.com"}, ["REDIS_URL"]),
        ({}, {"REDIS_URL": "redis://cache.example.com", "REDIS_TLS": "false"}, []),
        ({}, {"REDIS_URL": "redis://cache.example.com", "REDIS_TLS": "true"}, []),
        ({}, {"REDIS_HOST": "cache.example.com", "REDIS_TLS": "false"}, []),
        ({}, {"REDIS_URL": "redis://127.0.0.1:6379"}, []),
        (ON_AWS, {"REDIS_URL": "rediss://cache.example.com"}, []),
        (ON_AWS, {"REDIS_HOST": "cache.example.com"}, []),
        (ON_AWS, {"REDIS_URL": "redis://cache.example.com"}, ["REDIS_TLS"]),
        (ON_AWS, {"REDIS_URL": "redis://cache.example.com", "REDIS_TLS": "false"}, ["REDIS_TLS"]),
        (ON_AWS, {"REDIS_HOST": "cache.example.com", "REDIS_TLS": "false"}, ["REDIS_TLS"]),
    ],
)
def test_redis_is_reached_with_tls(place: dict[str, str], redis: dict[str, str], expected: list[str]) -> None:
    """Off AWS an explicit REDIS_TLS=false is accepted for any host."""
    assert faulty(APP_ENV="production", **place, **POSTGRES, **redis) == expected


def test_in_mock_mode_the_stores_settings_do_not_matter() -> None:
    assert (
        faulty(APP_ENV="test", DATABASE_URL="postgresql://db.example.com", REDIS_URL="redis://cache.example.com") == []
    )


def test_a_setting_that_is_wrong_by_itself_is_told_once() -> None:
    """What else could be said of it would only follow from that."""
    assert faulty(**PRODUCTION | {"DATABASE_URL": "postgresql://"}) == ["DATABASE_URL"]
    assert faulty(SESSION_MAX_AGE_SECONDS="9999999", SESSION_ABSOLUTE_MAX_AGE_SECONDS="x") == [
        "SESSION_ABSOLUTE_MAX_AGE_SECONDS"
    ]


def test_faults_of_different_kinds_are_told_together() -> None:
    variables = {
        **ON_AWS,
        "APP_ENV": "production",
        "FORCE_MOCK_MODE": "true",
        "DATABASE_URL": "postgresql://db.example.com/app?sslmode=disable",
        "REDIS_URL": "redis://cache.example.com",
        "COOKIE_DOMAIN": "example.com",
        "SESSION_IDLE_TIMEOUT_SECONDS": "5",
    }

    assert faulty(**variables) == [
        "COOKIE_DOMAIN",
        "DATABASE_SSLMODE",
        "DATABASE_USER",
        "FORCE_MOCK_MODE",
        "REDIS_TLS",
        "SESSION_IDLE_TIMEOUT_SECONDS",
    ]
