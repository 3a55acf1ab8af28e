"""A private authority, made anew in each run, and the certificates that servers show."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a server shows, and the key that proves that it may: both PEM."""

    chain: str
    key: str


class Authority:
    """A private certificate authority."""

    def __init__(self, folder: Path, name: str) -> None:
        self._ca = trustme.CA(organization_name=name)
        self.file = folder / f"{name}.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def issue(self, *names: str, not_after: datetime | None = None) -> Certificate:
        """Return a certificate for *names*, hosts or addresses, good until *not_after*."""
        issued = self._ca.issue_cert(*names, not_after=not_after)
        chain = "".join(pem.bytes().decode() for pem in issued.cert_chain_pems)
        return Certificate(chain, issued.private_key_pem.bytes().decode())


class Certificates:
    """What the tests' servers may show, right and wrong. The servers' hosts are 127.0.0.1 and localhost."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "trusted")
        own = ("127.0.0.1", "localhost")
        yesterday = datetime.now(UTC) - timedelta(days=1)
        self.right = self.authority.issue(*own)
        self.of_another_host = self.authority.issue("other.test", "192.0.2.1")
        self.expired = self.authority.issue(*own, not_after=yesterday)
        self.of_an_unknown_authority = Authority(folder, "unknown").issue(*own)
