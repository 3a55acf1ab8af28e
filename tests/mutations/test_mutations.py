"""The tables fit the code, and the document the tables: planting them all takes minutes and is `make mutants`."""

from pathlib import Path

import pytest

from tests.mutations import planting
from tests.mutations.mutation import PROJECT, Mutation, read_mutations
from tests.mutations.planting import Plantation, TestRunError
from tests.mutations.report import DOCUMENT, document_of, read_findings

MUTATIONS = read_mutations()
PROMISES = {f"P{number}" for number in range(1, 10)}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_each_mutation_can_be_planted(mutation: Mutation) -> None:
    """What it replaces is there once, and what comes of it is Python."""
    for edit in mutation.edits:
        text = (PROJECT / edit.file).read_text()
        planted = edit.applied_to(text)
        assert planted != text
        compile(planted, edit.file, "exec")


def test_no_mutation_is_listed_twice() -> None:
    ids = [mutation.id for mutation in MUTATIONS]
    assert len(set(ids)) == len(ids)
    assert len({mutation.edits for mutation in MUTATIONS}) == len(ids)


def test_every_promise_has_rules() -> None:
    assert {mutation.promise for mutation in MUTATIONS} == PROMISES


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_the_tests_named_first_are_there(mutation: Mutation) -> None:
    assert mutation.tests
    for test in mutation.tests:
        assert (PROJECT / test.partition("::")[0]).exists()


def test_the_document_tells_of_each_mutation_which_test_failed() -> None:
    """Where this fails, a mutation was added or changed: make mutants ONLY=<id> WRITE=1."""
    findings = read_findings()
    assert list(findings) == [mutation.id for mutation in MUTATIONS]
    assert DOCUMENT.read_text() == document_of(MUTATIONS, findings)


def test_the_tests_in_the_document_are_there() -> None:
    """A test that was renamed or removed leaves its mutation without proof."""
    for mutation, finding in read_findings().items():
        path, _, name = finding.test.partition("::")
        function = name.partition("[")[0]
        assert function.startswith("test_"), mutation
        assert f"def {function}(" in (PROJECT / path).read_text(), f"{mutation}: {finding.test}"


def test_tests_that_do_not_end_have_noticed_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_waiting.py").write_text("import threading\n\ndef test_waits():\n    threading.Event().wait()\n")
    monkeypatch.setattr(planting, "_ENOUGH_SECONDS", 0.5)
    with pytest.raises(TestRunError, match="did not end"):
        Plantation(tmp_path).first_failure(["test_waiting.py"])
