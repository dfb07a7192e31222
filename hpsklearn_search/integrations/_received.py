"""A file of unsent updates as it is read: anybody may have written it, so it is checked before a call to MLflow.

>>> check_types({"trial": 3, "status": "FINISHED"}, UPDATE)
>>> check_types({"trial": "3"}, UPDATE)
Traceback (most recent call last):
ValueError: 'trial' cannot be '3'
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from .._texts import printable
from ._content import FAILED, FINISHED, KILLED, PARAM_LENGTH, SEARCH_TAG, TAG, TAG_LENGTH, Update, valid_text
from ._copies import NotPlainError, copy_folders
from ._tracker import Destination

FORMAT = 1
LONGEST_LINE = 2**25  # characters; an update of a trial has thousands
LAST_TIME = 253402300799999  # milliseconds, of the year 9999

HARMLESS = ("mlflow.autologging", "mlflow.note.content")  # what has made a run, and a text about it

Check: TypeAlias = Callable[[Any], bool]


# ---------------------------------------------------------------------- types and ranges
def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_id(value: Any) -> bool:
    # It becomes part of a query, or of a path in a store of files.
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value) is not None


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LAST_TIME


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_number(value: Any) -> bool:
    return (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) < 2**63)


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _are_tags(value: Any) -> bool:
    # A run must not name another search or another parent: these tags it got when it was created.
    return _are_texts(value) and not any(name == SEARCH_TAG or name.startswith("mlflow.") for name in value)


def _are_tags_of_new_runs(value: Any) -> bool:
    return _are_texts(value) and tags_of_new_runs(value) == value


def tags_of_new_runs(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a destination that a file may choose: none that says whose run it is, or where it belongs."""
    return {name: text for name, text in tags.items() if name in HARMLESS or not name.startswith(("mlflow.", TAG))}


def _are_runs(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_id, value.values()))


def _are_metrics(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_metric, value))


def _is_metric(value: Any) -> bool:
    kinds = (_is_text, _is_number, _is_time, _is_count)
    return (
        isinstance(value, list)
        and len(value) == len(kinds)
        and all(is_right(v) for is_right, v in zip(kinds, value, strict=True))
    )


def _is_dataset(value: Any) -> bool:
    needed = {"name", "digest", "source_type", "source"}
    return _are_texts(value) and (not value or needed <= set(value) <= {*needed, "schema", "profile"})


def _optional(is_right: Check) -> Check:
    return lambda value: value is None or is_right(value)


DESTINATION: Mapping[str, Check] = {
    "search": _is_id,
    **dict.fromkeys(("tracking_uri", "experiment", "run_name", "registered_model"), _optional(_is_text)),
    **dict.fromkeys(("experiment_id", "external_run_id"), _optional(_is_id)),
    "start": _optional(_is_time),
    "tags": _are_tags_of_new_runs,
    "runs": _are_runs,
}
UPDATE: Mapping[str, Check] = {
    "trial": _optional(_is_count),
    **dict.fromkeys(("start", "end"), _optional(_is_time)),
    "status": lambda value: value in (None, FINISHED, FAILED, KILLED),
    "tags": _are_tags,
    "params": _are_texts,
    "metrics": _are_metrics,
    "dataset": _is_dataset,
    **dict.fromkeys(("folder", "model"), _optional(_is_text)),
}


def check_types(values: Any, checks: Mapping[str, Check]) -> None:
    """Raise ValueError unless `values` is a dict of known keys whose values pass their checks."""
    if not isinstance(values, dict):
        raise ValueError(f"{repr(values)[:100]} is not a JSON object")
    for name, value in values.items():
        if name not in checks:
            raise ValueError(f"there is no {name[:100]!r}")
        if not checks[name](value):
            raise ValueError(f"{name!r} cannot be {repr(value)[:100]}")


# ---------------------------------------------------------------------- the file
def read(path: Path) -> tuple[Destination, list[Update]]:
    """The destination and the updates of a file; ValueError if it is not such a file."""
    try:
        values = [json.loads(line) for line in _lines_of(path)]
        if not values:
            raise ValueError("it is empty")
        header, *lines = values
        if not isinstance(header, dict) or header.pop("format", None) != FORMAT:
            raise ValueError(f"its first line does not say that its format is {FORMAT}")
        check_types(header, DESTINATION)
        for line in lines:
            check_types(line, UPDATE)
        destination, updates = Destination(**header), [Update.from_json(line) for line in lines]
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        reason = printable(str(error))[:200]
        raise ValueError(f"{path} is not a file of updates for MLflow that this version can read: {reason}") from None
    return _valid_destination(destination), list(map(_valid_update, updates))


def _valid_destination(destination: Destination) -> Destination:
    # mlflow would cut them as well, but its warning shows them as they are.
    name = destination.run_name and valid_text(destination.run_name, TAG_LENGTH)  # the name of a run is one of its tags
    return replace(destination, run_name=name, tags=_valid_texts(destination.tags, TAG_LENGTH))


def _valid_update(update: Update) -> Update:
    return replace(update, tags=_valid_texts(update.tags, TAG_LENGTH), params=_valid_texts(update.params, PARAM_LENGTH))


def _valid_texts(values: Mapping[str, str], length: int) -> dict[str, str]:
    return {name: valid_text(text, length) for name, text in values.items()}


def _lines_of(path: Path) -> Iterator[str]:
    """The lines that are not blank; ValueError for one that is too long: a hole in a file has no end of a line."""
    # O_NONBLOCK: to open a named pipe must not wait for its other end.
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise ValueError("it is not a file")
    with open(fd, encoding="utf-8") as file:
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise ValueError(f"a line has {LONGEST_LINE} characters or more")
            if line.strip():
                yield line


# ---------------------------------------------------------------------- the files that belong to it
@contextmanager
def copied_files(updates: Sequence[Update], path: Path) -> Iterator[list[Update]]:
    """The updates with paths of copies of their files, which go at the end; ValueError if a file lies elsewhere."""
    # Whoever can change the folder must not choose what is uploaded, nor what mlflow changes to send a model.
    own = path.with_suffix("")
    names = [name for update in updates for name in (update.folder, update.model) if name is not None]
    if not names:
        yield list(updates)
        return
    for name in names:
        _check_place(name, own, path)
    with tempfile.TemporaryDirectory(prefix="hpsklearn-mlflow-", ignore_cleanup_errors=True) as temporary:
        copies = Path(temporary, "log")
        if os.path.isdir(own):
            _copy(own, copies, path)
        for name in names:
            _check_is_there(name, copies, path)
        yield [replace(u, folder=_below(copies, u.folder), model=_below(copies, u.model)) for u in updates]


def _check_place(name: str, own: Path, path: Path) -> None:
    parts = Path(name).parts
    if "\0" in name or parts[:1] != (own.name,) or len(parts) == 1 or ".." in parts:
        raise ValueError(f"{path} names {name[:200]!r}; only files in {own}, without links, can be sent")


def _copy(own: Path, copies: Path, path: Path) -> None:
    try:
        copy_folders({own.name: own}, copies, copies.parent.stat().st_uid)
    except NotPlainError as error:
        raise ValueError(f"{path} cannot be sent: {error}; only files in {own}, without links, can be sent") from None
    except OSError as error:
        raise OSError(f"{own} cannot be copied into the temporary folder {copies.parent}: {error}") from error


def _check_is_there(name: str, copies: Path, path: Path) -> None:
    if not os.path.isdir(copies / name):  # of a name that is too long, `Path.is_dir` raises
        folder = str(path.parent / name)[:300]
        raise ValueError(f"{path} needs the folder {folder!r}, which is not there; copy it next to the file")


def _below(copies: Path, name: str | None) -> str | None:
    return None if name is None else str(copies / name)
