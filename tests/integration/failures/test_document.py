"""What operators read is what the tests assert."""

from tests.integration.failures.document import COMMAND, PATH, document


def test_the_document_shows_the_rows_that_are_tested() -> None:
    assert PATH.read_text() == document(), f"write it anew: {COMMAND}"
