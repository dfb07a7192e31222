"""What is read of a save file, and how it is checked first: anybody may have written it.

`read_save_file` reads the file of a search that may be running; it writes nothing and takes no lock.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import struct
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._texts import printable
from ..exceptions import SaveFileError
from ._json import loads
from ._rows import COLUMNS, trial_of
from ._trial import Trial

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

_SCHEMA_FORMATS = [bytes([0, 0, 0, number]) for number in range(5)]  # 0 where nothing has been created

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
    foreign = [row for row in found if row not in expected]
    if not foreign and len(found) == len(expected):
        return None
    what = f"{foreign[0][0]} {foreign[0][1]!r}" if foreign else "a table that is missing"
    return f"has another schema than a save file ({printable(what)[:100]}); it is left as it is, choose another name"


def open_to_read(path: str) -> sqlite3.Connection:
    """A connection that cannot write."""
    log = f"{path}-wal"
    # Without a log nobody writes, and SQLite can do without files next to the database.
    is_quiet = not (os.path.exists(log) and os.path.getsize(log))
    options = "mode=ro&immutable=1" if is_quiet else "mode=ro"
    return sqlite3.connect(f"{Path(path).as_uri()}?{options}", uri=True, isolation_level=None, timeout=5.0)


def strict_text(data: bytes) -> str:
    """The ``text_factory`` of a connection; sqlite3's own raises the error that it raises for a full disk, too."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ValueError(f"a text in it is not UTF-8, {data[:40]!r}") from None


# ---------------------------------------------------------------------- content
def stored_fingerprint(db: sqlite3.Connection) -> dict[str, Any]:
    """The description of the search that wrote the file."""
    fingerprint = {}
    for key, text, checksum in db.execute("SELECT key, value, checksum FROM search"):
        if not (isinstance(key, str) and isinstance(text, str)):
            raise ValueError(f"{(key, text)!r} are not two texts")
        if zlib.crc32(text.encode()) != checksum:
            raise sqlite3.DatabaseError(f"the checksum of {key!r} is wrong")
        fingerprint[key] = loads(text)
    return fingerprint


def stored_trials(db: sqlite3.Connection) -> list[Trial]:
    """All trials, in order of suggestion; unfinished ones have no outcome."""
    trials: list[Trial] = []
    for row in db.execute(f"SELECT {COLUMNS} FROM trials ORDER BY number"):
        trials.append(trial_of(row))
        if trials[-1].number != len(trials) - 1:
            raise ValueError("a trial is missing")
    return trials


@dataclass(frozen=True)
class SavedSearch:
    """What a save file holds."""

    path: str
    fingerprint: Mapping[str, Any]
    trials: list[Trial]


def read_save_file(path: Any) -> SavedSearch:
    """The content of a save file, also of a search that runs; SaveFileError where it cannot be read."""
    place = os.path.abspath(os.fspath(path))
    try:
        _check_file(place)
        with closing(open_to_read(place)) as db:
            db.text_factory = strict_text
            db.execute("PRAGMA trusted_schema=OFF")
            db.execute("BEGIN")  # one state of the file, whatever the search writes in the meantime
            problem = problem_of_schema(db)
            if problem is not None:
                raise SaveFileError(f"{place!r} {problem}")
            return SavedSearch(place, stored_fingerprint(db), stored_trials(db))
    except SaveFileError:
        raise
    except OSError as error:
        raise SaveFileError(f"{place!r} cannot be read: {error.strerror}") from error
    except OF_CONTENT as error:
        text = printable(str(error))[:300]
        raise SaveFileError(f"{place!r} cannot be read: {text}") from error


def _check_file(place: str) -> None:
    # O_NONBLOCK: to open a named pipe must not wait for its other end.
    with open(os.open(place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise SaveFileError(f"{place!r} is not a file; name a file that trials_save_file= has made")
        problem = problem_of_header(file.read(100))
    if problem is not None:
        raise SaveFileError(f"{place!r} {problem.split('; it is left')[0]}")
