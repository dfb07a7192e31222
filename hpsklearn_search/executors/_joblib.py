"""Any joblib backend: threads, a dask cluster, whatever ``joblib.parallel_config`` names.

It speaks joblib's contract for backends (start_call, submit, retrieve_result_callback, stop_call)
instead of calling ``Parallel``, whose generators look ahead: here a task leaves when the loop says so,
and its result is there at once.
"""

from __future__ import annotations

import queue
import threading
from contextlib import ExitStack
from typing import Any, TypeAlias

import numpy as np

from .._threads import ThreadCap, share_of_cores
from ..trials import STATUS_CRASHED, Failure
from ._messages import run_message, unpack
from ._protocol import Finished, Function, Task
from ._run import run_task
from ._serial import SerialExecutor
from ._shipping import SharedFunction, dumps, load_function

Call: TypeAlias = tuple[Any, tuple[Any, ...], dict[str, Any]]
"""A function and its arguments, as joblib passes them around."""


class JoblibExecutor:
    """Runs tasks on the joblib backend that is active when it is made; with one job, in this process.

    Parameters
    ----------
    n_jobs : int, default=None
        As in ``joblib.Parallel``; None is what ``joblib.parallel_config`` says, else 1.
    task_timeout : float, default=None
        Must be None: joblib cannot kill a running task.
    inner_threads : int, default=None
        Cap on BLAS and OpenMP threads of tasks that run as threads of this process, or in forks of it.
        None shares the cores out. Other backends bring their own cap.
    keep_exceptions : bool, default=False
        Attach what the work raised to the failure, where it can cross.

    Raises
    ------
    ValueError
        For a `task_timeout`, or ``n_jobs=0``.

    Notes
    -----
    Nothing that runs can be stopped here, except processes of loky, all at once: `cancel` leaves tasks
    to end by themselves, and `close` does not wait for them. A worker that dies takes the other tasks
    under way with it, as joblib does not say which it was running.

    Examples
    --------
    >>> from joblib import parallel_config
    >>> with parallel_config(backend="threading", n_jobs=2):
    ...     executor = JoblibExecutor()
    >>> executor.start(lambda payload: -payload)
    >>> executor.submit(Task(0, 0, 5))
    >>> executor.wait()[0].value
    -5
    >>> executor.close()
    """

    batch_folds = False

    def __init__(
        self,
        n_jobs: int | None = None,
        *,
        task_timeout: float | None = None,
        inner_threads: int | None = None,
        keep_exceptions: bool = False,
    ) -> None:
        from joblib import Parallel, effective_n_jobs

        self._parallel = Parallel(n_jobs=n_jobs, batch_size=1, max_nbytes="1M")
        self._n_workers = int(effective_n_jobs(n_jobs))
        backend = self._parallel._backend
        if task_timeout is not None:
            raise ValueError(
                f"a timeout of {task_timeout:g} seconds per trial: joblib's {type(backend).__name__} cannot kill a "
                "running fit; leave the timeout out, or use the default backend, whose processes can be killed"
            )
        self._threads = inner_threads
        self._keep = keep_exceptions
        self._serial = SerialExecutor(keep_exceptions, inner_threads) if self._n_workers == 1 else None
        self._stack = ExitStack()
        self._carrier: Transport | None = None
        self._done: queue.SimpleQueue[tuple[Task, Any]] = queue.SimpleQueue()
        self._under_way: dict[Task, Any] = {}

    @property
    def capacity(self) -> int:
        """What joblib makes of `n_jobs`."""
        return self._n_workers

    @property
    def _backend(self) -> Any:
        return self._parallel._backend

    # ------------------------------------------------------------------ the Protocol
    def start(self, function: Function) -> None:
        """Open the backend, and bring the work to where its workers find it."""
        if self._serial is not None:
            self._serial.start(function)
            return
        backend = self._backend
        cap = ThreadCap(None)
        if getattr(backend, "uses_threads", False) or type(backend).__name__ == "MultiprocessingBackend":
            cap = ThreadCap(self._threads or share_of_cores(self._n_workers))
            self._stack.enter_context(cap.held())  # before a fork, and for what all threads share
        self._carrier = self._stack.enter_context(_carrier_for(backend, function, cap, self._keep))
        self._stack.enter_context(self._parallel)
        self._backend.start_call()
        self._stack.callback(self._stop)

    def submit(self, task: Task) -> None:
        """Hand a task to the backend."""
        if self._serial is not None:
            self._serial.submit(task)
            return
        if self._carrier is None:
            raise RuntimeError("submit() before start(): the executor does not know the work yet")
        try:
            call = self._carrier.call(task.payload)
        except Exception as error:
            self._under_way[task] = None
            self._done.put((task, Finished(task, failure=Failure.of(error, keep=self._keep))))
            return
        self._send(task, call)

    def _send(self, task: Task, call: Call) -> None:
        from joblib.parallel import BatchedCalls

        backend, done = self._backend, self._done

        def on_done(out: Any) -> None:
            # In a thread of the backend; after close() nobody reads `done` any more.
            try:
                result = backend.retrieve_result_callback(out)[0] if backend.supports_retrieve_callback else LATER
            except BaseException as error:
                result = error
            done.put((task, result))

        send = getattr(backend, "submit", None) or backend.apply_async  # its name before joblib 1.5
        self._under_way[task] = None
        self._under_way[task] = send(BatchedCalls([call], backend.get_nested_backend()), callback=on_done)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        """Block until a result is called back; then all that are there."""
        if self._serial is not None:
            return self._serial.wait(timeout)
        results: list[tuple[Task, Any]] = []
        try:
            if self._under_way:
                results.append(self._done.get(timeout=timeout))
            while not self._done.empty():
                results.append(self._done.get_nowait())
        except queue.Empty:
            pass
        return [self._finish(task, result) for task, result in results]

    def _finish(self, task: Task, result: Any) -> Finished:
        future = self._under_way.pop(task, None)
        if result is LATER:
            try:
                result = future.get()[0]
            except BaseException as error:
                result = error
        if isinstance(result, Finished):
            return Finished(task, result.value, result.failure, result.seconds)
        if isinstance(result, BaseException):
            return Finished(task, failure=self._failure(result))
        return unpack(task, result)

    def _failure(self, error: BaseException) -> Failure:
        """What an error of the backend itself means; a broken pool is replaced."""
        failure = Failure.of(error, keep=self._keep and isinstance(error, Exception))
        if "Broken" not in "".join(kind.__name__ for kind in type(error).__mro__):
            return failure
        if not self._under_way:  # the last of those that the pool took with it
            self._backend.abort_everything(ensure_ready=True)
        return Failure(STATUS_CRASHED, failure.kind, failure.message, failure.traceback)

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Nothing can be stopped singly: the tasks end by themselves, none is lost."""
        return self._serial.cancel(trial) if self._serial is not None else []

    def close(self) -> None:
        """Give the backend back; threads that still run are left to themselves."""
        if self._serial is not None:
            self._serial.close()
        self._carrier = None
        self._stack.close()
        self._under_way = {}
        self._done = queue.SimpleQueue()

    def _stop(self) -> None:
        # In this order, as Parallel does when a call ends early.
        self._backend.stop_call()
        if self._under_way:
            self._backend.abort_everything(ensure_ready=False)


LATER = object()
"""The backend keeps the result in its future; only the waiting thread may ask for it."""


# ---------------------------------------------------------------------- how the work gets there
class Transport:
    """Turns a payload into a call that a backend's workers can run; entered while they may."""

    def __init__(self, keep: bool) -> None:
        self._keep = keep

    def call(self, payload: Any) -> Call:
        """The function and arguments to send."""
        raise NotImplementedError

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was put somewhere."""


class _InMemory(Transport):
    """Threads see the work itself."""

    def __init__(self, function: Function, cap: ThreadCap, keep: bool) -> None:
        super().__init__(keep)
        self._function = function
        self._cap = cap
        self._capped = threading.local()

    def call(self, payload: Any) -> Call:
        return self._run, (payload,), {}

    def _run(self, payload: Any) -> Finished:
        if not hasattr(self._capped, "done"):
            self._cap.hold_in_this_thread()
            self._capped.done = True
        return run_task(self._function, Task(0, 0, payload), keep=self._keep)


class _OnDisk(Transport):
    """Processes of this machine load it from a folder, once each."""

    def __init__(self, function: Function, keep: bool) -> None:
        super().__init__(keep)
        self._shipment = SharedFunction(function)

    def call(self, payload: Any) -> Call:
        return _run_from_disk, (self._shipment.path, dumps(payload), self._keep), {}

    def __exit__(self, *_: object) -> None:
        self._shipment.remove()


class _AsArgument(Transport):
    """Others get it as an array of bytes, which dask sends to each worker once."""

    def __init__(self, function: Function, keep: bool) -> None:
        super().__init__(keep)
        self._bytes = np.frombuffer(dumps(function), np.uint8)
        self._token = f"{threading.get_ident()}-{id(self._bytes)}-{np.random.SeedSequence().entropy}"

    def call(self, payload: Any) -> Call:
        return _run_from_bytes, (self._token, self._bytes, dumps(payload), self._keep), {}


def _carrier_for(backend: Any, function: Function, cap: ThreadCap, keep: bool) -> Transport:
    if getattr(backend, "uses_threads", False) and getattr(backend, "supports_sharedmem", False):
        return _InMemory(function, cap, keep)
    if type(backend).__name__ in ("LokyBackend", "MultiprocessingBackend"):
        return _OnDisk(function, keep)
    return _AsArgument(function, keep)


_LOADED: dict[str, Function] = {}
"""In a worker: the work that it was last asked for, by path or token."""


def _run_from_disk(path: str, message: bytes, keep: bool) -> bytes:
    if path not in _LOADED:
        loaded = load_function(path)
        _LOADED.clear()
        _LOADED[path] = loaded
    return run_message(_LOADED[path], message, keep=keep)


def _run_from_bytes(token: str, function: Any, message: bytes, keep: bool) -> bytes:
    import pickle

    if token not in _LOADED:
        loaded = pickle.loads(function)
        _LOADED.clear()
        _LOADED[token] = loaded
    return run_message(_LOADED[token], message, keep=keep)
