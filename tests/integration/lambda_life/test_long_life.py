"""What an environment holds does not grow with the requests that it has answered."""

import json
import subprocess
import sys
from pathlib import Path

import pg8000.native

from infra.local.deployment import PROJECT
from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.support.servers import server_environment

REQUESTS, LOOKS = 10_000, 4
_MODULE = "tests.integration.lambda_life.long_lived"


def test_ten_thousand_answers_of_the_authorizer_leave_nothing(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, sql: pg8000.native.Connection, tmp_path: Path
) -> None:
    """Hot, missed, unknown and malformed ones, through stale copies, metrics written and connections replaced."""
    written = tmp_path / "held.json"
    subprocess.run(
        [sys.executable, "-m", _MODULE, str(REQUESTS), str(LOOKS), str(written)],
        env=server_environment(postgres, valkey, DATABASE_POOLER="none", PYTHONPATH="shared:."),
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=300,
    )
    told = json.loads(written.read_text())
    first, *later = told["held"]

    assert 0.75 < told["let_pass"] / REQUESTS < 0.85
    assert len(later) == LOOKS
    for held in later:
        assert held["blocks"] < first["blocks"] + 1_000, "less than an object for ten requests"
        assert held["memory_mb"] < first["memory_mb"] + 1, "less than a hundred bytes a request"
        assert held["descriptors"] == first["descriptors"]
    assert sql.run("SELECT count(DISTINCT last_activity) > 100 FROM sessions") == [[True]]
