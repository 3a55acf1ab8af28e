"""Every operation of a user manager that touches a session or its user, with what it promises once acknowledged."""

from collections.abc import Mapping
from copy import replace
from datetime import timedelta
from functools import partial
from itertools import combinations_with_replacement
from typing import Any, Final

from session_management.managers.user_manager import UserManager
from session_management.models import SessionMetadata, UserRole
from tests.integration.interleavings.entry import Ends, Entry
from tests.integration.interleavings.stage import EMAIL, PASSWORD, USER_ID, Stage, Work

_METADATA: Final = SessionMetadata()
_TEN_DAYS: Final = 864_000
_FIVE_DAYS: Final = 432_000
NEW_PASSWORD: Final = "the new password"
ANOTHER_PASSWORD: Final = "another new password"


def _update(fields: Mapping[str, object], **promises: Any) -> Entry:
    return Entry("update", lambda _, manager: manager.update(USER_ID, fields), **promises)


def _sliding(manager: UserManager) -> UserManager:
    """Return a manager over the same stores, which pushes the end of a session whenever it is used."""
    return UserManager(
        database=manager._database,
        copies=manager._adapter,
        attempts=manager._limiter._shared,
        policy=replace(manager._policy, slides=True, touch=timedelta()),
        clock=manager._validation._clock,
        observer=manager._validation._observer,
    )


_LOGIN: Final = frozenset({"log_in", "change_own_password"})
_ANY_OPENING: Final = _LOGIN | {"create_session"}

CATALOGUE: Final[dict[str, Entry]] = {
    "log in": Entry("log_in", lambda _, manager: manager.log_in(EMAIL, PASSWORD, _METADATA), opens=True),
    "log in anew": Entry(
        "log_in",
        lambda stage, manager: manager.log_in(EMAIL, PASSWORD, _METADATA, presented_session_id=stage.session_id),
        ends=Ends.THIS,
        ends_later=True,
        opens=True,
    ),
    "create session": Entry(
        "create_session", lambda _, manager: manager.create_session(USER_ID, _METADATA, _FIVE_DAYS), opens=True
    ),
    "validate": Entry(
        "find_session", lambda stage, manager: manager.find_session(stage.session_id), looks=True, locks=False
    ),
    "validate and slide": Entry(
        "find_session",
        lambda stage, manager: _sliding(manager).find_session(stage.session_id),
        looks=True,
        locks=False,
    ),
    "extend": Entry(
        "extend_session",
        lambda stage, manager: manager.extend_session(stage.session_id, _TEN_DAYS),
        looks=True,
        locks=False,
    ),
    "log out": Entry(
        "delete_session",
        lambda stage, manager: manager.delete_session(stage.session_id),
        ends=Ends.THIS,
        locks=False,
    ),
    "end one": Entry(
        "end_session",
        lambda stage, manager: manager.end_session(USER_ID, stage.policy.names.handle_of_key(stage.key)),
        ends=Ends.THIS,
        locks=False,
    ),
    "end all": Entry("revoke_all", lambda _, manager: manager.revoke_all(USER_ID), ends=Ends.ALL),
    "end others": Entry(
        "revoke_all",
        lambda stage, manager: manager.revoke_all(USER_ID, except_session_id=stage.session_id),
        ends=Ends.OTHERS,
        like="end all",
    ),
    "promote": _update({"role": "ADMIN"}, shows={"role": UserRole.ADMIN}),
    "verify": _update({"is_verified": True}, shows={"is_verified": True}, like="promote"),
    "enable": _update({"status": "ACTIVE"}, like="promote"),
    "disable": _update({"status": "DISABLED"}, ends=Ends.ALL, bars=_ANY_OPENING),
    "change password": Entry(
        "change_password",
        lambda _, manager: manager.change_password(USER_ID, NEW_PASSWORD),
        ends=Ends.ALL,
        bars=_LOGIN,
    ),
    "change own password": Entry(
        "change_password",
        lambda stage, manager: manager.change_password(USER_ID, NEW_PASSWORD, keep_session_id=stage.session_id),
        ends=Ends.OTHERS,
        bars=_LOGIN,
        like="change password",
    ),
    "renew password": Entry(
        "change_own_password",
        lambda stage, manager: manager.change_own_password(stage.session_id, PASSWORD, ANOTHER_PASSWORD, _METADATA),
        ends=Ends.ALL,
        bars=_LOGIN,
        opens=True,
        presents=True,
    ),
    "delete user": Entry(
        "delete", lambda _, manager: manager.delete(USER_ID), ends=Ends.ALL, bars=_ANY_OPENING, removes_user=True
    ),
    "sweep": Entry("sweep", lambda _, manager: manager.sweep(), locks=False),
}

ALONE: Final[dict[str, str]] = {
    "create": "makes a user whom nobody knows yet",
    "count": "reads one number",
    "find_by_email": "reads one row",
    "find_by_id": "reads one row",
    "find_by_session_id": "is find_session, without the session",
    "get_all": "reads one page",
    "explain": "looks at both stores, for a person",
    "lift_limit": "empties a counter of failures, which no session is in",
    "list_sessions": "reads one user's rows",
    "register": "makes a user whom nobody knows yet",
    "register_unseen": "makes a user whom nobody knows yet",
}
"""The public methods that are in no pair, and why."""

PAIRS: Final = list(combinations_with_replacement(CATALOGUE, 2))


def entry_of(name: str) -> Entry:
    """Return the entry of an operation, whose name may carry a figure."""
    return CATALOGUE[name.rstrip(" 12")]


def works_of(stage: Stage, pair: tuple[str, str]) -> dict[str, Work]:
    """Return both operations by name; two of a kind are told apart by a figure."""
    first, second = pair
    names = (first, second) if first != second else (f"{first} 1", f"{first} 2")
    return {name: partial(entry_of(name).work, stage) for name in names}
