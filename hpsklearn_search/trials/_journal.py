"""The journal of a search that was killed while it made its save file, and what SQLite would undo by it.

SQLite rolls back whatever lies beside a database under the name of its journal. So a journal that does more than undo
the making of the file is not given to it.

>>> import os, tempfile
>>> path = os.path.join(tempfile.mkdtemp(), "search.db")
>>> fd = os.open(path, os.O_RDWR | os.O_CREAT)
>>> problem_of_journal(path, fd, Guard()) is None
True
>>> with open(f"{path}-journal", "wb") as journal:
...     _ = journal.write(JOURNAL_MAGIC + bytes(512) + JOURNAL_MAGIC)
>>> problem_of_journal(path, fd, Guard())
'has a journal that names other files; it is left as it is, choose another name'
>>> os.close(fd)
"""

from __future__ import annotations

import os
import struct
from contextlib import closing

from .._texts import printable
from ._companions import JOURNAL_MAGIC
from ._guard import Guard
from ._opening import NO_TABLES, OF_CONTENT, open_to_read, problem_of_content

LONGEST_RECORD = 2 * 65_536 + 4  # bytes of the first sector and of one page with its number


def problem_of_journal(path: str, fd: int, guard: Guard) -> str | None:
    """What is wrong with the journal of the save file that is open as `fd`, in words; None if SQLite may have it."""
    try:
        with open(f"{path}-journal", "rb") as journal:
            head = journal.read(LONGEST_RECORD)
            size = journal.seek(0, os.SEEK_END)
            journal.seek(max(0, size - len(JOURNAL_MAGIC)))
            end = journal.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"has a journal that cannot be read: {error.strerror}"
    # At its end there may be the name of another file, which SQLite would read and delete. Ours has none.
    if end == JOURNAL_MAGIC:
        return "has a journal that names other files; it is left as it is, choose another name"
    if size and not _can_be_rolled_back(head, path, fd, guard):
        return (
            "has a journal that may undo what is in it; it is left as it is, "
            f"move {printable(path)}-journal away or choose another name"
        )
    return None


def is_filled(path: str) -> bool:
    """Whether there is a file of this name that is not empty."""
    return os.path.exists(path) and os.path.getsize(path) > 0


def has_further_pages(fd: int) -> bool:
    """Whether a database has more than its first page."""
    page = int.from_bytes(beginning(fd, 18)[16:], "big")
    # 1 stands for 65,536, which two bytes cannot hold.
    return os.fstat(fd).st_size > (65_536 if page == 1 else page)


def beginning(fd: int, n_bytes: int) -> bytes:
    """The first bytes of an open file."""
    os.lseek(fd, 0, os.SEEK_SET)
    return os.read(fd, n_bytes)


def _can_be_rolled_back(journal: bytes, path: str, fd: int, guard: Guard) -> bool:
    """Whether rolling back a journal that begins so undoes no more than the making of the file."""
    if not journal.startswith(JOURNAL_MAGIC):  # zeros, where the power failed: SQLite ignores it
        return True
    # https://www.sqlite.org/fileformat.html#the_rollback_journal: the last three are about the file before its
    # transaction. It had no pages before its tables were made; then its first page is changed, to have a log.
    n_records, _, n_pages, sector, page = struct.unpack(">IIIII", journal[8:28].ljust(20, b"\1"))
    if n_records == n_pages == 0:
        return _has_no_trial(path, fd, guard)
    record = journal[sector : sector + 4 + page]
    is_of_log = n_records == 1 and record[:4] == b"\0\0\0\1" and _is_same_page(record[4:], beginning(fd, page))
    return is_of_log and n_pages * page == os.fstat(fd).st_size


def _has_no_trial(path: str, fd: int, guard: Guard) -> bool:
    """Whether the file, without its journal, surely has no trial."""
    if is_filled(f"{path}-wal"):
        return False
    try:
        with closing(open_to_read(path, guard)) as db:
            problem = problem_of_content(db, guard, path)
            if problem == NO_TABLES:
                return not has_further_pages(fd)
            return problem is None and db.execute("SELECT 1 FROM trials").fetchone() is None
    except OF_CONTENT:
        # With 2 in bytes 18 and 19 it had a log, and so trials: it is damaged, and may be restored.
        return beginning(fd, 20)[18:] == b"\1\1"


def _is_same_page(before: bytes, now: bytes) -> bool:
    """Whether two first pages differ in no more than the versions, and the counters of changes."""
    # https://www.sqlite.org/fileformat.html#the_database_header
    kept = (slice(0, 18), slice(20, 24), slice(28, 92), slice(96, None))
    return len(before) == len(now) and all(before[part] == now[part] for part in kept)
