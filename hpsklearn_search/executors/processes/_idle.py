"""Workers that wait for the next search of this process.

To start a worker takes more than a second, most of it to import scikit-learn. So at the end of a search its
workers forget all about it and wait, for at most `IDLE_SECONDS`. A worker serves one search at a time, and only
searches of the thread that started it: Linux ends it with that thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from multiprocessing import util
from typing import Any

from ._child import Child, end_children
from ._inherited import Inherited, inherited


class IdleWorkers:
    """The waiting workers of this process."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._lock = threading.Lock()
        self._finalizer: Any = None

    def keep(self, child: Child) -> None:
        """Add a worker that has forgotten its search."""
        with self._lock:
            self._children.append(child)
            if self._finalizer is None or not self._finalizer.still_active():
                # Must run before multiprocessing joins its children at exit.
                self._finalizer = util.Finalize(None, self.end, exitpriority=100)

    def take(self, wanted: Inherited, thread: int) -> Child | None:
        """Remove and return a worker as a new one would be; None if there is none. End those that no longer fit."""
        with self._lock:
            unfit = [child for child in self._children if not _fits(child, wanted, thread)]
            mine = [child for child in self._children if child.thread == thread and child not in unfit]
            taken = mine[:1]
            self._children = [child for child in self._children if child not in [*unfit, *taken]]
        end_children(unfit)
        return taken[0] if taken else None

    def end(self) -> None:
        """End all."""
        with self._lock:
            children, self._children = self._children, []
        end_children(children)

    def forget(self) -> None:
        """Leave all to the process that this one was forked from."""
        children, self._children = self._children, []
        self._lock, self._finalizer = threading.Lock(), None
        for child in children:
            child.abandon()


def _fits(child: Child, wanted: Inherited, thread: int) -> bool:
    """False if a worker has ended, or if this thread will hardly need it again."""
    # A waiting worker has nothing to say: what could be read is the end of its pipe.
    return not child.is_dead() and not child.has_message() and (child.thread != thread or child.inherited == wanted)


_IDLE_WORKERS = IdleWorkers()
keep = _IDLE_WORKERS.keep

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_IDLE_WORKERS.forget)


def take(environment: Mapping[str, str]) -> Child | None:
    """A waiting worker for a search of this thread, with these further variables of the environment."""
    return _IDLE_WORKERS.take(inherited(environment), threading.get_native_id())


def end_idle_workers() -> None:
    """End the worker processes that wait for the next search.

    They would wait for 300 seconds, or until this program ends. A search that is running keeps its workers.

    Examples
    --------
    >>> from hpsklearn_search.executors import end_idle_workers
    >>> end_idle_workers()
    """
    _IDLE_WORKERS.end()
