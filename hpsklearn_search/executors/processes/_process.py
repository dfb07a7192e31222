"""A worker process as its owner sees it: born, fed, listened to, buried."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

from ..._streams import flushable_streams, open_standard_descriptors
from .._shipping import SharedFunction
from ._worker import SharedClock, WorkerConfig, serve

NEEDS_LIFELINE = sys.platform != "linux"
"""Elsewhere the kernel does not kill a child with its parent; a thread in the child watches a pipe instead."""


@dataclass(frozen=True)
class WorkerSettings:
    """What all workers of an executor have in common."""

    shipment: SharedFunction
    environment: Mapping[str, str]
    keeps_exceptions: bool


class WorkerProcess:
    """One worker: a fresh interpreter that loads the work and then runs task after task.

    It is started as joblib starts its own workers, which needs no ``if __name__ == "__main__"`` and
    works from scripts, notebooks, stdin and ``python -c``. The constructor returns at once.

    Parameters
    ----------
    settings : WorkerSettings
        What it runs, and how.
    number : int
        Unique among the workers of the shipment.

    Attributes
    ----------
    pipe : Connection
        Readable when the worker has something to say, or is gone.
    sentinel : int
        Readable when the process is gone.
    is_ready : bool
        Whether it has loaded the work; set by the owner.
    born : float
        When it was started, on the monotonic clock.
    """

    def __init__(self, settings: WorkerSettings, number: int) -> None:
        self._files = {name: os.path.join(settings.shipment.folder, f"{name}-{number}") for name in FILES}
        SharedClock.create(self._files["stamp"])
        self._stamp = SharedClock(self._files["stamp"])
        self.is_ready = False
        self.born = time.monotonic()
        self._sent = 0
        self._sent_at = self.born
        self._held: bytes | None = None
        station = WorkerConfig(
            settings.shipment.path,
            owner=os.getpid(),
            keeps_exceptions=settings.keeps_exceptions,
            **self._files,
        )
        self.pipe, self._lifeline, self._process = _start(station, settings.environment)
        self._pidfd = _open_pidfd(self._process.pid)
        self.sentinel: int = self._process.sentinel if self._pidfd is None else self._pidfd

    # ------------------------------------------------------------------ tasks
    def send(self, message: bytes) -> None:
        """Give it a task; never blocks: a large one is kept back until the worker is there to read it."""
        self._sent += 1
        self._sent_at = time.monotonic()
        if self.is_ready or len(message) <= FITS_A_PIPE:
            self._write(message)
        else:
            self._held = message

    def become_ready(self) -> None:
        """Note that it has loaded the work, and hand over what was kept back."""
        self.is_ready = True
        if self._held is not None:
            held, self._held = self._held, None
            self._write(held)

    def _write(self, message: bytes) -> None:
        with suppress(OSError):  # it is gone; its sentinel will tell
            self.pipe.send_bytes(message)

    def receive(self) -> bytes | None:
        """Its next message; None if there will be none."""
        try:
            return self.pipe.recv_bytes()
        except (EOFError, OSError):
            return None

    def has_message(self) -> bool:
        """Whether `receive` would return something at once."""
        try:
            return self.pipe.poll(0)
        except (EOFError, OSError):
            return False

    @property
    def has_received(self) -> bool:
        """Whether the task sent last has reached it; what happens from then on may be the task's doing."""
        return self._sent > 0 and self._stamp.received == self._sent

    @property
    def began(self) -> float | None:
        """When the work on the task sent last began, on the monotonic clock; None while it did not."""
        return self._stamp.began if self.has_received else None

    @property
    def sent_at(self) -> float:
        """When it was given a task last, or born, on the monotonic clock."""
        return self._sent_at

    # ------------------------------------------------------------------ end
    def let_go(self) -> None:
        """Tell an idle worker to end; follow with `bury`."""
        with suppress(OSError):
            self.pipe.close()

    def is_dead(self) -> bool:
        """Whether the process has ended."""
        return bool(connection.wait([self.sentinel], 0))

    def bury(self) -> int | None:
        """Kill it with all its children if it still lives; free everything but its last words. Its exit code."""
        self._kill()
        self._process.join(PATIENCE)
        code: int | None = self._process.exitcode
        for end in (self.pipe, self._lifeline):
            with suppress(OSError):
                if end is not None:
                    end.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        self._stamp.close()
        return code

    def _kill(self) -> None:
        if sys.platform == "win32":
            from joblib.externals.loky.backend.utils import kill_process_tree

            kill_process_tree(self._process)
        elif _is_waited_for(self._process.pid):
            with suppress(ProcessLookupError, PermissionError):  # not yet the head of its own group
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    def stack(self) -> str:
        """Where in its Python code a fatal signal met it; empty if none did."""
        return self._left("crash").partition("\nExtension modules:")[0].strip()[:QUOTED]

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr before it was ready, or its stack."""
        return self._left("log").strip()[-QUOTED:] or self.stack()

    def _left(self, kind: str) -> str:
        try:
            with open(self._files[kind], errors="replace") as file:
                return file.read()
        except OSError:
            return ""

    def remove_files(self) -> None:
        """Delete what it wrote."""
        for path in self._files.values():
            with suppress(OSError):
                os.remove(path)


FILES = ("stamp", "log", "crash")
QUOTED = 4000
"""Characters of a dead worker's output that are quoted."""

PATIENCE = 10.0
"""Seconds to wait for a killed process; even SIGKILL waits for a disk that does not answer."""

FITS_A_PIPE = 16_000
"""Bytes that the operating system takes from us even if nobody reads them yet."""


def _start(station: WorkerConfig, environment: Mapping[str, str]) -> tuple[Connection, Connection | None, Any]:
    """Start the process: our end of its pipe, of its lifeline, and the process."""
    from joblib.externals.loky.backend import get_context

    open_standard_descriptors()
    context = get_context("loky")
    ours, theirs = context.Pipe(duplex=True)
    watched, lifeline = context.Pipe(duplex=False) if NEEDS_LIFELINE else (None, None)
    process = context.Process(
        target=serve, args=(station, theirs, watched), name="hpsklearn_search-worker", env=dict(environment)
    )
    with _sigint_blocked(), flushable_streams():  # loky flushes both streams
        process.start()
    theirs.close()
    if watched is not None:
        watched.close()
    return ours, lifeline, process


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """A child that is born in the block inherits the mask, so Ctrl-C cannot kill it before it is set up."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # else it would be started in the block, and clear the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _open_pidfd(pid: int) -> int | None:
    """A descriptor that tells of the death of the process itself, where the system has such.

    The usual sentinel, a pipe, stays open as long as a child forked by the worker lives.
    """
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _is_waited_for(pid: int) -> bool:
    """Whether `pid` is still our child, dead or alive; if not, the number may belong to somebody else by now."""
    if not hasattr(os, "waitid"):  # macOS, before Python 3.13: no way to ask
        return True
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def describe_exit(code: int | None) -> str:
    """What an exit code means.

    >>> describe_exit(3), describe_exit(-11)
    ('exited with code 3', 'was killed by SIGSEGV (exit code -11)')
    """
    if code is None:
        return "ended for an unknown reason"
    if code >= 0:
        return f"exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = "; the system does that when memory runs out" if name == "SIGKILL" else ""
    return f"was killed by {name} (exit code {code}{hint})"
