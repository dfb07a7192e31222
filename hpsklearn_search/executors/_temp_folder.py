"""A folder for files that several processes read, which goes with its owner however that ends.

It is removed by `remove`, at the end of the process, and, if the process is killed, by joblib's
resource tracker, which is another process. If the tracker was killed too, or could not be started, the next
search with a folder in the same place removes it: a living owner holds a lock on a file in its folder, a dead
one does not.

>>> folder = TempFolder(tempfile.gettempdir())
>>> os.path.isdir(folder.path)
True
>>> folder.remove()
>>> os.path.isdir(folder.path)
False
"""

from __future__ import annotations

import glob
import os
import shutil
import socket
import tempfile
from contextlib import suppress
from multiprocessing import util
from typing import Any

HAS_FLOCK = True
try:
    import fcntl
except ImportError:  # Windows: only the tracker removes what a killed process leaves
    HAS_FLOCK = False

PREFIX = "hpsklearn_search-"
LOCK = "owner"


class TempFolder:
    """A new folder in `root`, with the name `path`, that only this user can read."""

    def __init__(self, root: str) -> None:
        _remove_stale_folders(root)
        self.path = tempfile.mkdtemp(prefix=PREFIX, dir=root)
        os.chmod(self.path, 0o700)  # the umask may have taken the right to enter it
        is_tracked = _track(self.path)
        self._finalizer = util.Finalize(
            self, _remove, args=(self.path, is_tracked, _locked_file(self.path)), exitpriority=1
        )

    def remove(self) -> None:
        """Delete every file; safe to call twice."""
        self._finalizer()


def _remove(folder: str, is_tracked: bool, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)
    if is_tracked:
        with suppress(Exception):  # it was killed, and cannot be started again
            _tracker().unregister(folder, "folder")


def _tracker() -> Any:
    from joblib.externals.loky.backend import resource_tracker

    return resource_tracker


def _track(folder: str) -> bool:
    """Register the folder with joblib's tracker; False if it refuses the name, or cannot be started."""
    # It reads lines of at most 512 ASCII characters.
    if "\n" in folder:
        return False
    try:
        _tracker().register(folder, "folder")
    except Exception:  # not ASCII or too long, or whatever the system says of a process that it does not start
        return False
    return True


def _locked_file(folder: str) -> int | None:
    """A descriptor that holds the owner's lock; None where the system has no such locks."""
    if not HAS_FLOCK:
        return None
    path = os.path.join(folder, LOCK)
    try:
        lock = os.open(f"{path}-new", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:  # no room
        return None
    with suppress(OSError):
        os.write(lock, _machine())
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(f"{path}-new", path)  # only now: nobody finds the file before it is locked
    return lock


def _machine() -> bytes:
    # A network folder may be shared by machines that do not see each other's locks.
    return os.fsencode(socket.gethostname())  # the bytes that the system has


def _remove_stale_folders(root: str) -> None:
    """Remove the folders of processes of this user and machine that were killed."""
    if not HAS_FLOCK:
        return
    for folder in glob.glob(os.path.join(glob.escape(root), f"{PREFIX}*")):
        with suppress(OSError):
            _remove_if_stale(folder)


def _remove_if_stale(folder: str) -> None:
    """Remove the folder of a dead owner; OSError if the owner lives. Folders of other users or machines stay."""
    if os.path.islink(folder) or os.stat(folder).st_uid != os.getuid():
        return
    # O_NONBLOCK: to read a named pipe must not wait for its other end.
    lock = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.read(lock, 1024) == _machine():
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
