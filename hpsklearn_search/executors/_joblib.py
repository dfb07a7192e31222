"""Any joblib backend: threads, a dask cluster, whatever ``joblib.parallel_config`` names.

This executor uses joblib's contract for backends (start_call, submit, retrieve_result_callback,
stop_call) instead of ``Parallel``. The generators of ``Parallel`` take inputs before they are needed;
here the loop decides when a task starts, and gets each result at once.
"""

from __future__ import annotations

import pickle
import queue
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeAlias

import numpy as np

from .._threads import ThreadCap, share_of_cores
from ..trials import Failure
from ._messages import run_message, unpack
from ._protocol import Finished, Function, Task
from ._run import run_task
from ._shipping import dumps, not_picklable

# A function and its arguments, as joblib passes them around.
Call: TypeAlias = tuple[Any, tuple[Any, ...], dict[str, Any]]

IN_FUTURE = object()  # The backend keeps the result in its future; only the waiting thread may ask for it.


class JoblibExecutor:
    """Runs tasks on the joblib backend that is active when it is made.

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
        self, n_jobs: int | None = None, *, task_timeout: float | None = None, n_threads: int | None = None
    ) -> None:
        from joblib import Parallel, effective_n_jobs

        self._parallel = Parallel(n_jobs=n_jobs, batch_size=1, max_nbytes="1M")
        self.capacity = int(effective_n_jobs(n_jobs))
        if task_timeout is not None:
            raise ValueError(
                f"trial_timeout={task_timeout:g}: joblib's {type(self._backend).__name__} cannot kill a running fit; "
                "write trial_timeout=None, or n_jobs=1, or use joblib's default backend, whose processes can be killed"
            )
        self._n_threads = n_threads
        self._stack = ExitStack()
        self._call_for: Callable[[Any], Call] | None = None
        self._done: queue.SimpleQueue[tuple[Task, Any]] = queue.SimpleQueue()
        self._running: dict[Task, Any] = {}

    @property
    def _backend(self) -> Any:
        return self._parallel._backend

    def start(self, function: Function) -> None:
        """Open the backend, and make the function available to its workers."""
        backend = self._backend
        cap = ThreadCap(None)
        if getattr(backend, "uses_threads", False) or type(backend).__name__ == "MultiprocessingBackend":
            # Other backends limit the threads of their workers; here it happens before a fork, or for all threads.
            cap = ThreadCap(self._n_threads or share_of_cores(self.capacity))
            self._stack.enter_context(cap.held())
        shares_memory = getattr(backend, "uses_threads", False) and getattr(backend, "supports_sharedmem", False)
        self._call_for = _calls_in_memory(function, cap) if shares_memory else _calls_by_pickle(function)
        self._stack.enter_context(self._parallel)
        self._backend.start_call()
        self._stack.callback(self._stop)

    def submit(self, task: Task) -> None:
        if self._call_for is None:
            raise RuntimeError("submit() was called before start(): the executor has no function to run")
        self._running[task] = None
        try:
            call = self._call_for(task.payload)
        except Exception as error:  # the payload cannot be pickled
            self._done.put((task, error))
        else:
            self._send(task, call)

    def _send(self, task: Task, call: Call) -> None:
        from joblib.parallel import BatchedCalls

        backend, done = self._backend, self._done

        def on_done(out: Any) -> None:
            # In a thread of the backend; after close() nobody reads `done` any more.
            try:
                result = backend.retrieve_result_callback(out)[0] if backend.supports_retrieve_callback else IN_FUTURE
            except BaseException as error:
                result = error
            done.put((task, result))

        send = getattr(backend, "submit", None) or backend.apply_async  # its name before joblib 1.5
        self._running[task] = send(BatchedCalls([call], backend.get_nested_backend()), callback=on_done)

    def wait(self, timeout: float | None = None) -> list[Finished]:
        results: list[tuple[Task, Any]] = []
        try:
            if self._running:
                results.append(self._done.get(timeout=timeout))
            while not self._done.empty():
                results.append(self._done.get_nowait())
        except queue.Empty:
            pass
        return [self._finish(task, result) for task, result in results]

    def _finish(self, task: Task, result: Any) -> Finished:
        future = self._running.pop(task, None)
        if result is IN_FUTURE:
            try:
                result = future.get()[0]
            except BaseException as error:
                result = error
        if isinstance(result, Finished):
            return Finished(task, result.value, result.failure, result.seconds)
        if isinstance(result, BaseException):
            return Finished(task, failure=Failure.of(result, keep=isinstance(result, Exception)))
        return unpack(task, result)

    def cancel(self, trial: int | None = None) -> list[Task]:
        """Nothing: joblib cannot stop a running task, so each one ends, and comes out of `wait`."""
        return []

    def close(self) -> None:
        """Give the backend back; threads that still run are not waited for."""
        self._call_for = None
        self._stack.close()
        self._running = {}
        self._done = queue.SimpleQueue()

    def _stop(self) -> None:
        # In this order, as Parallel does when a call ends early.
        self._backend.stop_call()
        if self._running:
            self._backend.abort_everything(ensure_ready=False)


def _calls_in_memory(function: Function, cap: ThreadCap) -> Callable[[Any], Call]:
    """Calls for threads, which use the function itself."""
    capped = threading.local()

    def run(payload: Any) -> Finished:
        if not hasattr(capped, "done"):
            cap.hold_in_this_thread()
            capped.done = True
        return run_task(function, Task(0, 0, payload))

    return lambda payload: (run, (payload,), {})


def _calls_by_pickle(function: Function) -> Callable[[Any], Call]:
    """Calls for other processes: the function is an array of bytes, which joblib and dask send to a worker once."""
    try:
        pickled = np.frombuffer(dumps(function), np.uint8)
    except Exception as error:
        raise not_picklable(error) from error
    token = f"{threading.get_ident()}-{id(pickled)}-{np.random.SeedSequence().entropy}"
    return lambda payload: (_run_pickled, (token, pickled, dumps(payload)), {})


_LOADED: dict[str, Function] = {}  # In a worker: the function of the latest search, by its token.


def _run_pickled(token: str, pickled: Any, message: bytes) -> bytes:
    def function(payload: Any) -> Any:
        # In here, where an exception is packed: a pool may hang on one that it cannot unpickle.
        if token not in _LOADED:
            loaded = pickle.loads(pickled)
            _LOADED.clear()
            _LOADED[token] = loaded
        return _LOADED[token](payload)

    return run_message(function, message)
