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
from hpsklearn_search.trials._companions import JOURNAL_MAGIC, SUFFIXES, problem_of_companions

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


HOLDS_NAMES = pytest.mark.skipif(os.name != "posix", reason="Windows has no sticky folders")


def names(folder: Path) -> set[str]:
    """The names of all files of a folder."""
    return {entry.name for entry in folder.iterdir()}


ALL_NAMES = {"s.db", "s.db-wal", "s.db-shm", "s.db-journal"}


@HOLDS_NAMES
def test_a_search_that_writes_holds_all_names(tmp_path: Path) -> None:
    """Another user of a sticky folder can then put nothing there for SQLite to use or to roll back."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        for number in range(2):
            file.begin(trial(number))
            assert names(tmp_path) == ALL_NAMES
            file.finish(trial(number))
            assert names(tmp_path) == ALL_NAMES
        assert os.path.getsize(tmp_path / "s.db-journal") == 0


@IS_ROOT
def test_names_that_root_holds_belong_to_the_owner_of_the_save_file(path: Path) -> None:
    """The owner can watch the search, and continue it after a kill."""
    os.chown(path, 12345, 12345)
    with SaveFile(path, KIND) as file:
        file.finish(trial(1))
        assert {os.stat(f"{path}{suffix}").st_uid for suffix in SUFFIXES} == {12345}


@HOLDS_NAMES
def test_names_that_are_held_have_the_mode_of_the_save_file(path: Path) -> None:
    """Whoever may write to the save file can continue the search after a kill."""
    path.chmod(0o660)
    with SaveFile(path, KIND) as file:
        file.begin(trial(1))
        assert {os.stat(f"{path}{suffix}").st_mode & 0o777 for suffix in SUFFIXES} == {0o660}


@IS_ROOT
def test_a_running_search_is_read_by_all_who_may_read_its_file(tmp_path: Path) -> None:
    """A name that is held for the owner alone does not prevent it."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o11 != 0o11:
            folder.chmod(0o711)
    SaveFile(tmp_path / "s.db", KIND).close()
    (tmp_path / "s.db").chmod(0o644)
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.finish(trial(0))
        os.seteuid(12345)
        try:
            assert problem_of_companions(str(tmp_path / "s.db")) is None
        finally:
            os.seteuid(0)


def hostile_journal(precious: Path) -> bytes:
    """A journal that makes SQLite delete a file."""
    name = os.fsencode(precious)
    numbers = (0, 0, 1, 512, 4096)  # records, a nonce, pages, and the size of a sector and of a page
    end = (1).to_bytes(4, "big") + name + len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + JOURNAL_MAGIC
    return (JOURNAL_MAGIC + b"".join(n.to_bytes(4, "big") for n in numbers)).ljust(512, b"\0") + end


class Watched(sqlite3.Connection):
    """A connection of a search in a folder where another user waits for the name of the journal to be free."""

    journal: Path
    precious: Path
    was_held = False

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Execute a statement."""
        self.plant()
        cursor = super().execute(*arguments)
        self.plant()
        return cursor

    def close(self) -> None:
        """Close the connection."""
        self.plant()
        super().close()

    def plant(self) -> None:
        """Plant a journal if SQLite has freed the name."""
        if self.was_held and not self.journal.exists():
            self.journal.write_bytes(hostile_journal(self.precious))
            os.chown(self.journal, 12345, 12345)
        self.was_held = self.journal.exists()


def make_and_write(path: Path) -> None:
    """Make the file of a search."""
    path.unlink()
    save_first(path)


def make_again_and_write(path: Path) -> None:
    """Continue a search that was killed while it made its file."""
    path.unlink()
    SaveFile(path, KIND).close()
    numbers = b"".join(n.to_bytes(4, "big") for n in (0, 0, 0, 512, 4096))
    Path(f"{path}-journal").write_bytes((JOURNAL_MAGIC + numbers).ljust(512, b"\0"))
    save_first(path)


@IS_ROOT
@pytest.mark.parametrize("write", [save, make_and_write, make_again_and_write])
def test_a_journal_that_is_planted_as_soon_as_its_name_is_free_is_not_rolled_back(
    path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], Any]
) -> None:
    """It would make SQLite cut the save file, and delete another file."""
    precious = path.parent / "precious"
    precious.write_text("my thesis")
    Watched.journal, Watched.precious = Path(f"{path}-journal"), precious
    connect = sqlite3.connect
    monkeypatch.setattr("sqlite3.connect", lambda *args, **kwargs: connect(*args, **kwargs, factory=Watched))
    with pytest.raises(SaveFileError, match=r"s\.db-journal belongs to another user"):
        write(path)
    assert precious.read_text() == "my thesis"
    assert path.stat().st_size > 4096


def test_a_search_that_ends_leaves_its_save_file_only(path: Path, tmp_path: Path) -> None:
    """It removes the names that it held, also if it writes no trial."""
    for name in ("s.db", "new.db"):
        SaveFile(tmp_path / name, KIND).close()
    save(path)
    assert names(tmp_path) == {"s.db", "new.db"}


@pytest.mark.parametrize("open_file", OPENERS)
def test_the_names_that_a_killed_search_held_are_no_problem(path: Path, open_file: Callable[[Path], Any]) -> None:
    """They are empty files of the user's own."""
    for suffix in SUFFIXES:
        Path(f"{path}{suffix}").touch()
    open_file(path)


def test_a_search_that_was_killed_before_it_made_its_tables_is_continued(tmp_path: Path) -> None:
    """All its files are empty."""
    for suffix in ("", *SUFFIXES):
        (tmp_path / f"s.db{suffix}").touch()
    save_first(tmp_path / "s.db")
    assert len(read_save_file(tmp_path / "s.db").trials) == 1


def save_first(path: Path) -> None:
    """Write the first trial of a new file."""
    with SaveFile(path, KIND) as file:
        file.finish(trial(0))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_planted_before_the_first_write_is_refused(path: Path, suffix: str) -> None:
    """The first write opens the file once more."""
    with SaveFile(path, KIND) as file:
        Path(f"{path}{suffix}").write_text("my thesis")
        with pytest.raises(SaveFileError, match=rf"s\.db{suffix} is no log of SQLite"):
            file.begin(trial(1))
        assert Path(f"{path}{suffix}").read_text() == "my thesis"


@IS_ROOT
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file_that_another_user_plants_is_refused(path: Path, suffix: str) -> None:
    """SQLite would write the trials into it, or a journal could come into it."""
    with SaveFile(path, KIND) as file:
        Path(f"{path}{suffix}").touch()
        os.chown(f"{path}{suffix}", 12345, 12345)
        with pytest.raises(SaveFileError, match=rf"s\.db{suffix} belongs to another user"):
            file.begin(trial(1))


@HOLDS_NAMES
def test_a_name_that_comes_and_goes_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another user could take it again after the check."""

    def is_there(*_: Any) -> int:
        raise FileExistsError

    with SaveFile(path, KIND) as file:
        monkeypatch.setattr("hpsklearn_search.trials._companions.os.open", is_there)
        with pytest.raises(SaveFileError, match="cannot be opened for writing: No such file"):
            file.begin(trial(1))
