"""P8: importing any module connects nowhere, reads no environment and makes no randomness."""

import json

import pytest

from tests.unit.programs import ROOT, run_program

LAYER = sorted(
    ".".join(path.relative_to(ROOT / "shared").with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "shared/session_management").rglob("*.py")
)
HANDLERS = sorted(
    str(path.relative_to(ROOT)) for path in [*ROOT.glob("functions/*/app.py"), ROOT / "infra/database/app.py"]
)

# Third parties come first: what they do at import is theirs.
WATCHED = """
    import sys, os, socket, random, secrets, uuid, threading, subprocess, ssl
    sys.path.insert(0, "infra/database")
    import aws_lambda_powertools, aws_lambda_powertools.metrics, aws_lambda_powertools.utilities.typing
    import pg8000.native, pydantic, redis, pwdlib.hashers.argon2, pwdlib.hashers.bcrypt

    OURS = ("/session_management/", "/functions/", "/infra/")
    done = []

    def ours():
        frame = sys._getframe(2)
        while frame and ("<frozen" in frame.f_code.co_filename or "/os.py" in frame.f_code.co_filename
                         or "/random.py" in frame.f_code.co_filename or "/secrets.py" in frame.f_code.co_filename):
            frame = frame.f_back
        name = frame.f_code.co_filename if frame else ""
        return name if any(folder in name for folder in OURS) else None

    def watch(place, name, what):
        original = getattr(place, name)
        def watched(*args, **kwargs):
            where = ours()
            if where:
                done.append(f"{what} in {where}")
            return original(*args, **kwargs)
        setattr(place, name, watched)

    for name in ("__getitem__", "__contains__", "__iter__", "get"):
        watch(type(os.environ), name, "read the environment")
    watch(os, "getenv", "read the environment")
    watch(os, "urandom", "made randomness")
    for name in ("token_bytes", "token_hex", "token_urlsafe", "randbits"):
        watch(secrets, name, "made randomness")
    for name in ("random", "getrandbits", "choice", "randint"):
        watch(random, name, "made randomness")
    for name in ("uuid1", "uuid4"):
        watch(uuid, name, "made randomness")
    for name in ("connect", "connect_ex", "bind"):
        def forbidden(*args, **kwargs):
            raise AssertionError("something connected")
        # The class in C cannot be changed; the one of Python, which everything uses, can.
        setattr(socket.socket, name, forbidden)
    watch(socket, "create_connection", "connected")
    watch(socket, "getaddrinfo", "looked up a name")
    watch(threading.Thread, "start", "started a thread")
    watch(subprocess, "Popen", "started a program")
    watch(ssl, "create_default_context", "read certificates")
"""


def done_by(program: str) -> list[str]:
    """Return what our own code did of all that is watched, while *program* ran."""
    lines = [WATCHED, program, "    import json\n    print(json.dumps(done))"]
    found: list[str] = json.loads(run_program("\n".join(lines)).splitlines()[-1])
    return found


def test_importing_any_module_of_the_layer_only_defines_things() -> None:
    assert len(LAYER) > 40
    assert done_by(f"    import importlib\n    for name in {LAYER!r}: importlib.import_module(name)") == []


def test_importing_any_handler_only_defines_things() -> None:
    assert len(HANDLERS) == 11
    assert done_by(f"    import runpy\n    for path in {HANDLERS!r}: runpy.run_path(path)") == []


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("from session_management.environment import get_environment; get_environment()", "read the environment"),
        ("from session_management.tokens import new_session_id; new_session_id()", "made randomness"),
        ("from session_management.settings import Settings; Settings.from_environment()", "read the environment"),
    ],
)
def test_the_watch_notices_what_it_should(program: str, expected: str) -> None:
    assert any(expected in what for what in done_by(f"    {program}"))
