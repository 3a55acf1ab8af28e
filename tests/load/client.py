"""A client: it logs in, asks, logs out, now and then ends all its sessions, and knows what each answer may be."""

from random import Random
from typing import Any, Final

from tests.load.answers import ENDED, OK, REFUSED, UNAVAILABLE, Answer
from tests.load.events import DOORS_THAT_ASK, SWEEP, login, logout
from tests.load.fleet import Fleet
from tests.load.journal import Journal, KnownSession, State
from tests.load.verdicts import ask

_SESSIONS: Final = 40
_STEPS: Final = {"ask": 200, "log_in": 24, "log_out": 16, "end_all": 0.5, "change_password": 0.5, "sweep": 1}
_ASKED_OF_ENDED: Final = 0.2


class Client:
    """One user. Its requests follow one another, so that it knows exactly what was acknowledged before each."""

    def __init__(self, email: str, password: str, user_id: str, *, fleet: Fleet, journal: Journal) -> None:
        self._email = email
        self.user_id = user_id
        # More than one while nobody can tell whether a change of it was made.
        self._passwords = [password]
        self._sessions: list[KnownSession] = []
        self._ended: list[KnownSession] = []
        self._fleet = fleet
        self._journal = journal
        self._random = Random(email)

    def step(self) -> None:
        """Do one thing that a client does."""
        (what,) = self._random.choices([*_STEPS], [*_STEPS.values()])
        if not self._sessions and what == "log_out":
            what = "log_in"
        elif what == "log_in" and len(self._sessions) >= _SESSIONS:
            what = "log_out"
        getattr(self, f"_{what}")()

    def _log_in(self) -> None:
        password = self._passwords[-1]
        answer = self._at("login", login(self._email, password))
        if answer.status == OK:
            self._passwords = [password]
            self._sessions.append(self._journal.logged_in(answer.body["session_id"]))
        elif answer.status == REFUSED and len(self._passwords) > 1:
            self._passwords.insert(0, self._passwords.pop())
        elif answer.status == UNAVAILABLE:
            self._journal.add(uncertain_logins=1)
        else:
            self._journal.fault(f"wrong: login answered {answer.status} to the right password")

    def can_log_in(self) -> bool:
        """Tell whether the password is accepted, or one of those of which nobody could tell."""
        statuses = [self._at("login", login(self._email, password)).status for password in self._passwords]
        return OK in statuses

    def _ask(self) -> None:
        function = self._random.choice(DOORS_THAT_ASK)
        is_of_ended = self._ended and self._random.random() < _ASKED_OF_ENDED
        sessions = self._ended if is_of_ended else self._sessions or self._ended
        if sessions:
            ask(self._journal, self._fleet.any_of(function, self._random), self._random.choice(sessions))
        else:
            self._log_in()

    def _log_out(self) -> None:
        session = self._random.choice(self._sessions)
        session.state = State.UNCERTAIN
        answer = self._at("logout", logout(session.session_id))
        if answer.status == ENDED:
            self._sessions.remove(session)
            self._journal.add(logouts=1)
            self._are_ended([session])
        elif answer.status != UNAVAILABLE:
            self._journal.fault(f"wrong: logout answered {answer.status}")

    def _end_all(self) -> None:
        self._end_sessions({"revoke_all": self.user_id})

    def _change_password(self) -> None:
        old, new = self._passwords[-1], f"{self._email} {self._random.random()}"
        self._passwords.append(new)
        if not self._end_sessions({"change_password": self.user_id, "password": new}):
            return
        self._passwords = [new]
        answer = self._at("login", login(self._email, old))
        if answer.status not in (REFUSED, UNAVAILABLE):
            self._journal.fault(f"wrong: login answered {answer.status} to a password that was changed")

    def _end_sessions(self, event: dict[str, Any]) -> bool:
        """End all sessions by what the account function makes of *event*; whether it was acknowledged."""
        for session in self._sessions:
            session.state = State.UNCERTAIN
        answer = self._at("account", event)
        if answer.status == OK:
            ended, self._sessions = self._sessions, []
            self._are_ended(ended)
        return answer.status == OK

    def _are_ended(self, sessions: list[KnownSession]) -> None:
        """Ask every environment at once, after their end was acknowledged."""
        self._ended += sessions
        for session in sessions:
            session.state = State.ENDED
            for environment in self._fleet.of(*DOORS_THAT_ASK):
                ask(self._journal, environment, session, "at once")

    def _sweep(self) -> None:
        self._at("sweeper", SWEEP)

    def _at(self, function: str, event: dict[str, Any]) -> Answer:
        return self._fleet.any_of(function, self._random).ask(event)
