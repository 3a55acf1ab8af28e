"""The machine without its rules: asks an environment, holds the answers to the model, ends the run."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from hypothesis.stateful import invariant

from session_management.errors import SessionManagementError, StoreUnavailableError
from session_management.managers.user_manager import UserManager
from session_management.models import User
from tests.machine.census import Census
from tests.machine.draws import PASSWORDS, Loss, Pick, Scene
from tests.machine.judge import Validated, fault_of, learn, look_of
from tests.machine.known import Look, SessionModel, UserModel
from tests.machine.model import Outcome, Reach
from tests.machine.stage import SPARED, Stage
from tests.machine.world import ENVIRONMENTS, STORES

# A connection that was not used for longer is replaced before it is.
_UNUSED: Final = timedelta(seconds=240)


@dataclass(frozen=True)
class Asked:
    """What came of an operation, and which stores its environment could reach."""

    value: Any
    error: SessionManagementError | None
    postgres: Reach
    redis: Reach

    @property
    def outcome(self) -> Outcome:
        """What became of the change that was asked for."""
        if not isinstance(self.error, StoreUnavailableError):
            return Outcome.DONE
        if self.error.store == "redis":
            return Outcome.RECORDED
        never = self.postgres is Reach.NONE or not self.error.was_tried
        return Outcome.NOTHING if never else Outcome.UNKNOWN


class Driver(Stage):
    """What the rules have in common."""

    census: ClassVar[Census]

    def __init__(self) -> None:
        super().__init__()
        self.has_failed = False
        self.steps = 0
        self.troubled_at: dict[tuple[int, str], datetime] = {}
        self.used_at: dict[tuple[int, str], datetime] = {}

    @invariant()
    def one_more_step(self) -> None:
        """Count it."""
        self.steps += 1

    def know_user(self, email: str, created: User) -> None:
        """Know a user who was just created."""
        look = Look(str(created.role), created.is_verified)
        self.model.users.append(UserModel(created.id, email, {PASSWORDS[0]}, {look}))

    def picked(self, pick: Pick) -> SessionModel | None:
        """Return the session that *pick* is, if there is one."""
        return self.model.owner(pick.email).recent_session(pick.age)

    def hold(self, condition: object, fault: str) -> None:
        """Fail, unless *condition*."""
        if not condition:
            self.has_failed = True
            raise AssertionError(fault)

    def change(self, scene: Scene, work: Callable[[UserManager], Any]) -> Asked:
        """Ask for a change; what Valkey held before it is kept in mind."""
        if self.runs("redis"):
            self.before_the_change = self.places()
        return self.ask(scene.environment, work, scene.loss)

    def ask(
        self, environment: int, work: Callable[[UserManager], Any], loss: Loss | None = None, *, is_read: bool = False
    ) -> Asked:
        """Have *environment* do *work* while *loss* befalls it. It may only fail for a store that may not answer."""
        self.census.operations += 1
        value, error = None, None
        again = [bool(loss and self.asks_again(environment, store, loss, is_read)) for store in STORES]
        with self.losing(environment, loss):
            try:
                value = work(self.world.environments[environment].manager)
            except SessionManagementError as raised:
                error = raised
            except BaseException:
                self.has_failed = True
                raise
            postgres, redis = (self.reach(environment, *store) for store in zip(STORES, again, strict=True))
        if isinstance(error, StoreUnavailableError):
            failed = {"postgresql": postgres, "redis": redis}[error.store]
            self.hold(failed is not Reach.SURE, f"it answers, and was not reached: {error}")
        return Asked(value, error, postgres, redis)

    @contextmanager
    def losing(self, environment: int, loss: Loss | None) -> Iterator[None]:
        """Have the answers lost that *loss* says, and no others; take down which stores gave any."""
        links = {store: self.world.link(environment, store) for store in STORES}
        before = {store: link.answers for store, link in links.items()}
        if loss:
            links[loss.store].lose(after=loss.after, count=loss.count)
        yield
        for store, link in links.items():
            if link.answers != before[store]:
                self.used_at[environment, store] = self.model.now
            link.lose(after=0, count=0)

    def asks_again(self, environment: int, store: str, loss: Loss, is_read: bool) -> bool:
        """Tell whether one answer that is lost must be made up for: over a connection in use, if it is safe to."""
        used_at = self.used_at.get((environment, store))
        is_in_use = used_at is not None and self.model.now - used_at < _UNUSED
        is_warm = is_in_use and self.world.link(environment, store).answers > 0
        is_safe = store == "redis" or (is_read and not self.is_pooled)
        return is_warm and is_safe and loss.count == 1

    def reach(self, environment: int, store: str, asks_again: bool) -> Reach:
        """Tell whether *store* answered, for what was just asked."""
        key, now = (environment, store), self.world.clock.now()
        if not self.world.reaches(environment, store):
            self.troubled_at[key] = now
            return Reach.NONE
        if self.world.link(environment, store).lost and not asks_again:
            self.troubled_at[key] = now
            return Reach.SHAKY
        told = [is_open for name, is_open in self.world.environments[environment].observer.breakers if name == store]
        is_spared = told[-1:] == [True] and now - self.troubled_at[key] < SPARED
        return Reach.SHAKY if is_spared else Reach.SURE

    def validate(self, environment: int, session: SessionModel | None, loss: Loss | None = None) -> None:
        """Ask whose *session* is, if there is one; the answer must be one that the model allows."""
        if session is None or (session_id := session.session_id) is None:
            return
        asked = self.ask(environment, lambda manager: manager.find_session(session_id), loss, is_read=True)
        path = None if asked.error else self.world.environments[environment].observer.last_path()
        answer = Validated(asked.postgres, asked.redis, path, asked.value, asked.error)
        fault = fault_of(self.model, session, answer)
        self.hold(not fault, f"{answer.kind}, but {fault}: {answer}\n{session.place}\n{session.ends}")
        was_doubtful = session.is_ended is None
        self.count(session, answer)
        learn(self.model, session, answer)
        if was_doubtful and session.is_ended is not None:
            self.census.saw(f"a doubt was settled: it {'happened' if session.is_ended else 'did not happen'}")

    def count(self, session: SessionModel, answer: Validated) -> None:
        """Take down what kind of answer it was."""
        self.census.saw(f"validation: {answer.kind}")
        if answer.found is None:
            return
        if session.is_ended:
            why = "its fence was lost" if session.was_fenced else "it was not fenced"
            self.census.saw(f"an ended session was believed for a while: {why}")
        if look_of(answer.found) not in session.user.looks:
            self.census.saw("an old look of a user was believed for a while")

    def saw(self, operation: str, asked: Asked) -> None:
        """Take down what became of an operation."""
        failed = asked.error and not isinstance(asked.error, StoreUnavailableError)
        self.census.saw(f"{operation}: {'refused' if failed else asked.outcome.value}")

    def teardown(self) -> None:
        """Hold the end of the run to the model, unless it has failed already."""
        if not hasattr(self, "world"):
            return
        try:
            if not self.has_failed and sys.exc_info()[0] is None:
                self.hold_the_end()
                self.census.ran(self.steps)
        finally:
            self.world.close()

    def hold_the_end(self) -> None:
        """Once all is well, everybody agrees: what was acknowledged holds, also without a single copy."""
        self.heal()
        asked = self.ask(0, lambda manager: manager.sweep())
        self.hold(asked.error is None and asked.value.finished, "the last sweep did not finish")
        self.model.swept(surely=True)
        self.validate_everything()
        self.hold_no_secret_at_rest()
        self.put_back(None)
        self.validate_everything()

    def validate_everything(self) -> None:
        """Ask everybody for every session."""
        for environment in ENVIRONMENTS:
            self.validate_all_from(environment)

    def validate_all_from(self, environment: int) -> None:
        """Ask one environment for every session."""
        for session in self.model.sessions:
            self.validate(environment, session)

    def hold_no_secret_at_rest(self) -> None:
        """P5: neither store knows a session ID, unless it is told to keep them in plain form."""
        if self.model.policy.accepts_original:
            return
        held = self.world.all_that_is_held()
        for session in self.model.sessions:
            self.hold(not session.session_id or session.session_id not in held, "a session ID is at rest")
