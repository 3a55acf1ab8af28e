"""RDS's authorities: what is kept of a bundle, and what the layer carries."""

import re
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.certificates import FOLDER, Authority, authorities, write
from tests.packaging.built import ROOT

FILES = sorted(FOLDER.glob("*.pem"))
BUNDLE = "".join(path.read_text() for path in FILES)
KEYS = ("ECC384", "RSA2048", "RSA4096")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _frankfurt() -> Authority:
    return authorities((FOLDER / "eu-central-1.pem").read_text())[0]


def _renamed(authority: Authority, old: bytes, new: bytes, times: int = -1) -> str:
    """Return the certificate as PEM with names of the same length; the issuer's comes first."""
    assert len(old) == len(new)
    return ssl.DER_cert_to_PEM_cert(authority.certificate.replace(old, new, times))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_each_file_is_trusted_as_one_regions_three_roots(path: Path):
    roots = authorities(path.read_text())

    assert ssl.create_default_context(cafile=path).cert_store_stats()["x509_ca"] == len(roots)
    assert [root.name for root in roots] == [f"Amazon RDS {path.stem} Root CA {key} G1" for key in KEYS]


def test_the_document_says_how_long_they_are_good_and_for_which_regions():
    text = (ROOT / "docs/stores.md").read_text()
    earliest = min(root.expires_at for root in authorities(BUNDLE))
    (regions,) = re.findall(r"They are those of (.+?)\.\n", text, re.DOTALL)

    assert f"the earliest of them ends on {earliest:%Y-%m-%d}" in text
    assert re.findall(r"`([\w-]+)`", regions) == [path.stem for path in FILES]


def test_the_layer_carries_them_for_everybody_to_read(layer: Path):
    carried = sorted((layer.parent / "certificates/rds").iterdir())

    assert {path.name: path.read_bytes() for path in carried} == {path.name: path.read_bytes() for path in FILES}
    assert all(path.stat().st_mode & 0o004 for path in carried)


def test_a_bundle_is_split_into_what_is_there(tmp_path: Path):
    written = write(BUNDLE, tmp_path, NOW)

    assert written == [tmp_path / path.name for path in FILES]
    assert [path.read_text() for path in written] == [path.read_text() for path in FILES]


def test_what_is_twice_in_a_bundle_is_kept_once():
    assert authorities(BUNDLE + BUNDLE) == authorities(BUNDLE)


def test_the_expired_are_left_out(tmp_path: Path):
    """Those with the shorter key end first."""
    (kept,) = write((FOLDER / "eu-central-1.pem").read_text(), tmp_path, datetime(2070, 1, 1, tzinfo=UTC))

    assert [root.name.split()[-2] for root in authorities(kept.read_text())] == ["ECC384", "RSA4096"]


def test_what_another_issued_is_left_out():
    assert authorities(_renamed(_frankfurt(), b"eu-central-1", b"eu-central-2", times=1)) == []


def test_what_bears_no_regions_name_is_left_out():
    """As the roots of AWS's own trials, "Amazon RDS Beta us-east-1 Root CA ..."."""
    assert authorities(_renamed(_frankfurt(), b"RDS eu-central-1", b"RDS Beta us-ea-1")) == []


def test_a_region_that_the_bundle_does_not_have_keeps_its_file(tmp_path: Path):
    (tmp_path / "us-gov-west-1.pem").write_text("from another bundle")
    write(BUNDLE, tmp_path, NOW)

    assert (tmp_path / "us-gov-west-1.pem").read_text() == "from another bundle"


def test_a_file_that_is_no_bundle_is_refused(tmp_path: Path):
    (tmp_path / "page.html").write_text("Not found")
    command = [sys.executable, "-m", "infra.certificates", str(tmp_path / "page.html")]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 2
    assert "the bundle has no authority of a region" in done.stderr
