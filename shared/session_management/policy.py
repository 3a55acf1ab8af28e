"""How long sessions live, how long copies are believed, how many a user may have: the numbers of the rules."""

from datetime import datetime, timedelta

from session_management.attempts import Limit
from session_management.expiry import ExpiryRule
from session_management.tokens import SessionNames
from session_management.value import Value


class LoginPolicy(Value):
    """Who may try a password: how many may fail for an account and from an address."""

    account: Limit
    address: Limit


class SessionPolicy(Value):
    """What the rules are run with.

    A copy is believed until `revalidate` after PostgreSQL was asked, or until `stale_if_error` after it
    while PostgreSQL does not answer. A session that slides is pushed to its whole lifetime whenever its activity is
    recorded. `max_per_user` is 0 for no limit. `accepts_original` is on where session IDs are kept in plain form,
    beside the original application. Until `upgrade_plain_until` a session that is still in plain form is kept as a
    digest from its first use on; after it, it is refused. `password_length` is what a new password has at least, in
    characters. `login_requires_verified` keeps users out whose email nobody has verified.
    """

    max_age: timedelta
    short_max_age: timedelta
    slides: bool
    expiry: ExpiryRule
    revalidate: timedelta
    stale_if_error: timedelta
    touch: timedelta
    revoked_retention: timedelta
    sweep_reserve_seconds: float
    max_per_user: int
    password_length: int
    login_requires_verified: bool
    names: SessionNames
    login: LoginPolicy
    upgrade_plain_until: datetime | None = None

    def life(self, *, is_persistent: bool) -> timedelta:
        """Return how long a session lives after its login."""
        return self.max_age if is_persistent else self.short_max_age

    @property
    def plain_names(self) -> SessionNames:
        """How sessions were named before, where they are still in plain form."""
        return SessionNames("plain")

    @property
    def accepts_original(self) -> bool:
        """Whether sessions of the original application are accepted."""
        return self.names.at_rest == "plain"

    def is_upgrading(self, now: datetime) -> bool:
        """Whether sessions that are still in plain form are taken in at *now*."""
        return self.upgrade_plain_until is not None and now < self.upgrade_plain_until
