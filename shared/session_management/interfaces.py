"""What the rules need from the outside: stores, a clock, and somebody to tell what happened."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from session_management.attempts import Attempt, Counter
from session_management.errors import StoreUnavailableError
from session_management.events import Event
from session_management.models import (
    CreateUserData,
    Ended,
    LogIn,
    RecordedSession,
    Session,
    SessionMetadata,
    SessionWithUser,
    SweepReport,
    User,
)
from session_management.session_data import SessionData


class ValidationPath(StrEnum):
    """How a validation came to its answer."""

    COPY = "copy"
    RECORD = "record"
    RECORD_WITHOUT_REDIS = "record-without-redis"
    STALE_IF_ERROR = "stale-if-error"
    FENCE = "fence"
    ORIGINAL = "original"
    UPGRADED = "upgraded"
    MALFORMED = "malformed"

    __hash__ = str.__hash__
    """A text's, which is equal: Enum's takes a call of Python's, and every validation is counted by its path."""


class Clock(Protocol):
    """The time, injected so that tests can tell it."""

    def now(self) -> datetime:
        """Return the present as an aware UTC datetime, cut to the millisecond."""

    def timestamp(self) -> float:
        """Return the present as seconds since 1970, for spans that a frozen environment has to notice."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for measuring spans."""


class Observer(Protocol):
    """Is told what the rules did. It never raises, and is never given a secret."""

    def happened(self, event: Event) -> None:
        """Something was done, or refused, that people will ask about; it is recorded already, and told once."""

    def validated(self, path: ValidationPath, *, is_valid: bool) -> None:
        """A validation was answered."""

    def could_not_validate(self) -> None:
        """A validation could not be answered, for want of a store."""

    def store_failed(self, error: StoreUnavailableError) -> None:
        """A store did not answer; the request may have gone on without it."""

    def breaker_changed(self, store: str, *, is_open: bool) -> None:
        """A breaker opened (the store is spared) or closed (it answers again)."""


class UserRepository(Protocol):
    """Users in the record. An ID that is no UUID is nobody's, and costs no store call."""

    def find_by_email(self, email: str) -> User | None:
        """Return the user with *email*, regardless of case, with the password hash; or None."""

    def find_by_id(self, user_id: str) -> User | None:
        """Return the user, or None."""

    def find_hash(self, user_id: str) -> str | None:
        """Return the password hash of an enabled user; None if they have none, or there is no such user."""

    def find_by_session_id(self, session_id: str, logged_in_after: datetime) -> User | None:
        """Return the enabled user whose legacy `session_id` is *session_id*, if they logged in since; or None."""

    def find_in_session(self, user_id: str, handle: str, created_at: datetime) -> User | None:
        """Return the enabled user; None if all sessions but another were ended since *created_at*, when this began."""

    def create(self, email: str, hashed_password: str | None, role: str, is_verified: bool) -> User:
        """Insert a user. Raises EmailTakenError."""

    def update(self, user_id: str, fields: Mapping[str, Any]) -> User | None:
        """Set *fields*, whose names the manager has checked; None if there is no such user. Raises EmailTakenError."""

    def delete(self, user_id: str) -> bool:
        """Remove the user and the rows of their sessions; whether there was one."""

    def get_all(self, limit: int, after: str | None) -> list[User]:
        """Return up to *limit* users in the order of their IDs, from beyond the ID *after*."""

    def count(self) -> int:
        """Return how many users there are."""


class SessionRepository(Protocol):
    """Sessions in the record."""

    def open(
        self,
        session: Session,
        verified_hash: str | None,
        new_hash: str | None,
        *,
        needs_verified_email: bool = False,
    ) -> SessionWithUser | None:
        """Insert *session* and set its user's `last_login_at`, as one, under the lock of the user's row.

        None, and nothing written, if the user is gone or disabled, or their email is not verified and has to be,
        or if *verified_hash* is given and is no longer theirs. *new_hash* replaces their hash.
        """

    def check(self, key: str, now: datetime, touch_before: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Return the session with its user, whether ended or not; None if there is none or the user is disabled.

        Sets `last_activity` to *now* if it was before *touch_before* and the session has not ended.
        """

    def extend(self, key: str, until: datetime, now: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Move a live session's expiry to *until*, never back, never past its absolute end; None if none is live."""

    def revoke(self, key: str, reason: str) -> Ended | None:
        """End one session, for good; whose it is, if there is a record of it, just ended or before.

        For a key that the record gave, or `may_record` allows: a handle is no proof.
        """

    def forget(self, key: str) -> Ended | None:
        """Clear the legacy column that holds *key*, if session IDs are kept in plain form; whose it was."""

    def revoke_all(self, user_id: str, reason: str, except_key: str | None) -> list[str]:
        """End all of a user's sessions but one; the keys of those that ended now, the original's among them.

        Runs inside a transaction; takes the lock of the user's row first, and clears the legacy column unless it holds
        *except_key*. Of the original's sessions that no column names, each that began before is over, but that one.
        """

    def rename(self, plain_key: str, key: str, now: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Keep a live session under *key* instead of *plain_key*; None if none is live, or its user is disabled.

        It is used now, which is recorded; everything else of it stays.
        Runs inside a transaction; takes the lock of the user's row first.
        """

    def adopt(self, session: Session, plain_key: str, *, in_column: bool) -> SessionWithUser | None:
        """Record a session that the original made, and clear the legacy column if it holds *plain_key*.

        None, and nothing written, if there is a record of it already, the user is gone or disabled, all their
        sessions were ended since it was made, or it was found *in_column* and stands there no longer.
        """

    def keep_newest(self, user_id: str, count: int, spared_key: str) -> list[str]:
        """End all but the *count* newest live sessions of a user, sparing one; the keys of those that ended.

        Runs in the transaction of `open`, after it, so that its lock orders this against other logins.
        """

    def live(self, user_id: str, now: datetime, idle_since: datetime, limit: int) -> Sequence[Session]:
        """Return a user's live sessions, the newest first: *limit* of them at most."""

    def recent(self, user_id: str, handle: str | None = None) -> Sequence[Session]:
        """Return a user's sessions that were not revoked, or within a fence's life; or the one called *handle* alone.

        The index leads to a user's own, so that no other user's records are looked at.
        """

    def find_by_handle(self, handle: str) -> RecordedSession | None:
        """Return the record of the session that people call *handle*, whatever has become of it; or None.

        Touches nothing. Where session IDs are kept in plain form, it may look at every record: for operators alone.
        """


class SweepRepository(Protocol):
    """What the sweeper needs of the record; all by the record's own clock."""

    def recently_revoked(self, after: str, limit: int) -> Sequence[str]:
        """Return keys of sessions revoked within a fence's life, in order, from beyond *after*."""

    def delete_expired(self, limit: int) -> Iterator[int]:
        """Delete rows that expired and were never revoked, a short statement for each step; how many went in each.

        *limit* bounds a batch where few are expired; many are deleted by ranges of the table instead.
        """

    def lag(self) -> timedelta:
        """Return for how long that row has been over which `delete_expired` would delete first; zero for none."""

    def purgeable(self, retention: timedelta, limit: int, *, only_expired: bool) -> Sequence[tuple[str, bool]]:
        """Return (key, whether its copy may live) of revoked rows past *retention*, oldest first."""

    def purge(self, keys: Sequence[str]) -> int:
        """Delete these revoked rows; how many went."""

    def clear_legacy_session_ids(self, max_age: timedelta, limit: int) -> int:
        """Clear up to *limit* of the users' legacy `session_id` that are past *max_age*; how many."""

    def plain_left(self) -> int:
        """Return how many sessions are still in plain form: live rows, and legacy `session_id`s of users."""

    def plain_keys(self, until: datetime, limit: int) -> Sequence[str]:
        """Return up to *limit* keys in plain form, of rows and legacy columns, once *until* is past; none before."""

    def forget_plain(self, keys: Sequence[str]) -> int:
        """Delete the rows with these plain keys, and clear the legacy columns; how many."""


class SessionAdapter(Protocol):
    """Copies of sessions in Redis, under the original's four verbs. Nothing is ever deleted, only fenced."""

    def get(self, key: str) -> SessionData | None:
        """Return what is stored under *key*; None if nothing is."""

    def set(self, key: str, found: SessionWithUser, checked_at: datetime) -> bool:
        """Create the copy, if nothing at all stands in its place; whether it was written."""

    def extend(self, key: str, found: SessionWithUser, checked_at: datetime, seen: SessionData) -> bool:
        """Put a newer copy in the place of exactly what was *seen*; whether it was written."""

    def delete(self, key: str) -> None:
        """End the copy: put a "revoked" fence over whatever is there."""

    def invalidate(self, session: Session) -> None:
        """Make the next validation ask the record: put a "stale" fence over all but a "revoked" one."""


class NewCopy(NamedTuple):
    """What `SessionAdapter.set` is told of a copy that is to be created."""

    key: str
    found: SessionWithUser
    checked_at: datetime


class AttemptAdapter(Protocol):
    """Counters of tries that failed, or may yet."""

    def reserve(self, attempt: Attempt) -> int:
        """Count *attempt* in all its counters; or in none, if any has too many, and return the milliseconds to wait.

        Returns 0 for a try that was counted. The same attempt again is the same try.
        """

    def give_back(self, attempt: Attempt, *, is_success: bool, copy: NewCopy | None = None) -> bool:
        """Count *attempt* no longer; after a success, nothing else of its counters' owners either.

        Where both take one round trip together, *copy* is created as well, if nothing at all stands in its place;
        whether that was looked after here.
        """

    def forget(self, counter: Counter) -> int:
        """Empty *counter*, whoever owns what it holds; how many it held."""


class DatabaseAdapter(NamedTuple):
    """The record: users and sessions over one connection, and the transaction that spans both."""

    users: UserRepository
    sessions: SessionRepository
    sweep: SweepRepository
    begin: "Transactions"


class Transactions(Protocol):
    """Opens a transaction: everything on the record inside it happens, or nothing."""

    def __call__(self) -> AbstractContextManager[None]:
        """Return the context of one transaction."""


class UserManagerInterface(Protocol):
    """What every manager can do, in every mode: the original's interface, nothing optional, and what the doors need."""

    def find_by_email(self, email: str) -> User | None:
        """Return the user with *email*, regardless of case; or None."""

    def find_by_id(self, user_id: str) -> User | None:
        """Return the user, or None."""

    def find_by_session_id(self, session_id: str) -> User | None:
        """Return whose live session *session_id* is; or None."""

    def find_session(self, session_id: str) -> SessionWithUser | None:
        """Return the live session with its user; or None."""

    def create(self, user_data: CreateUserData) -> User:
        """Create a user."""

    def update(self, user_id: str, fields: Mapping[str, Any]) -> User | None:
        """Change fields of a user; None if there is no such user."""

    def change_password(self, user_id: str, password: str, *, keep_session_id: str | None = None) -> bool:
        """Set a password and end all the user's sessions but one; whether there is such a user."""

    def delete(self, user_id: str) -> bool:
        """Remove a user for good; whether there was one."""

    def get_all(self, limit: int = 100, after: str | None = None) -> list[User]:
        """Return a page of users."""

    def count(self) -> int:
        """Return how many users there are."""

    def log_in(
        self,
        email: str,
        password: str,
        metadata: SessionMetadata,
        *,
        remember: bool = True,
        presented_session_id: str | None = None,
    ) -> LogIn:
        """Verify a password and open a session in the place of the one that was presented."""

    def register(
        self,
        email: str,
        password: str,
        metadata: SessionMetadata,
        *,
        remember: bool = True,
        presented_session_id: str | None = None,
    ) -> LogIn | None:
        """Make a user and open their session in the place of the one presented; None if they may not log in yet."""

    def register_unseen(self, email: str, password: str, metadata: SessionMetadata) -> None:
        """Make a user unless the email is taken, without a word which."""

    def change_own_password(
        self, session_id: str, current_password: str, new_password: str, metadata: SessionMetadata
    ) -> LogIn:
        """Set the password of a session's user and put a new session in the place of all of theirs."""

    def lift_limit(self, email: str) -> int:
        """Forget the failures of an account; how many there were."""

    def create_session(self, user_id: str, metadata: SessionMetadata, ttl_seconds: int) -> str:
        """Open a session and return its ID."""

    def delete_session(self, session_id: str) -> None:
        """End a session."""

    def extend_session(self, session_id: str, ttl_seconds: int) -> datetime | None:
        """Push a session's end; the new end, or None."""

    def revoke_all(self, user_id: str, *, except_session_id: str | None = None) -> int:
        """End all sessions of a user but one; how many ended."""

    def list_sessions(self, user_id: str, limit: int = 1_000) -> list[Session]:
        """Return a user's live sessions, the newest first: *limit* of them at most."""

    def end_session(self, user_id: str, handle: str) -> bool:
        """End one session of a user; whether they have it, or had it a moment ago."""

    def sweep(self) -> SweepReport:
        """Delete what has ended."""
