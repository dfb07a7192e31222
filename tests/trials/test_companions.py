"""The files that SQLite keeps next to a save file: nothing of the user's is overwritten or deleted in their place."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search.exceptions import SaveFileError
from hpsklearn_search.trials import Outcome, SaveFile, Trial, read_save_file
from hpsklearn_search.trials._companions import JOURNAL_MAGIC, SUFFIXES

KIND = {"space": {"x": "uniform"}, "algo": "tpe"}
HAS_LINKS = pytest.mark.skipif(not hasattr(os, "link"), reason="no hard links")
IS_ROOT = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")


def trial(number: int) -> Trial:
    """A finished trial."""
    return Trial(number, {"x": 0.5}, Outcome("ok", loss=0.5), 1.0, 2.0)


def save(path: Path) -> None:
    """Continue the search of a file."""
    with SaveFile(path, KIND) as file:
        file.finish(trial(1))


OPENERS: list[Callable[[Path], Any]] = [save, read_save_file]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A save file with one trial, and nothing next to it."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.finish(trial(0))
    with closing(sqlite3.connect(tmp_path / "s.db")) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    return tmp_path / "s.db"


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


def refuses(open_file: Callable[[Path], Any], path: Path, match: str) -> None:
    """Opening raises, and no file changes, comes or goes."""
    before = contents(path.parent)
    with pytest.raises(SaveFileError, match=match):
        open_file(path)
    assert contents(path.parent) == before


@HAS_LINKS
@pytest.mark.parametrize("open_file", OPENERS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_second_name_of_a_file_is_refused(path: Path, suffix: str, open_file: Callable[[Path], Any]) -> None:
    """SQLite would overwrite the file of the user's that somebody has linked there."""
    (path.parent / "precious").write_text("my thesis\n" * 5000)
    os.link(path.parent / "precious", f"{path}{suffix}")
    refuses(open_file, path, rf"s\.db{suffix} is a second name of a file")


@pytest.mark.parametrize("open_file", OPENERS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_symbolic_link_is_refused(path: Path, suffix: str, open_file: Callable[[Path], Any]) -> None:
    """Reading refuses it as well: SQLite writes to the shared memory of a log that it reads."""
    (path.parent / "precious").write_text("my thesis")
    Path(f"{path}{suffix}").symlink_to("precious")
    refuses(open_file, path, rf"s\.db{suffix} is a symbolic link")


@IS_ROOT
@pytest.mark.parametrize("open_file", OPENERS)
def test_a_log_of_another_user_is_refused(path: Path, open_file: Callable[[Path], Any]) -> None:
    """Its owner could change what the search reads; the owner of the save file may own it."""
    log = Path(f"{path}-shm")
    log.touch()
    os.chown(log, 12345, 12345)
    refuses(open_file, path, r"s\.db-shm belongs to another user")
    os.chown(path, 12345, 12345)
    open_file(path)


@pytest.mark.parametrize("open_file", OPENERS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_no_log_is_refused(path: Path, suffix: str, open_file: Callable[[Path], Any]) -> None:
    """SQLite would take it for an old log, and write over it."""
    Path(f"{path}{suffix}").write_text("my thesis")
    refuses(open_file, path, rf"s\.db{suffix} is no log of SQLite.*move it away, or choose another name")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_log_without_its_save_file_is_not_deleted(tmp_path: Path, suffix: str) -> None:
    """It may be all that is left of a search, or a file of the user's own."""
    (tmp_path / f"new.db{suffix}").write_text("my thesis")
    refuses(save, tmp_path / "new.db", rf"new\.db{suffix} is there without its save file.*move it away")


@pytest.mark.parametrize("n_bytes", [0, 3, 8, 32768])
def test_the_index_of_a_search_that_was_killed_is_no_problem(path: Path, tmp_path: Path, n_bytes: int) -> None:
    """SQLite cuts an old one to three bytes before it writes a new one."""
    with SaveFile(tmp_path / "other.db", KIND) as file:
        file.finish(trial(1))
        index = (tmp_path / "other.db-shm").read_bytes()
    assert index
    (tmp_path / "s.db-shm").write_bytes(index[:n_bytes])
    save(path)
    assert len(read_save_file(path).trials) == 2


def test_the_journal_of_a_search_that_was_killed_at_its_begin_is_no_problem(tmp_path: Path) -> None:
    """The save file is empty then."""
    (tmp_path / "s.db").touch()
    (tmp_path / "s.db-journal").write_bytes(JOURNAL_MAGIC.ljust(512, b"\0"))
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.finish(trial(0))


@HAS_LINKS
@pytest.mark.parametrize("open_file", OPENERS)
def test_a_save_file_with_two_names_is_refused(path: Path, open_file: Callable[[Path], Any]) -> None:
    """Under the other name its log would be missing, and with it the last trials."""
    os.link(path, path.parent / "other.db")
    refuses(open_file, path.parent / "other.db", "has several names")


def test_a_running_search_is_read_through_a_symbolic_link(tmp_path: Path) -> None:
    """Its log lies next to the file, and not next to the link."""
    (tmp_path / "link.db").symlink_to("s.db")
    with SaveFile(tmp_path / "s.db", KIND) as file:
        for number in range(3):
            file.finish(trial(number))
        assert len(read_save_file(tmp_path / "link.db").trials) == 3


LOCKED = """
import fcntl, sys
with open(sys.argv[1], "rb+") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print("locked")
"""


@pytest.mark.skipif(os.name != "posix", reason="such locks are those of POSIX")
def test_a_search_whose_file_is_read_in_its_process_keeps_its_lock(tmp_path: Path) -> None:
    """POSIX gives up the locks of a process when it closes the file once more; another program would delete the log."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.finish(trial(0))
        read_save_file(tmp_path / "s.db")
        done = subprocess.run([sys.executable, "-c", LOCKED, tmp_path / "s.db"], capture_output=True, text=True)
        assert done.stdout == "locked\n"
