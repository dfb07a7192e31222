"""The file of unsent updates: JSON lines, the destination first, then one update per line.

Nothing in it is ever unpickled. The files that belong to it, such as a saved model, lie in a folder next to
it, of the same name without ``.jsonl``.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._secrets_in_texts import without_secrets
from .._texts import hide_secrets
from ._client import Client, check_installed, is_refusal, short_calls, tracking_uri
from ._content import SEARCH_TAG, Update
from ._copies import copy_folders
from ._received import FORMAT, copied_files, read, tags_of_new_runs
from ._tracker import Destination, Tracker


# ---------------------------------------------------------------------- write
def write(folder: Path | None, destination: Destination, updates: Sequence[Update]) -> Path:
    """Write a file into `folder`, or if that fails, into a new temporary folder."""
    name = f"mlflow-unsent-{destination.search}"
    try:
        return _write(folder or Path.cwd(), name, destination, updates)
    except OSError:
        return _write(Path(tempfile.mkdtemp(prefix="mlflow-unsent-")), name, destination, updates)


def _write(folder: Path, name: str, destination: Destination, updates: Sequence[Update]) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    uri = without_secrets(destination.tracking_uri or "") or None
    public = replace(destination, tracking_uri=uri, tags=tags_of_new_runs(destination.tags))
    path = folder / f"{name}.jsonl"
    # The log contains parameters, errors and perhaps rows of X, and it may stand in a shared folder. O_EXCL: a
    # file or link of this name is not ours.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with open(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        copies = _copy_files(updates, folder / name, os.fstat(file.fileno()).st_uid)
        file.write(json.dumps({"format": FORMAT, **dataclasses.asdict(public)}) + "\n")
        file.writelines(f"{update}\n" for update in copies)
    return path.absolute()


def _copy_files(updates: Sequence[Update], folder: Path, owner: int) -> list[Update]:
    """The updates with their files copied into the new folder `folder`, under relative names."""
    # The session's own files are temporary, and the file may travel to another machine.
    sources: dict[str, Path] = {}
    copied = []
    for number, update in enumerate(updates):
        names: dict[str, Any] = {}
        for kind in ("folder", "model"):
            if (source := getattr(update, kind)) is not None:
                sources[f"{kind}-{number}"] = Path(source)
                names[kind] = f"{folder.name}/{kind}-{number}"
        copied.append(replace(update, **names))
    if sources:
        copy_folders(sources, folder, owner)
    return copied


# ---------------------------------------------------------------------- send
MOST_FAILURES = 3  # in a row: a server may fail with one update for ever, and take the others


def resend(path: Path, uri: str | None, parent_run_id: str | None) -> int:
    """Send the updates of a file; returns how many. Errors show no secret, and move no cursor."""
    try:
        return _resend(path, uri, parent_run_id)
    except Exception as error:
        hide_secrets(error)
        raise


def _resend(path: Path, uri: str | None, parent_run_id: str | None) -> int:
    check_installed()
    destination, updates = read(path)
    if uri is None:
        uri = tracking_uri()
        _check_address(path, destination, uri)
    with copied_files(updates, path) as copies:
        return _send_all(_confirmed(destination, uri, parent_run_id), copies)


def _send_all(destination: Destination, updates: Sequence[Update]) -> int:
    tracker = Tracker(destination, may_exist=True)
    errors = []
    n_in_a_row = 0
    for update in updates:
        try:
            tracker.send(update)
        except Exception as error:
            errors.append(error)
            n_in_a_row = 0 if is_refusal(error) else n_in_a_row + 1
            if n_in_a_row == MOST_FAILURES:
                raise
        else:
            n_in_a_row = 0
    if errors:
        raise errors[0]
    return len(updates)


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
