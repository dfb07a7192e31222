"""Tasks on a Spark cluster: one Spark task each, from a few threads that wait for nothing but Spark.

Nothing polls: a thread per task under way is blocked in Spark, `wait` is blocked on a queue that
these threads fill, and a finished task is with the loop at once.
"""

from __future__ import annotations

import queue
import signal
import sys
import threading
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ...trials import STATUS_CRASHED
from .._messages import unpack
from .._protocol import Finished, Function, Task
from .._shipping import dumps
from ._pickling import PickledWork, pickled_function
from ._pyspark import pinned_thread
from ._worker import SparkCall, TaskTimeout, lost, too_long

PATIENCE = 2.0
"""Seconds for which `close` waits for the threads of cancelled jobs; they are daemons."""


class Cluster(Protocol):
    """What differs between a SparkContext and Spark Connect."""

    session: Any

    @property
    def parallelism(self) -> int:
        """How many tasks to run at once if nobody says."""

    @property
    def slots(self) -> int | None:
        """How many can run at once, where that is known."""

    @property
    def is_stopped(self) -> bool:
        """Whether nothing can run here any more."""

    def ship(self, key: str, function: PickledWork) -> None:
        """Make the pickled work available to the workers."""

    def run(self, call: SparkCall, payload: bytes, tag: str, earlier: int) -> bytes:
        """Run one task and block until it ends."""

    def cancel(self, tag: str) -> None:
        """Stop what runs under `tag`."""

    def close(self) -> None:
        """Free what `ship` took."""


@dataclass(frozen=True)
class _Job:
    """A submitted task; each submission has its own tag."""

    task: Task
    tag: str
    payload: bytes


class SparkExecutor:
    """Runs each task as one task of Spark.

    Parameters
    ----------
    cluster : Cluster
        Where.
    parallelism : int
        How many tasks are with Spark at once.
    max_retries : int, default=1
        How often a task is begun again after the worker under it died.
    task_timeout : float, default=None
        Seconds after which a task has failed, counted from when the work on it begins, in the worker: there
        it is interrupted, and if it cannot be, its worker ended.
    """

    batch_folds = True
    """A task costs about a tenth of a second here, so all folds of a candidate better travel together."""

    def __init__(
        self, cluster: Cluster, parallelism: int, *, max_retries: int = 1, task_timeout: float | None = None
    ) -> None:
        self._cluster = cluster
        self._capacity = parallelism
        self._attempts = 2 + max_retries  # by the last, the worker says that it does not begin once more, and why
        self._call = SparkCall(uuid.uuid4().hex, max_retries, task_timeout)
        self._jobs: dict[str, _Job] = {}
        self._dropped: set[str] = set()  # tags of cancelled jobs that a thread still has
        self._inbox: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[str, Finished | BaseException]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._restore_signal: Any = None

    @property
    def capacity(self) -> int:
        """As many tasks as asked for; Spark queues those it has no slot for."""
        return self._capacity

    def start(self, function: Function) -> None:
        """Pickle the work, data and all, and send it once.

        Raises
        ------
        TypeError
            If the work cannot be pickled, as anything that holds a SparkSession or a DataFrame.
        """
        self._cluster.ship(self._call.key, pickled_function(function))
        self._take_over_interrupts()

    def submit(self, task: Task) -> None:
        """Hand a task to a thread, a new one as long as there are fewer than tasks under way."""
        job = _Job(task, f"hpsklearn-{self._call.key}-{uuid.uuid4().hex}", dumps(task.payload))
        self._jobs[job.tag] = job
        if len(self._threads) < min(len(self._jobs), self._capacity):
            self._threads.append(pinned_thread(self._cluster.session, self._serve))
            self._threads[-1].start()
        self._inbox.put(job)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Block on the queue that the threads fill."""
        until = None if timeout is None else time.monotonic() + timeout
        while self._jobs:
            found = self._take(until)
            if found or (until is not None and time.monotonic() >= until):
                return found
        return []

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Cancel the jobs of these tasks, by their tags; Spark ends their workers within seconds."""
        jobs = [job for job in self._jobs.values() if trial is None or job.task.trial == trial]
        for job in jobs:
            self._drop(job)
        return [job.task for job in jobs]

    def close(self) -> None:
        """Cancel what runs, end the threads, free the data."""
        self.cancel()
        for _ in self._threads:
            self._inbox.put(None)
        for _ in range(2):
            end = time.monotonic() + PATIENCE / 2
            for thread in self._threads:
                thread.join(max(0.0, end - time.monotonic()))
            for tag in list(self._dropped):  # a job that was on its way to Spark when it was cancelled
                self._cancel(tag)
        self._threads.clear()
        self._cluster.close()
        if self._restore_signal is not None:
            signal.signal(signal.SIGINT, self._restore_signal)
            self._restore_signal = None

    # ------------------------------------------------------------------ in the calling thread
    def _take(self, until: float | None) -> list[Finished]:
        """What the threads have finished; waits for one until then."""
        left = None if until is None else max(0.0, until - time.monotonic())
        found = []
        try:
            tag, ending = self._done.get(timeout=left)
            while True:
                if self._jobs.pop(tag, None) is not None:  # else it was cancelled
                    found.append(ending)
                tag, ending = self._done.get_nowait()
        except queue.Empty:
            pass
        for ending in found:
            if isinstance(ending, BaseException):
                raise ending
        return found  # type: ignore[return-value]

    def _drop(self, job: _Job) -> None:
        del self._jobs[job.tag]
        self._dropped.add(job.tag)
        self._cancel(job.tag)

    def _cancel(self, tag: str) -> None:
        if not self._cluster.is_stopped:
            self._cluster.cancel(tag)

    def _take_over_interrupts(self) -> None:
        """Replace pyspark's handler of Ctrl-C, which cancels every job of the context, also the user's others."""
        if threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGINT)
        if getattr(handler, "__module__", "").startswith("pyspark"):
            self._restore_signal = handler
            signal.signal(signal.SIGINT, signal.default_int_handler)

    # ------------------------------------------------------------------ in the threads
    def _serve(self) -> None:
        while (job := self._inbox.get()) is not None:
            ending: Finished | BaseException
            try:
                ending = self._run(job)
            except BaseException as error:
                ending = error
            self._dropped.discard(job.tag)
            self._done.put((job.tag, ending))

    def _run(self, job: _Job) -> Finished:
        """Run a job; where Spark does not itself repeat a task whose worker died, do it here."""
        reason = ""
        for attempt in range(self._attempts):
            if job.tag not in self._jobs:
                break
            try:
                reply = self._cluster.run(self._call, job.payload, job.tag, earlier=attempt)
            except Exception as error:
                if self._cluster.is_stopped:
                    raise RuntimeError("the Spark session was stopped while the search ran on it") from error
                reason = str(error)
                check_environment(reason)
            else:
                return self._finished(unpack(job.task, reply), reason)
        return Finished(job.task, failure=lost(self._attempts, reason))

    def _finished(self, finished: Finished, reason: str) -> Finished:
        """With what only this side knows: how long is too long, and what Spark said of the worker's death."""
        failure = finished.failure
        if failure is not None and failure.kind == TaskTimeout.__name__:
            return replace(finished, failure=too_long(self._call.timeout))
        if failure is not None and failure.status == STATUS_CRASHED:
            return replace(finished, failure=replace(failure, traceback=reason))
        return finished


def check_environment(reason: str) -> None:
    """Raise if Python raised in the worker, outside of all that the work can raise: no trial can run then.

    Raises
    ------
    RuntimeError
        Says what the workers lack.
    """
    _, found, said = reason.partition("Traceback (most recent call last):")
    if not found:
        return
    lines = [line for line in said.partition("SQLSTATE")[0].splitlines() if line[:1].strip()]
    last = lines[0] if lines else reason
    raise RuntimeError(
        f"Spark's Python workers cannot run the search: {last}. Install the packages of this Python there; where "
        f"workers run on this machine, set PYSPARK_PYTHON={sys.executable!r} before Spark starts"
    )
