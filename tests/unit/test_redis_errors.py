"""What Redis' errors mean, by the first words of what it replies; of the rest nothing is told."""

import ssl

import hiredis
import pytest

from session_management.clients import redis_errors as errors

_REPLIES = {
    "WRONGPASS invalid username-password pair or user is disabled.": "it refused the user or the password",
    "NOAUTH Authentication required.": "it refused the user or the password",
    "ERR invalid password": "it refused the user or the password",
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration"
    " is correct?": "it refused the user or the password",
    "ERR Client sent AUTH, but no password is set": "it refused the user or the password",
    "NOPERM User canary has no permissions to run the 'get' command": "the user lacks a permission: see infra/redis",
    "ERR Error running script: ACL failure in script: User canary has no permissions": "the user lacks a permission:"
    " see infra/redis",
    "MOVED 866 192.0.2.1:6379": "it is a cluster: set REDIS_CLUSTER=true",
    "ERR This instance has cluster support disabled": "it is no cluster: set REDIS_CLUSTER=false",
    "ERR unknown command 'EVAL', with args beginning with: 'canary'": "it does not know the command, or refuses it",
    "ERR unknown subcommand 'SLOTS'. Try CLUSTER HELP.": "it does not know the command, or refuses it",
    "OOM command not allowed when used memory > 'maxmemory'.": "it replied OOM",
    "READONLY You can't write against a read only replica.": "it replied READONLY",
    "LOADING Redis is loading the dataset in memory": "it replied LOADING",
    "ERR canary": "it replied ERR",
    "canary": "ReplyError",
    "CANARY": "ReplyError",
}
_UP = ("NOPERM", "ERR Error running script", "ERR unknown")


@pytest.mark.parametrize("text", _REPLIES)
def test_a_reply_is_told_by_what_it_means_or_by_its_code(text: str) -> None:
    """P5: its other words may name a user, or repeat a key."""
    meaning = errors.meaning_of(hiredis.ReplyError(text))

    assert meaning.reason == _REPLIES[text]
    assert meaning.is_up is text.startswith(_UP)
    assert "canary" not in f"{meaning} {meaning!r}".lower()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError("timed out"), "it did not answer in time"),
        (ConnectionRefusedError(), "ConnectionRefusedError"),
        (ssl.SSLCertVerificationError("canary"), "SSLCertVerificationError"),
        (hiredis.ProtocolError("Protocol error, got canary"), "ProtocolError"),
        (errors.NoOwnerError("no node has the slot"), "NoOwnerError"),
    ],
)
def test_what_is_wrong_with_a_connection_is_told_by_its_kind(error: Exception, reason: str) -> None:
    assert errors.is_of_redis(error)
    assert (errors.meaning_of(error).reason, errors.meaning_of(error).is_up) == (reason, False)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionResetError(), True),
        (hiredis.ProtocolError("canary"), True),
        (TimeoutError(), False),
        (hiredis.ReplyError("LOADING Redis is loading the dataset in memory"), False),
        (ZeroDivisionError(), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_a_command_may_be_sent_again_where_the_connection_broke_and_only_there(
    error: BaseException, expected: bool
) -> None:
    assert errors.may_be_sent_again(error) is expected


@pytest.mark.parametrize(
    ("error", "is_of_a_cluster", "is_of_the_node"),
    [
        (ConnectionRefusedError(), True, True),
        (TimeoutError(), True, False),
        (errors.NoOwnerError(), True, False),
        (hiredis.ReplyError("LOADING Redis is loading the dataset in memory"), True, True),
        (hiredis.ReplyError("ERR max number of clients reached"), True, True),
        (hiredis.ReplyError("CLUSTERDOWN The cluster is down"), True, False),
        (hiredis.ReplyError("MASTERDOWN Link with MASTER is down"), True, False),
        (hiredis.ReplyError("MOVED 866 192.0.2.1:6379"), True, False),
        (hiredis.ReplyError("READONLY You can't write against a read only replica."), True, False),
        (hiredis.ReplyError("NOPERM this user has no permissions"), False, False),
        (hiredis.ReplyError("OOM command not allowed"), False, False),
    ],
)
def test_a_cluster_is_looked_at_again_where_its_node_does_not_answer_or_answers_for_it(
    error: Exception, is_of_a_cluster: bool, is_of_the_node: bool
) -> None:
    assert (errors.is_of_a_cluster(error), errors.is_of_the_node(error)) == (is_of_a_cluster, is_of_the_node)


@pytest.mark.parametrize(
    ("reply", "redirection"),
    [
        ("MOVED 866 192.0.2.1:6379", ("192.0.2.1", 6379, True)),
        ("ASK 866 a-node.example.com:6380", ("a-node.example.com", 6380, False)),
        ("MOVED 866 :6379", ("", 6379, True)),
        ("MOVED 866 2001:db8::1:6379", ("2001:db8::1", 6379, True)),
        ("ERR MOVED", None),
        ("OOM command not allowed", None),
    ],
)
def test_a_redirection_says_where_and_whether_for_good(reply: str, redirection: tuple[str, int, bool] | None) -> None:
    assert errors.redirection_of(hiredis.ReplyError(reply)) == redirection


def test_a_fault_of_the_program_is_none_of_redis() -> None:
    assert not any(map(errors.is_of_redis, (ZeroDivisionError(), KeyError("x"), KeyboardInterrupt())))
