"""AWS' SDK, which only secrets and tokens need; nothing of it is imported before."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.session import Session


def import_sdk() -> None:
    """Import what the first secret or token would; no session of it is made, and so no credentials are kept."""
    from botocore import auth, client, config, exceptions, session, signers  # noqa: F401


def new_session() -> "Session":
    """Return a session that has yet to look for the function's own credentials.

    One that is kept would go on with those it found first, and a snapshot would carry them into other environments.
    """
    from botocore.session import get_session

    return get_session()


def reason(error: Exception) -> str:
    """Return AWS' code for *error*, or its kind; never its message, which may quote what was sent."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", type(error).__name__))
