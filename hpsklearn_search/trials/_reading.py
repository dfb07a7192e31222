"""What is read of a save file: anybody may have written it.

`read_save_file` reads the file of a search that may be running; it writes nothing and takes no lock.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from .._texts import printable
from ..exceptions import SaveFileError
from ._companions import problem_of_companions
from ._guard import Guard
from ._journal import is_filled
from ._json import loads
from ._opening import OF_CONTENT, open_here, open_to_read, problem_of_content, problem_of_header
from ._rows import COLUMNS, trial_of
from ._save_path import absolute_path
from ._trial import Trial


# ---------------------------------------------------------------------- content
def stored_fingerprint(db: sqlite3.Connection) -> dict[str, Any]:
    """The description of the search that wrote the file."""
    fingerprint: dict[str, Any] = {}
    for key, text, checksum in db.execute("SELECT key, value, checksum FROM search"):
        if not (isinstance(key, str) and isinstance(text, str)):
            raise ValueError(f"{(key, text)!r} are not two texts")
        if zlib.crc32(text.encode()) != checksum:
            raise sqlite3.DatabaseError(f"the checksum of {key!r} is wrong")
        if key in fingerprint:
            raise ValueError(f"{key!r} is in it twice")
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
    place, guard = absolute_path(os.fspath(path)), Guard()
    try:
        # A search keeps its log next to the file itself, and not next to a link.
        return _read(os.path.realpath(place), place, guard)
    except SaveFileError:
        raise
    except OSError as error:
        raise SaveFileError(f"{place!r} cannot be read: {error.strerror}") from error
    except OF_CONTENT as error:
        if guard.error is not None:  # Ctrl-C, while SQLite worked
            raise guard.error from None
        if is_filled(f"{os.path.realpath(place)}-journal"):
            raise SaveFileError(
                f"{place!r} was not finished by a search that was killed; run the search again"
            ) from error
        what = "is damaged" if guard.is_exhausted else "cannot be read"
        raise SaveFileError(f"{place!r} {what}: {printable(guard.text(error))[:300]}") from error


def _read(real: str, place: str, guard: Guard) -> SavedSearch:
    problem = _problem_of_file(real) or problem_of_companions(real)
    if problem is None:
        with closing(open_to_read(real, guard)) as db:
            db.execute("BEGIN")  # one state of the file, whatever the search writes in the meantime
            problem = problem_of_content(db, guard, real)
            if problem is None:
                return SavedSearch(place, stored_fingerprint(db), stored_trials(db))
    raise SaveFileError(f"{place!r} {problem}")


def _problem_of_file(real: str) -> str | None:
    status = os.stat(real)
    if (status.st_dev, status.st_ino) in open_here:  # by a search, which has checked it
        return None
    # O_NONBLOCK: to open a named pipe must not wait for its other end.
    with open(os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return "is not a file; name a file that trials_save_file= has made"
        problem = problem_of_header(file.read(100))
    return None if problem is None else problem.split("; it is left")[0]
