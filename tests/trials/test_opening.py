"""A save file from elsewhere is checked before SQLite works on it: its trees, and the files next to it."""

from __future__ import annotations

import os
import sqlite3
import struct
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search.exceptions import SaveFileError
from hpsklearn_search.trials import Outcome, SaveFile, Trial, read_save_file
from hpsklearn_search.trials._guard import Guard

KIND = {"space": {"x": "uniform"}, "algo": "tpe"}
LIMIT = 5.0
"""Seconds that reading one file may take."""


def trial(number: int) -> Trial:
    """A finished trial."""
    return Trial(number, {"x": number / 3}, Outcome("ok", loss=0.5), 1.0, 2.0)


def fill(path: Path, n: int = 3) -> None:
    """A closed save file with `n` trials, and no log."""
    with SaveFile(path, KIND) as file:
        for number in range(n):
            file.finish(trial(number))
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=DELETE")


def save(path: Path) -> None:
    """Open the file as a search that continues it does."""
    SaveFile(path, KIND).close()


OPENERS: list[Callable[[Path], Any]] = [save, read_save_file]


# ---------------------------------------------------------------------- trees
def inner_page(size: int, first: int, child: int, n_cells: int = 500, at: int = 0) -> bytearray:
    """A page of a table's tree all of whose entries but the first are one child."""
    page = bytearray(size)
    struct.pack_into(">BHHHBI", page, at, 5, 0, n_cells, size - 5 * n_cells, 0, child)
    for i in range(n_cells):
        cell = size - 5 * (i + 1)
        struct.pack_into(">H", page, at + 12 + 2 * i, cell)
        struct.pack_into(">IB", page, cell, child if i else first, 1)
    return page


def endless_rows(data: bytearray, root: int) -> None:
    """Give the table with this root 500 ** 4 times its rows, in a few pages."""
    page = slice(4096 * (root - 1), 4096 * root)
    data += data[page]
    for _ in range(3):
        child = len(data) // 4096
        data += inner_page(4096, child, child)
    child = len(data) // 4096
    data[page] = inner_page(4096, child, child)


def endless_schema(data: bytearray) -> None:
    """Give the schema 500 ** 4 rows, all but the first two of which are an index that SQLite makes itself."""
    for cells in (data[108:114], data[110:112]):
        data += struct.pack(">BHHHB", 13, 0, len(cells) // 2, 512, 0) + cells + data[8 + len(cells) : 4096]
    first = len(data) // 4096 - 1
    for _ in range(3):
        child = len(data) // 4096
        data += inner_page(4096, child, child)
    data[100:4096] = inner_page(4096, first, len(data) // 4096, at=100)[100:]


def set_size(data: bytearray, page_size: int = 4096) -> None:
    """Write the number of pages into the header."""
    data[28:32] = struct.pack(">I", len(data) // page_size)
    data[92:96] = data[24:28]


def with_a_hole(path: Path, size: int) -> None:
    """Let the file look much larger than it is."""
    try:
        os.truncate(path, max(size, path.stat().st_size))
    except OSError:
        pytest.skip("this file system has no files with holes")


TREES: dict[str, Callable[[bytearray], None]] = {
    "search": lambda data: endless_rows(data, 2),
    "trials": lambda data: endless_rows(data, 4),
    "schema": endless_schema,
}


@pytest.mark.parametrize("open_file", OPENERS)
@pytest.mark.parametrize("hole", [0, 2**40])
@pytest.mark.parametrize("what", TREES)
def test_a_file_with_more_rows_than_bytes_is_refused_in_time(
    tmp_path: Path, what: str, hole: int, open_file: Callable[[Path], Any]
) -> None:
    """Pages that name one child many times have rows without end; the file stays as it is."""
    path = tmp_path / "s.db"
    fill(path)
    data = bytearray(path.read_bytes())
    TREES[what](data)
    set_size(data)
    path.write_bytes(data)
    with_a_hole(path, hole)
    start = time.perf_counter()
    with pytest.raises(SaveFileError, match="is damaged"):
        open_file(path)
    assert time.perf_counter() - start < LIMIT
    with path.open("rb") as file:
        assert file.read(len(data)) == data


@pytest.mark.parametrize("open_file", OPENERS)
def test_a_tree_that_is_too_deep_is_refused(tmp_path: Path, open_file: Callable[[Path], Any]) -> None:
    """SQLite's own check of such a file would need more stack than there is, and end the process."""
    path, size, n_pages = tmp_path / "s.db", 512, 120_000
    fill(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA page_size=512")
        db.execute("VACUUM")
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'trials'").fetchone()[0]
    data = bytearray(path.read_bytes())
    pages = [data[size * (root - 1) : size * root]]  # the leaf comes last
    first = len(data) // size + 1
    chain = (struct.pack(">BHHHBI", 5, 0, 0, size, 0, child) for child in range(first + 1, first + n_pages))
    data[size * (root - 1) : size * root] = inner_page(size, first, first, n_cells=0)
    data += b"".join(page.ljust(size, b"\0") for page in chain) + pages[0]
    set_size(data, size)
    path.write_bytes(data)
    with pytest.raises(SaveFileError, match=r"damaged|malformed"):
        open_file(path)


@pytest.mark.parametrize("open_file", OPENERS)
def test_a_text_whose_pages_form_a_circle_is_not_read(tmp_path: Path, open_file: Callable[[Path], Any]) -> None:
    """It would be as long as the file says, and not as long as the file is."""
    path = tmp_path / "s.db"
    with SaveFile(path, {**KIND, "long": "x" * 20_000}):
        pass
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
    data = bytearray(path.read_bytes())
    page = next(n for n in range(5, len(data) // 4096) if b"xxxx" in data[4096 * (n - 1) : 4096 * n])
    data[4096 * (page - 1) : 4096 * (page - 1) + 4] = struct.pack(">I", page)
    path.write_bytes(data)
    with pytest.raises(SaveFileError, match=r"2nd reference|malformed"):
        open_file(path)


def test_a_setting_that_is_in_a_file_twice_is_refused(tmp_path: Path) -> None:
    """The index of the table would show it, and no query uses the index."""
    path = tmp_path / "s.db"
    fill(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE search SET key = 'algp' WHERE key = 'space'")
        db.commit()
    data = path.read_bytes()
    place = data.index(b"algp", 4096)  # page 2 is the table, page 3 the index
    text = data[place:].split(b"algp")[0]
    assert text == b""
    path.write_bytes(data[:place] + b"algo" + data[place + 4 :])
    with pytest.raises(SaveFileError, match="'algo' is in it twice"):
        read_save_file(path)


def test_an_interrupt_of_a_reader_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a signal handler raises while SQLite works is raised as it is, and not as an error of the file."""

    def interrupted(db: sqlite3.Connection, guard: Guard, path: str) -> None:
        guard.error = ValueError("of a handler")
        raise sqlite3.OperationalError("interrupted")

    fill(tmp_path / "s.db")
    monkeypatch.setattr("hpsklearn_search.trials._reading.problem_of_content", interrupted)
    with pytest.raises(ValueError, match=r"^of a handler$"):
        read_save_file(tmp_path / "s.db")


def test_a_large_file_is_no_damage(tmp_path: Path) -> None:
    """The steps that a file may take grow with it, also where its trials are as short as they can be."""
    path = tmp_path / "s.db"
    with SaveFile(path, KIND) as file:
        for number in range(20_000):
            file.begin(Trial(number, {}, started=0.0))
        file.finish(Trial(20_000, {}, Outcome("fail"), 0.0, 0.0))
    assert len(read_save_file(path).trials) == 20_001
    with SaveFile(path, KIND) as file:
        assert len(file.load()) == 20_001
