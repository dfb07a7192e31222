"""The save file: a durable record in SQLite, one transaction per finished trial.

Points, outcomes, fold results, times and error texts are columns and JSON; nothing in the file is ever
unpickled or evaluated. With write-ahead logging and ``synchronous=NORMAL``, a committed trial survives
any death of the process; after a loss of power the last trials may be missing, but the file is intact.

>>> import os, tempfile
>>> path = os.path.join(tempfile.mkdtemp(), "search.db")
>>> with SaveFile(path, {"algo": "tpe"}) as file:
...     file.begin(Trial(0, {"x": 1.5}, started=0.0))
...     file.finish(Trial(0, {"x": 1.5}, Outcome("ok", loss=0.25), started=0.0, finished=1.0))
>>> with SaveFile(path, {"algo": "tpe"}) as file:
...     [trial.loss for trial in file.load()]
[0.25]
>>> SaveFile(path, {"algo": "random"})
Traceback (most recent call last):
hpsklearn_search.exceptions.SaveFileError: ...
"""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import struct
import time
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

from ..exceptions import SaveFileError
from ._fingerprint import differences
from ._json import dumps, json_part, loads
from ._trial import Failure, Outcome, Trial

HAS_FLOCK = True
try:
    import fcntl
except ImportError:  # Windows has SQLite's own lock only
    HAS_FLOCK = False

APPLICATION_ID = 0x68707363  # "hpsc"
VERSION = 1
LOCK_PATIENCE = 3.0  # seconds: workers of a killed search may hold the lock until they notice

SCHEMA = """
CREATE TABLE search (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE trials (
    number INTEGER PRIMARY KEY, status TEXT NOT NULL, loss REAL, variance REAL, started REAL, finished REAL,
    point TEXT NOT NULL, folds TEXT NOT NULL, result TEXT NOT NULL, error TEXT, failure TEXT,
    checksum INTEGER NOT NULL
);
"""
COLUMNS = "number, status, loss, variance, started, finished, point, folds, result, error, failure, checksum"

# Device and inode of the open files: closing a second descriptor would release SQLite's POSIX locks.
_open_here: set[tuple[int, int]] = set()


class SaveFile:
    """The record of one search on disk, open and locked for this process until closed."""

    def __init__(self, path: Any, fingerprint: Mapping[str, Any]) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self._pending: list[Trial] = []  # suggested, and not written yet
        self._has_warned = False
        self._db: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._fd = self._open()
        try:
            self._lock()
            self._check_header()
            self._connect(json.loads(json.dumps(fingerprint)))  # tuples become lists, as in the file
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> SaveFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ opening
    def _fail(self, text: str) -> SaveFileError:
        return SaveFileError(f"trials_save_file={self.path!r} {text}")

    def _open(self) -> int:
        # SQLite would follow a link in a shared folder, and write to its target.
        for suffix in ("", "-wal", "-shm", "-journal"):
            if os.path.islink(self.path + suffix):
                raise self._fail(f"cannot be used: {self.path + suffix} is a symbolic link; name the file itself")
        try:
            there = os.stat(self.path)
        except OSError:
            there = None
        if there is not None and (there.st_dev, there.st_ino) in _open_here:
            raise self._fail("is in use by another search in this process; give each search a file of its own")
        # O_NONBLOCK: to open a named pipe must not wait for its other end.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            fd = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise self._fail(f"cannot be opened for writing: {error.strerror}") from error
        if there is None and hasattr(os, "fchmod"):
            os.fchmod(fd, 0o600)  # the umask may have taken bits from the mode above
        return fd

    def _lock(self) -> None:
        deadline = time.monotonic() + LOCK_PATIENCE
        while HAS_FLOCK:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise self._fail(f"cannot be locked: {error.strerror}") from error
                if time.monotonic() > deadline:
                    raise self._fail(
                        "is in use by another process; wait for it, or give each search a file of its own"
                    ) from None
                time.sleep(0.05)
        status = os.fstat(self._fd)
        self._identity = (status.st_dev, status.st_ino)
        _open_here.add(self._identity)

    def _check_header(self) -> None:
        """Check the first bytes before SQLite opens the file: it may write to a database of another application."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        try:
            head = os.read(self._fd, 100)
        except OSError as error:
            raise self._fail(f"cannot be read: {error.strerror}") from error
        if not head:
            return
        if len(head) < 100 or head[:16] != b"SQLite format 3\0":
            raise self._fail("is not a save file of a search; it is left as it is, choose another name")
        # https://www.sqlite.org/fileformat.html#the_database_header: user_version and application_id
        version, application = struct.unpack(">I", head[60:64])[0], struct.unpack(">I", head[68:72])[0]
        if application != APPLICATION_ID:
            raise self._fail("is a database of another application; it is left as it is, choose another name")
        if version > VERSION:
            raise self._fail(f"was written by a newer version of this library (format {version}, known: {VERSION})")

    def _connect(self, fingerprint: dict[str, Any]) -> None:
        with self._translated("cannot be used"):
            db = self._db = sqlite3.connect(self.path, isolation_level=None, timeout=5.0)
            if not HAS_FLOCK:
                db.execute("PRAGMA locking_mode=EXCLUSIVE")
            problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if problem != "ok":
                raise sqlite3.DatabaseError(problem)
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                self._create(db, fingerprint)
            db.execute("PRAGMA journal_mode=WAL")  # readers do not block the search
            db.execute("PRAGMA synchronous=NORMAL")
            stored = self._stored_fingerprint(db)
        lines = differences(stored, fingerprint)
        if lines:
            raise self._fail(
                "was written by a different search. Differences:\n  "
                + "\n  ".join(lines)
                + "\nUse another file, or restore these settings"
            )

    def _create(self, db: sqlite3.Connection, fingerprint: Mapping[str, Any]) -> None:
        rows = [(key, text := dumps(value), zlib.crc32(text.encode())) for key, value in fingerprint.items()]
        db.execute("BEGIN IMMEDIATE")
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={VERSION}")
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        db.executemany("INSERT INTO search VALUES (?, ?, ?)", rows)
        db.execute("COMMIT")

    def _stored_fingerprint(self, db: sqlite3.Connection) -> dict[str, Any]:
        fingerprint = {}
        for key, text, checksum in db.execute("SELECT key, value, checksum FROM search"):
            if zlib.crc32(text.encode()) != checksum:
                raise sqlite3.DatabaseError(f"the checksum of {key!r} is wrong")
            fingerprint[key] = loads(text)
        return fingerprint

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """Errors of SQLite and of damaged texts as errors that name the file."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._fail(f"{what}: {error} (a full disk? no right to write?)") from error
        except (sqlite3.Error, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._fail(f"is damaged: {error}; it is left as it is, restore it or choose another name") from error

    # ------------------------------------------------------------------ reading
    def load(self) -> list[Trial]:
        """All trials in the file, in order of suggestion; unfinished ones have no outcome."""
        assert self._db is not None
        with self._translated("cannot be read"):
            rows = self._db.execute(f"SELECT {COLUMNS} FROM trials ORDER BY number").fetchall()
            trials = [_trial(row) for row in rows]
            if [trial.number for trial in trials] != list(range(len(trials))):
                raise ValueError("a trial is missing")
        return trials

    # ------------------------------------------------------------------ writing
    def begin(self, trial: Trial) -> None:
        """Add a suggested trial; it is written together with the next one that finishes."""
        self._pending.append(trial)

    def finish(self, trial: Trial) -> None:
        """Write a finished trial; when this returns, it survives the death of the process."""
        assert self._db is not None
        self._check_place()  # SQLite would go on writing to a deleted file
        begun = [_row(other, {}) for other in self._pending if other.number != trial.number]
        result, dropped = json_part(trial.outcome.result if trial.outcome is not None else {})
        if dropped and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"trials_save_file: {', '.join(map(repr, dropped))} in the result of the objective is not JSON; "
                "it stays in memory and is not in the file",
                UserWarning,
                stacklevel=2,
            )
        marks = ", ".join("?" * 12)
        with self._translated("cannot be written; the trials before are safe in it"):
            try:
                self._db.execute("BEGIN IMMEDIATE")
                # An earlier run may have written this trial already; it keeps its outcome.
                self._db.executemany(f"INSERT OR IGNORE INTO trials ({COLUMNS}) VALUES ({marks})", begun)
                self._db.execute(f"INSERT OR REPLACE INTO trials ({COLUMNS}) VALUES ({marks})", _row(trial, result))
                self._db.execute("COMMIT")
            except sqlite3.Error:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
        self._pending.clear()

    def _check_place(self) -> None:
        try:
            status = os.stat(self.path, follow_symlinks=False)
        except OSError:
            raise self._fail("was deleted while the search ran; its trials are in memory only") from None
        if os.name == "posix" and (status.st_dev, status.st_ino) != self._identity:
            raise self._fail("was replaced by another file while the search ran; that one is left as it is")

    def close(self) -> None:
        """Close and unlock the file; safe to call twice."""
        if self._db is not None:
            with suppress(sqlite3.Error):  # a full disk: the write-ahead log stays, and has all trials
                self._db.close()
            self._db = None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._identity is not None:
            _open_here.discard(self._identity)
            self._identity = None


def _row(trial: Trial, result: Mapping[str, Any]) -> tuple[Any, ...]:
    outcome = trial.outcome or Outcome("running")
    failure = outcome.failure
    # SQLite stores NaN as NULL.
    times = [None if t != t else t for t in (trial.started, trial.finished)]
    values = (
        trial.number,
        outcome.status,
        *(None if number is None else float(number) for number in (outcome.loss, outcome.variance)),
        *times,
        dumps(trial.point),
        dumps(outcome.folds),
        dumps(result),
        None if failure is None else str(failure).encode("utf-8", "backslashreplace").decode(),
        None if failure is None else dumps([failure.status, failure.kind, failure.message, failure.traceback]),
    )
    return (*values, _checksum(values))


def _checksum(values: tuple[Any, ...]) -> int:
    return zlib.crc32(repr(values).encode("utf-8", "backslashreplace"))


def _trial(row: tuple[Any, ...]) -> Trial:
    *values, checksum = row
    if _checksum(tuple(values)) != checksum:
        raise ValueError(f"the checksum of trial {values[0]} is wrong")
    number, status, loss, variance, started, finished, point, folds, result, _, failure = values
    began, ended = (float("nan") if t is None else t for t in (started, finished))
    if status == "running":
        return Trial(number, loads(point), None, began, ended)
    outcome = Outcome(
        status,
        loss=loss,
        variance=variance,
        result=loads(result),
        folds=tuple(loads(folds)),
        failure=None if failure is None else Failure(*loads(failure)),
    )
    return Trial(number, loads(point), outcome, began, ended)
