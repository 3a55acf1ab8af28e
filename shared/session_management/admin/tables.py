"""Answers as people read them in a terminal: tables, and one line for each fact."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

type Answer = dict[str, Any]

_USERS: Final = ("id", "email", "role", "is_verified", "status", "created_at", "last_login_at")
_SESSIONS: Final = ("handle", "created_at", "last_activity", "expires_at", "ip", "device")
_HEADS: Final = {"is_verified": "VERIFIED"}


def readable(answer: Answer) -> str:
    """Return *answer* as text."""
    match answer:
        case {"checks": checks}:
            return _report(answer, checks)
        case {"users": users}:
            more = f"\n\nMore: --after {answer['next']}" if answer["next"] else ""
            return _table(_USERS, users, "There are no users.") + more
        case {"sessions": sessions}:
            more = "\n\nThere are older ones." if answer["has_more"] else ""
            return _table(_SESSIONS, sessions, "The user has no live session.") + more
        case {"state": _}:
            return _facts(_flat(answer))
        case {"user": user}:
            return _facts(user.items())
        case _:
            return _done(answer)


def _done(answer: Answer) -> str:
    if "deleted" in answer:
        return "The user is deleted, with all their sessions."
    return f"{answer['ended']} {'session was' if answer['ended'] == 1 else 'sessions were'} ended."


def _report(answer: Answer, checks: Iterable[Answer]) -> str:
    lines = []
    for check in checks:
        lines.append(f"{check['status'].upper():<8} {check['name']:<24} {check['found']}")
        if check["advice"]:
            lines.append(f"{'':<8} {'':<24} -> {check['advice']}")
    settings = _facts(answer["settings"].items())
    return "\n".join(
        [*lines, "", "Settings in force:", settings or "none can be read", "", f"All in all: {answer['status']}"]
    )


def _table(columns: Sequence[str], rows: Sequence[Answer], nothing: str) -> str:
    if not rows:
        return nothing
    cells = [[_HEADS.get(column, column).upper().replace("_", " ") for column in columns]]
    cells += [[_text(row[column]) for column in columns] for row in rows]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def _facts(facts: Iterable[tuple[str, Any]]) -> str:
    told = list(facts)
    width = max((len(name) for name, _ in told), default=0)
    return "\n".join(f"{name:<{width}}  {_text(value)}" for name, value in told)


def _flat(answer: Answer, prefix: str = "") -> Iterable[tuple[str, Any]]:
    """Yield the facts of an answer within an answer under both names."""
    for name, value in answer.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
