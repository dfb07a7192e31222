"""The files that SQLite keeps next to a database: it writes to them and deletes them, whatever they are.

>>> import tempfile
>>> from pathlib import Path
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "search.db-wal").write_text("my thesis")
>>> problem_of_companions(str(folder / "search.db")).split("search.db-wal ")[1]
'is there without its save file, and SQLite would delete it; move it away, or choose another name'
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress

from .._texts import printable

SUFFIXES = ("-wal", "-shm", "-journal")

# https://www.sqlite.org/fileformat.html#the_rollback_journal; it also ends a journal with a super-journal.
JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_INDEX_VERSION = 3007000  # https://www.sqlite.org/walformat.html#the_wal_index_header, in the machine's byte order
_BEGINNINGS = {
    "-shm": (_INDEX_VERSION.to_bytes(4, "little"), _INDEX_VERSION.to_bytes(4, "big"), bytes(4)),
    "-wal": (bytes.fromhex("377f0682"), bytes.fromhex("377f0683"), bytes(4)),
    "-journal": (JOURNAL_MAGIC[:4], bytes(4)),  # zeros, where the power failed
}
_REMEDY = "move it away, or choose another name"


def problem_of_companions(path: str) -> str | None:
    """What is wrong with the files next to `path`, in words; None if SQLite may have them."""
    found = {suffix: status for suffix in SUFFIXES if (status := _status(path + suffix)) is not None}
    return _first_problem(path, found)


def hold_companions(path: str) -> str | None:
    """Make the files next to `path` that are not there; what is wrong with them, in words.

    In a sticky folder, no other user can take a name that is held.
    """
    if os.name != "posix":
        return problem_of_companions(path)
    for suffix in SUFFIXES:
        with suppress(FileExistsError):
            _hold(path + suffix, os.lstat(path))
    # One that is missing now has been another user's, who could take the name again.
    return _first_problem(path, {suffix: os.lstat(path + suffix) for suffix in SUFFIXES})


def _hold(name: str, database: os.stat_result) -> None:
    handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    # SQLite does the same. Then every user who may write to the save file can continue a search that was killed.
    with suppress(OSError):  # some file systems have no modes, or take no orders from root
        os.fchmod(handle, database.st_mode & 0o777)
        if os.geteuid() == 0:
            os.fchown(handle, database.st_uid, database.st_gid)
    os.close(handle)


def release_companions(path: str) -> None:
    """Remove the files next to `path` that are empty; SQLite has removed the others, or they have trials."""
    for suffix in SUFFIXES:
        with suppress(OSError):
            if os.lstat(path + suffix).st_size == 0:
                os.unlink(path + suffix)


def _first_problem(path: str, found: Mapping[str, os.stat_result]) -> str | None:
    database = _status(path)  # not before the others: a search makes its file before them
    if database is not None and stat.S_ISREG(database.st_mode) and database.st_nlink > 1:
        return "has several names (hard links), and SQLite finds its log next to one of them only; copy it"
    for suffix, status in found.items():
        problem = _problem(path + suffix, suffix, status, database)
        if problem is not None:
            return f"cannot be used: {printable(path + suffix)} {problem}; {_REMEDY}"
    return None


def _status(path: str) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return os.stat(path, follow_symlinks=False)
    return None


def _problem(name: str, suffix: str, status: os.stat_result, database: os.stat_result | None) -> str | None:
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link"
    if not stat.S_ISREG(status.st_mode):
        return "is not a file"
    if status.st_nlink > 1:
        return "is a second name of a file (a hard link), and SQLite would overwrite that"
    # A killed search leaves an empty file, a journal and held names; it has no log before its file has content.
    if database is None or (database.st_size == 0 and status.st_size and suffix != "-journal"):
        return "is there without its save file, and SQLite would delete it"
    if hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), database.st_uid):
        return "belongs to another user"
    if status.st_size and not _begins_well(name, _BEGINNINGS[suffix]):
        return "is no log of SQLite, and SQLite would overwrite it"
    return None


def _begins_well(name: str, beginnings: tuple[bytes, ...]) -> bool:
    with suppress(FileNotFoundError), open(name, "rb") as file:
        head = file.read(4)
        return any(beginning.startswith(head) for beginning in beginnings)  # SQLite cuts a -shm to three bytes
    return True
