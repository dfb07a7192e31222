"""A function, written to a folder once, which any number of processes can load.

It is pickled by value where it must be (lambdas, classes of a notebook). Every array of a megabyte
or more gets a file of its own, which all processes map into their memory, read-only: one copy for the
whole machine. That holds inside data frames and sparse matrices too.

>>> import numpy as np
>>> big = np.ones((400, 400))
>>> shared = SharedFunction(lambda payload: payload * big.sum())
>>> float(load_function(shared.path)(2))
320000.0
>>> shared.remove()
"""

from __future__ import annotations

import errno
import functools
import mmap
import os
import shutil
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

import numpy as np

from .._texts import hide_secrets
from ._protocol import Function
from ._temp_folder import TempFolder

LARGE = 2**20  # Bytes from which on an array is mapped instead of copied.

# Kinds of dtype that numpy's file format keeps as they are; others (objects, extensions) are pickled.
PLAIN_KINDS = "biufcmMSU"


DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@functools.cache
def _cloudpickle() -> Any:
    """The cloudpickle that joblib uses: part of it once, a package of its own from joblib 1.6 on."""
    try:
        from joblib.externals import cloudpickle
    except ImportError:
        import cloudpickle
    return cloudpickle


def dumps(value: Any) -> bytes:
    """`value` pickled, by value where its definition cannot be imported elsewhere."""
    pickled: bytes = _cloudpickle().dumps(value)
    return pickled


def pickler(file: IO[bytes], reduce: Callable[[Any], Any]) -> Any:
    """A pickler like that of `dumps`, which first asks `reduce` about each object (NotImplemented: no answer)."""

    class AskingPickler(_cloudpickle().Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            answer = reduce(obj)
            return super().reducer_override(obj) if answer is NotImplemented else answer

    return AskingPickler(file, protocol=5)


def not_picklable(error: Exception) -> TypeError:
    """The error to raise where the function cannot be sent to local workers."""
    hide_secrets(error)
    return TypeError(
        f"what the workers need cannot be pickled: {type(error).__name__}: {error}; "
        "remove what cannot be copied (a lock, an open file, a connection) from the estimator and its "
        "arguments, or run in this process with n_jobs=1"
    )


class NoRoom(OSError):
    """The folder for temporary files does not take a file: its disk is full, or the file is too large."""

    def __init__(self, folder: str, content: str, setting: str, number: int | None = None) -> None:
        text = f"no room for {content}; set {setting} to a folder on a larger disk"
        if number == errno.EFBIG:  # a larger disk would not help
            cure = f"raise the limit on the size of files (ulimit -f), or set {setting} to a folder that takes it"
            text = f"the file for {content} is too large; {cure}"
        super().__init__(number or errno.ENOSPC, f"{folder}: {text}")


class UnusableFolder(OSError):
    """No folder can be made in the place for temporary files."""


class FilesRemoved(FileNotFoundError):
    """Somebody has removed the folder for temporary files while it was in use."""

    def __init__(self, path: str, setting: str) -> None:
        text = (
            "another program removed this file while the search ran, and new workers need it; set "
            f"{setting} to a folder that no program cleans up, and run the search again"
        )
        super().__init__(errno.ENOENT, text, path)


class SharedFunction:
    """A folder that holds a function, pickled in the file `path`; removed with this object or with the process."""

    def __init__(self, function: Function, temp_folder: str | None = None) -> None:
        # What a user can set: the folder of joblib's configuration comes before that of the environment.
        variable = "the environment variable JOBLIB_TEMP_FOLDER"
        self._setting = variable if temp_folder is None else "temp_folder of joblib.parallel_config"
        asked = temp_folder or os.environ.get("JOBLIB_TEMP_FOLDER")
        try:
            self._write_to_one_of(self._places(asked), function)
        except UnusableFolder as error:
            if not asked:
                raise
            other = "This search uses the shared memory or the system's temporary folder"
            # At the line that calls `fit`.
            warnings.warn(f"{error.filename}: {error.strerror}. {other}", UserWarning, stacklevel=9)
            self._write_to_one_of(_roots(None), function)

    def _places(self, asked: str | None) -> list[str]:
        try:
            return _roots(asked)
        except FileNotFoundError as error:
            text = f"the current folder is gone; set {self._setting} to an absolute path"
            raise UnusableFolder(error.errno, text, asked) from error

    def _write_to_one_of(self, roots: Sequence[str], function: Function) -> None:
        if not roots:
            text = f"there is no folder for temporary files that takes a file; set {self._setting} to one"
            raise UnusableFolder(errno.ENOENT, text)
        for root in roots:
            is_last = root == roots[-1]
            try:
                self._write(function, root, keeps_room=not is_last)
                return
            except OSError:  # most likely there is no room; the next root may have some
                if is_last:
                    raise

    def _write(self, function: Function, root: str, *, keeps_room: bool) -> None:
        self._n_arrays = 0
        self._temp_folder = self._new_folder(root)
        self.folder = self._temp_folder.path
        self.path = os.path.join(self.folder, "function")
        content = "what the workers need"
        try:
            with self.no_room_for(content), open(self.path, "wb") as file:
                pickler(file, self._reduce).dump(function)
            if keeps_room and not _has_room(self.folder):  # each worker writes small files there, too
                raise self._no_room(content)
        except OSError:
            self.remove()
            raise
        except Exception as error:
            self.remove()
            raise not_picklable(error) from error

    def _new_folder(self, root: str) -> TempFolder:
        try:
            if not os.path.isdir(root):
                os.makedirs(root, exist_ok=True)
                os.chmod(root, stat.S_IMODE(os.stat(root).st_mode) | stat.S_IRWXU)  # whatever the umask is
            return TempFolder(root)
        except OSError as error:
            if error.errno in DISK_IS_FULL:
                raise NoRoom(root, "a folder", self._setting, error.errno) from error
            text = f"{error.strerror}; set {self._setting} to a folder in which you may write"
            raise UnusableFolder(error.errno, text, root) from error

    @contextmanager
    def no_room_for(self, content: str) -> Iterator[None]:
        """Within, an error that the disk is full names the folder, and what `content` had no room."""
        try:
            yield
        except OSError as error:
            if isinstance(error, NoRoom) or error.errno not in DISK_IS_FULL:
                raise
            raise self._no_room(content, error.errno) from error

    def check(self) -> None:
        """Raise if the file is no longer there."""
        if not os.path.exists(self.path):
            raise FilesRemoved(self.path, self._setting)

    def _no_room(self, content: str, number: int | None = None) -> NoRoom:
        return NoRoom(self.folder, content, self._setting, number)

    def remove(self) -> None:
        """Delete every file; safe to call twice."""
        self._temp_folder.remove()

    def _reduce(self, array: Any) -> Any:
        """How a worker gets a large array: a callable and its arguments; NotImplemented for all else."""
        if not _is_large_array(array):
            return NotImplemented
        if type(array) is np.memmap and _is_whole_file_map(array):
            order = "C" if array.flags.c_contiguous else "F"
            return _open_map, (os.path.abspath(str(array.filename)), array.dtype, array.offset, array.shape, order)
        return _load_array, (self._save(np.asarray(array)),)

    def _save(self, array: np.ndarray[Any, Any]) -> str:
        self._n_arrays += 1
        path = os.path.join(self.folder, f"array-{self._n_arrays}.npy")
        content = f"an array of {array.nbytes / 1e6:.0f} MB"
        if not _has_room(self.folder, array.nbytes):
            raise self._no_room(content)
        try:
            np.save(path, array, allow_pickle=False)
        except OSError as error:  # numpy names neither the file nor the reason
            raise self._no_room(content, _why_it_ends(path)) from error
        return path


def _why_it_ends(path: str) -> int | None:
    """The number of the error that one more byte of a file raises, None if there is none."""
    try:
        with open(path, "ab") as file:
            file.write(b"\0")
    except OSError as error:
        return error.errno
    return None


def load_function(path: str) -> Function:
    """What a `SharedFunction` holds; large arrays are read-only maps of its files."""
    with open(path, "rb") as file:
        function: Function = _cloudpickle().load(file)
    return function


def _is_large_array(obj: Any) -> bool:
    return type(obj) in (np.ndarray, np.memmap) and obj.nbytes >= LARGE and obj.dtype.kind in PLAIN_KINDS


def _is_whole_file_map(array: Any) -> bool:
    """Whether the array is what np.memmap returned, neither a part of it nor private to this process."""
    contiguous = array.flags.c_contiguous or array.flags.f_contiguous
    return isinstance(array.base, mmap.mmap) and bool(array.filename) and array.mode != "c" and contiguous


def _load_array(path: str) -> np.ndarray[Any, Any]:
    # A plain array over the map: np.memmap would make each slice of it a little slower.
    array: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return array


def _open_map(path: str, dtype: Any, offset: int, shape: tuple[int, ...], order: Any) -> np.ndarray[Any, Any]:
    mapped: np.memmap[Any, Any] = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape, order=order)
    return mapped.view(np.ndarray)


def _roots(asked: str | None) -> list[str]:
    """Folders to make folders in, in order of preference."""
    if asked:
        return [os.path.abspath(os.path.expanduser(asked))]  # as joblib does; the program may change its directory
    # Shared memory first, as joblib does: files there are not written to a disk.
    shared = ["/dev/shm"] if os.access("/dev/shm", os.W_OK | os.X_OK) else []
    with suppress(FileNotFoundError):  # no folder for temporary files takes a file, or there is none
        return [*shared, os.path.abspath(tempfile.gettempdir())]
    return shared


def _has_room(folder: str, n_bytes: int = 0) -> bool:
    """Whether the folder's disk keeps some room: a full one would hit other programs, too."""
    free = shutil.disk_usage(folder).free
    return free >= n_bytes + max(LARGE, free // 10)
