"""A worker process as its owner sees it: start it, send it tasks, receive messages, kill it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Any

from .._shipping import SharedFunction
from .._streams import flushable_streams, open_standard_descriptors
from ._worker import TaskProgress, WorkerConfig, serve

# Elsewhere the kernel does not kill a child with its parent; a thread in the child waits on a pipe instead.
NEEDS_LIFELINE = sys.platform != "linux"

FILES = ("progress", "log", "crash")

QUOTED = 4000  # How many characters of a dead worker's output are quoted.

PATIENCE = 10.0  # Seconds to wait for a killed process; even SIGKILL waits for a disk that does not answer.

FITS_A_PIPE = 16_000  # Bytes that the operating system takes from us even if nobody reads them yet.


class WorkerProcess:
    """One worker: a fresh interpreter that loads the function and then runs task after task."""

    # It is started as joblib starts its own workers, which needs no ``if __name__ == "__main__"`` and
    # works from scripts, notebooks, stdin and ``python -c``. The constructor returns at once.

    def __init__(self, shared: SharedFunction, environment: Mapping[str, str], number: int) -> None:
        self._files = {name: os.path.join(shared.folder, f"{name}-{number}") for name in FILES}
        TaskProgress.create(self._files["progress"])
        self._progress = TaskProgress(self._files["progress"])
        self.is_ready = False  # whether it has loaded the function
        self.started_at = self.sent_at = time.monotonic()
        self._n_sent = 0
        self._unsent: bytes | None = None
        config = WorkerConfig(shared.path, owner=os.getpid(), **self._files)
        self.pipe, self._lifeline, self._process = _start(config, environment)
        self._pidfd = _open_pidfd(self._process.pid)
        self.sentinel: int = self._process.sentinel if self._pidfd is None else self._pidfd

    # ------------------------------------------------------------------ tasks
    def send(self, message: bytes) -> None:
        """Send it a task; never blocks: a large message waits here until the worker is ready to read it."""
        self._n_sent += 1
        self.sent_at = time.monotonic()
        if self.is_ready or len(message) <= FITS_A_PIPE:
            self._write(message)
        else:
            self._unsent = message

    def become_ready(self) -> None:
        """Note that it has loaded the function, and send what had to wait for that."""
        self.is_ready = True
        if self._unsent is not None:
            message, self._unsent = self._unsent, None
            self._write(message)

    def _write(self, message: bytes) -> None:
        with suppress(OSError):  # the worker is dead, which its sentinel will show
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
        """Whether the task sent last has reached it."""
        # If the worker dies before this, the task is sent again without counting a retry.
        return self._n_sent > 0 and self._progress.n_received == self._n_sent

    @property
    def task_started_at(self) -> float | None:
        """When the task sent last was started, on the monotonic clock; None before that."""
        return self._progress.started_at if self.has_received else None

    # ------------------------------------------------------------------ end
    def close(self) -> None:
        """Tell an idle worker to end; call `kill` afterwards."""
        with suppress(OSError):
            self.pipe.close()

    def is_dead(self) -> bool:
        """Whether the process has ended."""
        return bool(connection.wait([self.sentinel], 0))

    def kill(self) -> int | None:
        """Kill it with all its children, if it lives, and free all but its files; the exit code."""
        self._send_sigkill()
        self._process.join(PATIENCE)
        code: int | None = self._process.exitcode
        for end in (self.pipe, self._lifeline):
            with suppress(OSError):
                if end is not None:
                    end.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        self._progress.close()
        return code

    def _send_sigkill(self) -> None:
        if sys.platform == "win32":
            from joblib.externals.loky.backend.utils import kill_process_tree

            kill_process_tree(self._process)
        elif _is_our_child(self._process.pid):
            with suppress(ProcessLookupError, PermissionError):  # it has not yet made its own group
                os.killpg(self._process.pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    def stack(self) -> str:
        """Its Python stack at a fatal signal; empty if there was none."""
        return self._read("crash").partition("\nExtension modules:")[0].strip()[:QUOTED]

    def stderr_tail(self) -> str:
        """The end of what it wrote to stderr before it was ready, or its stack."""
        return self._read("log").strip()[-QUOTED:] or self.stack()

    def _read(self, kind: str) -> str:
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


# Evaluated in the child before it imports this library, which takes seconds on a loaded machine.
_SERVE = """(
    __import__("sys").platform == "linux" and __import__("ctypes").CDLL(None).prctl(1, 9),  # PR_SET_PDEATHSIG, SIGKILL
    __import__("os").name == "posix" and __import__("os").getppid() != {owner} and __import__("os")._exit(0),
    __import__("importlib").import_module({module!r}).serve,
)[-1]"""


class _Serve:
    """`serve`, for a child that dies with its owner from the moment on at which it unpickles this."""

    def __init__(self, owner: int) -> None:
        self._owner = owner

    def __call__(self, *args: Any) -> None:
        raise NotImplementedError("it is called in the child, where it is `serve`")

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (_SERVE.format(owner=self._owner, module=serve.__module__),)


def _start(config: WorkerConfig, environment: Mapping[str, str]) -> tuple[Connection, Connection | None, Any]:
    """Start the process; our ends of its pipe and its lifeline, and the process."""
    from joblib.externals.loky.backend import get_context

    open_standard_descriptors()
    context = get_context("loky")
    ours, other = context.Pipe(duplex=True)
    lifeline_end, lifeline = context.Pipe(duplex=False) if NEEDS_LIFELINE else (None, None)
    process = context.Process(
        target=_Serve(config.owner),
        args=(config, other, lifeline_end),
        name="hpsklearn_search-worker",
        env=dict(environment),
    )
    with _sigint_blocked(), flushable_streams():  # loky flushes both streams
        process.start()
    other.close()
    if lifeline_end is not None:
        lifeline_end.close()
    return ours, lifeline, process


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """A child that starts in the block inherits the mask, so Ctrl-C cannot kill it before it is set up."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # else it would be started in the block, and clear the mask
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _open_pidfd(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None where the system has none."""
    # The usual sentinel, a pipe, stays open as long as a child that the worker forked lives.
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _is_our_child(pid: int) -> bool:
    """Whether `pid` is still our child, dead or alive."""
    # If somebody else has waited for it, the number may belong to another process by now.
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
