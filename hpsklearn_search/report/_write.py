"""Writing a page: only its user can read it, nobody sees half of it, and it replaces nothing but a page.

>>> import tempfile
>>> folder = Path(tempfile.mkdtemp())
>>> write_page(folder / "search.html", START).name
'search.html'
>>> _ = (folder / "train.py").write_text("import this")
>>> write_page(folder / "train.py", START)
Traceback (most recent call last):
FileExistsError: path='...train.py' is there and is no page of a search; choose another name, such as 'search.html'
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from .._texts import public_repr
from ..trials import absolute_path, is_address, public_address
from ._page import START


def write_page(path: Any, page: str) -> Path:
    """Write `page`; the absolute path. An own earlier page keeps its mode, all else gets 0600."""
    target = checked_target(path)
    mode = _mode_of_own_page(target) or 0o600
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:50]}.", dir=target.parent)
    try:
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(page)
            if os.name == "posix":
                _set_mode(file.fileno(), name, mode)
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    return target


def _set_mode(handle: int, name: str, mode: int) -> None:
    """Set the mode of the open file of this name; FileExistsError if the name is another file's by now."""
    os.fchmod(handle, mode)  # a name may lead to another file
    if not os.path.samestat(os.fstat(handle), os.lstat(name)):
        raise FileExistsError(
            f"another user of {public_repr(os.path.dirname(name))} has exchanged the page while it was written; "
            "choose a folder of your own"
        )


def _mode_of_own_page(target: Path) -> int | None:
    """The mode that its owner has chosen for a page; None for an empty file, whose mode was made for nothing."""
    if not target.exists():
        return None
    status = target.stat()
    is_own = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    return stat.S_IMODE(status.st_mode) if is_own and status.st_size else None


def checked_target(path: Any) -> Path:
    """The absolute path of a page that can be written; errors name what would be right."""
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes) or not os.fspath(path):
        raise TypeError(f"path is the name of a file, got {public_repr(path)}; write report('search.html')")
    target = Path(absolute_path(os.fspath(path), "path=", FileNotFoundError))
    shown = f"path={public_address(os.fspath(path))}"
    if not target.parent.is_dir():
        if is_address(os.fspath(path)):
            raise FileNotFoundError(f"{shown} is an address; write the name of a file, such as 'search.html'")
        raise FileNotFoundError(f"{shown}: there is no folder {str(target.parent)!r}; make it, or choose another one")
    if target.is_dir():
        raise IsADirectoryError(
            f"{shown} is a folder; name a file in it, such as {os.path.join(path, 'search.html')!r}"
        )
    if os.path.lexists(target) and not _is_page(target):
        raise FileExistsError(
            f"{shown} is there and is no page of a search; choose another name, such as 'search.html'"
        )
    return target


def _is_page(target: Path) -> bool:
    if target.is_symlink() or not target.is_file():
        return False
    beginning = START.encode()
    with target.open("rb") as file:
        head = file.read(len(beginning))
    return head in (beginning, b"")
