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

from infra.local.servers.server_error import ServerError

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
    raise ServerError("no temporary folder that another user may run programs in: set TMPDIR to one")


def wheel_folder(package: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ServerError(f"the package {package} is not installed")
    return Path(found.submodule_search_locations[0])


def runnable(programs: list[Path], base: Path, folder: Path) -> Path:
    """Return a folder laid out as *base* where the servers' user may run *programs*, paths in *base*.

    That is *base* itself if this user may, and else a copy in *folder*.
    """
    if server_user() is None:
        return base
    folder.chmod(0o711)
    existing = [program for program in programs if program.exists()]
    if _is_open(base) and all(_is_readable(path) for program in existing for path in _all_below(program)):
        return base
    copy = folder / "programs"
    for program in existing:
        for path in _all_below(program):
            _copy(path, copy / path.relative_to(base))
    for made in (copy, *copy.rglob("*/")):
        made.chmod(0o755)
    return copy


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


def _all_below(program: Path) -> list[Path]:
    return [program, *program.rglob("*")]


def _copy(path: Path, target: Path) -> None:
    """Make a folder, or copy a file that every user may read, and run where its owner may."""
    if path.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    target.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _is_readable(path: Path) -> bool:
    """Tell whether every user may read *path*, and run or enter it where its owner may."""
    mode = path.stat().st_mode
    return bool(mode & 0o004) and (not mode & 0o100 or bool(mode & 0o001))


def _is_open(folder: Path) -> bool:
    """Tell whether every user may pass to *folder*, and run what lies there."""
    may_run = not os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0)
    return may_run and all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))
