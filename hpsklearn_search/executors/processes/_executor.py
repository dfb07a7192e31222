"""Worker processes of our own on this machine.

Each worker runs one task at a time and has its own pipe, so it is always known which task a dead
or hung worker was running: only that task pays, and only that worker is replaced.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from multiprocessing import connection, util
from typing import Any

from ..._streams import safe_logger
from ..._threads import worker_environment
from ...trials import STATUS_CRASHED, STATUS_TIMEOUT, Failure
from .._messages import unpack
from .._protocol import Finished, Function, Task
from .._shipping import SharedFunction, dumps
from ._process import WorkerProcess, WorkerSettings, describe_exit
from ._selector import ReadySet
from ._worker import BROKEN, READY

logger = safe_logger(__name__)

MAX_STILLBORN = 5
"""So many workers in a row may die before they begin a task; then something is wrong with all of them."""

START_TIMEOUT = 300.0
"""Seconds for a worker to start, load the work and receive its first task; generous, for a loaded machine."""


@dataclass
class _Job:
    """A task under way."""

    task: Task
    message: bytes
    deaths: int = 0


@dataclass
class _Slot:
    """A place for one worker, with the worker and its task if there are such."""

    worker: WorkerProcess | None = None
    job: _Job | None = None


class ProcessExecutor:
    """Runs tasks in worker processes, asynchronously.

    The work is pickled once (by value where needed) and loaded once by each worker; large arrays are
    shared through memory-mapped files. A task prefers worker ``task.part % n_workers``, so that the same
    part of every trial finds what that worker may have kept of it.

    Parameters
    ----------
    n_workers : int
        Number of processes, and of tasks at once.
    task_timeout : float, default=None
        Seconds, counted from when the work begins in the worker. A task that takes longer is killed,
        with its worker and the worker's children, and ends with the status ``"timeout"``.
    max_retries : int, default=1
        How often a task whose worker died (a crash, a kill, an exit) is tried again in a fresh one,
        before it ends with the status ``"crashed"``.
    inner_threads : int, default=None
        Cap on the BLAS and OpenMP threads of each worker. None shares the cores out, and respects
        variables such as ``OMP_NUM_THREADS``.
    temp_folder : str, default=None
        Where the work is written. None: ``JOBLIB_TEMP_FOLDER``, shared memory, or the system's.
    keep_exceptions : bool, default=False
        Attach what the work raised to the failure, where it survives pickling; its cause then is the
        worker's traceback as text.

    Notes
    -----
    Workers ignore Ctrl-C and die with this process, even if it is killed. What they print goes where
    this process prints; the same warning is printed once, not once for each worker and fit.
    """

    batch_folds = False

    def __init__(
        self,
        n_workers: int,
        *,
        task_timeout: float | None = None,
        max_retries: int = 1,
        inner_threads: int | None = None,
        temp_folder: str | None = None,
        keep_exceptions: bool = False,
    ) -> None:
        self._n_workers = n_workers
        self._timeout = task_timeout
        self._max_retries = max_retries
        self._threads = inner_threads
        self._temp_folder = temp_folder
        self._keep = keep_exceptions
        self._settings: WorkerSettings | None = None
        self._slots = [_Slot() for _ in range(n_workers)]
        self._done: list[Finished] = []
        self._wakeups: ReadySet[int] = ReadySet()
        self._n_born = 0
        self._stillborn = 0  # in a row
        self._boot_seconds = 0.0  # of the latest worker
        self._mean_seconds = 0.0  # of tasks, exponentially weighted
        self._shutdown: Any = None

    @property
    def capacity(self) -> int:
        """One task a worker."""
        return self._n_workers

    # ------------------------------------------------------------------ the Protocol
    def start(self, function: Function) -> None:
        """Write the work to a folder and start all workers, without waiting for them."""
        shipment = SharedFunction(function, self._temp_folder)
        environment = worker_environment(self._n_workers, self._threads)
        self._settings = WorkerSettings(shipment, environment, self._keep)
        # Before multiprocessing joins its children at the end of the program: ours wait for this.
        self._shutdown = util.Finalize(self, _shut_down, args=(self._slots, shipment), exitpriority=100)
        for slot in range(self._n_workers):
            self._hire(slot)

    def submit(self, task: Task) -> None:
        """Send a task to its preferred worker if that is free, else to any."""
        if self._settings is None:
            raise RuntimeError("submit() before start(): the workers do not know the work yet")
        n = self._n_workers
        free = (at % n for at in range(task.part, task.part + n) if self._slots[at % n].job is None)
        slot = next(free, None)
        if slot is None:
            raise RuntimeError(f"submit() with {n} tasks under way, which is the capacity")
        try:
            job = _Job(task, dumps(task.payload))
        except Exception as error:  # the point of this trial, not the search, is at fault
            self._done.append(Finished(task, failure=Failure.of(error, keep=self._keep)))
            return
        self._give(slot, job)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Listen to the workers until a task has ended, for at most `timeout` seconds.

        Raises
        ------
        RuntimeError
            Workers cannot load the work, or die one after the other before they begin a task.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not self._done and any(slot.job is not None for slot in self._slots):
            now = time.monotonic()
            pause = min(deadline, self._next_check(now)) - now
            for slot in self._wakeups.ready(None if pause == math.inf else max(0.0, pause)):
                self._listen(slot)
            self._end_overdue()
            if time.monotonic() >= deadline:
                break
        done, self._done = self._done, []
        return done

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Kill the workers that run tasks of `trial`, or all busy ones.

        Of a single trial, tasks are left to end by themselves where that is sooner than a new worker
        would be there; they are not among those returned.
        """
        gone = []
        for at, slot in enumerate(self._slots):
            if slot.job is None or (trial is not None and slot.job.task.trial != trial):
                continue
            if slot.worker is not None and slot.worker.has_message():
                self._listen(at)  # perhaps it is done already
            if slot.job is not None and (trial is None or not self._ends_soon(slot)):
                gone.append(slot.job.task)
                slot.job = None
                self._dismiss(at)[0].remove_files()
        return gone

    def _ends_soon(self, slot: _Slot) -> bool:
        """Whether a task should be over before a new worker could take this one's place."""
        began = None if slot.worker is None else slot.worker.began
        if began is None:
            return False
        left = self._mean_seconds - (time.monotonic() - began)
        return 0 < left < self._boot_seconds

    def close(self) -> None:
        """End all workers, kill those that are busy, and delete the files."""
        if self._shutdown is not None:
            for slot in range(self._n_workers):
                self._ignore(slot)
            self._shutdown()
        self._wakeups.close()
        self._settings = None
        self._done = []
        self._slots = [_Slot() for _ in range(self._n_workers)]

    # ------------------------------------------------------------------ workers
    def _hire(self, at: int) -> WorkerProcess:
        assert self._settings is not None
        worker = WorkerProcess(self._settings, self._n_born)
        self._n_born += 1
        self._slots[at].worker = worker
        self._wakeups.add(worker.pipe, at)
        self._wakeups.add(worker.sentinel, at)
        return worker

    def _give(self, at: int, job: _Job) -> None:
        slot = self._slots[at]
        slot.job = job
        (slot.worker or self._hire(at)).send(job.message)

    def _ignore(self, at: int) -> None:
        worker = self._slots[at].worker
        if worker is not None:
            self._wakeups.remove(worker.pipe)
            self._wakeups.remove(worker.sentinel)

    def _dismiss(self, at: int) -> tuple[WorkerProcess, int | None]:
        """Kill the worker of a slot; a fresh one comes with its next task."""
        worker = self._slots[at].worker
        assert worker is not None
        self._ignore(at)
        self._slots[at].worker = None
        code = worker.bury()
        return worker, code

    # ------------------------------------------------------------------ what workers say
    def _listen(self, at: int) -> None:
        """Take one message of a worker, or notice its death."""
        worker = self._slots[at].worker
        if worker is None:
            return
        if not worker.has_message() and not worker.is_dead():
            return
        # A dead worker may have said something before.
        message = worker.receive() if worker.has_message() else None
        if message is None:
            self._mourn(at)
        elif message[:1] == READY:
            worker.become_ready()
            self._boot_seconds = time.monotonic() - worker.born
        elif message[:1] == BROKEN:
            raise RuntimeError("a worker process cannot load the work:\n" + message[1:].decode())
        else:
            self._finish(at, message)

    def _finish(self, at: int, message: bytes) -> None:
        job, self._slots[at].job = self._slots[at].job, None
        self._stillborn = 0
        if job is None:
            return
        finished = unpack(job.task, memoryview(message)[1:])
        if finished.seconds >= 0:  # not if it cannot be read
            self._mean_seconds += (finished.seconds - self._mean_seconds) * (0.2 if self._mean_seconds else 1.0)
        self._done.append(finished)

    def _mourn(self, at: int) -> None:
        """A worker died by itself: try its task again, or give the task up."""
        slot = self._slots[at]
        assert slot.worker is not None
        received, began = slot.worker.has_received, slot.worker.began
        is_stillborn = not received and (slot.job is not None or not slot.worker.is_ready)
        worker, code = self._dismiss(at)
        logger.info("a worker process %s", describe_exit(code))
        if is_stillborn:
            self._count_stillborn(worker, code)
        elif slot.job is not None:
            self._stillborn = 0
            slot.job.deaths += 1
            if slot.job.deaths > self._max_retries:
                self._done.append(_crashed(slot.job, worker, code, began))
                slot.job = None
        worker.remove_files()
        fresh = self._hire(at)
        if slot.job is not None:
            fresh.send(slot.job.message)

    def _count_stillborn(self, worker: WorkerProcess, code: int | None) -> None:
        self._stillborn += 1
        if self._stillborn >= MAX_STILLBORN:
            raise RuntimeError(
                f"{MAX_STILLBORN} worker processes in a row died before they began a task; the last one "
                f"{describe_exit(code)}. Its last words:\n{worker.stderr_tail() or '(none)'}"
            )

    # ------------------------------------------------------------------ clocks
    def _deadline(self, slot: _Slot) -> float:
        """When to look after a busy worker again, on the monotonic clock."""
        worker = slot.worker
        if worker is None or slot.job is None:
            return math.inf
        began = worker.began
        if began is None:
            # Not yet under way: it cannot be overdue before the timeout, counted from now on.
            return min(worker.sent_at + START_TIMEOUT, time.monotonic() + (self._timeout or math.inf))
        return math.inf if self._timeout is None else began + self._timeout

    def _next_check(self, now: float) -> float:
        return min(self._deadline(slot) for slot in self._slots)

    def _end_overdue(self) -> None:
        now = time.monotonic()
        for at, slot in enumerate(self._slots):
            if slot.worker is None or slot.job is None or now < self._deadline(slot):
                continue
            if slot.worker.has_message():
                self._listen(at)  # just in time
                continue
            self._end(at, slot, slot.worker.began)

    def _end(self, at: int, slot: _Slot, began: float | None) -> None:
        """Kill a worker whose time is up."""
        job = slot.job
        assert job is not None and slot.worker is not None
        received = slot.worker.has_received
        worker, code = self._dismiss(at)
        if received:
            slot.job = None
            limit = START_TIMEOUT if began is None else self._timeout
            message = f"the task was still {'being received' if began is None else 'running'} after {limit:g} seconds"
            failure = Failure(STATUS_TIMEOUT, "TimeoutError", f"{message}, and was killed")
            seconds = math.nan if began is None else time.monotonic() - began
            self._done.append(Finished(job.task, failure=failure, seconds=seconds))
        else:
            logger.info("a worker process did not start within %g seconds", START_TIMEOUT)
            self._count_stillborn(worker, code)
        worker.remove_files()
        fresh = self._hire(at)
        if slot.job is not None:
            fresh.send(job.message)


def _crashed(job: _Job, worker: WorkerProcess, code: int | None, began: float | None) -> Finished:
    """What comes of a task whose workers died."""
    times = f", each of {job.deaths} times" if job.deaths > 1 else ""
    message = f"the worker process {describe_exit(code)} while it ran this task{times}"
    failure = Failure(STATUS_CRASHED, "TrialCrashed", message, worker.stack())
    return Finished(job.task, failure=failure, seconds=math.nan if began is None else time.monotonic() - began)


def _shut_down(slots: list[_Slot], shipment: SharedFunction) -> None:
    """End all workers and delete the files; must not know the executor, whose end it serves."""
    workers = [slot.worker for slot in slots if slot.worker is not None]
    idle = [slot.worker for slot in slots if slot.worker is not None and slot.job is None and slot.worker.is_ready]
    for worker in idle:
        worker.let_go()
    deadline = time.monotonic() + GRACE
    for worker in idle:
        connection.wait([worker.sentinel], max(0.0, deadline - time.monotonic()))
    for worker in workers:
        worker.bury()
    shipment.remove()


GRACE = 2.0
"""Seconds for idle workers to end by themselves, and to remove what their own libraries made."""
