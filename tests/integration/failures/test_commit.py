"""A COMMIT that was sent and not answered: a login looks again, and there is one row or none, never a session without.

Each is done with and without a pooler, and with and without a limit of sessions for each user: four ways to commit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest

from session_management.deadline import deadline
from session_management.errors import CommitUnknownError, InvalidCredentialsError, StoreUnavailableError
from session_management.interfaces import ValidationPath
from session_management.managers.user_manager import UserManager
from session_management.models import CreateUserData, LogIn, SessionMetadata
from session_management.session_data import Fence
from tests.conftest import MakeEnvironment
from tests.integration.conftest import ThroughRelays
from tests.integration.failures.commits import COMMITS, Commit
from tests.support.managers import Environment
from tests.support.policies import a_policy
from tests.support.relay import Relay

EMAIL, PASSWORD, MARK = "ann@example.com", "correct horse", "marked by its browser"
NEW_PASSWORD = "nine umbrellas under one moon"
QUICK = {"DATABASE_TIMEOUT_MS": "400", "DATABASE_CONNECT_TIMEOUT_MS": "400"}
SECONDS = 10.0
"""A request's time, within which a store that failed is not asked again: but here."""
ALL_WAYS = [(pooler, limit) for pooler in ("none", "transaction") for limit in (0, 1)]


@dataclass
class Scene:
    """An environment whose COMMIT will go wrong, another that looks on, and Ann's session from before."""

    env: Environment
    onlooker: Environment
    relay: Relay
    before: LogIn
    is_one_statement: bool

    def when_it_commits(self, act: Callable[[], None]) -> None:
        """Call *act* when the login is about to last: at its COMMIT, or at the statement that is all of it."""
        first = act if self.is_one_statement else lambda: self.relay.before(b"COMMIT", act)
        self.relay.before(MARK.encode(), first)

    def when_a_transaction_commits(self, *, is_done: bool) -> None:
        """Lose the answer to a transaction's COMMIT that opens such a session, or the COMMIT itself."""
        relay = self.relay
        fault = (lambda: relay.lose_next_answers(1)) if is_done else (lambda: relay.cut(with_reset=True))
        relay.before(MARK.encode(), lambda: relay.before(b"COMMIT", fault))

    def log_in(self) -> LogIn:
        with deadline(SECONDS):
            return self.env.manager.log_in(EMAIL, PASSWORD, SessionMetadata(user_agent=MARK))

    def told(self) -> list[str]:
        """Names of the events of the environment whose COMMIT goes wrong."""
        return [event.name for event in self.env.observer.events]

    def live(self) -> list[str]:
        """Keys of the rows that such logins left."""
        sql = "SELECT id FROM sessions WHERE NOT revoked AND user_agent = :mark"
        return [key for (key,) in self.onlooker.postgres.fetch(sql, mark=MARK)]


def is_one_statement(pooler: str, limit: int) -> bool:
    """Tell whether a login is a single statement, which is a transaction by itself."""
    return pooler == "none" and not limit


def named(way: tuple[str, int]) -> str:
    pooler, limit = way
    return f"{pooler}, limit {limit}"


ALL_CASES = [
    pytest.param(way, case, id=f"{named(way)}, {case}")
    for case in COMMITS
    for way in ALL_WAYS
    if is_one_statement(*way) in case.ways
]


@pytest.fixture(params=ALL_WAYS, ids=named)
def scene(
    request: pytest.FixtureRequest,
    through_relays: ThroughRelays,
    make_environment: MakeEnvironment,
    cheap_passwords: None,
) -> Scene:
    """A scene, with each way to commit."""
    pooler, limit = request.param
    env, relay, _ = through_relays(policy=a_policy(max_per_user=limit), DATABASE_POOLER=pooler, **QUICK)
    onlooker = make_environment()
    onlooker.manager.create(CreateUserData(email=EMAIL, password=PASSWORD))
    before = onlooker.manager.log_in(EMAIL, PASSWORD, SessionMetadata())
    env.manager.count()
    return Scene(env, onlooker, relay, before, is_one_statement(pooler, limit))


def assert_done(scene: Scene, logged_in: LogIn) -> None:
    """The login is one like any other: one row, its copy, and what it evicted is fenced."""
    assert scene.live() == [logged_in.session.key]
    assert scene.onlooker.manager.find_by_session_id(logged_in.session_id) == logged_in.user
    assert scene.onlooker.observer.last_path() is ValidationPath.COPY
    evicted = scene.onlooker.manager._adapter.get(scene.before.session.key)
    assert evicted
    is_limited = scene.env.policy.max_per_user == 1
    assert (evicted.fence is Fence.REVOKED) == is_limited


@pytest.mark.parametrize(("scene", "case"), ALL_CASES, indirect=["scene"])
def test_a_login_without_an_answer_leaves_one_row_or_none_and_never_a_session_without_one(
    scene: Scene, case: Commit
) -> None:
    """P6: nobody holds the ID of a row whose login was refused; it can be revoked with the others."""
    scene.when_it_commits(lambda: case.befalls(scene.relay))

    if case.is_acknowledged:
        assert_done(scene, scene.log_in())
        assert scene.told()[:1] == ["login_succeeded"]
        return
    with pytest.raises(StoreUnavailableError):
        scene.log_in()
    assert scene.told() == []
    assert len(scene.live()) == case.rows
    if case.rows:
        scene.onlooker.manager.revoke_all(scene.before.user.id)
        assert scene.live() == []
    else:
        assert scene.onlooker.manager.find_session(scene.before.session_id)
        assert_done(scene, scene.log_in())


def test_a_login_whose_commit_is_never_answered_waits_once(scene: Scene) -> None:
    said: list[str] = []

    def go_silent() -> None:
        scene.relay.withhold_answers()
        scene.relay.before(b"ROLLBACK", lambda: said.append("and waited once more"))

    scene.when_it_commits(go_silent)

    assert_done(scene, scene.log_in())
    assert said == []
    (failure,) = scene.env.observer.failures
    assert isinstance(failure, CommitUnknownError)


def test_a_login_that_finds_itself_revoked_already_is_refused(scene: Scene) -> None:
    """P2: whoever ended all sessions between the COMMIT and the second look ended this one too."""

    def end_all() -> None:
        scene.onlooker.manager.revoke_all(scene.before.user.id)

    def end_all_before_the_second_look() -> None:
        scene.relay.before(b"WITH touched", end_all)
        scene.relay.withhold_answers()

    scene.when_it_commits(end_all_before_the_second_look)
    with pytest.raises(CommitUnknownError):
        scene.log_in()
    assert scene.live() == []


CHANGES: Final[dict[str, Callable[[UserManager, str], object]]] = {
    "change password": lambda manager, user_id: manager.change_password(user_id, "the new password"),
    "disable": lambda manager, user_id: manager.update(user_id, {"status": "DISABLED"}),
    "end all": lambda manager, user_id: manager.revoke_all(user_id),
}


@pytest.mark.parametrize("scene", [("none", 0), ("transaction", 0)], ids=["none", "transaction"], indirect=True)
@pytest.mark.parametrize("is_done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_whose_commit_was_not_answered_fences_nothing(scene: Scene, change: str, is_done: bool) -> None:
    """P1: it may not have been done, and a fence would refuse a live session. P2: if it was, the record refuses."""

    def go_wrong() -> None:
        if is_done:
            scene.relay.lose_next_answers(1)
        else:
            scene.relay.cut(with_reset=True)

    scene.relay.before(b"COMMIT", go_wrong)
    with pytest.raises(CommitUnknownError):
        CHANGES[change](scene.env.manager, scene.before.user.id)

    assert scene.onlooker.manager.find_session(scene.before.session_id)
    assert scene.onlooker.observer.last_path() is ValidationPath.COPY
    scene.onlooker.clock.advance(60)
    assert (scene.onlooker.manager.find_session(scene.before.session_id) is None) == is_done


@pytest.mark.parametrize("is_done", [True, False], ids=["done", "cut off"])
def test_a_registration_whose_commit_is_not_answered_is_a_user_and_a_session_or_neither(
    scene: Scene, is_done: bool
) -> None:
    """P1, P6."""
    scene.when_a_transaction_commits(is_done=is_done)
    manager, users = scene.onlooker.manager, scene.onlooker.manager.count()

    def register() -> LogIn:
        with deadline(SECONDS):
            opened = scene.env.manager.register("bob@example.com", NEW_PASSWORD, SessionMetadata(user_agent=MARK))
        assert opened
        return opened

    if is_done:
        opened = register()
        assert manager.find_by_session_id(opened.session_id) == opened.user
        assert (manager.count(), scene.live()) == (users + 1, [opened.session.key])
    else:
        with pytest.raises(CommitUnknownError):
            register()
        assert (manager.count(), scene.live()) == (users, [])
        assert register().user.email == "bob@example.com"


@pytest.mark.parametrize("is_done", [True, False], ids=["done", "cut off"])
def test_a_password_change_whose_commit_is_not_answered_is_done_whole_or_not_at_all(
    scene: Scene, is_done: bool
) -> None:
    """P1, P2: what it ended is fenced where it is found to be done, and lives on where it is not."""
    scene.when_a_transaction_commits(is_done=is_done)
    manager, old = scene.onlooker.manager, scene.before.session_id

    def change() -> LogIn:
        metadata = SessionMetadata(user_agent=MARK)
        with deadline(SECONDS):
            return scene.env.manager.change_own_password(old, PASSWORD, NEW_PASSWORD, metadata)

    if not is_done:
        with pytest.raises(CommitUnknownError):
            change()
        assert scene.live() == []
        assert manager.find_session(old)
    opened = change()

    assert scene.live() == [opened.session.key]
    assert manager.find_by_session_id(opened.session_id) == opened.user
    assert manager.find_session(old) is None
    assert scene.onlooker.observer.last_path() is ValidationPath.FENCE
    with pytest.raises(InvalidCredentialsError):
        manager.log_in(EMAIL, PASSWORD, SessionMetadata())


def test_a_logout_whose_answer_was_lost_is_done_and_can_be_repeated(scene: Scene) -> None:
    """P2: without a pooler it is sent again; behind one it is refused, fenced, and succeeds when it is repeated."""
    key, sent_as = scene.before.session.key, scene.before.session.key.encode()
    is_pooled = scene.env.postgres._options.is_pooled

    def lose_the_answer() -> None:
        scene.relay.lose_next_answers(1)

    def lose_the_commits_answer() -> None:
        scene.relay.before(b"COMMIT", lose_the_answer)

    scene.relay.before(sent_as, lose_the_commits_answer if is_pooled else lose_the_answer)
    if is_pooled:
        with pytest.raises(CommitUnknownError):
            scene.env.manager.delete_session(scene.before.session_id)
    else:
        scene.env.manager.delete_session(scene.before.session_id)

    assert scene.onlooker.manager.find_session(scene.before.session_id) is None
    assert scene.onlooker.observer.last_path() is ValidationPath.FENCE
    scene.env.manager.delete_session(scene.before.session_id)
    ((revoked,),) = scene.onlooker.postgres.fetch("SELECT revoked FROM sessions WHERE id = :key", key=key)
    assert revoked
