"""Copies of folders where another user may change what a name means, between two looks at it.

A folder stays open while its files are copied, and each file is looked for in the open folder. So neither a link that
is put in place of a folder, nor one in place of a file, leads elsewhere.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HAS_OPEN_FOLDERS = {os.open, os.mkdir, os.stat} <= os.supports_dir_fd and os.listdir in os.supports_fd  # not Windows

DEEPEST = 50  # folders in each other, each of which is open; a model has two or three


class NotPlainError(OSError):
    """There is what no log has: a link, a pipe or a device, a file with several names, or folders without end."""


def copy_folders(sources: Mapping[str, Path], target: Path, owner: int) -> None:
    """Copy the files of each source into a folder of that name, in the new folder `target` of the user `owner`."""
    if not HAS_OPEN_FOLDERS:
        target.mkdir()
        for name, source in sources.items():
            _copy_by_paths(source, target / name)
        return
    with _new_folder(target, owner) as into:
        for name, source in sources.items():
            with _plain(source) as found:
                _copy_folder(found, name, into)


def _copy_by_paths(source: Path, target: Path) -> None:
    for entry in (source, *source.rglob("*")):
        _check_plain(os.lstat(entry), entry)
    shutil.copytree(source, target, copy_function=shutil.copyfile)  # which copies no right to read only


def _copy_folder(source: int, name: str, into: int, depth: int = 1) -> None:
    """Copy the files of the open folder `source` into a new folder, in the open folder `into`."""
    if depth > DEEPEST:
        raise NotPlainError(f"{name!r} is below {DEEPEST} other folders")
    with _new_folder(name, os.fstat(into).st_uid, into) as target:
        for entry in os.listdir(source):
            _copy(entry, source, target, depth)


def _copy(name: str, source: int, into: int, depth: int) -> None:
    with _plain(name, source) as found:
        if stat.S_ISDIR(os.fstat(found).st_mode):
            _copy_folder(found, name, into, depth + 1)
        else:
            _copy_file(found, name, into)


def _copy_file(source: int, name: str, into: int) -> None:
    # The file is new and private from its first byte on: a later chmod could reach another file.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with (
        open(source, "rb", closefd=False) as original,
        open(os.open(name, flags, 0o600, dir_fd=into), "wb") as copy,
    ):
        shutil.copyfileobj(original, copy)


@contextmanager
def _new_folder(name: str | Path, owner: int, parent: int | None = None) -> Iterator[int]:
    """A new folder, open; OSError if somebody has put a folder of another user in its place."""
    os.mkdir(name, 0o700, dir_fd=parent)
    with _open(name, parent, os.O_DIRECTORY) as fd:
        if os.fstat(fd).st_uid != owner:
            raise OSError(f"the new folder {str(name)!r} was replaced by one of another user")
        yield fd


@contextmanager
def _plain(name: str | Path, parent: int | None = None) -> Iterator[int]:
    """A file or folder, open; NotPlainError if it is something else."""
    # To open a device may start it, so it is looked at before; it may be another one when it is open.
    _check_plain(os.stat(name, dir_fd=parent, follow_symlinks=False), name)
    with _open(name, parent) as fd:
        _check_plain(os.fstat(fd), name)
        yield fd


def _check_plain(status: os.stat_result, name: str | Path) -> None:
    # A file with several names may be one of the user's that somebody has linked into the folder.
    if not (stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1)):
        raise NotPlainError(f"{str(name)!r} is a link, a pipe or a device, or has several names")


@contextmanager
def _open(name: str | Path, parent: int | None, flags: int = 0) -> Iterator[int]:
    # O_NONBLOCK: to open a named pipe must not wait for its other end.
    fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | flags, dir_fd=parent)
    try:
        yield fd
    finally:
        os.close(fd)
