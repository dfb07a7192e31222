"""What runs in a Python worker of Spark: one task, with a function that the worker unpickles once.

Every exception of the function is caught, and its result pickled, before Spark sees either. Spark
would repeat a task that raises, up to four times.

>>> import pickle
>>> from .._messages import unpack
>>> call = SparkCall("a search", retries=1)
>>> unpack(Task(0, 0, "four"), call.run(lambda: pickle.dumps(len), pickle.dumps("four"), 0, "a-tag")).value
4
>>> str(unpack(Task(0, 0, "four"), call.run(lambda: b"", pickle.dumps("four"), 2, "a-tag")).failure)
'TrialCrashed: its worker died in 2 attempts'
"""

from __future__ import annotations

import faulthandler
import gc
import hashlib
import os
import pickle
import secrets
import signal
import stat
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ...trials import STATUS_CRASHED, STATUS_TIMEOUT, Failure
from .._messages import pack, run_message
from .._protocol import Finished, Function, Task
from .._run import TaskTimeout

# The functions of the latest searches, by key; a worker process serves many tasks, one at a time.
_FUNCTIONS: OrderedDict[str, Function] = OrderedDict()

MAX_FUNCTIONS = 2  # two searches may run at the same time on the same workers

GRACE = 1.0  # Seconds between the interrupt of a task that takes too long and the end of its worker.


class NoTemporaryFolder(OSError):
    """A worker has no folder for temporary files."""


@dataclass(frozen=True)
class SparkCall:
    """What a worker has to know to run the tasks of one search; small, sent with every task."""

    key: str  # unique for a search
    retries: int
    timeout: float | None = None
    # Where the caller finds modules; a worker on the same machine, or with the same folders, finds them there too.
    path: tuple[str, ...] = field(default_factory=lambda: tuple(filter(None, sys.path)))
    user: int | None = field(default_factory=lambda: _user())  # who may own these folders
    # A part of the names of files in a folder that others can write to. Spark shows the tag to everybody.
    secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    def run(self, fetch: Callable[[], bytes], payload: bytes, attempt: int, tag: str) -> bytes:
        """Run task `tag`, which was started `attempt` times before; `fetch` returns the pickled function."""
        trace = "" if self.timeout is None else self._trace(tag)  # a worker may have no folder for one
        if self.timeout is not None and attempt > 0 and pop_timeout_trace(trace):
            return pack(Finished(Task(0, 0, None), failure=timeout_failure(self.timeout)))
        if attempt > self.retries:
            # A fit that kills its worker, for example by lack of memory, must not kill worker after worker.
            return pack(Finished(Task(0, 0, None), failure=crash_failure(attempt)))

        def function(data: Any) -> Any:
            loaded = self._function(fetch)
            with time_limit(self.timeout, trace):
                return loaded(data)

        return run_message(function, payload)

    def remove_trace(self, tag: str) -> None:
        """Remove what a worker on this machine left that Spark ended together with its task."""
        if self.timeout is not None:
            with suppress(NoTemporaryFolder):
                _remove(self._trace(tag))

    def _trace(self, tag: str) -> str:
        try:
            folder = tempfile.gettempdir()
        except FileNotFoundError:
            raise NoTemporaryFolder("the worker has no folder for temporary files that takes a file") from None
        return os.path.join(folder, f"hpsklearn-{_hash(self.secret + tag)}")

    def _function(self, fetch: Callable[[], bytes]) -> Function:
        if self.key in _FUNCTIONS:
            _FUNCTIONS.move_to_end(self.key)
            return _FUNCTIONS[self.key]
        # The real path: somebody could turn a link to another folder later.
        folders = (os.path.realpath(folder) for folder in self.path if folder not in sys.path)
        sys.path.extend(folder for folder in folders if folder not in sys.path and self._may_import_from(folder))
        # Spark caps BLAS and OpenMP at the task's cores; the same for joblib in an estimator with n_jobs=-1.
        os.environ.setdefault("LOKY_MAX_CPU_COUNT", os.environ.get("OMP_NUM_THREADS", "1"))
        gc.unfreeze()  # what an earlier search froze
        function: Function = pickle.loads(fetch())
        _FUNCTIONS[self.key] = function
        while len(_FUNCTIONS) > MAX_FUNCTIONS:
            _FUNCTIONS.popitem(last=False)
        # Spark's daemon collects garbage after every task: with scikit-learn loaded, 60 ms that free nothing.
        gc.collect()
        gc.freeze()
        return function

    def _may_import_from(self, folder: str) -> bool:
        """Whether a real path is a folder of the caller, of this process or of root, which not everybody can fill."""
        # Anybody could create a folder that is missing here, and put code into it.
        if _user() is None:  # Windows
            return os.path.isdir(folder)
        try:
            status = os.lstat(folder)
            above = [os.lstat(parent).st_mode for parent in Path(folder).parents]
        except OSError:
            return False
        is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid in (0, _user(), self.user)
        # Above it, everybody could put another folder in its place, but in a sticky one, such as /tmp.
        is_fixed = all(not mode & stat.S_IWOTH or mode & stat.S_ISVTX for mode in above)
        return is_ours and is_fixed and not status.st_mode & stat.S_IWOTH


def _user() -> int | None:
    return os.geteuid() if hasattr(os, "geteuid") else None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# ---------------------------------------------------------------------- limits of time
@contextmanager
def time_limit(seconds: float | None, trace: str) -> Iterator[None]:
    """Raise TaskTimeout in a block that takes too long; where that is impossible, end the process."""
    if seconds is None:
        yield
        return
    # A long call into C cannot be interrupted: the process ends, and leaves the file for `pop_timeout_trace`.
    with _new_file(trace) as file:
        faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=file)
        try:
            with _alarm(seconds):
                yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            _remove(trace)


def _new_file(path: str) -> TextIO:
    """A new file that nobody else can read; whatever had the name before is removed, and a link is not followed."""
    _remove(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return open(os.open(path, flags, 0o600), "w")


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if not can_interrupt():
        yield
        return
    handler = signal.signal(signal.SIGALRM, _raise_timeout)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


def can_interrupt() -> bool:
    """Whether this thread gets signals, on a system that has alarms."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _raise_timeout(number: int, frame: Any) -> None:
    raise TaskTimeout


def pop_timeout_trace(trace: str) -> bool:
    """Remove the file that an earlier attempt left, and return whether it exceeded its time limit."""
    try:
        with open(os.open(trace, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))) as file:
            is_ours = _user() in (None, os.fstat(file.fileno()).st_uid)
            has_ended = is_ours and file.read(100).startswith("Timeout")
    except (OSError, ValueError):
        return False
    _remove(trace)
    return has_ended


def _remove(path: str) -> None:
    with suppress(OSError):
        os.remove(path)


# ---------------------------------------------------------------------- what went wrong
def timeout_failure(timeout: float | None) -> Failure:
    """The failure of a task that exceeded its time limit."""
    return Failure(STATUS_TIMEOUT, "TimeoutError", f"took longer than {timeout} s")


def crash_failure(attempts: int, reason: str = "") -> Failure:
    """The failure of a task whose workers died."""
    text = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    return Failure(STATUS_CRASHED, "TrialCrashed", f"its worker died in {text}", reason)
