"""From plain form to digests: a session that is still in plain form is kept as a digest from its first use on."""

from copy import replace
from datetime import datetime

from session_management.interfaces import Clock, DatabaseAdapter
from session_management.managers.copies import Copies, Look
from session_management.managers.original import OriginalSessions
from session_management.models import Session, SessionMetadata, SessionWithUser
from session_management.policy import SessionPolicy


class Upgrading:
    """Takes sessions in that were kept in plain form: ours by another name, the original's by a record of their own.

    The client keeps its session ID. In one transaction the record has the digest and no plain form any more; then the
    copy, or the original's JSON, is fenced. Whatever ended the session before that commit prevents it, and whatever
    ends sessions after it finds the digest: an end is never undone.
    """

    def __init__(self, *, database: DatabaseAdapter, copies: Copies, policy: SessionPolicy, clock: Clock) -> None:
        """Use these."""
        self._database = database
        self._copies = copies
        self._policy = policy
        self._clock = clock
        self._original = OriginalSessions(users=database.users, policy=policy)

    def find(self, session_id: str) -> SessionWithUser | None:
        """Return the session, taken in; as it is in plain form while Redis is down; None if nobody may use it.

        Raises:
            StoreUnavailableError: it cannot be told.
        """
        now = self._clock.now()
        look = self._copies.look(session_id)
        if look.failure:
            return self._as_it_is(session_id, look, now)
        found = None if look.is_revoked else self._take_in(session_id, look, now)
        # Somebody else may have taken it in since it was looked for.
        return found or self._check(self._key(session_id), now)

    def take_in(self, session_id: str) -> Look:
        """Take the session in, if there is one; what stood under its plain key, or that nobody could tell.

        Raises:
            StoreUnavailableError: PostgreSQL did not answer.
        """
        look = self._copies.look(session_id)
        self._take_in(session_id, look, self._clock.now())
        return look

    def take_in_while_there_is_time(self, session_id: str) -> None:
        """Take the session in, if there is one, unless the time of upgrades is over, or there is none. Raises as it."""
        if self._policy.is_upgrading(self._clock.now()):
            self.take_in(session_id)

    def _take_in(self, session_id: str, look: Look, now: datetime) -> SessionWithUser | None:
        key, foreign = self._key(session_id), self._original.in_redis(look, now)
        with self._database.begin():
            found = self._renamed(session_id, key, now)
            if found is None and foreign:
                found = self._database.sessions.adopt(self._kept(foreign, key, now), session_id, in_column=False)
            if found is None:
                found = self._from_column(session_id, key, look, now)
        if found is None:
            return None
        if foreign and self._is_gone(session_id):
            self._database.sessions.revoke(key, "original_logout")
            # Whoever looked for it in between has copied it.
            self._copies.fence([key])
            return None
        self._copies.fence([session_id])
        return found

    def _renamed(self, session_id: str, key: str, now: datetime) -> SessionWithUser | None:
        # What looks like a handle is none of ours: it would take the session over that it names.
        if not self._policy.plain_names.may_record(session_id):
            return None
        idle_since = self._policy.expiry.idle_since(now)
        return self._database.sessions.rename(session_id, key, now, idle_since)

    def _from_column(self, session_id: str, key: str, look: Look, now: datetime) -> SessionWithUser | None:
        original = self._original.in_column(session_id, look, now)
        if original is None:
            return None
        return self._database.sessions.adopt(self._kept(original, key, now), session_id, in_column=True)

    def _is_gone(self, session_id: str) -> bool:
        """Tell whether the original, whose logout deletes the key, has ended the session since it was looked at."""
        again = self._copies.look(session_id)
        return again.seen is None and again.failure is None

    def _as_it_is(self, session_id: str, look: Look, now: datetime) -> SessionWithUser | None:
        """Return what the record says, and change nothing: what cannot be fenced stays in plain form."""
        found = self._check(self._key(session_id), now)
        if found is None and self._policy.plain_names.may_record(session_id):
            found = self._check(session_id, now)
        if found is None:
            found = self._original.in_column(session_id, look, now)
        if found is None and look.failure:
            raise look.failure
        return found

    def _check(self, key: str, now: datetime) -> SessionWithUser | None:
        policy = self._policy
        return self._database.sessions.check(key, now, now - policy.touch, policy.expiry.idle_since(now))

    def _key(self, session_id: str) -> str:
        return self._policy.names.key_of(session_id) or ""

    def _kept(self, found: SessionWithUser, key: str, now: datetime) -> Session:
        """Return a session of the original as the record has it; what it wrote of its client may be anything."""
        client = SessionMetadata(found.session.ip, found.session.user_agent)
        return replace(
            found.session,
            key=key,
            handle=self._policy.names.handle_of_key(key),
            last_activity=now,
            ip=client.ip,
            user_agent=client.user_agent,
        )
