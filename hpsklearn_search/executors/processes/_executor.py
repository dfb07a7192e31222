"""Worker processes of our own on this machine.

Each worker runs one task at a time and has its own pipe, so the executor always knows which task a
dead or hung worker was running. Only that task fails, and only that worker is replaced.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import util
from typing import Any

from ..._texts import public_text
from ..._threads import worker_environment
from ...trials import STATUS_CRASHED, STATUS_TIMEOUT, Failure
from .._messages import unpack
from .._protocol import Finished, Function, Task
from .._shipping import SharedFunction, dumps
from .._streams import safe_logger
from ._child import GRACE, describe_exit, end_children
from ._idle import keep
from ._process import WorkerProcess
from ._selector import PipeSelector
from ._worker import BROKEN, READY

logger = safe_logger(__name__)

# So many workers in a row may die before they receive a task; then something is wrong with all of them.
MAX_FAILED_STARTS = 5

# Seconds for a worker to start, load the function and receive its first task; generous, for a loaded machine.
START_TIMEOUT = 300.0

# Whether workers wait for the next search; not on Windows, where they cannot look for what a fit left behind.
KEEPS_WORKERS = os.name == "posix"


@dataclass
class _Job:
    """A task that a worker runs."""

    task: Task
    message: bytes
    n_deaths: int = 0


@dataclass
class _Slot:
    """A place for one worker, with the worker and its task if there are such."""

    worker: WorkerProcess | None = None
    job: _Job | None = None


class ProcessExecutor:
    """Runs tasks in worker processes, asynchronously."""

    # The function is pickled once and loaded once by each worker; large arrays are memory-mapped files.
    # A task that exceeds `task_timeout` seconds is killed, with its worker and the worker's children. A task
    # whose worker died is tried again `max_retries` times. Workers ignore Ctrl-C, and die with this process. After
    # `close`, those without a task wait for the next executor.

    batch_folds = False

    def __init__(
        self,
        n_workers: int,
        *,
        task_timeout: float | None = None,
        max_retries: int = 1,  # once more: the out-of-memory killer may have hit it because of another program
        n_threads: int | None = None,
        temp_folder: str | None = None,
    ) -> None:
        self.capacity = n_workers
        self._timeout = task_timeout
        self._max_retries = max_retries
        self._n_threads = n_threads
        self._temp_folder = temp_folder
        self._shared: SharedFunction | None = None
        self._environment: Mapping[str, str] = {}
        self._slots = [_Slot() for _ in range(n_workers)]
        self._done: list[Finished] = []
        self._ready_set = PipeSelector()
        self._n_started = 0
        self._n_failed_starts = 0  # in a row
        self._start_seconds = 0.0  # of the latest worker
        self._mean_seconds = 0.0  # of tasks, exponentially weighted
        self._finalizer: Any = None

    # ------------------------------------------------------------------ the Protocol
    def start(self, function: Function) -> None:
        """Write the function to a folder and start all workers, without waiting for them."""
        self._shared = SharedFunction(function, self._temp_folder)
        self._environment = worker_environment(self.capacity, self._n_threads)
        # Must run before multiprocessing joins its children at exit: our workers end only when this closes their
        # pipes or kills them.
        self._finalizer = util.Finalize(self, _shut_down, args=(self._slots, self._shared), exitpriority=100)
        for index in range(self.capacity):
            self._start_worker(index)

    def submit(self, task: Task) -> None:
        """Send a task to its preferred worker if that is free, else to any."""
        if self._shared is None:
            raise RuntimeError("submit() was called before start(): the executor has no function to run")
        # The same fold of every trial goes to the same worker, which may have kept something of it.
        n = self.capacity
        indices = (index % n for index in range(task.part, task.part + n))
        free = next((index for index in indices if self._slots[index].job is None), None)
        if free is None:
            raise RuntimeError(f"submit() was called with {n} tasks running, which is the capacity")
        try:
            job = _Job(task, dumps(task.payload))
        except Exception as error:  # the point of this trial, not the search, is at fault
            self._done.append(Finished(task, failure=Failure.of(error, keep=True)))
            return
        slot = self._slots[free]
        slot.job = job
        (slot.worker or self._start_worker(free)).send(job.message)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Read messages of the workers until a task has ended, for at most `timeout` seconds."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not self._done and any(slot.job is not None for slot in self._slots):
            pause = min(deadline, *map(self._deadline, self._slots)) - time.monotonic()
            for index in self._ready_set.ready(None if pause == math.inf else max(0.0, pause)):
                self._read_message(index)
            self._end_overdue_tasks()
            if time.monotonic() >= deadline:
                break
        done, self._done = self._done, []
        return done

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Kill the workers that run tasks of `trial`, or all busy ones."""
        cancelled = []
        for index, slot in enumerate(self._slots):
            if slot.job is None or (trial is not None and slot.job.task.trial != trial):
                continue
            if slot.worker is not None and slot.worker.child.has_message():
                self._read_message(index)  # perhaps it is done already
            # Where a task ends sooner than a new worker would be ready, it is left to end.
            if slot.job is not None and (trial is None or not self._ends_soon(slot)):
                cancelled.append(slot.job.task)
                slot.job = None
                self._kill_worker(index)[0].remove_files()
        return cancelled

    def _ends_soon(self, slot: _Slot) -> bool:
        """True if the task is expected to end before a replacement could be ready."""
        # A task that has run for longer than the mean of all tasks has no expected end.
        started_at = None if slot.worker is None else slot.worker.task_started_at
        if started_at is None:
            return False
        left = self._mean_seconds - (time.monotonic() - started_at)
        return 0 < left < self._start_seconds

    def close(self) -> None:
        """Let idle workers wait for the next search, kill those that are busy, and delete the files."""
        if self._finalizer is not None:
            for index in range(self.capacity):
                self._ignore_worker(index)
            try:
                if KEEPS_WORKERS:
                    _keep_idle_workers(self._slots)
            finally:
                self._finalizer()
        self._ready_set.close()
        self._shared = None
        self._done = []
        self._slots = [_Slot() for _ in range(self.capacity)]

    # ------------------------------------------------------------------ workers
    def _shared_files(self) -> SharedFunction:
        assert self._shared is not None
        return self._shared

    def _start_worker(self, index: int) -> WorkerProcess:
        self._shared_files().check()
        worker = WorkerProcess(self._shared_files(), self._environment, self._n_started)
        self._n_started += 1
        self._slots[index].worker = worker
        self._ready_set.add(worker.child.pipe, index)
        self._ready_set.add(worker.child.sentinel, index)
        return worker

    def _ignore_worker(self, index: int) -> None:
        worker = self._slots[index].worker
        if worker is not None:
            self._ready_set.remove(worker.child.pipe)
            self._ready_set.remove(worker.child.sentinel)

    def _kill_worker(self, index: int) -> tuple[WorkerProcess, int | None]:
        """Kill the worker of a slot; a new one starts with the slot's next task."""
        worker = self._slots[index].worker
        assert worker is not None
        self._ignore_worker(index)
        self._slots[index].worker = None
        return worker, worker.kill()

    def _replace_worker(self, index: int, killed: WorkerProcess) -> None:
        """Start a new worker in a slot, with the task that is still to do."""
        killed.remove_files()
        worker, job = self._start_worker(index), self._slots[index].job
        if job is not None:
            worker.send(job.message)

    # ------------------------------------------------------------------ messages
    def _read_message(self, index: int) -> None:
        """Read one message of a worker, or find that it is dead."""
        worker = self._slots[index].worker
        if worker is None:
            return
        if not worker.child.has_message() and not worker.child.is_dead():
            return
        # A dead worker may have sent something before.
        message = worker.child.receive() if worker.child.has_message() else None
        if message is None or (message[:1] == BROKEN and worker.is_reused):
            self._on_worker_death(index)  # a new process may load what a used one cannot
        elif message[:1] == READY:
            worker.become_ready()
            self._start_seconds = worker.child.start_seconds
        elif message[:1] == BROKEN:
            self._shared_files().check()
            raise RuntimeError("a worker process cannot load the function:\n" + message[1:].decode())
        else:
            self._finish(index, message)

    def _finish(self, index: int, message: bytes) -> None:
        job, self._slots[index].job = self._slots[index].job, None
        self._n_failed_starts = 0
        if job is None:
            return
        finished = unpack(job.task, memoryview(message)[1:])
        if finished.seconds >= 0:  # NaN if it cannot be read
            self._mean_seconds += (finished.seconds - self._mean_seconds) * (0.2 if self._mean_seconds else 1.0)
        self._done.append(finished)

    def _on_worker_death(self, index: int) -> None:
        """Try the task of a worker that died again, or give it up."""
        slot = self._slots[index]
        assert slot.worker is not None
        received, started_at = slot.worker.has_received, slot.worker.task_started_at
        died_before_start = not received and (slot.job is not None or not slot.worker.is_ready)
        worker, code = self._kill_worker(index)
        logger.info("a worker process %s", describe_exit(code))
        self._shared_files().check()
        # A used worker that is not ready had ended while it waited, or was no longer like a new one.
        is_expected = worker.is_reused and not worker.is_ready
        if died_before_start and not is_expected:
            self._count_failed_start(worker, code)
        elif slot.job is not None and not is_expected:
            self._count_death(slot, slot.job, worker, code, started_at)
        self._replace_worker(index, worker)

    def _count_death(
        self, slot: _Slot, job: _Job, worker: WorkerProcess, code: int | None, started_at: float | None
    ) -> None:
        self._n_failed_starts = 0
        job.n_deaths += 1
        if job.n_deaths > self._max_retries:
            self._done.append(_crashed(job, worker, code, started_at))
            slot.job = None

    def _count_failed_start(self, worker: WorkerProcess, code: int | None) -> None:
        self._n_failed_starts += 1
        if self._n_failed_starts >= MAX_FAILED_STARTS:
            raise RuntimeError(
                f"{MAX_FAILED_STARTS} worker processes in a row died before they received a task; the last one "
                f"{describe_exit(code)}. It wrote to stderr:\n{public_text(worker.stderr_tail()) or '(nothing)'}"
            )

    # ------------------------------------------------------------------ time limits
    def _deadline(self, slot: _Slot) -> float:
        """When to look at a busy worker again, on the monotonic clock."""
        worker = slot.worker
        if worker is None or slot.job is None:
            return math.inf
        started_at = worker.task_started_at
        if started_at is None:
            # The task has not started: it cannot be overdue before the timeout, counted from now on.
            return min(worker.sent_at + START_TIMEOUT, time.monotonic() + (self._timeout or math.inf))
        return math.inf if self._timeout is None else started_at + self._timeout

    def _end_overdue_tasks(self) -> None:
        now = time.monotonic()
        for index, slot in enumerate(self._slots):
            if slot.worker is None or slot.job is None or now < self._deadline(slot):
                continue
            if slot.worker.child.has_message():
                self._read_message(index)  # just in time
                continue
            self._end_overdue(index, slot.job, slot.worker)

    def _end_overdue(self, index: int, job: _Job, worker: WorkerProcess) -> None:
        received, started_at = worker.has_received, worker.task_started_at
        code = self._kill_worker(index)[1]
        if received:
            self._slots[index].job = None
            limit = START_TIMEOUT if started_at is None else self._timeout
            state = "being received" if started_at is None else "running"
            message = f"the task was still {state} after {limit:g} seconds, and was killed"
            self._done.append(_ended(job, Failure(STATUS_TIMEOUT, "TimeoutError", message), started_at))
        else:
            logger.info("a worker process did not start within %g seconds", START_TIMEOUT)
            self._count_failed_start(worker, code)
        self._replace_worker(index, worker)


def _crashed(job: _Job, worker: WorkerProcess, code: int | None, started_at: float | None) -> Finished:
    times = f", each of {job.n_deaths} times" if job.n_deaths > 1 else ""
    message = f"the worker process {describe_exit(code)} while it ran this task{times}"
    return _ended(job, Failure(STATUS_CRASHED, "TrialCrashed", message, worker.stack()), started_at)


def _ended(job: _Job, failure: Failure, started_at: float | None) -> Finished:
    seconds = math.nan if started_at is None else time.monotonic() - started_at
    return Finished(job.task, failure=failure, seconds=seconds)


def _idle_workers(slots: list[_Slot]) -> list[WorkerProcess]:
    workers = [slot.worker for slot in slots if slot.job is None]
    return [worker for worker in workers if worker is not None and worker.is_ready]


def _keep_idle_workers(slots: list[_Slot]) -> None:
    """Take the workers that have no task out of their slots, if they can serve another search."""
    workers = _idle_workers(slots)
    for worker in workers:
        worker.end_search()
    deadline = time.monotonic() + GRACE
    kept = [worker for worker in workers if worker.child.becomes_idle(deadline)]
    for slot in slots:
        if slot.worker in kept:
            keep(slot.worker.give_back())
            slot.worker = None


def _shut_down(slots: list[_Slot], shared: SharedFunction) -> None:
    """End all workers and delete the files."""
    # It must not refer to the executor, which could then not be collected: its collection runs this, too.
    end_children([worker.child for worker in _idle_workers(slots)])
    for slot in slots:
        if slot.worker is not None:
            slot.worker.kill()
    shared.remove()
