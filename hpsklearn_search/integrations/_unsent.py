"""The file of unsent updates: JSON lines, the destination first, then one update per line.

Nothing in it is ever unpickled. The files that belong to it, such as a saved model, lie in a folder next to
it, of the same name without ``.jsonl``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ._client import Client, check_installed, is_refusal, short_calls
from ._content import Update
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
    public = replace(destination, tracking_uri=_without_password(destination.tracking_uri))
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


def _without_password(uri: str | None) -> str | None:
    if uri is None or "@" not in uri:
        return uri
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


# ---------------------------------------------------------------------- read and send
def resend(path: Path, tracking_uri: str | None) -> int:
    """Send the updates of a file; returns how many."""
    check_installed()
    destination, updates = read(path)
    if tracking_uri is not None:
        destination = _relocate(destination, tracking_uri)
    tracker = Tracker(destination, may_exist=True)
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
    """The destination and the updates of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header: dict[str, Any] = {}
    with contextlib.suppress(ValueError, IndexError):
        header = json.loads(lines[0])
    if not isinstance(header, dict) or header.pop("format", None) != FORMAT:
        raise ValueError(f"{path} is not a file of updates for MLflow that this version can read")
    updates = [Update.from_json(json.loads(line)) for line in lines[1:]]
    return Destination(**header), [_with_absolute_paths(update, path.parent) for update in updates]


def _with_absolute_paths(update: Update, base: Path) -> Update:
    paths: dict[str, Any] = {}
    for name in ("folder", "model"):
        if (value := getattr(update, name)) is not None:
            paths[name] = str(base / value)
    return replace(update, **paths)


def _relocate(destination: Destination, uri: str) -> Destination:
    """The destination at another address; it keeps its run ids only if that server has the parent run."""
    relocated = replace(destination, tracking_uri=uri)
    parent = destination.external_run_id or destination.runs.get("")
    with short_calls():
        if parent is not None and Client(uri).has_run(parent):
            return relocated
    return replace(relocated, experiment_id=None, external_run_id=None, runs={})
