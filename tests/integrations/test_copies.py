"""Copies of folders, while somebody else changes what their names mean."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsklearn_search.integrations import _copies, _unsent
from hpsklearn_search.integrations._content import Update
from hpsklearn_search.integrations._copies import NotPlainError, copy_folders
from hpsklearn_search.integrations._tracker import Destination

OWNER = os.geteuid() if hasattr(os, "geteuid") else 0
needs_open_folders = pytest.mark.skipif(not _copies.HAS_OPEN_FOLDERS, reason="folders cannot be open on Windows")

KINDS = ["link", "link to a folder", "second name", *(["pipe"] if hasattr(os, "mkfifo") else [])]

names = st.text("abc", min_size=1, max_size=3)
trees = st.recursive(st.binary(max_size=20), lambda inner: st.dictionaries(names, inner, max_size=3), max_leaves=8)


def make(path: Path, tree: Any) -> Path:
    """A folder for a dict, a file for bytes."""
    if isinstance(tree, bytes):
        path.write_bytes(tree)
        return path
    path.mkdir()
    for name, inner in tree.items():
        make(path / name, inner)
    return path


def read(path: Path) -> Any:
    """The tree that `make` would make the folder from."""
    return {inner.name: read(inner) for inner in path.iterdir()} if path.is_dir() else path.read_bytes()


@pytest.fixture(params=[pytest.param(True, marks=needs_open_folders), False], ids=["open folders", "paths"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs with open folders, and as on a system that has none."""
    monkeypatch.setattr(_copies, "HAS_OPEN_FOLDERS", request.param)


@given(tree=st.dictionaries(names, trees, max_size=3))
def test_a_copy_has_the_files_of_the_original(tmp_path_factory: pytest.TempPathFactory, tree: Any) -> None:
    """The names and contents of all files below it are the same."""
    folder = tmp_path_factory.mktemp("copies")
    copy_folders({"a": make(folder / "source", tree)}, folder / "target", OWNER)
    assert read(folder / "target") == {"a": tree}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", ["x", "inner/x", ""])
@pytest.mark.usefixtures("either_way")
def test_only_plain_files_and_folders_are_copied(tmp_path: Path, kind: str, place: str) -> None:
    """What is a link, a pipe or a file with a second name is refused by its name."""
    source = make(tmp_path / "source", {"inner": {"b": b""}} if place else {}) / place
    secret, home = make(tmp_path / "secret", b"key"), make(tmp_path / "home", {})
    if not place:
        source.rmdir()
    make_odd = {
        "link": lambda: source.symlink_to(secret),
        "link to a folder": lambda: source.symlink_to(home),
        "pipe": lambda: os.mkfifo(source),
        "second name": lambda: os.link(secret, source),
    }
    make_odd[kind]()
    with pytest.raises(NotPlainError, match="is a link, a pipe or a device, or has several names"):
        copy_folders({"a": tmp_path / "source"}, tmp_path / "target", OWNER)


@needs_open_folders
def test_folders_without_end_are_refused(tmp_path: Path) -> None:
    """Each of them would be open until the copy ends."""
    (tmp_path / "source" / "/".join("a" * 60)).mkdir(parents=True)
    with pytest.raises(NotPlainError, match="'a' is below 50 other folders"):
        copy_folders({"a": tmp_path / "source"}, tmp_path / "target", OWNER)


@pytest.mark.usefixtures("either_way")
def test_a_copy_can_be_written_where_the_original_is_read_only(tmp_path: Path) -> None:
    """MLflow writes into the folder of a model when it sends it."""
    make(tmp_path / "source", {"MLmodel": b""})
    (tmp_path / "source" / "MLmodel").chmod(0o400)
    copy_folders({"a": tmp_path / "source"}, tmp_path / "target", OWNER)
    assert (tmp_path / "target" / "a" / "MLmodel").stat().st_mode & stat.S_IWUSR


@pytest.mark.usefixtures("either_way")
def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    """The target is new, so nothing in it is replaced."""
    make(tmp_path / "target", {"a": b"mine"})
    with pytest.raises(FileExistsError):
        copy_folders({"a": make(tmp_path / "source", {})}, tmp_path / "target", OWNER)
    assert read(tmp_path / "target") == {"a": b"mine"}


@needs_open_folders
def test_a_new_folder_that_another_user_replaces_is_not_written_to(tmp_path: Path) -> None:
    """The owner of the folder that is open then is not the one who asked for it."""
    with pytest.raises(OSError, match=r"'.*target' was replaced by one of another user"):
        copy_folders({"a": make(tmp_path / "source", {"b": b""})}, tmp_path / "target", OWNER + 1)
    assert read(tmp_path / "target") == {}


@needs_open_folders
def test_what_replaces_a_file_after_the_first_look_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody puts a link in place of the file just before it is opened."""
    source, secret = make(tmp_path / "source", {"table.csv": b"a,b"}), make(tmp_path / "secret", b"key")

    def swap_and_open(name: Any, *args: Any, **options: Any) -> int:
        if name == "table.csv" and not (source / name).is_symlink():
            (source / name).unlink()
            (source / name).symlink_to(secret)
        return original(name, *args, **options)

    original = os.open
    monkeypatch.setattr(os, "open", swap_and_open)
    with pytest.raises(OSError, match="symbolic links"):
        copy_folders({"a": source}, tmp_path / "target", OWNER)
    assert read(tmp_path / "target") == {"a": {}}


# ---------------------------------------------------------------------- the log in a shared folder
@needs_open_folders
@pytest.mark.parametrize("swapped", ["mlflow-unsent-abc", "folder-0"])
def test_a_folder_that_is_swapped_while_the_log_is_written_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    """The files behind a link keep content and mode, and the log goes into a new temporary folder."""
    home = make(tmp_path / "home", {"search.html": b"my own page", "tool.sh": b""})
    (home / "tool.sh").chmod(0o755)
    source = make(tmp_path / "source", {"search.html": b"a page", "cv_results.csv": b"a,b"})
    shared = make(tmp_path / "shared", {})
    own, original = shared / "mlflow-unsent-abc", os.mkdir

    def make_and_swap(name: Any, *args: Any, **options: Any) -> None:
        original(name, *args, **options)
        if Path(name).name == swapped and not (shared / "moved").exists():
            (own if name == own else own / name).rename(shared / "moved")
            own.mkdir(exist_ok=True)
            (own / "folder-0").symlink_to(home)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(os, "mkdir", make_and_swap)
    path = _unsent.write(shared, Destination("abc"), [Update(folder=str(source))])
    assert read(home) == {"search.html": b"my own page", "tool.sh": b""}
    assert stat.S_IMODE((home / "tool.sh").stat().st_mode) == 0o755
    assert (shared / "moved").exists()
    assert path.is_relative_to(tmp_path)
    assert not path.is_relative_to(shared)
    assert read(path.with_suffix("") / "folder-0") == read(source)
