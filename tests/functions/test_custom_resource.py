"""The migrate function as CloudFormation's custom resource: whatever happens, an answer is sent."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from session_management.factory import UserManagerFactory
from tests.functions.service import Service, handler_of
from tests.support.cloudformation import EVENT, SIGNATURE, SILENCE, AnswerUrl
from tests.support.log import Log

ECHOED = {
    "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/sessions/2f8e8c40-1b1f-11f0-9a3b-0a1b2c3d4e5f",
    "RequestId": "7c2f5a1e-9d3b-4c58-8f0e-3b6a9d1c2e4f",
    "LogicalResourceId": "Schema",
}
NOT_ANSWERED = "NotAnsweredError"


@pytest.fixture
def cloudformation() -> Iterator[AnswerUrl]:
    """Where the answers go."""
    with AnswerUrl.opened() as opened:
        yield opened


@pytest.fixture
def custom_resource(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that answers, which does not wait long for a server that never does."""
    handler_of("Migrate")
    module = sys.modules["custom_resource"]
    monkeypatch.setattr(module, "_TRY_SECONDS", 0.5)
    return module


def fail_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the settings, which every migration begins with, raise *error*."""

    def settings() -> None:
        raise error

    monkeypatch.setattr(UserManagerFactory, "settings", settings)


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_what_was_done_is_answered(service: Service, cloudformation: AnswerUrl, request_type: str) -> None:
    answered = service.invoke("Migrate", cloudformation.asks(request_type))

    expected = {**ECHOED, "PhysicalResourceId": "schema", "Status": "SUCCESS", "Data": {"current": ""}}
    assert cloudformation.answer == answered == expected


def test_the_answer_has_the_content_type_that_its_url_is_signed_for(
    service: Service, cloudformation: AnswerUrl
) -> None:
    """Without one, urllib would name a form's."""
    service.invoke("Migrate", cloudformation.asks("Create"))

    assert cloudformation.content_types == [""]


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_a_resource_keeps_the_id_that_cloudformation_knows_it_by(
    service: Service, cloudformation: AnswerUrl, request_type: str
) -> None:
    """Where a first answer got lost, CloudFormation made one up; another would have it delete the one before."""
    service.invoke("Migrate", cloudformation.asks(request_type, physical_id="sessions-Schema-1A2B"))

    assert cloudformation.answer["PhysicalResourceId"] == "sessions-Schema-1A2B"


@pytest.mark.parametrize("faulty", [{}, {"ServiceRole": 5, "ValidatorRole": ["x"]}], ids=repr)
def test_deleting_it_succeeds_and_does_nothing(
    service: Service,
    cloudformation: AnswerUrl,
    monkeypatch: pytest.MonkeyPatch,
    log: Log,
    faulty: dict[str, Any],
) -> None:
    """Also after a Create that failed by the very properties or settings that are there now."""
    fail_with(AssertionError("nothing is looked at"), monkeypatch)
    service.invoke("Migrate", cloudformation.asks("Delete", physical_id="schema", **faulty))

    assert (cloudformation.answer["Status"], cloudformation.answer["Data"]) == ("SUCCESS", {})
    assert log.saying("migrat") == []


@pytest.mark.parametrize("name", ["ServiceRole", "ValidatorRole"])
@pytest.mark.parametrize("role", [5, True, ["x"], {"x": "y"}, "x" * 64, "ö" * 32, "a\nb", "a\0b", "\ud800"], ids=repr)
def test_a_role_that_can_be_none_is_refused_by_its_name(
    service: Service, cloudformation: AnswerUrl, name: str, role: Any
) -> None:
    """PostgreSQL would cut a longer name, and take the next deployment's for another's."""
    service.invoke("Migrate", cloudformation.asks("Create", **{name: role}))

    assert cloudformation.answer["Status"] == "FAILED"
    assert cloudformation.answer["Reason"] == f"{name}: a role's name is a text of at most 63 bytes"


def test_settings_that_cannot_work_are_answered_and_told(
    service: Service, cloudformation: AnswerUrl, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "migrate")
    with pytest.raises(Exception, match="APP_ENV"):
        service.configure()

    service.invoke("Migrate", cloudformation.asks("Create"))

    assert cloudformation.answer["Status"] == "FAILED"
    assert "APP_ENV" in cloudformation.answer["Reason"]
    assert len(log.saying("settings cannot work")) == 1
    (line,) = log.saying("a deployment's migration failed")
    assert (line["level"], line["reason"]) == ("ERROR", cloudformation.answer["Reason"])


def test_a_postgresql_that_is_not_there_is_answered_without_a_secret(
    service: Service, cloudformation: AnswerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Port 1 of this machine: nobody listens there."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:canary@127.0.0.1:1/app")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("APP_ENV", "production")
    with pytest.raises(Exception, match="postgresql is unavailable"):
        service.configure()

    service.invoke("Migrate", cloudformation.asks("Update"))

    assert cloudformation.answer["Status"] == "FAILED"
    assert cloudformation.answer["Reason"].startswith("postgresql is unavailable")
    assert "canary" not in str(cloudformation.answer)


def test_what_nobody_foresaw_is_answered_without_its_words_and_goes_on_to_lambda(
    service: Service, cloudformation: AnswerUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(RuntimeError("canary"), monkeypatch)

    assert service.answer("Migrate", cloudformation.asks("Create"))["errorType"] == "RuntimeError"
    assert cloudformation.answer["Status"] == "FAILED"
    assert cloudformation.answer["Reason"] == "an unforeseen RuntimeError: see the function's log"


@pytest.mark.parametrize("character", ["x", "ö", "\0", '"', "\U0001f512"])
def test_an_answer_is_no_longer_than_cloudformation_takes(
    service: Service, cloudformation: AnswerUrl, custom_resource: Any, monkeypatch: pytest.MonkeyPatch, character: str
) -> None:
    fail_with(custom_resource.MigrationError(character * 10_000), monkeypatch)
    service.invoke("Migrate", cloudformation.asks("Update", physical_id="x" * 255))

    assert max(map(len, cloudformation.taken)) <= 4096
    assert cloudformation.answer["Reason"].startswith(character * 100)


@pytest.mark.parametrize("status", [500, 403, SILENCE])
@pytest.mark.usefixtures("custom_resource")
def test_an_answer_that_is_not_taken_is_sent_once_more(
    service: Service, cloudformation: AnswerUrl, status: int | None, log: Log
) -> None:
    cloudformation.statuses = [status]
    service.invoke("Migrate", cloudformation.asks("Create"))

    assert (cloudformation.answer["Status"], cloudformation.tries) == ("SUCCESS", 2)
    (line,) = log.saying("did not take the answer")
    assert line["reason"] == (f"HTTP {status}" if status else "TimeoutError")


@pytest.mark.parametrize("status", [500, 403, SILENCE])
@pytest.mark.usefixtures("custom_resource")
def test_an_answer_that_is_never_taken_is_an_error_of_the_function(
    service: Service, cloudformation: AnswerUrl, status: int | None
) -> None:
    cloudformation.statuses = [status] * 9

    assert service.answer("Migrate", cloudformation.asks("Create"))["errorType"] == NOT_ANSWERED
    assert cloudformation.tries == 2


URLS = [
    "",
    "x",
    "http://",
    "foo://secret",
    "http://[",
    "http://a b/",
    "http://127.0.0.1:1/",
    "file:///x/y",
    "ö://\ud800",
]


@pytest.mark.parametrize("url", URLS, ids=ascii)
def test_a_url_that_leads_nowhere_is_the_same_error(service: Service, cloudformation: AnswerUrl, url: str) -> None:
    event = cloudformation.asks("Create") | {"ResponseURL": url}

    assert service.answer("Migrate", event)["errorType"] == NOT_ANSWERED


@pytest.mark.parametrize("statuses", [[], [500, SILENCE], [403, 403]], ids=repr)
@pytest.mark.usefixtures("custom_resource")
def test_the_signed_url_is_told_to_nobody(
    service: Service,
    cloudformation: AnswerUrl,
    log: Log,
    capsys: pytest.CaptureFixture[str],
    statuses: list[int | None],
) -> None:
    service.configure(POWERTOOLS_LOGGER_LOG_EVENT="true")
    cloudformation.statuses = statuses
    events = [cloudformation.asks("Create"), cloudformation.asks("Create") | {"ResponseURL": SIGNATURE}]
    told = [service.answer("Migrate", event) for event in events]

    assert log.lines
    assert SIGNATURE not in f"{log.text}{capsys.readouterr()}{told}{cloudformation.taken}"


def test_the_event_file_says_what_the_template_asks() -> None:
    """Its properties are those of the resource `Schema`, and no others."""
    template = (EVENT.parents[1] / "template.yaml").read_text()
    resource = template[template.index("  Schema:\n") :].partition("\n\n")[0]
    properties = [line.split(":")[0].strip() for line in resource.splitlines()[3:]]

    assert sorted(AnswerUrl().asks("Create")["ResourceProperties"]) == sorted(properties)
