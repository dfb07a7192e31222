"""How many BLAS and OpenMP threads a fit may use, so that workers do not compete for the cores.

Eight workers whose matrix products start eight threads each are many times slower than eight workers
with one thread each, because the threads spin while they wait. So each worker gets a share of the cores.

>>> share_of_cores(1) >= share_of_cores(64) == 1
True
>>> worker_environment(4, threads=3)["OMP_NUM_THREADS"]
'3'
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def share_of_cores(n_workers: int) -> int:
    """How many of this machine's usable cores each of `n_workers` gets; at least one."""
    import joblib  # it knows affinity masks and the limits of containers

    return max(1, int(joblib.cpu_count()) // n_workers)


def worker_environment(n_workers: int, threads: int | None = None) -> dict[str, str]:
    """Environment variables that limit the threads of a worker process from its first import on."""
    count = threads or share_of_cores(n_workers)
    # A variable that the user has set stays, unless `threads` is given.
    capped = {name: str(count) for name in VARIABLES if threads is not None or name not in os.environ}
    # The number of cores for joblib in the worker: ``n_jobs=-1`` of an estimator means the worker's share.
    return {**capped, "LOKY_MAX_CPU_COUNT": str(count)}


def thread_limits() -> dict[str, int]:
    """How many threads each numerical library that is loaded may use, by the library's file."""
    from threadpoolctl import threadpool_info

    return {library["filepath"]: library["num_threads"] for library in threadpool_info()}


class ThreadCap:
    """A limit on the threads of libraries that are already loaded; it never raises a number. None limits nothing."""

    def __init__(self, threads: int | None) -> None:
        self._threads = threads
        self._controller: Any = None
        if threads is not None:
            from threadpoolctl import ThreadpoolController

            # Once, because the search for the libraries takes milliseconds; setting their limit takes microseconds.
            self._controller = ThreadpoolController()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Limit while the block runs, then restore; two threads must not enter it at once."""
        above = self._above()
        if above is None:
            yield
            return
        with above.limit(limits=self._threads):
            yield

    def hold_in_this_thread(self) -> None:
        """Limit OpenMP, which has a setting for each thread, in the calling thread for good."""
        above = self._above(user_api="openmp")
        if above is not None:
            above.limit(limits=self._threads)

    def _above(self, **which: str) -> Any:
        """The libraries that would use more threads than the limit; None if there are none."""
        if self._controller is None:
            return None
        libraries = self._controller.select(**which).lib_controllers if which else self._controller.lib_controllers
        paths = [library.filepath for library in libraries if library.num_threads > self._threads]
        return self._controller.select(filepath=paths) if paths else None
