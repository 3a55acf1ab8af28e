"""Whose the servers' processes are, and where their programs and data lie.

PostgreSQL refuses to run as root, and another user cannot run a program inside a private clone: as root, the
servers run as `nobody`, from a copy of their programs in a folder that this user may pass through.
"""

import importlib.util
import os
import pwd
import shutil
import tempfile
from functools import cache
from pathlib import Path

_SHARED_FOLDERS = ("/tmp", "/var/tmp")  # noqa: S108 (only private folders are made inside)


def server_user() -> pwd.struct_passwd | None:
    """Return the user to run servers as, or None for the present one."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


@cache
def open_folder() -> str:
    """Return a folder for temporary files in which the servers' user may run programs."""
    for candidate in (tempfile.gettempdir(), *_SHARED_FOLDERS):
        if server_user() is None or _is_open(Path(candidate).resolve()):
            return candidate
    raise RuntimeError("no temporary folder that another user may run programs in: set TMPDIR to one")


def wheel_folder(package: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise RuntimeError(f"the package {package} is not installed")
    return Path(found.submodule_search_locations[0])


def runnable(programs: list[Path], base: Path, folder: Path) -> Path:
    """Return a folder laid out as *base* where the servers' user may run *programs*, paths in *base*."""
    if server_user() is None:
        return base
    folder.chmod(0o711)
    target = folder / "programs"
    for source in filter(Path.exists, programs):
        copy = target / source.relative_to(base)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy2(source, copy)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return target


def private_folder(path: Path) -> Path:
    """Make *path*, a folder that only the servers' user may enter."""
    path.mkdir(mode=0o700)
    hand_over(path)
    return path


def private_file(path: Path, text: str) -> Path:
    """Write *text* to a new file that only the servers' user may read."""
    path.touch(mode=0o600)
    path.write_text(text)
    hand_over(path)
    return path


def hand_over(path: Path) -> None:
    """Give *path* to the servers' user."""
    if user := server_user():
        os.chown(path, user.pw_uid, user.pw_gid)


def _is_open(folder: Path) -> bool:
    may_run = not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)
    return may_run and all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))
