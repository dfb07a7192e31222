"""The file of what could not be sent: JSON lines, the destination first, then one update a line.

Nothing in it is ever unpickled. Files that belong to it, such as a saved model, lie in a folder beside
it, of the same name without ``.jsonl``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from ._updates import Update

FORMAT = 1


@dataclass(frozen=True)
class Destination:
    """Where the runs of a search are.

    Attributes
    ----------
    search : str
        Identifies the search, in a tag of each of its runs.
    tracking_uri : str or None
        The server or store.
    experiment : str or None
        Name of the experiment, where `experiment_id` is not known.
    experiment_id : str or None
        Its id.
    run_name : str or None
        Name of the parent, where it has to be created.
    start : int or None
        When it began, in milliseconds.
    tags : mapping
        Of the parent, at its creation, and of the children.
    adopted : str or None
        Id of a run of somebody else that serves as parent; it is never ended.
    registered_model : str or None
        The name under which the model is registered.
    runs : mapping
        Ids of the runs that are there: ``""`` for the parent, else the number of the trial.
    """

    search: str
    tracking_uri: str | None = None
    experiment: str | None = None
    experiment_id: str | None = None
    run_name: str | None = None
    start: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    adopted: str | None = None
    registered_model: str | None = None
    runs: Mapping[str, str] = field(default_factory=dict)


def write(folder: Path | None, destination: Destination, updates: Sequence[Update]) -> Path:
    """Write a file into `folder`, or where that cannot be, into the folder for temporary files.

    Raises
    ------
    OSError
        If neither can be written to.
    """
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
            file.write(str(_with_own_files(update, folder / name)) + "\n")
    return path.absolute()


def _with_own_files(update: Update, folder: Path) -> Update:
    """The update with its files copied into `folder`, and named relative to what holds that."""
    changed: dict[str, Any] = {}
    for name in ("folder", "model"):
        source = getattr(update, name)
        if source is not None:
            shutil.copytree(source, folder / name, dirs_exist_ok=True)
            changed[name] = f"{folder.name}/{name}"
    return replace(update, **changed)


def _without_password(uri: str | None) -> str | None:
    """A file on disk is no place for a password."""
    if uri is None or "@" not in uri:
        return uri
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def read(path: Path) -> tuple[Destination, list[Update]]:
    """The destination and the updates of a file.

    Raises
    ------
    ValueError
        If it is no such file, or one of a newer version.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    header: dict[str, Any] = {}
    with contextlib.suppress(ValueError, IndexError):
        header = json.loads(lines[0])
    if not isinstance(header, dict) or header.pop("format", None) != FORMAT:
        raise ValueError(f"{path} is not a file of updates for MLflow that this version can read")
    return Destination(**header), [_absolute(Update.from_json(json.loads(line)), path.parent) for line in lines[1:]]


def _absolute(update: Update, base: Path) -> Update:
    changed: dict[str, Any] = {}
    for name in ("folder", "model"):
        if (value := getattr(update, name)) is not None:
            changed[name] = str(base / value)
    return replace(update, **changed)
