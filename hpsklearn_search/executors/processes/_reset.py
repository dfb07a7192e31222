"""Whether a worker that has forgotten its search is as it was before, so that another search may have it.

What a fit often changes is put back: warning filters, the error states of numpy and decimal, context variables,
the global random numbers. So is what is easily put back: blocked signals, timers, hooks, the timeout of sockets. The
rest of what is looked at is only compared. If it differs, the process ends, and a new one takes its place.

>>> before = State.now()
>>> before.is_still_true()
True
>>> limit = sys.getrecursionlimit(); sys.setrecursionlimit(limit + 1)
>>> before.is_still_true()
False
>>> sys.setrecursionlimit(limit)
"""

from __future__ import annotations

import builtins
import contextvars
import decimal
import gc
import importlib
import locale
import logging
import os
import random
import signal
import socket
import sys
import threading
import warnings
from _thread import _count as n_threads  # with those that `threading` does not know
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ..._threads import thread_limits
from ._inherited import inherited, process_status

T = TypeVar("T")

MAX_GROWTH = 300_000  # kB that a worker may keep for itself, from its start on; the bound of joblib's own workers.


def run_and_restore(function: Callable[[], T]) -> T:
    """Call the function, then put back what fits often change."""
    try:
        with warnings.catch_warnings(), np.errstate(), decimal.localcontext(), _signals(), _hooks():
            return contextvars.copy_context().run(function)
    finally:
        random.seed()
        np.random.seed()  # noqa: NPY002 - the generator that estimators without a random_state use


@contextmanager
def _signals() -> Iterator[None]:
    """End timers, and put back the set of blocked signals of this thread."""
    if not hasattr(signal, "setitimer"):  # Windows has neither
        yield
        return
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        yield
    finally:
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(timer, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


@contextmanager
def _hooks() -> Iterator[None]:
    """Put back the timeout of new sockets, and what is called for an exception that nobody catches."""
    timeout = socket.getdefaulttimeout()
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    try:
        yield
    finally:
        socket.setdefaulttimeout(timeout)
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


@dataclass(frozen=True)
class State:
    """What this process was like at some time."""

    settings: list[Any]
    thread_limits: dict[str, int]
    threads: list[threading.Thread]
    n_threads: int
    files: set[int]

    @classmethod
    def now(cls) -> State:
        """A reading."""
        return cls(_settings(), thread_limits(), threading.enumerate(), n_threads(), _open_files())

    def is_still_true(self) -> bool:
        """Whether no setting has changed, and no thread or open file was added."""
        now = State.now()
        limits = {**self.thread_limits, **now.thread_limits}
        return (
            now.settings == self.settings
            and all(limits[library] == limit for library, limit in self.thread_limits.items())
            and set(now.threads) <= set(self.threads)
            and now.n_threads <= self.n_threads
            and now.files <= self.files
        )


def _settings() -> list[Any]:
    return [
        inherited({}),
        [(name, id(value)) for name, value in vars(sys.modules["__main__"]).items()],
        [signal.getsignal(number) for number in signal.valid_signals()],
        locale.setlocale(locale.LC_ALL),
        [sys.stdin, sys.stdout, sys.stderr, sys.gettrace(), sys.getprofile(), sys.getrecursionlimit()],
        [gc.isenabled(), gc.get_threshold(), sys.getswitchinterval(), sys.dont_write_bytecode],
        [(name, id(value)) for name, value in vars(builtins).items()],
        [getattr(os, name)() for name in ("geteuid", "getegid", "getgroups") if hasattr(os, name)],
        [logging.root.level, list(logging.root.handlers), logging.root.manager.disable],
    ]


def _open_files() -> set[int]:
    try:
        numbers = [int(name) for name in os.listdir("/dev/fd")]
    except OSError:
        return set()
    return {number for number in numbers if _is_open(number)}  # without that of the listing


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def keeps_data(folder: str, memory_before: int) -> bool:
    """Whether files of a folder are still mapped, or much memory is not free, once garbage is collected."""
    gc.collect()
    return private_memory() - memory_before > MAX_GROWTH or _is_mapped(folder)


def private_memory() -> int:
    """The memory of this process alone, in kB; 0 where the system does not say."""
    return int(process_status("RssAnon").partition(" ")[0] or 0)


def _is_mapped(folder: str) -> bool:
    try:
        with open("/proc/self/maps", "rb") as maps:
            return os.fsencode(folder) in maps.read()
    except OSError:
        return False


def has_newer_modules(born: float) -> bool:
    """Whether the file of a loaded module was changed after this time: a new process would load it anew."""
    importlib.invalidate_caches()
    paths = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return any(_changed_at(path) > born for path in paths if isinstance(path, str))


def _changed_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:  # a module of an archive
        return 0.0
