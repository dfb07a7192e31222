"""A process that serves searches, as its owner sees it: start it, look whether it lives, kill it."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import connection, process
from multiprocessing.connection import Connection
from typing import Any

from .._streams import flushable_streams, open_standard_descriptors
from ._inherited import inherited
from ._relatives import descendants
from ._worker import IDLE, serve

# Elsewhere the kernel does not kill a child with its parent; a thread in the child waits on a pipe instead.
NEEDS_LIFELINE = sys.platform != "linux"

PATIENCE = 10.0  # Seconds to wait for a killed process; even SIGKILL waits for a disk that does not answer.

GRACE = 2.0  # Seconds for a process to end by itself, and to remove what its own libraries made.


class Child:
    """A fresh interpreter that imports this library and then waits for a search."""

    # It is started as joblib starts its own workers, which needs no ``if __name__ == "__main__"`` and
    # works from scripts, notebooks, stdin and ``python -c``. The constructor returns at once.

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.inherited = inherited(environment)
        self.thread = threading.get_native_id()  # Linux kills the process when this thread ends
        self.started_at = time.monotonic()
        self.start_seconds = 0.0  # until it was ready for its first task
        self.pipe, self._lifeline, self._process = _start(environment)
        self._pidfd = _open_pidfd(self._process.pid)
        self.sentinel: int = self._process.sentinel if self._pidfd is None else self._pidfd

    def has_message(self) -> bool:
        """Whether `receive` would return something at once."""
        try:
            return self.pipe.poll(0)
        except (EOFError, OSError):
            return False

    def receive(self) -> bytes | None:
        """Its next message; None if there will be none."""
        try:
            return self.pipe.recv_bytes()
        except (EOFError, OSError):
            return None

    def is_dead(self) -> bool:
        """Whether the process has ended."""
        return bool(connection.wait([self.sentinel], 0))

    def becomes_idle(self, deadline: float) -> bool:
        """Wait for its word that nothing of the last search is left; False if it ended instead, or is late."""
        while connection.wait([self.pipe, self.sentinel], max(0.0, deadline - time.monotonic())):
            message = self.receive()
            if message is None or message == IDLE:
                return message == IDLE
        return False

    def close(self) -> None:
        """Tell it to end; call `kill` afterwards."""
        with suppress(OSError):
            self.pipe.close()

    def kill(self) -> int | None:
        """Kill it with all its children, if it lives, and free what belongs to it; the exit code."""
        self._send_sigkill()
        self._process.join(PATIENCE)
        code: int | None = self._process.exitcode
        self._free()
        return code

    def abandon(self) -> None:
        """Leave it to the process that this one was forked from."""
        # Else multiprocessing would join it when this process exits, and may join children only.
        getattr(process, "_children", set()).discard(self._process)
        self._free()

    def _free(self) -> None:
        for end in (self.pipe, self._lifeline):
            with suppress(OSError):
                if end is not None:
                    end.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None

    def _send_sigkill(self) -> None:
        if sys.platform == "win32":
            from joblib.externals.loky.backend.utils import kill_process_tree

            kill_process_tree(self._process)
        elif _is_our_child(self._process.pid):
            # Its descendants may be in other groups. They can be found only as long as it lives.
            below = [] if self.is_dead() else descendants(self._process.pid)
            _signal(os.killpg, self._process.pid)  # fails if it has not yet made its own group
            for pid in (self._process.pid, *below):
                _signal(os.kill, pid)


def _signal(send: Callable[[int, int], None], pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        send(pid, signal.SIGKILL)


def end_children(children: list[Child]) -> None:
    """Let processes that wait for us end by themselves, and kill those that do not."""
    for child in children:
        child.close()
    deadline = time.monotonic() + GRACE
    for child in children:
        connection.wait([child.sentinel], max(0.0, deadline - time.monotonic()))
        child.kill()


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


def _start(environment: Mapping[str, str]) -> tuple[Connection, Connection | None, Any]:
    """Start the process; our ends of its pipe and its lifeline, and the process."""
    from joblib.externals.loky.backend import get_context

    open_standard_descriptors()
    context = get_context("loky")
    ours, other = context.Pipe(duplex=True)
    lifeline_end, lifeline = context.Pipe(duplex=False) if NEEDS_LIFELINE else (None, None)
    child = context.Process(
        target=_Serve(os.getpid()),
        args=(time.time(), other, lifeline_end),
        name="hpsklearn_search-worker",
        env=dict(environment),
    )
    with _explained(), _sigint_blocked(), flushable_streams():  # loky flushes both streams
        child.start()
    other.close()
    if lifeline_end is not None:
        lifeline_end.close()
    return ours, lifeline, child


@contextmanager
def _explained() -> Iterator[None]:
    """Within, an error says that it is about the start of a process, and what to do without one."""
    try:
        yield
    except Exception as error:  # a limit of the system, or an interpreter that is not known
        first = _first_of(error)
        raise RuntimeError(
            f"a worker process could not be started: {type(first).__name__}: {first}; look at "
            f"{_reason_for(first)}, or run in this process with n_jobs=1 and trial_timeout=None"
        ) from error


def _first_of(error: BaseException) -> BaseException:
    """The error of the system, if there is one: loky's clean-up may fail, too, and hide it."""
    earlier: BaseException | None = error
    while earlier is not None and not isinstance(earlier, OSError):
        earlier = earlier.__context__
    return earlier or error


def _reason_for(error: BaseException) -> str:
    """What to look at after an error of the start."""
    if isinstance(error, OSError) and error.errno == errno.EMFILE:
        return "the limit on open files (ulimit -n)"
    return "the limit on processes (ulimit -u) and at sys.executable"


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
