"""Events of the service's own running: doors, stores, settings, sweeps and migrations."""

from collections.abc import Sequence
from typing import ClassVar

from session_management.events.event import Event, Level


class DirectAccessRefused(Event):
    """A request came past the edge, without the secret of ORIGIN_SECRET, and nothing of it was looked at."""

    name: ClassVar = "direct_access_refused"
    level: ClassVar[Level] = "WARNING"
    says: ClassVar = "a request that came past the edge was refused"


class OriginRefused(Event):
    """A request, or a preflight of one, was refused for where it came from, and no store was asked.

    `reason` is `foreign` (another origin's page sent it) or `unsaid` (it carried the cookie and did not say).
    """

    name: ClassVar = "origin_refused"
    level: ClassVar[Level] = "WARNING"
    says: ClassVar = "a request of a foreign origin was refused"

    reason: str


class LimitReached(Event):
    """A try of a password or of an email was answered 429, and not looked at: too many had failed before.

    Whose account it is was not looked at either; the `login_failed` before it say so.
    """

    name: ClassVar = "limit_reached"
    level: ClassVar[Level] = "WARNING"
    says: ClassVar = "too many attempts: a try was refused"

    retry_after_seconds: int


class StoreFailed(Event):
    """A store did not answer, or refused a statement; the request may have gone on without it."""

    name: ClassVar = "store_failed"
    level: ClassVar[Level] = "WARNING"
    says: ClassVar = "a store failed"

    store: str
    reason: str


class StoreSpared(Event):
    """A store failed three times in a row: this environment's breaker opened."""

    name: ClassVar = "store_spared"
    level: ClassVar[Level] = "ERROR"
    says: ClassVar = "a store failed repeatedly and is spared for a while"

    store: str


class StoreBack(Event):
    """A store that was spared answered again: this environment's breaker closed."""

    name: ClassVar = "store_back"
    says: ClassVar = "a store answers again"

    store: str


class StoreNotAsked(Event):
    """A request was answered 503 because a store is being spared, or because no time was left."""

    name: ClassVar = "store_not_asked"
    level: ClassVar[Level] = "WARNING"
    says: ClassVar = "a request was answered without asking a store"

    store: str
    reason: str


class SettingsFaulty(Event):
    """The settings cannot work; `faults` has a sentence for each, without any value."""

    name: ClassVar = "settings_faulty"
    level: ClassVar[Level] = "ERROR"
    says: ClassVar = "the settings cannot work"

    faults: Sequence[str]


class Swept(Event):
    """A sweep came to its end, or as far as its time and Redis let it.

    `lag_seconds` is for how long the row had been over that was over for longest when the sweep came to it; 0 if there
    was none. Without it, the sweep did not come so far. `plain_left` is how many sessions are still in plain form,
    where they are upgraded; without it, they could not be counted in time.
    """

    name: ClassVar = "swept"
    says: ClassVar = "swept"

    expired_deleted: int
    revoked_deleted: int
    fences_written: int
    legacy_cleared: int
    plain_deleted: int
    plain_left: int | None
    batches: int
    lag_seconds: float | None
    finished: bool


class Migrated(Event):
    """The migrate function came to its end; with `dry_run`, or where nothing was left to do, `applied` is empty.

    `roles_made` are the database roles that were missing and were asked for.
    """

    name: ClassVar = "migrated"
    says: ClassVar = "migrated"

    applied: Sequence[str]
    current: str | None
    pending: Sequence[str]
    roles_made: Sequence[str]


class MigrationFailed(Event):
    """A deployment was refused, since the database could not be brought up to date: it is undone.

    The schema is as the last whole migration left it.
    """

    name: ClassVar = "migration_failed"
    level: ClassVar[Level] = "ERROR"
    says: ClassVar = "a deployment's migration failed"

    reason: str
