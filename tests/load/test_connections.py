"""The look at the connections itself: what it died of is not passed over."""

import threading
from typing import Any

import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from tests.load.connections import Sampler
from tests.load.stores import Stores


class LookError(Exception):
    """Something that nobody has thought of."""


def test_a_look_that_dies_fails_the_run(
    postgres_server: EmbeddedPostgres, valkey_server: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()

    def die(*_: Any) -> Any:
        looked.set()
        raise LookError

    sampler = Sampler(Stores(postgres_server, valkey_server), set())
    monkeypatch.setattr(sampler, "_by_name", die)
    with pytest.raises(LookError), sampler.running():
        assert looked.wait(30)
