"""The save file: a durable record in SQLite, one transaction per finished trial.

Points, outcomes, fold results, times and error texts are columns and JSON; nothing in the file is ever
unpickled or evaluated. Anybody may have written it, so a connection that cannot write reads it first: it compares
the schema before its first query, and checks each row. With write-ahead logging and ``synchronous=NORMAL``, a
committed trial survives any death of the process; after a loss of power the last trials may be missing, but the
file is intact.

>>> import os, tempfile
>>> from ._trial import Outcome
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
import math
import os
import sqlite3
import stat
import time
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

from .._texts import printable, public_repr
from ..exceptions import SaveFileError
from ._companions import hold_companions, problem_of_companions, release_companions
from ._fingerprint import WORDS, differences
from ._guard import Guard
from ._journal import beginning, has_further_pages, is_filled, problem_of_journal
from ._json import dumps, json_part
from ._opening import (
    APPLICATION_ID,
    NO_TABLES,
    OF_CONTENT,
    SCHEMA,
    VERSION,
    open_here,
    open_to_read,
    open_to_write,
    problem_of_content,
    problem_of_header,
)
from ._reading import stored_fingerprint, stored_trials
from ._rows import COLUMNS, row_of
from ._save_path import save_path
from ._trial import Trial

HAS_FLOCK = True
try:
    import fcntl
except ImportError:  # Windows has SQLite's own lock only
    HAS_FLOCK = False

LOCK_PATIENCE = 3.0  # seconds: workers of a killed search may hold the lock until they notice


class SaveFile:
    """The record of one search on disk, open and locked for this process until closed."""

    def __init__(self, path: Any, fingerprint: Mapping[str, Any]) -> None:
        self.path = save_path(path)
        self._pending: list[Trial] = []  # suggested, and not written yet
        self._has_warned = False
        self._guard = Guard()
        self._db: sqlite3.Connection | None = None
        self._is_writable = False  # whether `_db` is ready to write: not before all that is in the file was checked
        self._identity: tuple[int, int] | None = None
        self._is_new = False  # whether this object made the file
        self._fd = self._open()
        try:
            self._lock()
            self._check_header()
            self._check_content(json.loads(json.dumps(fingerprint)))  # tuples become lists, as in the file
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
        return SaveFileError(f"trials_save_file={public_repr(self.path)} {text}")

    def _open(self) -> int:
        # SQLite would follow a link in a shared folder, and write to its target.
        if os.path.islink(self.path):
            raise self._fail("is a symbolic link; name the file itself")
        self._check_companions(problem_of_companions)  # before it makes a file
        try:
            there = os.stat(self.path)
        except OSError:
            there = None
        if there is not None and (there.st_dev, there.st_ino) in open_here:
            raise self._fail("is in use by another search in this process; give each search a file of its own")
        # O_NONBLOCK: to open a named pipe must not wait for its other end.
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            try:
                fd, self._is_new = os.open(self.path, flags | os.O_CREAT | os.O_EXCL, 0o600), True
            except FileExistsError:
                fd = os.open(self.path, flags)
        except OSError as error:
            raise self._fail(f"cannot be opened for writing: {error.strerror}") from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise self._fail("is not a file; choose another name")
        return fd

    def _check_companions(self, problem_of: Callable[[str], str | None]) -> None:
        try:
            problem = problem_of(self.path)
        except OSError as error:
            raise self._fail(f"cannot be opened for writing: {error.strerror}") from error
        if problem is not None:
            raise self._fail(problem)

    def _make_private(self) -> None:
        """Give a file that gets its tables the mode 0600; one that has them keeps its mode."""
        if not hasattr(os, "geteuid"):  # Windows has no such modes
            return
        if not self._is_new and os.fstat(self._fd).st_uid != os.geteuid():
            # Its owner could read all that the search writes.
            raise self._fail("is an empty file of another user; choose another name")
        try:
            os.fchmod(self._fd, 0o600)  # the umask may have taken bits from the mode of a new file
        except OSError as error:
            raise self._fail(f"cannot be made private: {error.strerror}") from error

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
        open_here.add(self._identity)

    def _check_header(self) -> None:
        """Check the first bytes before SQLite opens the file: it may write to a database of another application."""
        try:
            head = beginning(self._fd, 100)
        except OSError as error:
            raise self._fail(f"cannot be read: {error.strerror}") from error
        problem = problem_of_header(head) if head else None
        if problem is not None:
            raise self._fail(problem)

    def _connect(self, *, to_write: bool) -> sqlite3.Connection:
        """The only connection. If it can write, all names next to the file are held and checked before."""
        if self._db is not None:
            self._db.close()
            self._db = None
        if to_write:
            self._check_companions(hold_companions)
        self._db, self._is_writable = (open_to_write if to_write else open_to_read)(self.path, self._guard), False
        if to_write and not HAS_FLOCK:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
        return self._db

    def _connect_to_write(self) -> sqlite3.Connection:
        if self._db is not None and self._is_writable:
            return self._db
        db = self._connect(to_write=True)
        if db.execute("PRAGMA journal_mode").fetchall() != [("wal",)]:
            db.execute("PRAGMA journal_mode=WAL").fetchall()  # readers do not block the search
            db = self._connect(to_write=True)  # SQLite has freed the name of the journal
        db.execute("PRAGMA synchronous=NORMAL")
        self._is_writable = True
        return db

    def _check_content(self, fingerprint: dict[str, Any]) -> None:
        self._check_companions(problem_of_companions)  # again: another search may have had the file
        problem = problem_of_journal(self.path, self._fd, self._guard)
        if problem is not None:
            raise self._fail(problem)
        with self._translated("cannot be used"):
            if is_filled(f"{self.path}-journal"):
                self._roll_back()
            db = self._connect(to_write=False)
            problem = problem_of_content(db, self._guard, self.path)
            if problem == NO_TABLES:
                self._check_that_nothing_is_lost()
                self._create(fingerprint)
                db = self._connect(to_write=False)
                problem = problem_of_content(db, self._guard, self.path)
            if problem is not None:
                raise self._fail(problem)
            lines = differences(_without_words(stored_fingerprint(db)), _without_words(fingerprint))
        if lines:
            raise self._fail(
                "was written by a different search. Differences:\n  "
                + "\n  ".join(lines)
                + "\nUse another file, or restore these settings"
            )

    def _roll_back(self) -> None:
        """Let SQLite undo what a killed search has begun: only a connection that can write does it."""
        # A single query: SQLite looks for a journal before each one, and the name is free after this one.
        self._connect(to_write=True).execute("PRAGMA schema_version").fetchall()

    def _check_that_nothing_is_lost(self) -> None:
        """A new file has one page, or none: further pages are tables that a damaged first page hides."""
        if has_further_pages(self._fd) or is_filled(f"{self.path}-wal"):
            raise self._fail(
                "lists no tables on its first page, but has further pages; "
                "it is left as it is, restore it or choose another name"
            )

    def _create(self, fingerprint: Mapping[str, Any]) -> None:
        """Make the tables in one transaction, which frees the name of the journal."""
        self._make_private()
        self._guard.allow(math.inf)
        db = self._connect(to_write=True)
        rows = [(key, text := dumps(value), zlib.crc32(text.encode())) for key, value in fingerprint.items()]
        db.execute("BEGIN IMMEDIATE")
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute(f"PRAGMA user_version={VERSION}")
        for statement in SCHEMA.split(";"):
            db.execute(statement)
        db.executemany("INSERT INTO search VALUES (?, ?, ?)", rows)
        db.execute("COMMIT")

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """Errors of SQLite and of what is in the file as errors that name the file."""
        try:
            yield
        except SaveFileError:
            raise
        except OF_CONTENT as error:
            is_of_disk = isinstance(error, sqlite3.OperationalError) and not self._guard.is_exhausted
            if is_of_disk and self._guard.error is not None:  # Ctrl-C, while SQLite worked
                raise self._guard.error from None
            if is_of_disk:
                raise self._fail(f"{what}: {printable(str(error))} (a full disk? no right to write?)") from error
            text = printable(self._guard.text(error))[:300]
            raise self._fail(f"is damaged: {text}; it is left as it is, restore it or choose another name") from error

    # ------------------------------------------------------------------ reading
    def load(self) -> list[Trial]:
        """All trials in the file, in order of suggestion; unfinished ones have no outcome."""
        assert self._db is not None
        with self._translated("cannot be read"):
            return stored_trials(self._db)

    # ------------------------------------------------------------------ writing
    def begin(self, trial: Trial) -> None:
        """Add a suggested trial; it is written together with the next one that finishes."""
        with self._translated("cannot be written"):
            self._connect_to_write()  # before the trial runs: what prevents it should not cost a fit
        self._pending.append(trial)

    def finish(self, trial: Trial) -> None:
        """Write a finished trial; when this returns, it survives the death of the process."""
        self._check_place()  # SQLite would go on writing to a deleted file
        begun = [row_of(other, {}) for other in self._pending if other.number != trial.number]
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
            db = self._connect_to_write()
            try:
                db.execute("BEGIN IMMEDIATE")
                # An earlier run may have written this trial already; it keeps its outcome.
                db.executemany(f"INSERT OR IGNORE INTO trials ({COLUMNS}) VALUES ({marks})", begun)
                db.execute(f"INSERT OR REPLACE INTO trials ({COLUMNS}) VALUES ({marks})", row_of(trial, result))
                db.execute("COMMIT")
            except sqlite3.Error:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
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
        """Close and unlock the file, also if Ctrl-C comes at the same time; safe to call twice."""
        try:
            if self._db is not None:
                if self._is_writable:
                    _write_log_back(self._db)
                with suppress(sqlite3.Error):
                    self._db.close()
        finally:
            self._db = None
            self._unlock()

    def _unlock(self) -> None:
        identity, self._identity = self._identity, None
        fd, self._fd = self._fd, -1
        try:
            if identity is not None:  # it had the lock
                release_companions(self.path)
        finally:
            if fd >= 0:
                os.close(fd)
            if identity is not None:
                open_here.discard(identity)


def _write_log_back(db: sqlite3.Connection) -> None:
    """Do what SQLite does when the last connection is closed: this may be a reader's, who cannot do it."""
    with suppress(*OF_CONTENT):  # a full disk: the write-ahead log stays, and has all trials
        db.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _without_words(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    # They say what the space contains, which is compared on its own; files of earlier versions have none.
    return {key: value for key, value in fingerprint.items() if key != WORDS}
