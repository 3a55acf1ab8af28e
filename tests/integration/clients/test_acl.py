"""The rules in infra/redis allow what the service sends: all of it, and nothing besides."""

from collections.abc import Iterator
from typing import Final

import pytest

from infra.local.servers import EmbeddedValkey
from session_management.errors import InvalidCredentialsError, StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.models import CreateUserData, SessionMetadata
from tests.conftest import MakeEnvironment
from tests.integration.clients.test_handshake import use_everything
from tests.support.managers import Environment
from tests.support.redis_acl import RULES, limit, rules_of
from tests.support.valkey_cluster import ValkeyCluster

SHAPES: Final = ("server", "cluster")
COMMANDS: Final = [(shape, rule) for shape in SHAPES for rule in rules_of(RULES[shape]) if rule.startswith("+")]
# ASKING is for a key that is on its way to another node: test_three_primaries.
ALWAYS: Final = [(shape, rule) for shape, rule in COMMANDS if rule != "+asking"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[ValkeyCluster]:
    with ValkeyCluster() as cluster:
        yield cluster


@pytest.fixture
def nodes(request: pytest.FixtureRequest, shape: str) -> list[EmbeddedValkey]:
    if shape == "server":
        return [request.getfixturevalue("valkey")]
    cluster: ValkeyCluster = request.getfixturevalue("cluster")
    return list(cluster.primaries)


def environment_of(make: MakeEnvironment, shape: str, nodes: list[EmbeddedValkey], rules: list[str]) -> Environment:
    login = limit(rules, *nodes)
    url = f"redis://{login}@{nodes[0].host}:{nodes[0].port}/0"
    return make(REDIS_URL=url, REDIS_CLUSTER=str(shape == "cluster").lower())


@pytest.mark.parametrize("shape", SHAPES)
def test_all_that_is_sent_is_in_the_rules_and_nothing_else(
    make_environment: MakeEnvironment, shape: str, nodes: list[EmbeddedValkey]
) -> None:
    """ElastiCache refuses CLIENT subcommands; nothing of the kind is sent, nor HELLO, COMMAND or INFO."""
    rules = rules_of(RULES[shape])
    env = environment_of(make_environment, shape, nodes, rules)
    for node in nodes:
        node.ask("CONFIG RESETSTAT")
    for _ in range(6):
        use_everything(env)
        env.manager.delete(env.manager.get_all()[0].id)
    sent = {command for node in nodes for command in sent_to(node)}
    allowed = {rule.removeprefix("+") for rule in rules if rule.startswith("+")} - {"asking"}
    assert sent - {"auth"} == allowed
    assert "auth" in sent


def sent_to(node: EmbeddedValkey) -> set[str]:
    """Return the names of the commands that *node* was sent by anybody but this test."""
    lines = node.ask("INFO commandstats").decode().splitlines()
    names = {line.split(":")[0].removeprefix("cmdstat_") for line in lines if line.startswith("cmdstat_")}
    return names - {"config|resetstat", "info", "quit", "ping", "replconf", "psync"}


@pytest.mark.parametrize(("shape", "command"), ALWAYS)
def test_without_any_one_command_the_service_lacks_something(
    make_environment: MakeEnvironment, shape: str, nodes: list[EmbeddedValkey], command: str
) -> None:
    rules = [rule for rule in rules_of(RULES[shape]) if rule != command]
    env = environment_of(make_environment, shape, nodes, rules)
    with pytest.raises((StoreUnavailableError, AssertionError)):
        use_everything(env)
    assert {failure.reason for failure in env.observer.failures} == {"the user lacks a permission: see infra/redis"}


@pytest.mark.parametrize("shape", SHAPES)
def test_without_the_rules_for_counters_tries_are_limited_locally_and_logins_get_their_copies(
    make_environment: MakeEnvironment, shape: str, nodes: list[EmbeddedValkey], cheap_passwords: None
) -> None:
    """As after an upgrade before which nobody gave the user its new rules: this is refused, and Redis is not down."""
    rules = [rule for rule in rules_of(RULES[shape]) if rule not in ("~attempts:*", "+zadd")]
    env = environment_of(make_environment, shape, nodes, rules)
    env.manager.create(CreateUserData(email="ann@example.com", password="correct horse"))
    for _ in range(5):
        opened = env.manager.log_in("ann@example.com", "correct horse", SessionMetadata())
        assert env.manager.find_session(opened.session_id)
        assert env.observer.last_path() is ValidationPath.COPY
    assert env.observer.breakers == []


@pytest.mark.parametrize("shape", SHAPES)
def test_without_the_rules_for_copies_a_login_forgets_the_failures_before_it(
    make_environment: MakeEnvironment, shape: str, nodes: list[EmbeddedValkey], cheap_passwords: None
) -> None:
    """What is refused is the copy; the try that goes with it is none the worse."""
    rules = [rule for rule in rules_of(RULES[shape]) if rule != "~session:*"]
    env = environment_of(make_environment, shape, nodes, rules)
    env.manager.create(CreateUserData(email="ann@example.com", password="correct horse"))
    for _ in range(4):
        with pytest.raises(InvalidCredentialsError):
            env.manager.log_in("ann@example.com", "wrong", SessionMetadata())
        env.manager.log_in("ann@example.com", "correct horse", SessionMetadata())
    assert env.manager.lift_limit("ann@example.com") == 0
    assert env.observer.breakers == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "words",
    [("GET", "other:x"), ("DEL", "session:x"), ("EVAL", "return redis.call('DEL', KEYS[1])", 1, "session:x")],
    ids=["another key", "another command", "another command in a script"],
)
def test_the_user_may_do_nothing_else(
    make_environment: MakeEnvironment, shape: str, nodes: list[EmbeddedValkey], words: tuple[str | int, ...]
) -> None:
    env = environment_of(make_environment, shape, nodes, rules_of(RULES[shape]))
    with pytest.raises(StoreUnavailableError):
        env.redis.command(*words)
