"""SnapStart: what happens before Lambda takes a snapshot of an initialised environment, and after each restore of it.

Whatever is in the snapshot is in every environment that is restored from it. So what takes time is done before:
imports, and a look at the settings. Nothing is kept that one environment alone may have: no connection, secret,
token, failure counted or instant remembered.
Hooks: docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import os
import random
import ssl
from contextlib import suppress
from typing import Final

from session_management.clients.connections import import_drivers
from session_management.devices import import_parser
from session_management.factory import UserManagerFactory
from session_management.observability import import_log, telling_faults
from session_management.password_rules import import_commonest
from session_management.passwords import import_hashers

_SEED_BYTES: Final = 48


def register_hooks() -> None:
    """Have Lambda's runtime call both hooks where SnapStart is on; off Lambda there is nothing to register with."""
    with suppress(ImportError):
        from snapshot_restore_py import register_after_restore, register_before_snapshot

        register_before_snapshot(before_snapshot)
        register_after_restore(after_restore)


def before_snapshot() -> None:
    """Import what the first request would, check the settings, and leave nothing open or kept.

    Raises:
        ConfigurationError: the settings cannot work. Lambda then does not publish the version, and the alias stays
            where it is. A version's settings never change: published, it would answer every request 503.
    """
    import session_management.http.bodies  # noqa: F401

    with telling_faults():
        settings = UserManagerFactory.settings()
        import_drivers(settings.postgres, settings.redis)
        import_hashers()
        import_commonest()
        import_parser()
        import_log()
        UserManagerFactory.create()  # for what it imports; to build it again takes less than a millisecond
    UserManagerFactory.clear_cache()


def after_restore() -> None:
    """Forget what other code may have built or opened since, and draw new seeds for what is random in this process.

    Session IDs, nonces and salts come from the kernel, which Lambda seeds anew at each restore. Two generators keep
    their state in memory: `random`, for back-off and sampling in libraries, and OpenSSL's, for TLS.
    """
    UserManagerFactory.clear_cache()
    random.seed()
    ssl.RAND_add(os.urandom(_SEED_BYTES), _SEED_BYTES)
