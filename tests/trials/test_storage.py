"""The save file: it returns what was written; foreign and damaged files are refused and not changed."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search.exceptions import SaveFileError
from hpsklearn_search.trials import Failure, Outcome, SaveFile, Trial
from hpsklearn_search.trials._companions import JOURNAL_MAGIC
from hpsklearn_search.trials._guard import STEPS, Guard
from hpsklearn_search.trials._json import dumps, loads
from hpsklearn_search.trials._opening import APPLICATION_ID
from hpsklearn_search.trials._rows import COLUMNS, LAST_SECOND, checksum

KIND = {"space": {"x": "uniform"}, "algo": "tpe"}
FOLDS = ({"test_scores": 0.1 + 0.2, "fit_error": None}, {"test_scores": float("nan"), "fit_error": "x\ud800\0"})


def fill(path: Path, n: int = 3, kind: Any = KIND) -> None:
    """A closed save file with `n` finished trials."""
    with SaveFile(path, kind) as file:
        for number in range(n):
            file.finish(finished(number))


def finished(number: int) -> Trial:
    """A trial with all fields."""
    failure = Failure("fail", "ValueError", "no\ud800", "Traceback")
    return Trial(number, {"x": number / 3}, Outcome("ok", 1 / 7, 1e-9, {"loss": 1}, FOLDS, failure), 1.5, 2.5)


def test_a_trial_comes_back_value_for_value(tmp_path: Path) -> None:
    """A loaded trial equals the written one: floats to the last bit, NaN, odd texts, the failure."""
    fill(tmp_path / "s.db")
    with SaveFile(tmp_path / "s.db", KIND) as file:
        assert [repr(trial) for trial in file.load()] == [repr(finished(number)) for number in range(3)]


def test_a_loss_of_minus_zero_comes_back(tmp_path: Path) -> None:
    """A mean score of 0 is such a loss, and SQLite stores it without its sign."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.finish(Trial(0, {"x": 0.5}, Outcome("ok", -0.0, -0.0), 1.5, 2.5))
    with SaveFile(tmp_path / "s.db", KIND) as file:
        assert [trial.loss for trial in file.load()] == [0.0]


def test_a_loss_of_minus_zero_in_an_earlier_file_is_no_damage(tmp_path: Path) -> None:
    """The checksum was made with the sign."""
    fill(tmp_path / "s.db", 1)
    with closing(sqlite3.connect(tmp_path / "s.db")) as db:
        values = list(db.execute(f"SELECT {COLUMNS} FROM trials").fetchone()[:-1])
        values[2] = -0.0
        db.execute("UPDATE trials SET loss = -0.0, checksum = ?", (checksum(tuple(values)),))
        db.commit()
    with SaveFile(tmp_path / "s.db", KIND) as file:
        assert [trial.loss for trial in file.load()] == [0.0]


def test_a_clock_that_is_wrong_damages_no_file(tmp_path: Path) -> None:
    """A time before 1970 or after 9999 is written as the nearest time that a file may have."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.finish(Trial(0, {"x": 0.5}, Outcome("ok", 0.5), -86_400.0, 1e15))
    with SaveFile(tmp_path / "s.db", KIND) as file:
        assert [(trial.started, trial.finished) for trial in file.load()] == [(0.0, LAST_SECOND)]


def test_suggested_trials_are_written_with_the_next_that_finishes(tmp_path: Path) -> None:
    """The numbers of loaded trials have no gaps, and unfinished trials have no outcome."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        for number in range(3):
            file.begin(Trial(number, {"x": 0.5}, started=1.0))
        file.finish(finished(1))
    with SaveFile(tmp_path / "s.db", KIND) as file:
        assert [trial.is_finished for trial in file.load()] == [False, True, False]


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_the_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    """The file and its write-ahead log have the mode 0600."""
    before = os.umask(0)
    try:
        with SaveFile(tmp_path / "s.db", KIND) as file:
            file.finish(finished(0))
            modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o600}


def test_another_search_is_refused_with_what_differs(tmp_path: Path) -> None:
    """The message names the label and both settings."""
    fill(tmp_path / "s.db")
    with pytest.raises(SaveFileError, match=r"space \(x\): uniform in the file, normal now"):
        SaveFile(tmp_path / "s.db", {**KIND, "space": {"x": "normal"}})


def test_the_file_can_be_read_while_the_search_runs(tmp_path: Path) -> None:
    """sqlite3 reads the file as columns and JSON while a search writes it."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.finish(finished(0))
        with sqlite3.connect(f"file:{tmp_path / 's.db'}?mode=ro", uri=True) as reader:
            rows = reader.execute("SELECT number, status, json_extract(point, '$.x') FROM trials").fetchall()
        reader.close()
        file.finish(finished(1))
    assert rows == [(0, "ok", 0.0)]


class Interrupted:
    """A connection whose closing is answered by Ctrl-C, as by an impatient user."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def execute(self, query: str) -> Any:
        """Pass a query on."""
        return self.db.execute(query)

    def close(self) -> None:
        """Close the connection, but not without the user."""
        self.db.close()
        raise KeyboardInterrupt


def test_an_interrupt_while_the_file_is_closed_unlocks_it(tmp_path: Path) -> None:
    """The cell of a notebook is run again in the same process."""
    file = SaveFile(tmp_path / "s.db", KIND)
    file.finish(finished(0))
    file._db = Interrupted(file._db)  # type: ignore[assignment, arg-type]
    with pytest.raises(KeyboardInterrupt):
        file.close()
    fill(tmp_path / "s.db", 1)
    assert os.listdir(tmp_path) == ["s.db"]


def test_a_closed_file_has_all_trials_while_somebody_reads_it(tmp_path: Path) -> None:
    """A copy of it alone needs no log."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.finish(finished(0))
        reader = sqlite3.connect(f"file:{tmp_path / 's.db'}?mode=ro", uri=True)
        reader.execute("SELECT * FROM trials").fetchall()
        file.finish(finished(1))
    shutil.copy(tmp_path / "s.db", tmp_path / "copy.db")
    reader.close()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM trials").fetchone() == (2,)


def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    """A second search in this process cannot use an open file."""
    with SaveFile(tmp_path / "s.db", KIND) as file:
        with pytest.raises(SaveFileError, match="in use by another search in this process"):
            SaveFile(tmp_path / "s.db", KIND)
        file.finish(finished(0))


def foreign_database(path: Path) -> None:
    """An SQLite database of another application."""
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE precious (x)")
    db.close()


class Trap:
    """An object whose pickle creates a file when it is loaded."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("trap"),))


def newer(path: Path) -> None:
    """A save file of a later version."""
    fill(path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (foreign_database, "another application"),
        (newer, "newer version"),
        (lambda path: path.write_bytes(pickle.dumps(Trap()) * 9), "not a save file"),
        (lambda path: path.write_text("my thesis"), "not a save file"),
    ],
    ids=["foreign", "newer", "pickle", "text"],
)
def test_what_is_not_ours_is_refused_and_left_alone(tmp_path: Path, make: Any, message: str) -> None:
    """A foreign file keeps every byte, and nothing in it is executed."""
    path = tmp_path / "s.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(SaveFileError, match=message):
        SaveFile(path, KIND)
    assert path.read_bytes() == before
    assert not Path("trap").exists()


def test_an_empty_file_is_a_clean_start(tmp_path: Path) -> None:
    """An empty file, as ``touch`` makes it, becomes a save file."""
    (tmp_path / "s.db").touch()
    fill(tmp_path / "s.db")
    with SaveFile(tmp_path / "s.db", KIND) as file:
        assert len(file.load()) == 3


def without_tables(path: Path) -> None:
    """A database with the mark of a save file, and nothing in it."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")


EMPTY = pytest.mark.parametrize("make", [Path.touch, without_tables])


@EMPTY
@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_an_empty_file_becomes_private(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Its mode was made for nothing; a file with trials keeps the mode that its owner has chosen."""
    path = tmp_path / "s.db"
    make(path)
    path.chmod(0o666)
    fill(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    fill(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@EMPTY
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_an_empty_file_of_another_user_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Its owner could read what the search writes."""
    make(tmp_path / "s.db")
    os.chown(tmp_path / "s.db", 12345, 12345)
    before = (tmp_path / "s.db").read_bytes()
    with pytest.raises(SaveFileError, match="empty file of another user"):
        SaveFile(tmp_path / "s.db", KIND)
    assert (tmp_path / "s.db").read_bytes() == before


@pytest.mark.parametrize("place", ["/dev/null", "/dev/zero"])
def test_a_device_is_refused(place: str) -> None:
    """Nothing is created next to it."""
    if not os.path.exists(place):
        pytest.skip("this system has no such device")
    with pytest.raises(SaveFileError, match="is not a file"):
        SaveFile(place, KIND)
    assert not os.path.exists(f"{place}-journal")


def test_a_file_that_is_only_read_is_not_changed(tmp_path: Path) -> None:
    """Opening, loading and closing leave every byte, and no other file, also where a log is left from a kill."""
    with SaveFile(tmp_path / "live.db", KIND) as file:
        file.finish(finished(0))
        for suffix in ("", "-wal", "-shm"):  # as a kill leaves them
            (tmp_path / f"s.db{suffix}").write_bytes((tmp_path / f"live.db{suffix}").read_bytes())
    before = {suffix: (tmp_path / f"s.db{suffix}").read_bytes() for suffix in ("", "-wal")}
    assert before["-wal"]
    with SaveFile(tmp_path / "s.db", KIND) as file:
        assert len(file.load()) == 1
    with pytest.raises(SaveFileError, match="different search"):
        SaveFile(tmp_path / "s.db", {**KIND, "algo": "random"})
    assert {suffix: (tmp_path / f"s.db{suffix}").read_bytes() for suffix in ("", "-wal")} == before


@pytest.mark.parametrize("name", ["a?b.db", "a%20b#c.db", "ä ö.db", "file:x.db"])
def test_any_name_is_a_name(tmp_path: Path, name: str) -> None:
    """SQLite would read some characters as options of an address."""
    fill(tmp_path / name)
    with SaveFile(tmp_path / name, KIND) as file:
        assert len(file.load()) == 3
    assert [path.name for path in tmp_path.iterdir()] == [name]


def journal(end: bytes = b"", records: int = 0, pages: int = 0) -> bytes:
    """A journal of SQLite; before the transaction that makes a file, the database has no pages."""
    numbers = (records, 0, pages, 512, 4096)  # the last ones are the size of a sector and of a page
    return (JOURNAL_MAGIC + b"".join(n.to_bytes(4, "big") for n in numbers)).ljust(512, b"\0") + end


def test_a_file_whose_making_was_killed_is_made_again(tmp_path: Path) -> None:
    """The kill leaves a journal, which is rolled back; there was no trial yet."""
    path = tmp_path / "s.db"
    SaveFile(path, KIND).close()
    (tmp_path / "s.db-journal").write_bytes(journal())
    fill(path, kind={"algo": "another search"})
    assert [path.name for path in tmp_path.iterdir()] == ["s.db"]


def test_a_journal_that_names_another_file_is_refused(tmp_path: Path) -> None:
    """SQLite would delete the file: its name stands at the end of the journal, before the magic bytes."""
    path, precious = tmp_path / "s.db", tmp_path / "precious"
    fill(path)
    precious.write_text("mine")
    name = str(precious).encode()
    end = (1).to_bytes(4, "big") + name + len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + JOURNAL_MAGIC
    (tmp_path / "s.db-journal").write_bytes(journal(end))
    with pytest.raises(SaveFileError, match="a journal that names other files"):
        SaveFile(path, KIND)
    assert precious.read_text() == "mine"


@pytest.mark.parametrize("n_trials", [0, 3])
def test_a_file_whose_log_was_about_to_be_made_is_used(tmp_path: Path, n_trials: int) -> None:
    """SQLite changes the first page for that, and keeps the old one in a journal until this is done."""
    path = tmp_path / "s.db"
    SaveFile(path, KIND).close()
    if n_trials:
        fill(path)
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode=DELETE")
    data = path.read_bytes()
    page, n_pages = data[:4096], len(data) // 4096
    record = (1).to_bytes(4, "big") + page + sum(page[4096 - 200 : 0 : -200]).to_bytes(4, "big")
    (tmp_path / "s.db-journal").write_bytes(journal(record, records=1, pages=n_pages))
    path.write_bytes(data[:18] + b"\2\2" + data[20:])
    with SaveFile(path, KIND) as file:
        assert len(file.load()) == n_trials
    fill(path)
    assert [path.name for path in tmp_path.iterdir()] == ["s.db"]


def refuses(path: Path, text: str) -> None:
    """Opening raises, and no file changes, comes or goes."""
    before = {entry.name: entry.read_bytes() for entry in path.parent.iterdir()}
    with pytest.raises(SaveFileError, match=text):
        SaveFile(path, KIND)
    assert {entry.name: entry.read_bytes() for entry in path.parent.iterdir()} == before


def test_a_journal_beside_a_log_is_refused(tmp_path: Path) -> None:
    """The trials of a search that was killed are in its log; rolling the journal back would delete both."""
    path = tmp_path / "copy" / "s.db"
    path.parent.mkdir()
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file.begin(Trial(0, {"x": 0.5}, started=0.0))
        file.finish(Trial(0, {"x": 0.5}, Outcome("ok", loss=0.25), started=0.0, finished=1.0))
        for suffix in ("", "-wal", "-shm"):
            shutil.copy(f"{tmp_path / 's.db'}{suffix}", f"{path}{suffix}")
    Path(f"{path}-journal").write_bytes(journal())
    refuses(path, "a journal that may undo what is in it")


def test_a_damaged_file_is_kept_whatever_lies_beside_it(tmp_path: Path) -> None:
    """It may be restored; a journal that undoes the making of a file would make it empty."""
    path = tmp_path / "s.db"
    fill(path)
    data = bytearray(path.read_bytes())
    data[4096:4104] = b"\xff" * 8
    path.write_bytes(data)
    (tmp_path / "s.db-journal").write_bytes(journal())
    refuses(path, "a journal that may undo what is in it")


def test_a_journal_with_another_first_page_is_refused(tmp_path: Path) -> None:
    """Rolling it back would put a page of another file into this one."""
    path = tmp_path / "s.db"
    fill(path)
    record = (1).to_bytes(4, "big") + bytes(4096) + (0).to_bytes(4, "big")
    (tmp_path / "s.db-journal").write_bytes(journal(record, records=1, pages=path.stat().st_size // 4096))
    refuses(path, "a journal that may undo what is in it")


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
@pytest.mark.parametrize("numbers", [{}, {"pages": 1}, {"pages": 2**30 - 1}, {"records": 3}], ids=str)
def test_a_journal_that_would_undo_trials_is_refused(tmp_path: Path, numbers: dict[str, int], mode: str) -> None:
    """SQLite would roll it back before anything is checked; it was left when another file had this name."""
    path = tmp_path / "s.db"
    fill(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA journal_mode={mode}")
    (tmp_path / "s.db-journal").write_bytes(journal(**numbers))
    refuses(path, r"a journal that may undo.*move .*s\.db-journal away")


@pytest.mark.parametrize("n_cells", [b"\0\0\r\xce", b"\0\0\x10\0"], ids=["as it was", "consistent"])
def test_tables_that_a_damaged_page_hides_are_not_written_over(tmp_path: Path, n_cells: bytes) -> None:
    """The first page says how many tables there are; without it, the others are still there to be rescued."""
    path = tmp_path / "s.db"
    fill(path)
    data = bytearray(path.read_bytes())
    data[103:107] = n_cells
    path.write_bytes(data)
    refuses(path, "lists no tables on its first page.*it is left as it is, restore it")


class Alarm(Exception):
    """What a signal handler of the user's raises."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="alarms are those of POSIX")
def test_a_signal_is_handled_while_sqlite_works() -> None:
    """Ctrl-C ends a query that takes long, and the exception of a handler is not lost."""

    def ring(number: int, frame: Any) -> None:
        raise Alarm

    guard = Guard()
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c WHERE x < 0"
    before = signal.signal(signal.SIGALRM, ring)
    try:
        with closing(sqlite3.connect(":memory:")) as db:
            db.set_progress_handler(guard.look, STEPS)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(sqlite3.OperationalError, match="interrupted"):
                db.execute(endless).fetchall()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert isinstance(guard.error, Alarm)


def test_an_interrupt_of_a_query_is_the_users(tmp_path: Path) -> None:
    """It is raised as it is, and not as an error of the file."""
    fill(tmp_path / "s.db")
    with SaveFile(tmp_path / "s.db", KIND) as file:
        file._guard.error = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt), file._translated("cannot be read"):
            raise sqlite3.OperationalError("interrupted")


@pytest.mark.parametrize("suffix", ["", "-wal", "-journal"])
def test_a_planted_symlink_is_refused(tmp_path: Path, suffix: str) -> None:
    """A symbolic link is refused, also for the log; its target does not change."""
    target = tmp_path / "target"
    target.write_text("precious")
    (tmp_path / f"s.db{suffix}").symlink_to(target)
    with pytest.raises(SaveFileError, match="symbolic link"):
        SaveFile(tmp_path / "s.db", KIND)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("place", ["missing/s.db", ""])
def test_an_impossible_place_is_named(tmp_path: Path, place: str) -> None:
    """The message names a missing folder, and a folder in place of a file."""
    with pytest.raises(SaveFileError, match="cannot be opened for writing"):
        SaveFile(tmp_path / place, KIND)


def test_a_file_that_vanishes_is_missed(tmp_path: Path) -> None:
    """The next trial raises if the file is deleted or replaced; the new file does not change."""
    path = tmp_path / "s.db"
    with SaveFile(path, KIND) as file:
        file.finish(finished(0))
        path.unlink()
        with pytest.raises(SaveFileError, match="deleted"):
            file.finish(finished(1))
        path.write_text("other")
        with pytest.raises(SaveFileError, match="replaced"):
            file.finish(finished(1))
    assert path.read_text() == "other"


def test_results_that_are_no_json_stay_in_memory_with_one_warning(tmp_path: Path) -> None:
    """The warning names the keys."""
    trial = Trial(0, {}, Outcome("ok", 1.0, result={"model": object(), "note": "kept"}))
    with SaveFile(tmp_path / "s.db", KIND) as file:
        with pytest.warns(UserWarning, match="'model'"):
            file.finish(trial)
        file.finish(Trial(1, {}, trial.outcome))
        assert [dict(stored.outcome.result) for stored in file.load()] == [{"note": "kept"}] * 2


def test_a_truncated_file_is_refused_or_a_whole_prefix(tmp_path: Path) -> None:
    """A file cut at any length is refused, or has a prefix of the trials."""
    path = tmp_path / "s.db"
    fill(path, 60)
    whole = path.read_bytes()
    for length in [1, 15, 16, 99, 100, 4095, 4096, 5000, *range(8192, len(whole), 1777)]:
        path.write_bytes(whole[:length])
        with pytest.raises(SaveFileError, match=r"damaged|not a save file"):
            SaveFile(path, KIND).load()
        assert path.read_bytes() == whole[:length]


def test_a_flipped_byte_is_noticed_or_harmless(tmp_path: Path) -> None:
    """With one wrong byte, loading raises or returns exactly the written trials."""
    path = tmp_path / "s.db"
    fill(path, 20)
    whole = path.read_bytes()
    expected = [repr(finished(number)) for number in range(20)]
    for offset in [*range(0, 100, 7), *range(100, len(whole), 97)]:
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x11]) + whole[offset + 1 :])
        try:
            with SaveFile(path, KIND) as file:
                found = [repr(trial) for trial in file.load()]
        except SaveFileError:
            continue
        assert found == expected, offset


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON)
def test_json_comes_back(value: Any) -> None:
    """JSON values and non-finite floats equal what was written."""
    assert repr(loads(dumps(value))) == repr(value)
