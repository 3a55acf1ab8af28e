"""RDS's certificate authorities, one file a region, for the layer: `python -m infra.certificates <bundle.pem>`.

No system's store knows them. AWS publishes all regions' in one bundle, those of China and GovCloud in others, see
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html; a function needs to trust one region's
alone. A region that the bundle does not have keeps its file.
"""

import argparse
import hashlib
import re
import ssl
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "shared/certificates/rds"
_CERTIFICATE: Final = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
# The roots that servers' certificates are issued by; those of 2019 and of AWS's own trials are called otherwise.
_NAME: Final = re.compile(r"Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d) Root CA (?:RSA2048|RSA4096|ECC384) G\d+")


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that signed itself, in one region's name."""

    name: str
    region: str
    expires_at: datetime
    certificate: bytes  # DER

    @property
    def text(self) -> str:
        """Return what it is, for who looks into the file, and the certificate as PEM."""
        digest = hashlib.sha256(self.certificate).hexdigest()
        said = f"# {self.name}, until {self.expires_at:%Y-%m-%d}, SHA-256 {digest}"
        return f"{said}\n{ssl.DER_cert_to_PEM_cert(self.certificate)}"


def authorities(bundle: str) -> list[Authority]:
    """Return the authorities in PEM text, by name. Raises ValueError or ssl.SSLError for what is no certificate."""
    found = [_authority(ssl.PEM_cert_to_DER_cert(text)) for text in _CERTIFICATE.findall(bundle)]
    return sorted({one for one in found if one}, key=lambda one: one.name)


def write(bundle: str, folder: Path, now: datetime) -> list[Path]:
    """Write each region's authorities that have not expired, and return the files."""
    regions: dict[str, list[Authority]] = defaultdict(list)
    for authority in authorities(bundle):
        if authority.expires_at > now:
            regions[authority.region].append(authority)
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(folder / f"{region}.pem", found) for region, found in sorted(regions.items())]


def _written(path: Path, found: list[Authority]) -> Path:
    path.write_text("".join(authority.text for authority in found))
    return path


def _authority(certificate: bytes) -> Authority | None:
    for facts in _facts(certificate):
        name = _common_name(facts["subject"])
        region = _NAME.fullmatch(name)
        if region and facts["subject"] == facts["issuer"]:
            expires_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(facts["notAfter"]), UTC)
            return Authority(name, region[1], expires_at, certificate)
    return None


def _facts(certificate: bytes) -> Iterator[dict[str, Any]]:
    """Yield what an empty store says of the certificate, if it is an authority's."""
    store = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    store.load_verify_locations(cadata=certificate)
    yield from store.get_ca_certs()


def _common_name(subject: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    return dict(pair for part in subject for pair in part).get("commonName", "")


def main() -> None:
    """Write the files of the bundle that is named, and say how many."""
    parser = argparse.ArgumentParser(prog="infra.certificates", description="Keep RDS's authorities by region.")
    parser.add_argument("bundle", type=Path, help="PEM, as AWS publishes it")
    written = write(parser.parse_args().bundle.read_text(), FOLDER, datetime.now(UTC))
    if not written:
        parser.error("the bundle has no authority of a region")
    parser.exit(message=f"{len(written)} regions were written to {FOLDER}.\n")


if __name__ == "__main__":
    main()
