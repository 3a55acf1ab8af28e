"""What an answer about a session may be, given what was acknowledged of it; anything else is called by its name."""

from typing import Final

from tests.load.answers import OK, REFUSED, UNAVAILABLE, Answer
from tests.load.events import question
from tests.load.fleet import Environment
from tests.load.journal import Journal, KnownSession, State

_MAY_BE: Final = {
    State.LIVE: {OK, UNAVAILABLE},
    State.UNCERTAIN: {OK, REFUSED, UNAVAILABLE},
    State.ENDED: {REFUSED, UNAVAILABLE},
}


def ask(journal: Journal, environment: Environment, session: KnownSession, when: str = "in the run") -> Answer:
    """Ask *environment* whose session it is; an answer that its state does not allow is a fault."""
    answer = environment.ask(question(environment.function, session.session_id))
    if answer.status not in _MAY_BE[session.state]:
        judge(journal, environment.name.partition("-")[0], session, answer.status, when)
    return answer


def judge(journal: Journal, who: str, session: KnownSession, status: int, when: str) -> None:
    """Call by its name what *who* answered of *session*, against what was acknowledged."""
    if session.state is State.LIVE and status == REFUSED:
        journal.lost.add(session.handle)
        journal.fault(f"lost: {who} refused a live session, {when}")
    elif session.state is State.ENDED and status == OK:
        journal.revived.add(session.handle)
        journal.fault(f"revived: {who} accepted a session after its end was acknowledged, {when}")
    else:
        journal.fault(f"wrong: {who} answered {status} of a {session.state} session, {when}")
