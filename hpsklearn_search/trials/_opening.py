"""How a database that anybody may have written is opened: it is checked before what is in it is used.

The order matters. The first bytes are compared before SQLite opens the file, and so are the files next to it. The
first query reads the schema, and takes as many steps as that of a save file. Then a scan of each tree counts its
rows: it reads no text, and ends after a number of steps that is proportional to the file. Only then are all pages
checked, because SQLite's own check takes a stack as deep as the tree, and a text may not be read before, because
its pages may form a circle.
"""

from __future__ import annotations

import math
import os
import sqlite3
import struct
import sys
from contextlib import closing
from pathlib import Path

from .._texts import printable
from ._guard import STEPS, Guard

APPLICATION_ID = 0x68707363  # "hpsc"
VERSION = 1

SCHEMA = """
CREATE TABLE search (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE trials (
    number INTEGER PRIMARY KEY, status TEXT NOT NULL, loss REAL, variance REAL, started REAL, finished REAL,
    point TEXT NOT NULL, folds TEXT NOT NULL, result TEXT NOT NULL, error TEXT, failure TEXT,
    checksum INTEGER NOT NULL
);
"""

NO_TABLES = "has no tables"
LONGEST_SCHEMA = 100_000  # bytes of a row of the schema
# They read no text. The smallest trial has 75 bytes, a row of a scan takes 3 steps, and one of `quick_check` 19.
SCANS = (
    "SELECT total(1) FROM trials",
    "SELECT total(1) FROM search NOT INDEXED",
    "SELECT total(1) FROM search INDEXED BY sqlite_autoindex_search_1",
)
# So 8 steps for a byte are enough where a file system compresses a file to a thirtieth.
STEPS_PER_BYTE = 8
LEAST_STEPS = 10_000_000  # some tenths of a second; a file system may not have counted the last blocks yet

_SCHEMA_FORMATS = [bytes([0, 0, 0, number]) for number in range(5)]  # 0 where nothing has been created

# Device and inode of the files that this process writes: to close a second descriptor would release SQLite's locks.
open_here: set[tuple[int, int]] = set()

# What reading may raise if somebody has changed the file.
OF_CONTENT = (sqlite3.Error, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)


# ---------------------------------------------------------------------- checks
def problem_of_header(head: bytes) -> str | None:
    """What is wrong with the first 100 bytes, in words; None for a save file."""
    if len(head) < 100 or head[:16] != b"SQLite format 3\0":
        return "is not a save file of a search; it is left as it is, choose another name"
    # https://www.sqlite.org/fileformat.html#the_database_header: user_version and application_id
    version, application = struct.unpack(">I", head[60:64])[0], struct.unpack(">I", head[68:72])[0]
    if application != APPLICATION_ID:
        return "is a database of another application; it is left as it is, choose another name"
    # Bytes 18 and 19 are the versions that write and read it, 47 the format of the schema: SQLite has 1 or 2, and
    # 1 to 4. With others it reads the file only, or says nothing of what is wrong.
    if head[18] not in (1, 2) or head[19] not in (1, 2) or head[44:48] not in _SCHEMA_FORMATS:
        return "is damaged: SQLite does not know its format; it is left as it is, choose another name"
    if version > VERSION:
        return f"was written by a newer version of this library (format {version}, known: {VERSION})"
    return None


def problem_of_schema(db: sqlite3.Connection) -> str | None:
    """What is wrong with the schema: a view or trigger would run SQL that others have written."""
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT 10"
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(SCHEMA)
        expected = set(model.execute(query))
    found = db.execute(query).fetchall()
    if not found:
        return NO_TABLES
    foreign = [row for row in found if row not in expected]
    if not foreign and len(found) == len(expected):
        return None
    what = f"{foreign[0][0]} {foreign[0][1]!r}" if foreign else "a table that is missing"
    return f"has another schema than a save file ({printable(what)[:100]}); it is left as it is, choose another name"


# ---------------------------------------------------------------------- connections
def open_to_read(path: str, guard: Guard) -> sqlite3.Connection:
    """A connection that cannot write; nothing in the file was checked yet."""
    log = f"{path}-wal"
    # Without a log nobody writes, and SQLite can do without files next to the database.
    is_quiet = not (os.path.exists(log) and os.path.getsize(log))
    return _open(path, "mode=ro&immutable=1" if is_quiet else "mode=ro", guard)


def open_to_write(path: str, guard: Guard) -> sqlite3.Connection:
    """A connection that can write to a file that is there."""
    return _open(path, "mode=rw", guard)


def _open(path: str, options: str, guard: Guard) -> sqlite3.Connection:
    db = sqlite3.connect(f"{Path(path).as_uri()}?{options}", uri=True, isolation_level=None, timeout=5.0)
    db.text_factory = strict_text
    db.set_progress_handler(guard.look, STEPS)
    db.execute("PRAGMA trusted_schema=OFF")
    return db


def strict_text(data: bytes) -> str:
    """The ``text_factory`` of a connection; sqlite3's own raises the error that it raises for a full disk, too."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError(f"a text in it is not UTF-8, {data[:40]!r}") from None


def problem_of_content(db: sqlite3.Connection, guard: Guard, path: str) -> str | None:
    """What is wrong with the schema, in words; sqlite3.DatabaseError if the pages are damaged."""
    guard.allow(STEPS)  # a hundred times what a save file needs
    longest = _limit_texts(db, LONGEST_SCHEMA)
    problem = problem_of_schema(db)
    if problem is not None:
        return problem
    _limit_texts(db, longest)
    guard.allow(max(LEAST_STEPS, STEPS_PER_BYTE * (_bytes_on_disk(path) + _bytes_on_disk(f"{path}-wal"))))
    for scan in SCANS:
        db.execute(scan).fetchall()
    damage = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise sqlite3.DatabaseError(damage)
    guard.allow(math.inf)  # no page is in two places: a query ends
    return None


def _bytes_on_disk(path: str) -> int:
    """The size of a file without its holes, which take no room and would hide how small it is; 0 if there is none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return 0
    return min(status.st_size, 512 * getattr(status, "st_blocks", sys.maxsize))


def _limit_texts(db: sqlite3.Connection, n_bytes: int) -> int:
    if sys.version_info >= (3, 11):
        return db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, n_bytes)
    return n_bytes
