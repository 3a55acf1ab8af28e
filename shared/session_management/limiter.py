"""The limiter of guesses: each counts as failed before its hash is computed, and is given back if it was not.

It counts in a store that all execution environments share. While that does not answer, each environment counts for
itself, under a fifth of the limits: a try is never unlimited.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from session_management.attempts import Attempt, Limit, account_counter, address_counter
from session_management.errors import (
    EmailTakenError,
    InvalidCredentialsError,
    SessionManagementError,
    StoreUnavailableError,
    TooManyAttemptsError,
)
from session_management.interfaces import AttemptAdapter
from session_management.policy import LoginPolicy


@dataclass(frozen=True, slots=True)
class Reservation:
    """A try that was let through, and where it is counted. `failure` is why it is not the shared store."""

    attempt: Attempt
    adapter: AttemptAdapter
    failure: StoreUnavailableError | None = None


class Limiter:
    """Lets tries through, over a *shared* adapter and a *local* one for when the other fails."""

    def __init__(self, *, shared: AttemptAdapter, local: AttemptAdapter, policy: LoginPolicy) -> None:
        """Use these."""
        self._shared = shared
        self._local = local
        self._policy = policy

    @contextmanager
    def guarding(self, email: str | None, ip: str | None) -> Iterator[Reservation]:
        """Let what is inside try one password of the account with *email*, or one email that may be taken, from *ip*.

        Wrong credentials and taken emails stay counted, and so does what ends in a bug. Another refusal or an outage is
        given back: it was no wrong guess. Without an error, the account's failures are forgotten too.

        Raises:
            TooManyAttemptsError: there were too many failures; nothing inside was done, and this try is not counted.
        """
        reservation = self._reserve(email, ip)
        try:
            yield reservation
        except (InvalidCredentialsError, EmailTakenError):
            raise
        except SessionManagementError:
            self._give_back(reservation, is_success=False)
            raise
        self._give_back(reservation, is_success=True)

    def _reserve(self, email: str | None, ip: str | None) -> Reservation:
        account, address = self._policy.account, self._policy.address
        attempt = _attempt(email, ip, account, address)
        try:
            return self._reserved(Reservation(attempt, self._shared))
        except StoreUnavailableError as failure:
            attempt = _attempt(email, ip, account.stricter(), address.stricter())
            return self._reserved(Reservation(attempt, self._local, failure))

    def _reserved(self, reservation: Reservation) -> Reservation:
        wait_ms = reservation.adapter.reserve(reservation.attempt)
        if wait_ms > 0:
            raise TooManyAttemptsError(-(-wait_ms // 1000))
        return reservation

    def _give_back(self, reservation: Reservation, *, is_success: bool) -> None:
        # What a store misses of this counts as a failure too many, and is forgotten in time.
        with suppress(StoreUnavailableError):
            reservation.adapter.give_back(reservation.attempt, is_success=is_success)


def _attempt(email: str | None, ip: str | None, account: Limit, address: Limit) -> Attempt:
    # An address is missing in a caller's own Python alone. Where there is one, it is asked first.
    counters = [address_counter(ip, address)] if ip else []
    counters += [account_counter(email, account)] if email else []
    return Attempt(secrets.token_hex(16), tuple(counters))
