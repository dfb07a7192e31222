"""The file of unsent updates: JSON lines, the destination first, then one update per line.

Nothing in it is ever unpickled. The files that belong to it, such as a saved model, lie in a folder next to
it, of the same name without ``.jsonl``.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ._client import Client, check_installed, is_refusal, short_calls, tracking_uri
from ._content import SEARCH_TAG, Update, without_secrets
from ._tracker import Destination, Tracker

FORMAT = 1


# ---------------------------------------------------------------------- write
def write(folder: Path | None, destination: Destination, updates: Sequence[Update]) -> Path:
    """Write a file into `folder`, or if that fails, into a new temporary folder."""
    name = f"mlflow-unsent-{destination.search}"
    try:
        return _write(folder or Path.cwd(), name, destination, updates)
    except OSError:
        return _write(Path(tempfile.mkdtemp(prefix="mlflow-unsent-")), name, destination, updates)


def _write(folder: Path, name: str, destination: Destination, updates: Sequence[Update]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    public = replace(destination, tracking_uri=without_secrets(destination.tracking_uri or "") or None)
    path = folder / f"{name}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"format": FORMAT, **dataclasses.asdict(public)}) + "\n")
        for update in updates:
            file.write(str(_copy_files(update, folder / name)) + "\n")
    return path.absolute()


def _copy_files(update: Update, folder: Path) -> Update:
    """The update with its files copied into `folder`, under relative names."""
    # The session's own files are temporary, and the file may travel to another machine.
    copies: dict[str, Any] = {}
    for name in ("folder", "model"):
        source = getattr(update, name)
        if source is not None:
            shutil.copytree(source, folder / name, dirs_exist_ok=True)
            copies[name] = f"{folder.name}/{name}"
    return replace(update, **copies)


# ---------------------------------------------------------------------- read and send
def resend(path: Path, uri: str | None, parent_run_id: str | None) -> int:
    """Send the updates of a file; returns how many."""
    check_installed()
    destination, updates = read(path)
    if uri is None:
        uri = tracking_uri()
        _check_address(path, destination, uri)
    tracker = Tracker(_confirmed(destination, uri, parent_run_id), may_exist=True)
    refusals = []
    for update in updates:
        try:
            tracker.send(update)
        except Exception as error:
            if not is_refusal(error):
                raise
            refusals.append(error)
    if refusals:
        raise refusals[0]
    return len(updates)


def read(path: Path) -> tuple[Destination, list[Update]]:
    """The destination and the updates of a file, with absolute paths."""
    invalid = ValueError(f"{path} is not a file of updates for MLflow that this version can read")
    try:
        header, *lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if header.pop("format") != FORMAT:
            raise invalid
        destination, updates = Destination(**header), [Update.from_json(line) for line in lines]
    except (ValueError, TypeError, KeyError, AttributeError):  # no JSON, or JSON of another shape
        raise invalid from None
    return destination, [_with_absolute_paths(update, path) for update in updates]


def _with_absolute_paths(update: Update, path: Path) -> Update:
    return replace(
        update, folder=_path_in_own_folder(update.folder, path), model=_path_in_own_folder(update.model, path)
    )


def _path_in_own_folder(name: str | None, path: Path) -> str | None:
    """The folder `name` that belongs to the file `path`; ValueError if it, or anything in it, lies elsewhere."""
    if name is None:
        return None
    # Whoever wrote the file must not choose what is uploaded from this machine.
    own, target = path.with_suffix(""), path.parent / str(name)
    parts = Path(str(name)).parts
    is_inside = parts[:1] == (own.name,) and len(parts) > 1 and ".." not in parts
    chain = [parent for parent in (target, *target.parents) if parent.is_relative_to(own)]
    if not is_inside or any(entry.is_symlink() for entry in (*chain, *target.rglob("*"))):
        raise ValueError(f"{path} names {name!r}; only files in {own}, without links, can be sent")
    return str(target)


def _check_address(path: Path, destination: Destination, current: str) -> None:
    # The request carries the user's credentials, so the file alone must not choose where it goes.
    if destination.tracking_uri not in (None, without_secrets(current)):
        raise ValueError(
            f"{path} was written for {destination.tracking_uri!r}, and mlflow's current address is "
            f"{without_secrets(current)!r}; pass tracking_uri= with the one that you want to use"
        )


def _confirmed(destination: Destination, uri: str, parent_run_id: str | None) -> Destination:
    """The destination at an address, with the parent run only if it is the one of this search."""
    parent = destination.external_run_id or destination.runs.get("")
    with short_calls():
        tags = None if parent is None else Client(uri).tags_of_run(parent)
    # The other runs are found by the tag of the search: their ids in the file are not used.
    destination = replace(destination, runs={})
    if tags is not None and (tags.get(SEARCH_TAG) == destination.search or parent == parent_run_id):
        return replace(destination, tracking_uri=uri)
    if tags is not None and destination.external_run_id is not None:
        raise ValueError(
            f"the file names {parent!r} as the parent run, which has no tag of its search; if you want to "
            f"log into this run, pass parent_run_id={parent!r}"
        )
    is_same_store = parent is None and destination.tracking_uri == without_secrets(uri)
    experiment_id = destination.experiment_id if is_same_store else None
    return replace(destination, tracking_uri=uri, experiment_id=experiment_id, external_run_id=None)
