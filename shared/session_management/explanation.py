"""What has become of a session: what its record says, what Redis holds, and which of them a validation follows."""

from datetime import datetime
from enum import StrEnum

from session_management.expiry import EndingClock
from session_management.interfaces import ValidationPath
from session_management.models import RecordedSession
from session_management.value import Value


class SessionState(StrEnum):
    """What the record says of a session; `CANNOT_TELL` where PostgreSQL does not answer."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USER_DISABLED = "user_disabled"
    UNKNOWN = "unknown"
    CANNOT_TELL = "cannot_tell"


class Held(StrEnum):
    """What stands in Redis under a session's key.

    `OTHER` is what nobody believes: unreadable, without a user's snapshot, or the original application's.
    """

    COPY = "copy"
    STALE_FENCE = "stale_fence"
    REVOKED_FENCE = "revoked_fence"
    OTHER = "other"
    NOTHING = "nothing"
    CANNOT_TELL = "cannot_tell"


class Explanation(Value):
    """What has become of the session that people call `handle`.

    `ended_at` is when it ended, and `ended_by` which of the expiry rule's clocks did it, if one has. `checked_at` is
    when PostgreSQL was asked for what a copy holds. `path` is the way that a validation would take now, and
    `is_accepted` what it would say; None where it would be answered 503, or cannot be told.
    """

    handle: str
    state: SessionState
    recorded: RecordedSession | None
    ended_at: datetime | None
    ended_by: EndingClock | None
    held: Held
    checked_at: datetime | None
    path: ValidationPath | None
    is_accepted: bool | None
