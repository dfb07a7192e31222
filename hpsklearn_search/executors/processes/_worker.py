"""What runs inside a worker process: load a function, run task after task, forget it, wait for the next search.

A message to the owner is one byte and a pickle: `READY`, `BROKEN` (the function cannot be loaded; the
reason as text), `DONE` (the result of a task) or `IDLE` (nothing of the search is left). That a task was received,
and that the function was called, the worker writes to a small shared file instead, which does not wake the owner.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import hashlib
import mmap
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, TextIO

from ..._secrets_in_texts import without_secrets
from .._messages import run_message
from .._protocol import Function
from .._shipping import load_function
from .._streams import ignore_stream_errors, open_standard_descriptors
from ._relatives import has_relatives
from ._reset import State, has_newer_modules, keeps_data, private_memory, run_and_restore

READY, BROKEN, DONE, IDLE = b"R", b"B", b"D", b"I"

END_OF_SEARCH = b""  # from the owner, in place of a task

IDLE_SECONDS = 300.0  # How long a worker waits for the next search; joblib's own workers wait as long.


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
    """The files of a worker in one search."""

    function: str
    progress: str
    log: str  # what goes to stderr before the worker is ready
    crash: str  # the stack at a fatal signal


def serve(born: float, pipe: Connection, lifeline: Connection | None) -> None:
    """Serve one search after another until the owner closes the pipe, or this process is no longer like a new one."""
    _set_up_process(lifeline)
    gc.freeze()  # what is here for good, no collection needs to look at
    memory = private_memory()
    config = _next_search(pipe)
    while (
        config is not None and _serve_search(config, pipe) and not keeps_data(os.path.dirname(config.function), memory)
    ):
        with suppress(OSError):  # the owner has gone, which is seen next
            pipe.send_bytes(IDLE)
        config = _next_search(pipe)
        if has_newer_modules(born):
            break
    _exit()


def _next_search(pipe: Connection) -> WorkerConfig | None:
    """None if the owner has closed the pipe, or none comes for a while."""
    try:
        config: WorkerConfig | None = pipe.recv() if pipe.poll(IDLE_SECONDS) else None
    except (EOFError, OSError):
        return None
    return config


def _serve_search(config: WorkerConfig, pipe: Connection) -> bool:
    """Load the function and run its tasks; whether this process is then as it was before them."""
    try:
        crash = open(config.crash, "w")  # noqa: SIM115
    except FileNotFoundError:  # the search is over already
        return False
    with crash, _nested_joblib():
        faulthandler.enable(crash)
        function = _load(config, pipe)
        before = State.now()
        is_over = function is not None and run_and_restore(partial(_run_tasks, function, pipe, config))
        faulthandler.disable()
    return is_over and before.is_still_true() and not has_relatives()


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
        pipe.send_bytes(READY)
    return function


def _nested_joblib() -> AbstractContextManager[Any]:
    """Within, joblib takes this process for one of its own workers, in which it starts threads, not processes."""
    from joblib import parallel

    backend, n_jobs = parallel.get_active_backend()[0].get_nested_backend()
    context: AbstractContextManager[Any] = parallel.parallel_config(backend=backend, n_jobs=n_jobs)
    return context


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


def _run_tasks(function: Function, pipe: Connection, config: WorkerConfig) -> bool:
    """Run tasks until the search is over; False if the owner closes the pipe before."""
    _show_warnings_once(os.path.dirname(config.function))
    progress, number = TaskProgress(config.progress), 0
    try:
        while (message := pipe.recv_bytes()) != END_OF_SEARCH:
            number += 1
            progress.mark_received(number)
            answer = DONE + run_message(function, message, on_start=progress.mark_started)
            _flush()
            pipe.send_bytes(answer)
    except (EOFError, OSError):  # the owner closed the pipe, or has died
        return False
    progress.close()
    return True


def _flush() -> None:
    """Show what the function printed now, as this process may be killed at any time."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # None, or closed by the function
            continue
