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
    found = [suffix for suffix in SUFFIXES if os.path.lexists(path + suffix)]  # first: a search makes its file before
    database = _status(path)
    if database is not None and stat.S_ISREG(database.st_mode) and database.st_nlink > 1:
        return "has several names (hard links), and SQLite finds its log next to one of them only; copy it"
    for suffix in found:
        problem = _problem(path + suffix, suffix, database)
        if problem is not None:
            return f"cannot be used: {printable(path + suffix)} {problem}; {_REMEDY}"
    return None


def _status(path: str) -> os.stat_result | None:
    with suppress(FileNotFoundError):
        return os.stat(path, follow_symlinks=False)
    return None


def _problem(name: str, suffix: str, database: os.stat_result | None) -> str | None:
    status = _status(name)
    if status is None:  # a search has ended since
        return None
    if stat.S_ISLNK(status.st_mode):
        return "is a symbolic link"
    if not stat.S_ISREG(status.st_mode):
        return "is not a file"
    if status.st_nlink > 1:
        return "is a second name of a file (a hard link), and SQLite would overwrite that"
    # A killed search leaves an empty file and a journal; it has no log before its file has content.
    if database is None or (database.st_size == 0 and suffix != "-journal"):
        return "is there without its save file, and SQLite would delete it"
    if hasattr(os, "geteuid") and status.st_uid not in (os.geteuid(), database.st_uid):
        return "belongs to another user"
    if suffix in _BEGINNINGS and not _begins_well(name, _BEGINNINGS[suffix]):
        return "is no log of SQLite, and SQLite would overwrite it"
    return None


def _begins_well(name: str, beginnings: tuple[bytes, ...]) -> bool:
    with suppress(FileNotFoundError), open(name, "rb") as file:
        head = file.read(4)
        return any(beginning.startswith(head) for beginning in beginnings)  # SQLite cuts a -shm to three bytes
    return True
