"""What only the executor over joblib's backends promises, and which executor serves which configuration."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import threadpoolctl
from joblib import parallel_backend, parallel_config, register_parallel_backend
from joblib.parallel import ParallelBackendBase

from hpsklearn_search._threads import ThreadCap
from hpsklearn_search.executors import Executor, JoblibExecutor, Task, local_executor

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def executors() -> Iterator[list[Executor]]:
    """Executors put into the list are closed, whatever happens."""
    opened: list[Executor] = []
    yield opened
    for executor in opened:
        executor.close()


def perform(payload: Callable[[], Any]) -> Any:
    """Call the payload."""
    return payload()


def values(executor: Executor, payloads: list[Any]) -> list[Any]:
    """What the function returns for each payload, all submitted at once."""
    for trial, payload in enumerate(payloads):
        executor.submit(Task(trial, 0, payload))
    done = []
    while len(done) < len(payloads):
        done += executor.wait(timeout=60)
    assert [f.failure for f in done] == [None] * len(done)
    return [f.value for f in sorted(done, key=lambda f: f.task.trial)]


def test_threads_see_the_same_objects_at_once(executors: list[Executor]) -> None:
    """On the threading backend nothing is copied, and tasks overlap."""
    with parallel_config(backend="threading", n_jobs=3):
        executors.append(executor := JoblibExecutor())
    both = threading.Barrier(3, timeout=30)
    data = np.ones(10)
    executor.start(lambda payload: (both.wait(), data)[1])
    assert all(value is data for value in values(executor, [None] * 3))


def test_a_result_is_there_without_lag(executors: list[Executor]) -> None:
    """The short task's result does not wait for the long one's."""
    with parallel_config(backend="threading", n_jobs=2):
        executors.append(executor := JoblibExecutor())
    release = threading.Event()
    executor.start(lambda payload: release.wait(30) if payload else None)
    executor.submit(Task(0, 0, True))
    executor.submit(Task(1, 0, False))
    assert [f.task.trial for f in executor.wait(timeout=30)] == [1]
    release.set()
    assert [f.task.trial for f in executor.wait(timeout=30)] == [0]


def test_threads_share_the_cores(executors: list[Executor]) -> None:
    """In every thread each BLAS and OpenMP library is capped, and has its own number again after close."""

    def counts() -> set[int]:
        return {library["num_threads"] for library in threadpoolctl.threadpool_info()}

    with threadpoolctl.threadpool_limits(4):
        with parallel_config(backend="threading", n_jobs=2):
            executors.append(executor := JoblibExecutor(n_threads=1))
        executor.start(perform)
        assert values(executor, [counts, counts]) == [{1}, {1}]
        executor.close()
        assert counts() == {4}


def test_a_cap_never_raises_a_number() -> None:
    """Who has set one thread keeps one thread under a cap of four."""
    with threadpoolctl.threadpool_limits(1), ThreadCap(4).held():
        assert {library["num_threads"] for library in threadpoolctl.threadpool_info()} == {1}


def test_a_timeout_is_refused_where_nothing_can_be_killed() -> None:
    """Threads cannot be killed, so asking for it is an error that names the backend."""
    with parallel_config(backend="threading", n_jobs=2):
        with pytest.raises(ValueError, match="ThreadingBackend cannot kill"):
            JoblibExecutor(task_timeout=3)
        with pytest.raises(ValueError, match="ThreadingBackend cannot kill"):
            local_executor(task_timeout=3)


def test_close_does_not_wait_for_threads(executors: list[Executor]) -> None:
    """Closing does not wait for a thread that still runs when the search ends."""
    with parallel_config(backend="threading", n_jobs=2):
        executors.append(executor := JoblibExecutor())
    release = threading.Event()
    executor.start(lambda payload: release.wait(60))
    executor.submit(Task(0, 0, None))
    assert executor.cancel() == []
    start = time.monotonic()
    executor.close()
    assert time.monotonic() - start < 50
    release.set()


class PlainBackend(ParallelBackendBase):  # type: ignore[misc]
    """A third-party backend that knows futures and little else."""

    supports_retrieve_callback = False

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """As asked."""
        return n_jobs or 1

    def configure(self, n_jobs: int = 1, parallel: Any = None, **_: Any) -> int:
        """Open a pool."""
        self.parallel = parallel
        self.pool = ThreadPoolExecutor(n_jobs)
        return n_jobs

    def submit(self, func: Callable[[], Any], callback: Callable[[Any], None] | None = None) -> Any:
        """Run something, and tell when it is done."""
        future: Any = self.pool.submit(func)
        future.get = future.result
        future.add_done_callback(callback)
        return future

    apply_async = submit

    def terminate(self) -> None:
        """Close the pool."""
        self.pool.shutdown()


def test_a_backend_of_somebody_else_works(executors: list[Executor]) -> None:
    """One that keeps results in its futures, and gets the function as bytes."""
    register_parallel_backend("plain", PlainBackend)
    with parallel_config(backend="plain", n_jobs=2):
        executors.append(executor := local_executor())
    assert type(executor) is JoblibExecutor
    big = np.ones(200_000)
    executor.start(lambda payload: float(big.sum()) + payload)
    assert values(executor, [1, 2]) == [200_001.0, 200_002.0]


def test_dask_works(executors: list[Executor]) -> None:
    """Tasks run in the processes of a dask cluster; exceptions come back too."""
    distributed = pytest.importorskip("distributed", reason="needs dask: pip install distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        parallel_config(backend="dask"),
    ):
        executors.append(executor := local_executor(n_jobs=-1))
        assert executor.capacity == 2
        big = np.ones(200_000)
        executor.start(lambda payload: (float(big.sum()) / payload, os.getpid()))
        (first, pid), (second, other_pid) = values(executor, [1, 2])
        assert [first, second] == [200_000.0, 100_000.0]
        assert os.getpid() not in (pid, other_pid)
        executor.submit(Task(2, 0, 0))
        (done,) = executor.wait(timeout=60)
        assert done.failure is not None
        assert done.failure.kind == "ZeroDivisionError"
        executor.close()


@pytest.mark.parametrize(
    ("config", "n_jobs", "kind", "capacity"),
    [
        ({}, None, "SerialExecutor", 1),
        ({}, 3, "ProcessExecutor", 3),
        ({"n_jobs": 2}, None, "ProcessExecutor", 2),
        ({"backend": "loky", "n_jobs": 2}, 4, "ProcessExecutor", 4),
        ({"backend": "threading", "n_jobs": 2}, None, "JoblibExecutor", 2),
        ({"backend": "threading"}, 1, "SerialExecutor", 1),
        ({"backend": "multiprocessing", "n_jobs": 2}, None, "JoblibExecutor", 2),
    ],
)
def test_the_joblib_configuration_decides(config: dict[str, Any], n_jobs: int | None, kind: str, capacity: int) -> None:
    """n_jobs and backend mean what they mean to scikit-learn's searches."""
    with parallel_config(**config):
        executor = local_executor(n_jobs)
    assert (type(executor).__name__, executor.capacity) == (kind, capacity)


def test_a_timeout_makes_even_one_worker_a_process() -> None:
    """With n_jobs=1 a hung fit can be killed, too."""
    assert type(local_executor(1, task_timeout=5)).__name__ == "ProcessExecutor"


@pytest.mark.parametrize("n_jobs", [None, 1])
def test_one_worker_can_be_killed_under_any_backend(n_jobs: int | None) -> None:
    """With one worker no joblib backend is needed, so that a timeout works inside a job of joblib, too."""
    with parallel_config(backend="threading"):
        assert type(local_executor(n_jobs, task_timeout=5)).__name__ == "ProcessExecutor"


def test_a_timeout_in_a_daemonic_process_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a process may not start the worker that a timeout needs; without a timeout it runs the fits itself."""
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"trial_timeout=5 needs a worker process.*daemonic.*trial_timeout=None"):
        local_executor(1, task_timeout=5)
    with pytest.warns(UserWarning, match="n_jobs=1"):
        assert type(local_executor(2)).__name__ == "SerialExecutor"


def test_the_temp_folder_of_joblib_is_used(executors: list[Executor], tmp_path: Path) -> None:
    """`joblib.parallel_config(temp_folder=...)` comes before every other place."""
    with parallel_config(temp_folder=tmp_path / "given"):
        executors.append(executor := local_executor(2))
    executor.start(perform)
    assert len(list((tmp_path / "given").iterdir())) == 1
    executor.close()
    assert list((tmp_path / "given").iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_a_strict_umask_does_not_lock_the_temp_folder(executors: list[Executor], tmp_path: Path) -> None:
    """It may take the right to enter a new folder from its owner, and the owner is not always root."""
    with parallel_config(temp_folder=tmp_path / "given"):
        executors.append(executor := local_executor(2))
    mask = os.umask(0o177)
    try:
        executor.start(perform)
    finally:
        os.umask(mask)
    (folder,) = (tmp_path / "given").iterdir()
    assert [path.stat().st_mode & 0o777 for path in (folder, folder.parent)] == [0o700, 0o700]
    executor.close()
    assert list((tmp_path / "given").iterdir()) == []


def test_inner_max_num_threads_reaches_the_workers(executors: list[Executor]) -> None:
    """joblib's own argument for the cap is honoured."""
    with parallel_backend("loky", n_jobs=1, inner_max_num_threads=7):
        executors.append(executor := local_executor(task_timeout=60))
    executor.start(perform)
    assert values(executor, [lambda: os.environ["OPENBLAS_NUM_THREADS"]]) == ["7"]


def test_this_process_keeps_to_its_cores(executors: list[Executor]) -> None:
    """With one worker, libraries that would start more threads than there are usable cores do not."""

    def counts() -> int:
        return max(library["num_threads"] for library in threadpoolctl.threadpool_info())

    with threadpoolctl.threadpool_limits(64):
        executors.append(executor := local_executor(1))
        executor.start(perform)
        assert values(executor, [counts])[0] <= joblib.cpu_count() < counts()


def test_no_jobs_is_an_error() -> None:
    """n_jobs=0 is refused as joblib refuses it."""
    with pytest.raises(ValueError, match="n_jobs == 0"):
        local_executor(0)
