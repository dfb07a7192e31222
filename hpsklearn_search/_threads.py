"""How many BLAS and OpenMP threads the work may use, so that workers do not fight over the cores.

Eight workers whose matrix products each start eight threads are many times slower than eight
with one thread each, because the threads spin while they wait. So the cores are shared out.

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
    """Environment variables that cap the threads of a worker process from its first import on.

    A variable that is set in this process is the user's word and stays, unless `threads` is given.
    ``LOKY_MAX_CPU_COUNT`` is what joblib inside the worker takes for the number of cores, so that an
    estimator's ``n_jobs=-1`` means its worker's share.
    """
    count = threads or share_of_cores(n_workers)
    capped = {name: str(count) for name in VARIABLES if threads is not None or name not in os.environ}
    return {**capped, "LOKY_MAX_CPU_COUNT": str(count)}


class ThreadCap:
    """A cap on the threads of libraries that are already loaded into this process; it never raises a number.

    Looking for them costs milliseconds, setting their limit microseconds, so they are looked for once.

    Parameters
    ----------
    threads : int or None
        None caps nothing.
    """

    def __init__(self, threads: int | None) -> None:
        self._threads = threads
        self._controller: Any = None
        if threads is not None:
            from threadpoolctl import ThreadpoolController

            self._controller = ThreadpoolController()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Cap while the block runs, then restore; not to be entered by two threads at once."""
        above = self._above()
        if above is None:
            yield
            return
        with above.limit(limits=self._threads):
            yield

    def hold_in_this_thread(self) -> None:
        """Cap OpenMP, whose setting belongs to each thread, in the calling thread for good."""
        above = self._above(user_api="openmp")
        if above is not None:
            above.limit(limits=self._threads)

    def _above(self, **which: str) -> Any:
        """The libraries that would use more threads than the cap, None if there are none."""
        if self._controller is None:
            return None
        libraries = self._controller.select(**which).lib_controllers if which else self._controller.lib_controllers
        paths = [library.filepath for library in libraries if library.num_threads > self._threads]
        return self._controller.select(filepath=paths) if paths else None
