"""What is said when PostgreSQL refuses: enough to mend it, and no secret."""

import pytest

from infra.local.servers import EmbeddedPostgres
from session_management.errors import StoreUnavailableError
from tests.conftest import MakeEnvironment


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("password", "wrong-secret", "28P01, the password is wrong"),
        ("user", "nobody", "28P01, the password is wrong"),
        ("database", "nowhere", "3D000, there is no database of this name"),
    ],
)
def test_a_refusal_of_postgresql_says_what_to_mend_and_no_secret(
    make_environment: MakeEnvironment, postgres: EmbeddedPostgres, old: str, new: str, said: str
) -> None:
    parts = {"user": postgres.user, "password": postgres.password, "database": postgres.database} | {old: new}
    url = f"postgresql://{parts['user']}:{parts['password']}@{postgres.host}:{postgres.port}/{parts['database']}"
    env = make_environment(DATABASE_URL=url)
    with pytest.raises(StoreUnavailableError, match=said) as failure:
        env.manager.count()
    told = repr(failure.value) + str(failure.value.__cause__)
    assert parts["password"] not in told


def test_a_schema_that_was_never_made_says_what_to_run(
    make_environment: MakeEnvironment, postgres: EmbeddedPostgres
) -> None:
    env = make_environment(DATABASE_URL=postgres.url.removesuffix("postgres") + "template1")
    with pytest.raises(StoreUnavailableError, match="42P01, a table is missing: run the migrate function"):
        env.manager.count()
