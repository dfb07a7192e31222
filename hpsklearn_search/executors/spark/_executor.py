"""Tasks on a Spark cluster: each is one Spark task, started by a thread that waits for it.

Nothing polls. There is a thread for each running task, which is blocked in Spark; `wait` is blocked on a
queue that these threads fill, so that the loop gets a finished task at once.
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

from ...trials import STATUS_CRASHED, Failure
from .._messages import unpack
from .._protocol import Finished, Function, Task
from .._run import TaskTimeout
from .._shipping import dumps
from ._pickling import PickledFunction, pickled_function
from ._pyspark import pinned_thread
from ._worker import NoTemporaryFolder, SparkCall, crash_failure, timeout_failure

PATIENCE = 2.0  # Seconds for which `close` waits for the threads of cancelled jobs; they are daemons.


class Cluster(Protocol):
    """What differs between a SparkContext and Spark Connect."""

    session: Any

    @property
    def parallelism(self) -> int:
        """How many tasks to run at once by default."""

    @property
    def slots(self) -> int | None:
        """How many tasks can run at once, where that is known."""

    @property
    def is_stopped(self) -> bool:
        """Whether the session has ended."""

    def send_function(self, key: str, function: PickledFunction) -> None:
        """Make the pickled function available to the workers."""

    def run(self, call: SparkCall, payload: bytes, tag: str, n_earlier_attempts: int) -> bytes:
        """Run one task and block until it ends."""

    def cancel(self, tag: str) -> None:
        """Stop the task with this tag."""

    def close(self) -> None:
        """Free what `send_function` made available."""


@dataclass(frozen=True)
class _Job:
    """A submitted task; each submission has its own tag."""

    task: Task
    tag: str
    payload: bytes


class SparkExecutor:
    """Runs each task as one task of Spark, `parallelism` of them at once."""

    batch_folds = True  # A Spark task costs about a tenth of a second, so it should be all folds of a candidate.

    def __init__(
        self, cluster: Cluster, parallelism: int, *, max_retries: int = 1, task_timeout: float | None = None
    ) -> None:
        self._cluster = cluster
        self.capacity = parallelism  # above the number of slots, Spark queues the tasks
        # A task has 1 + max_retries runs, plus one in which the worker only reports that it is given up, and why.
        self._max_attempts = 2 + max_retries
        self._call = SparkCall(uuid.uuid4().hex, max_retries, task_timeout)
        self._jobs: dict[str, _Job] = {}
        self._cancelled: set[str] = set()  # tags of cancelled jobs that a thread still runs
        self._inbox: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[str, Finished | BaseException]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._restore_signal: Any = None

    def start(self, function: Function) -> None:
        """Pickle the function, data and all, and send it once."""
        self._cluster.send_function(self._call.key, pickled_function(function))
        self._take_over_interrupts()

    def submit(self, task: Task) -> None:
        """Give a task to a thread; a new one where there are fewer threads than running tasks."""
        tag = f"hpsklearn-{self._call.key}-{uuid.uuid4().hex}"
        try:
            job = _Job(task, tag, dumps(task.payload))
        except Exception as error:  # the point of this trial, not the search, is at fault
            self._jobs[tag] = _Job(task, tag, b"")
            self._done.put((tag, Finished(task, failure=Failure.of(error, keep=True))))
            return
        self._jobs[tag] = job
        if len(self._threads) < min(len(self._jobs), self.capacity):
            self._threads.append(pinned_thread(self._cluster.session, self._serve))
            self._threads[-1].start()
        self._inbox.put(job)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._jobs:
            finished = self._finished_until(deadline)
            if finished or (deadline is not None and time.monotonic() >= deadline):
                return finished
        return []

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Cancel the jobs of these tasks by their tags; Spark ends their workers within seconds."""
        jobs = [job for job in self._jobs.values() if trial is None or job.task.trial == trial]
        for job in jobs:
            self._cancel_job(job)
        return [job.task for job in jobs]

    def close(self) -> None:
        """Cancel what runs, end the threads, free the data."""
        self.cancel()
        for _ in self._threads:
            self._inbox.put(None)
        for _ in range(2):
            deadline = time.monotonic() + PATIENCE / 2
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))
            for tag in list(self._cancelled):  # a job that was on its way to Spark when it was cancelled
                self._cancel_tag(tag)
        self._threads.clear()
        self._cluster.close()
        if self._restore_signal is not None:
            signal.signal(signal.SIGINT, self._restore_signal)
            self._restore_signal = None

    # ------------------------------------------------------------------ in the calling thread
    def _finished_until(self, deadline: float | None) -> list[Finished]:
        """What the threads have finished; blocks until there is one."""
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        results = []
        try:
            tag, result = self._done.get(timeout=left)
            while True:
                if self._jobs.pop(tag, None) is not None:  # else it was cancelled
                    results.append(result)
                tag, result = self._done.get_nowait()
        except queue.Empty:
            pass
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results  # type: ignore[return-value]

    def _cancel_job(self, job: _Job) -> None:
        del self._jobs[job.tag]
        self._cancelled.add(job.tag)
        self._cancel_tag(job.tag)

    def _cancel_tag(self, tag: str) -> None:
        if not self._cluster.is_stopped:
            self._cluster.cancel(tag)

    def _take_over_interrupts(self) -> None:
        """Replace pyspark's handler of Ctrl-C."""
        # It cancels every job of the context, also other ones of the user.
        if threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGINT)
        if getattr(handler, "__module__", "").startswith("pyspark"):
            self._restore_signal = handler
            signal.signal(signal.SIGINT, signal.default_int_handler)

    # ------------------------------------------------------------------ in the threads
    def _serve(self) -> None:
        while (job := self._inbox.get()) is not None:
            result: Finished | BaseException
            try:
                result = self._run(job)
            except BaseException as error:  # raised again by `wait`, in the calling thread
                result = error
            self._call.remove_trace(job.tag)
            self._cancelled.discard(job.tag)
            self._done.put((job.tag, result))

    def _run(self, job: _Job) -> Finished:
        """Run a job, again where a worker died and Spark (a local master) does not repeat the task.

        There are 1 + max_retries runs, plus one in which the worker only reports.
        """
        reason = ""
        for attempt in range(self._max_attempts):
            if job.tag not in self._jobs:
                break
            try:
                reply = self._cluster.run(self._call, job.payload, job.tag, n_earlier_attempts=attempt)
            except Exception as error:
                if self._cluster.is_stopped:
                    raise RuntimeError("the Spark session was stopped while the search ran on it") from error
                reason = str(error)
                check_environment(reason)
            else:
                return self._finished(unpack(job.task, reply), reason)
        return Finished(job.task, failure=crash_failure(self._max_attempts, reason))

    def _finished(self, finished: Finished, reason: str) -> Finished:
        """With the time limit, and with what Spark says about the death of a worker."""
        failure = finished.failure
        if failure is not None and failure.kind == TaskTimeout.__name__:
            return replace(finished, failure=timeout_failure(self._call.timeout))
        if failure is not None and failure.status == STATUS_CRASHED:
            return replace(finished, failure=replace(failure, traceback=reason))
        return finished


def check_environment(reason: str) -> None:
    """Raise RuntimeError if Python failed in the worker outside of the function: no trial can run then."""
    _, separator, text = reason.partition("Traceback (most recent call last):")
    if not separator:
        return
    lines = [line for line in text.partition("SQLSTATE")[0].splitlines() if line[:1].strip()]
    exception_line = lines[0] if lines else reason  # the first line after the traceback that is not indented
    remedy = (
        "Install the packages of this Python there; where "
        f"workers run on this machine, set PYSPARK_PYTHON={sys.executable!r} before Spark starts"
    )
    if NoTemporaryFolder.__name__ in exception_line:
        remedy = "trial_timeout= needs one; set TMPDIR there, by spark.executorEnv.TMPDIR, before Spark starts"
    raise RuntimeError(f"Spark's Python workers cannot run the search: {exception_line}. {remedy}")
