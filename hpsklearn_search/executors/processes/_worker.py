"""What runs inside a worker process: load the function, then run task after task until the pipe ends.

A message to the owner is one byte and a pickle: `READY`, `BROKEN` (the function cannot be loaded; the
reason as text) or `DONE` (the result of a task). That a task was received, and that the function was
called, the worker writes to a small shared file instead, which does not wake the owner.
"""

from __future__ import annotations

import atexit
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

from ..._texts import without_secrets
from .._messages import run_message
from .._protocol import Function
from .._shipping import load_function
from .._streams import ignore_stream_errors, open_standard_descriptors

READY, BROKEN, DONE = b"R", b"B", b"D"


class TaskProgress:
    """A file that two processes share: how many tasks were received, and when the last one was started.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     TaskProgress.create(os.path.join(folder, "progress"))
    ...     ours, other = (TaskProgress(os.path.join(folder, "progress")) for _ in range(2))
    ...     other.mark_received(1); ours.n_received, ours.started_at
    ...     other.mark_started(); ours.started_at <= time.monotonic()
    ...     ours.close(); other.close()
    (1, None)
    True
    """

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), 16)
        # Eight aligned bytes are written at once, so the other process never reads half a number.
        self._cells = memoryview(self._map).cast("d")

    @staticmethod
    def create(path: str) -> None:
        """Make the file."""
        with open(path, "wb") as file:
            file.write(bytes(16))

    @property
    def n_received(self) -> int:
        """Number of the task received last, from 1; 0 before the first."""
        return int(self._cells[0])

    @property
    def started_at(self) -> float | None:
        """When the function was called for it, on the machine's monotonic clock; None before that."""
        return self._cells[1] or None

    def mark_received(self, number: int) -> None:
        """Write that task `number` has arrived."""
        # The time is reset first, or the owner could read the start of the last task with the number of this one.
        self._cells[1] = 0.0
        self._cells[0] = float(number)

    def mark_started(self) -> None:
        """Write that the function is called now."""
        self._cells[1] = time.monotonic()

    def close(self) -> None:
        """Unmap the file."""
        self._cells.release()
        self._map.close()


@dataclass(frozen=True)
class WorkerConfig:
    """The files of a worker, and the process id of its owner, with whom it dies."""

    function: str
    progress: str
    log: str  # what goes to stderr before the worker is ready
    crash: str  # the stack at a fatal signal
    owner: int


def serve(config: WorkerConfig, pipe: Connection, lifeline: Connection | None) -> None:
    """Run tasks from `pipe` until its other end closes."""
    _set_up_process(lifeline)
    with open(config.crash, "w") as crash:
        faulthandler.enable(crash)
        function = _load(config, pipe)
        if function is not None:
            _run_tasks(function, pipe, TaskProgress(config.progress))
        faulthandler.disable()
    _exit()


def _exit() -> None:
    """End the process with what libraries registered for the exit, but without unloading every module."""
    atexit._run_exitfuncs()
    _flush()
    os._exit(0)


def _set_up_process(lifeline: Connection | None) -> None:
    """Make this a process that Ctrl-C does not reach, and that dies with its owner."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's to handle
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # the owner blocked it during the start
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # a group of its own, so that its children can be killed with it
    # On Linux the kernel was asked to do that when this process began, even while a fit holds the interpreter lock.
    if lifeline is not None:
        threading.Thread(target=_die_with, args=(lifeline,), daemon=True).start()


def _die_with(lifeline: Connection) -> None:
    """Wait for the end of a pipe of which only the owner has the other end, then die."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(0)


def _load(config: WorkerConfig, pipe: Connection) -> Function | None:
    """Load the function. What is written to stderr meanwhile goes to a file, which the owner quotes if we die."""
    open_standard_descriptors()
    stderr = os.dup(2)
    with open(config.log, "wb") as log:
        os.dup2(log.fileno(), 2)
    function = None
    try:
        _nest_joblib()
        function = load_function(config.function)
    except BaseException:
        pipe.send_bytes(BROKEN + without_secrets(traceback.format_exc()).encode(errors="replace"))
    finally:
        _flush()
        os.dup2(stderr, 2)
        os.close(stderr)
    with open(config.log, "rb") as log, ignore_stream_errors():
        os.write(2, log.read())
    if function is not None:
        _show_warnings_once(os.path.dirname(config.function))
        pipe.send_bytes(READY)
    return function


def _nest_joblib() -> None:
    """Make joblib take this process for one of its own workers, in which it starts threads, not processes."""
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
        text = repr((str(message), category.__name__, filename, lineno)).encode(errors="replace")
        try:
            open(os.path.join(folder, f"warning-{hashlib.sha256(text).hexdigest()}"), "x").close()
        except FileExistsError:
            return
        except OSError:
            pass  # no folder, no room: better twice than never
        print_warning(message, category, filename, lineno, file, line)

    warnings.showwarning = show


def _run_tasks(function: Function, pipe: Connection, progress: TaskProgress) -> None:
    number = 0
    while True:
        try:
            message = pipe.recv_bytes()
        except (EOFError, OSError):  # the owner closed the pipe, or has died
            return
        number += 1
        progress.mark_received(number)
        answer = DONE + run_message(function, message, on_start=progress.mark_started)
        _flush()
        pipe.send_bytes(answer)


def _flush() -> None:
    """Show what the function printed now, as this process may be killed at any time."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # None, or closed by the function
            continue
