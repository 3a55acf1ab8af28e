"""The limiter of guesses: each counts as failed before its hash is computed, and is given back if it was not.

It counts in a store that all execution environments share. While that does not answer, each environment counts for
itself, under a fifth of the limits: a try is never unlimited.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from session_management.attempts import Attempt, Counter, account_counter, address_counter, registration_counter
from session_management.errors import (
    InvalidCredentialsError,
    SessionManagementError,
    StoreUnavailableError,
    TooManyAttemptsError,
)
from session_management.interfaces import AttemptAdapter, NewCopy
from session_management.policy import LoginPolicy


class Reservation:
    """A try that was let through, and where it is counted.

    `redis_failure` is set where the shared store is down: the request need not wait for it again.
    """

    def __init__(
        self, attempt: Attempt, adapter: AttemptAdapter, redis_failure: StoreUnavailableError | None = None
    ) -> None:
        """Hold it until it is given back."""
        self.attempt = attempt
        self.adapter = adapter
        self.redis_failure = redis_failure
        self.is_given_back = False

    def give_back(self, *, is_success: bool, copy: NewCopy | None = None) -> bool:
        """Give it back, unless it was; whether that was all that could be done for *copy* as well."""
        if self.is_given_back:
            return False
        try:
            is_copied = self.adapter.give_back(self.attempt, is_success=is_success, copy=copy)
        except StoreUnavailableError as failure:
            # What a store misses of this counts as a failure too many, and is forgotten in time. One that is up
            # refuses one of the two, for want of a permission, and does the other by itself.
            self.is_given_back = copy is None or not failure.is_up
            return not failure.is_up
        self.is_given_back = True
        return is_copied


class Limiter:
    """Lets tries through, over a *shared* adapter and a *local* one for when the other fails."""

    def __init__(self, *, shared: AttemptAdapter, local: AttemptAdapter, policy: LoginPolicy) -> None:
        """Use these."""
        self._shared = shared
        self._local = local
        self._policy = policy

    @contextmanager
    def guarding(self, email: str, ip: str | None) -> Iterator[Reservation]:
        """Let what is inside try one password of the account with *email*, from *ip*.

        Wrong credentials stay counted, and so does what ends in a bug. Another refusal or an outage is given back: it
        was no wrong guess. Without an error, the account's failures are forgotten too.

        Raises:
            TooManyAttemptsError: there were too many failures; nothing inside was done, and this try is not counted.
        """
        account, address = self._policy.account, self._policy.address
        # An address is missing in a caller's own Python alone. Where there is one, it is asked first.
        counters = (*((address_counter(ip, address),) if ip else ()), account_counter(email, account))
        reservation = self._reserve(counters)
        try:
            yield reservation
        except InvalidCredentialsError:
            raise
        except SessionManagementError:
            reservation.give_back(is_success=False)
            raise
        reservation.give_back(is_success=True)

    @contextmanager
    def guarding_registration(self, ip: str | None) -> Iterator[Reservation]:
        """Let what is inside make one user for somebody at *ip*. Whatever comes of it counts, but for an outage.

        Each costs a hash and may leave an account behind. An email that is taken counts as one that is free does, so
        that what is refused tells of neither.

        Raises:
            TooManyAttemptsError: there were too many; nothing inside was done, and this one is not counted.
        """
        reservation = self._reserve((registration_counter(ip, self._policy.address),) if ip else ())
        try:
            yield reservation
        except StoreUnavailableError:
            reservation.give_back(is_success=False)
            raise

    def lift(self, email: str) -> int:
        """Forget the failures of the account with *email*, here and in the shared store; how many there were there.

        Raises:
            StoreUnavailableError: the shared store does not answer.
        """
        counter = account_counter(email, self._policy.account)
        self._local.forget(counter)
        return self._shared.forget(counter)

    def _reserve(self, counters: tuple[Counter, ...]) -> Reservation:
        attempt_id = secrets.token_hex(16)
        try:
            return _reserved(Reservation(Attempt(attempt_id, counters), self._shared))
        except StoreUnavailableError as failure:
            strict = tuple(Counter(one.key, one.limit.stricter(), one.owner) for one in counters)
            # A store that is up refuses this alone, for want of a permission, and does what else it is asked.
            redis_failure = None if failure.is_up else failure
            return _reserved(Reservation(Attempt(attempt_id, strict), self._local, redis_failure))


def _reserved(reservation: Reservation) -> Reservation:
    wait_ms = reservation.adapter.reserve(reservation.attempt) if reservation.attempt.counters else 0
    if wait_ms > 0:
        raise TooManyAttemptsError(-(-wait_ms // 1000))
    return reservation
