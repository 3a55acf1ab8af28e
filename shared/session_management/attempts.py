"""Tries that may be guesses: what counts them, and how long the next one has to wait. Pure."""

import hashlib
import ipaddress
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Self

_IPV6_PREFIX: Final = 64
_STRICTER: Final = 5
_REMEMBERED: Final = 256
"""How many addresses' networks are remembered: clients come back with the same."""
ACCOUNT_LIFE_MS: Final = 86_400_000
"""How long a failure counts against an account: so long that waiting for it to be forgotten gains no tries."""


class Limit(NamedTuple):
    """So many failures are `free`; each counts for `life_ms`.

    After them a try has to wait since the latest failure: `first_wait_ms`, twice as long after each further one, and
    `longest_wait_ms` at the most. Where `first_wait_ms` is 0 it has to wait until few enough are left.
    """

    free: int
    life_ms: int
    first_wait_ms: int = 0
    longest_wait_ms: int = 0

    def wait_ms(self, failures: Sequence[int], now_ms: int) -> int:
        """Return how long a try has to wait, 0 for not at all. *failures* are those of its life, oldest first."""
        beyond = len(failures) - self.free
        if beyond < 0:
            return 0
        if not self.first_wait_ms:
            return min(failures[beyond], now_ms) + self.life_ms - now_ms
        # Another machine's clock may be ahead; what it says is never waited for as well.
        wait = min(self.first_wait_ms << min(beyond, 32), self.longest_wait_ms)
        return max(min(failures[-1], now_ms) + wait - now_ms, 0)

    def stricter(self) -> Self:
        """Return the limit where every execution environment counts for itself: a fifth of the free ones."""
        return type(self)(max(self.free // _STRICTER, 1), self.life_ms, self.first_wait_ms, self.longest_wait_ms)


class Counter(NamedTuple):
    """What tries are counted under: each as a member, which begins with the `owner` where there is one.

    A success takes out all of its owner's members; where there is no owner, its own alone.
    """

    key: str
    limit: Limit
    owner: str = ""

    def member(self, attempt_id: str) -> str:
        """Return what the try with *attempt_id* is counted as."""
        return f"{self.owner}{attempt_id}"


class Attempt(NamedTuple):
    """One try, which counts as a failure until it is given back.

    Its `id` makes a second sending of it the same one. All are of one length, so that none begins with another.
    """

    id: str
    counters: tuple[Counter, ...]


def account_counter(email: str, limit: Limit) -> Counter:
    """Return the counter of whoever has *email*, whether anybody has it or not.

    Whatever any collation takes for the same address has one counter, or each spelling would have tries of its own. It
    may be shared by emails that the record tells apart, so its members are owned by the email as it was given, whatever
    its case: or whoever has one of those accounts could forget, by logging in, the failures of another.
    """
    given = email.lower()
    owner = _digest(given)
    # The letters of most emails are plain.
    account = owner if given.isascii() else _digest(_plain(given))
    return Counter(f"attempts:account:{account}", limit, owner=f"{owner}:")


def address_counter(ip: str, limit: Limit) -> Counter:
    """Return the counter of failures from an IP address: IPv4 whole, of IPv6 the /64 that one client has."""
    return Counter(f"attempts:ip:{_network(ip)}", limit)


def registration_counter(ip: str, limit: Limit) -> Counter:
    """Return the counter of registrations from an IP address, which are no failures of logging in."""
    return Counter(f"attempts:registration:{_network(ip)}", limit)


def _plain(email: str) -> str:
    """Return the letters of *email*, which is in lower case, without accents and other forms."""
    letters = unicodedata.normalize("NFKD", email.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


@lru_cache(maxsize=_REMEMBERED)
def _network(ip: str) -> str:
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address):
        network = ipaddress.ip_network((address, _IPV6_PREFIX), strict=False)
        address = address.ipv4_mapped or network.network_address
    return _digest(str(address))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
