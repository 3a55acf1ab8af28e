"""What commands answer, as JSON of stable fields: never a hash, a password, a session ID or a key of a store."""

from datetime import datetime, timedelta
from typing import Any, Final

from session_management.devices import device_name
from session_management.explanation import Explanation, Held, SessionState
from session_management.http.responses import session_body, user_body
from session_management.interfaces import ValidationPath
from session_management.iso8601 import instant
from session_management.models import Session, User
from session_management.policy import SessionPolicy

_STATES: Final = {
    SessionState.LIVE: "it is live",
    SessionState.EXPIRED: "it has expired",
    SessionState.REVOKED: "it was revoked",
    SessionState.USER_DISABLED: "its user is disabled",
    SessionState.UNKNOWN: "there is no record of it: it never was, its user was deleted, or it was swept after its end",
    SessionState.CANNOT_TELL: "PostgreSQL does not answer, which alone could tell",
}
_VERDICTS: Final = {
    ValidationPath.COPY: "the copy in Redis decides, without PostgreSQL being asked",
    ValidationPath.FENCE: "the fence in Redis decides, without PostgreSQL being asked",
    ValidationPath.STALE_IF_ERROR: "the copy in Redis decides, since PostgreSQL does not answer",
    ValidationPath.RECORD: "the record in PostgreSQL decides",
    ValidationPath.RECORD_WITHOUT_REDIS: "the record in PostgreSQL decides, since Redis does not answer",
    ValidationPath.ORIGINAL: "the original application's session decides, if there is one",
    ValidationPath.UPGRADED: "what is still in plain form becomes a digest when it is used",
    None: "nobody can tell: a validation is answered 503, if the session is known at all",
}
_IN_ANOTHER_FORM: Final = "it is not kept as SESSION_ID_AT_REST asks, and refused"


def user_answer(user: User) -> dict[str, Any]:
    """Return what operators see of a user."""
    return {**user_body(user), "status": user.status}


def session_answer(session: Session) -> dict[str, Any]:
    """Return what operators see of a session."""
    return {
        **session_body(session),
        "absolute_expires_at": instant(session.absolute_expires_at),
        "is_persistent": session.is_persistent,
        "device": device_name(session.user_agent),
    }


def explanation_answer(found: Explanation, policy: SessionPolicy) -> dict[str, Any]:
    """Return what has become of a session: what the record says, what Redis holds, and what would win now."""
    recorded = found.recorded
    return {
        "handle": found.handle,
        "state": found.state,
        "reason": found.ended_by or (recorded.revoked_reason if recorded else None),
        "ended_at": _instant(found.ended_at),
        "session": session_answer(recorded.session) if recorded else None,
        "user": user_answer(recorded.user) if recorded else None,
        "redis": {
            "holds": found.held,
            "checked_at": _instant(found.checked_at),
            "believed_until": _until(found, policy.revalidate),
            "believed_in_an_outage_until": _until(found, policy.stale_if_error),
        },
        "validation": {"accepted": found.is_accepted, "decided_by": found.path},
        "said": _said(found),
    }


def _said(found: Explanation) -> str:
    reason = found.ended_by or (found.recorded.revoked_reason if found.recorded else None)
    why = f" ({reason})" if reason else ""
    is_in_another_form = found.state is SessionState.LIVE and found.is_accepted is False
    return f"{_STATES[found.state]}{why}; {_IN_ANOTHER_FORM if is_in_another_form else _VERDICTS[found.path]}"


def _until(found: Explanation, span: timedelta) -> str | None:
    if found.held is not Held.COPY or found.checked_at is None:
        return None
    return instant(found.checked_at + span)


def _instant(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None
