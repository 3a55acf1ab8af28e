"""The table of standards is true: nothing is claimed that is not listed, and nothing listed is left open."""

from tests.standards.matrix import DOCUMENT, document_of, read_claims, read_requirements

REQUIREMENTS = read_requirements()
CLAIMS = read_claims()
REASONS = ("Not applicable: ", "The application's: ", "Not done: ")


def test_every_claim_is_of_a_requirement_that_is_listed() -> None:
    """A number that is mistyped would be a claim of nothing."""
    listed = {(one.standard, one.number) for one in REQUIREMENTS}
    assert CLAIMS.keys() <= listed, sorted(CLAIMS.keys() - listed)


def test_every_requirement_is_held_by_a_test_or_says_why_not() -> None:
    open_ones = [one for one in REQUIREMENTS if not one.why and (one.standard, one.number) not in CLAIMS]
    assert [f"{one.standard} {one.number}" for one in open_ones] == []


def test_no_requirement_is_both_held_and_excused() -> None:
    both = [one for one in REQUIREMENTS if one.why and (one.standard, one.number) in CLAIMS]
    assert [f"{one.standard} {one.number}" for one in both] == []


def test_every_excuse_is_of_a_known_kind() -> None:
    assert [one.number for one in REQUIREMENTS if one.why and not one.why.startswith(REASONS)] == []


def test_the_document_is_what_the_tests_claim() -> None:
    """Where this fails: make asvs."""
    assert DOCUMENT.read_text() == document_of(REQUIREMENTS, CLAIMS)
