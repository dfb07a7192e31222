"""The path of a save file: a file on this machine, and no address.

>>> save_path("postgresql://me:abc@host/db")
Traceback (most recent call last):
hpsklearn_search.exceptions.SaveFileError: trials_save_file='postgresql://host/db' is an address, and a save file is ...
"""

from __future__ import annotations

import os
import re
from typing import Any

from .._secrets_in_texts import without_secrets
from .._texts import public_repr
from ..exceptions import SaveFileError

# A path of the system has one slash where an address has two.
_SCHEME = re.compile(r"(?i)([a-z][a-z0-9+.-]+):/+|file:|:memory:")
_DATABASE = re.compile(r"(?i)[^\0]*\.(db\d?|sqlite\d?)")


def save_path(path: Any) -> str:
    """`path` as an absolute one; TypeError or SaveFileError if it cannot name a file."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(
            f"trials_save_file must be a path, such as trials_save_file='search.db', got {public_repr(path)}"
        )
    text = os.fsdecode(path)
    if is_address(text):
        raise SaveFileError(
            f"trials_save_file={public_address(text)} is an address, and a save file is an SQLite file on this "
            "machine; write a path, such as trials_save_file='search.db'"
        )
    if "\0" in text:
        raise SaveFileError(f"trials_save_file={text!r} cannot be the name of a file, which has no character '\\x00'")
    return absolute_path(text, "trials_save_file=")


def absolute_path(text: str, argument: str = "", kind: type[OSError] = SaveFileError) -> str:
    """`text` as an absolute path; an error of this kind, which names the argument, if it cannot be made one."""
    try:
        return os.path.abspath(text)
    except FileNotFoundError:
        raise kind(
            f"{argument}{public_repr(text)} is relative, and the current folder is gone; write an absolute path"
        ) from None


def is_address(text: str) -> bool:
    """Whether `text` is an address of a server, or one of SQLite's names for what is no file."""
    return _SCHEME.match(text) is not None


def public_address(text: str) -> str:
    """The repr of an address without its secrets, also of one that was a `Path`, which has lost a slash."""
    return public_repr(without_secrets(re.sub(r"(?i)^([a-z][a-z0-9+.-]+):/(?!/)", r"\1://", text)))


def no_file(key: Any) -> Any:
    """The key of `Trials` as it is; TypeError if it is the file of a search."""
    is_file = isinstance(key, os.PathLike) or (
        isinstance(key, str) and (is_address(key) or _DATABASE.fullmatch(key) is not None)
    )
    if is_file:
        text = os.fsdecode(key)
        line = "search.db" if is_address(text) else text
        raise TypeError(
            f"Trials({public_address(text)}): Trials hold the trials in memory. To keep them in a file, write "
            f"trials_save_file={public_repr(line)} in HyperoptSearchCV(...) or fmin(...)"
        )
    return key
