"""What runs inside a worker process: load the work, then one task after another until the pipe ends.

What it says to its owner is one byte and a pickle: `READY`, `BROKEN` (the work cannot be loaded; the
reason as text) or `DONE` (what came of a task). When it receives a task, and when the work then begins,
it writes to a small shared file instead, which wakes nobody.
"""

from __future__ import annotations

import atexit
import ctypes
import faulthandler
import hashlib
import mmap
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TextIO

from ..._streams import ignore_stream_errors, open_standard_descriptors
from .._messages import run_message
from .._protocol import Function
from .._shipping import load_function

READY, BROKEN, DONE = b"R", b"B", b"D"


class SharedClock:
    """A file that two processes share: how many tasks were received, and when the last one began.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     SharedClock.create(os.path.join(folder, "stamp"))
    ...     ours, theirs = (SharedClock(os.path.join(folder, "stamp")) for _ in range(2))
    ...     theirs.receive(1); ours.received, ours.began
    ...     theirs.begin(); ours.began <= time.monotonic()
    ...     ours.close(); theirs.close()
    (1, None)
    True
    """

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 16)
        self._cells = memoryview(self._map).cast("d")  # eight aligned bytes are written at once

    @staticmethod
    def create(path: str) -> None:
        """Make the file."""
        with open(path, "wb") as file:
            file.write(bytes(16))

    @property
    def received(self) -> int:
        """Number of the task received last, from 1; 0 before the first."""
        return int(self._cells[0])

    @property
    def began(self) -> float | None:
        """When the work on it began, on the machine's monotonic clock; None if it did not yet."""
        return self._cells[1] or None

    def receive(self, number: int) -> None:
        """Say that task `number` is here."""
        self._cells[1] = 0.0
        self._cells[0] = float(number)

    def begin(self) -> None:
        """Say that its work begins."""
        self._cells[1] = time.monotonic()

    def close(self) -> None:
        """Unmap the file."""
        self._cells.release()
        self._map.close()


@dataclass(frozen=True)
class WorkerConfig:
    """Where a worker finds things, and whose worker it is.

    Attributes
    ----------
    work, stamp, log, crash : str
        Files: the work; the `SharedClock`; what goes to stderr before the worker is ready; the stack of a
        fatal signal.
    owner : int
        Process id of the owner, with whom the worker dies.
    keeps_exceptions : bool
        Whether exceptions are sent back as such, besides their text.
    """

    function: str
    stamp: str
    log: str
    crash: str
    owner: int
    keeps_exceptions: bool


def serve(station: WorkerConfig, pipe: Connection, lifeline: Connection | None) -> None:
    """Run tasks from `pipe` until its other end closes."""
    _settle(station, lifeline)
    with open(station.crash, "w") as crash:
        faulthandler.enable(crash)
        function = _boot(station, pipe)
        if function is not None:
            _run_tasks(function, pipe, SharedClock(station.stamp), station.keeps_exceptions)
        faulthandler.disable()
    _leave()


def _leave() -> None:
    """End the process with what libraries asked for at exit, but without taking apart every module they loaded."""
    atexit._run_exitfuncs()
    _flush()
    os._exit(0)


def _settle(station: WorkerConfig, lifeline: Connection | None) -> None:
    """Be a process that Ctrl-C does not reach, that dies with its owner, alone with its own children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # the owner blocked it for the birth
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # so that the whole family can be killed at once
    if sys.platform == "linux":
        pr_set_pdeathsig = 1  # works even while a fit holds the interpreter lock
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != station.owner:
            os._exit(0)
    if lifeline is not None:
        threading.Thread(target=_die_with, args=(lifeline,), daemon=True).start()


def _die_with(lifeline: Connection) -> None:
    """Wait for the end of a pipe of which only the owner holds the other end, then die."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(0)


def _boot(station: WorkerConfig, pipe: Connection) -> Function | None:
    """Load the work. What is written to stderr meanwhile is kept, for the owner to quote if we die."""
    open_standard_descriptors()
    stderr = os.dup(2)
    with open(station.log, "wb") as log:
        os.dup2(log.fileno(), 2)
    function = None
    try:
        _nest_joblib()
        function = load_function(station.function)
    except BaseException:
        pipe.send_bytes(BROKEN + traceback.format_exc().encode(errors="replace"))
    finally:
        _flush()
        os.dup2(stderr, 2)
        os.close(stderr)
    with open(station.log, "rb") as log, ignore_stream_errors():
        os.write(2, log.read())
    if function is not None:
        _show_warnings_once(os.path.dirname(station.function))
        pipe.send_bytes(READY)
    return function


def _nest_joblib() -> None:
    """Make joblib take this process for one of its own workers: what runs inside gets threads, not processes."""
    from joblib import parallel

    backend, n_jobs = parallel.get_active_backend()[0].get_nested_backend()
    parallel.parallel_config(backend=backend, n_jobs=n_jobs)


def _show_warnings_once(folder: str) -> None:
    """Print a warning when the first of all workers meets it, and not again for each fit and worker."""
    print_warning = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        what = repr((str(message), category.__name__, filename, lineno)).encode(errors="replace")
        try:
            open(os.path.join(folder, f"warning-{hashlib.sha256(what).hexdigest()}"), "x").close()
        except FileExistsError:
            return
        except OSError:
            pass  # no folder, no room: better twice than never
        print_warning(message, category, filename, lineno, file, line)

    warnings.showwarning = show


def _run_tasks(function: Function, pipe: Connection, stamp: SharedClock, keep: bool) -> None:
    number = 0
    while True:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):  # the owner closed the pipe, or is gone
            return
        number += 1
        stamp.receive(number)
        answer = DONE + run_message(function, message, keep=keep, on_begin=stamp.begin)
        _flush()
        pipe.send_bytes(answer)


def _flush() -> None:
    """Let the owner's terminal see what the work printed, as this process may be killed at any time."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # None, or closed by the work
            continue
