"""The argument `trials_save_file`, and what is mistaken for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp, rand
from hpsklearn_search.exceptions import SaveFileError
from hpsklearn_search.trials import earlier_search_of, read_save_file

MARKER = "S3CRETpw"
ADDRESSES = [
    f"postgresql://user:{MARKER}@host/db",
    Path(f"postgresql://user:{MARKER}@host/db"),
    f"mysql+pymysql://host/db?password={MARKER}",
    f"mongo://{MARKER}@host:1234/db/jobs",
    "sqlite:///search.db",
    "file:search.db?mode=memory",
    ":memory:",
]


def minimise(**options: Any) -> Any:
    """Two trials of a parabola."""
    return fmin(lambda x: x**2, hp.uniform("x", -1, 1), rand.suggest, 2, show_progressbar=False, **options)


@pytest.mark.parametrize("address", ADDRESSES, ids=str)
def test_an_address_is_no_save_file(address: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message shows no password, says what a save file is, and nothing is made."""
    monkeypatch.chdir(tmp_path)
    search = HyperoptSearchCV(SVC(), {"C": [1, 2]}, trials_save_file=address)
    for run in (lambda: search.fit([[0], [1]] * 9, [0, 1] * 9), lambda: minimise(trials_save_file=address)):
        with pytest.raises(SaveFileError, match=r"is an address, .* such as trials_save_file='search.db'") as caught:
            run()
        assert MARKER not in str(caught.value)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["a:b.db", "12:30/x.db", "x@y.db", "\u00fc \u4e2d.db", "a'b.db", "file.db"])
def test_an_unusual_name_is_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what begins like an address is one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    minimise(trials_save_file=name)
    assert (tmp_path / name).is_file()


@pytest.mark.parametrize("path", [5, {"password": MARKER}, 1.5])
def test_what_is_no_path_is_refused(path: Any) -> None:
    """The message shows what would be right, and no secret."""
    with pytest.raises(TypeError, match="must be a path, such as") as caught:
        minimise(trials_save_file=path)
    assert MARKER not in str(caught.value)


def test_a_name_that_no_file_can_have_is_refused() -> None:
    """The system's own error would not name the argument."""
    with pytest.raises(SaveFileError, match=r"trials_save_file=.*\\x00"):
        minimise(trials_save_file="a\0b")


@pytest.mark.usefixtures("gone_folder")
@pytest.mark.parametrize("argument", ["trials", "trials_save_file"])
def test_a_relative_path_needs_a_current_folder(argument: str, tmp_path: Path) -> None:
    """The system's own error names neither the path nor what would do."""
    message = rf"^{argument}='a\.db' is relative, and the current folder is gone; write an absolute path$"
    search = HyperoptSearchCV(SVC(), {"C": [1, 2]}, **{argument: "a.db"})
    for run in (lambda: search.fit([[0], [1]] * 9, [0, 1] * 9), lambda: minimise(**{argument: "a.db"})):
        with pytest.raises(SaveFileError, match=message):
            run()
    minimise(trials_save_file=tmp_path / "a.db")
    minimise(trials=str(tmp_path / "a.db"))


@pytest.mark.usefixtures("gone_folder")
def test_a_file_to_read_needs_a_current_folder_if_its_path_is_relative() -> None:
    """So it is for the command line, and for what reads a file of its own."""
    for read in (read_save_file, earlier_search_of):
        with pytest.raises(SaveFileError, match=r"'a\.db' is relative, and the current folder is gone"):
            read("a.db")


def test_a_path_is_shown_without_control_characters_and_secrets(tmp_path: Path) -> None:
    """Its name may come from elsewhere."""
    with pytest.raises(SaveFileError) as caught:
        minimise(trials_save_file=str(tmp_path / f"no/\x1b[2J?token={MARKER}"))
    assert str(caught.value).isprintable()
    assert MARKER not in str(caught.value)


@pytest.mark.parametrize(
    "path", ["search.db", "runs/a.sqlite3", Path("search"), f"mongo://me:{MARKER}@host/db"], ids=str
)
def test_trials_take_no_file_to_write(path: Any) -> None:
    """Neither as their key nor in place of them, if it is not there: the message names the argument that does."""
    for run in (lambda: Trials(path), lambda: minimise(trials=path)):
        with pytest.raises((TypeError, SaveFileError), match="trials_save_file=") as caught:
            run()
        assert MARKER not in str(caught.value)
    assert Trials("a key")._exp_key == "a key"
