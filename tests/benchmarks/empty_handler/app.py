"""A function that does nothing: what is left is Lambda's runtime client."""

from typing import Any


def lambda_handler(_event: Any, _context: Any) -> None:
    """Answer nothing."""
