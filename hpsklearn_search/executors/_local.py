"""Which executor serves ``n_jobs`` on this machine, under the joblib configuration in force.

>>> type(local_executor(1)).__name__, local_executor(1).capacity
('SerialExecutor', 1)
>>> type(local_executor(2)).__name__, local_executor(2).capacity
('ProcessExecutor', 2)
"""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

from .._threads import share_of_cores
from ._joblib import JoblibExecutor
from ._protocol import Executor
from ._serial import SerialExecutor
from .processes._executor import ProcessExecutor


def local_executor(n_jobs: int | None = None, *, task_timeout: float | None = None) -> Executor:
    """An executor for `n_jobs` workers, with joblib's meaning of None, of negative numbers and of its configuration."""
    from joblib import effective_n_jobs, parallel

    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning; write n_jobs=1 for this process alone, n_jobs=-1 for all cores")
    backend, _ = parallel.get_active_backend()
    n_workers = int(effective_n_jobs(n_jobs))
    n_threads = getattr(backend, "inner_max_num_threads", None)
    if n_workers == 1 and task_timeout is None:
        # A container may own fewer cores than its machine has, and than libraries start threads for.
        return SerialExecutor(n_threads or share_of_cores(1))
    if type(backend).__name__ != "LokyBackend" and n_workers > 1:
        return JoblibExecutor(n_jobs, task_timeout=task_timeout, n_threads=n_threads)
    if multiprocessing.current_process().daemon:
        raise ValueError(
            f"trial_timeout={task_timeout:g} needs a worker process, and this process is not allowed to start one, "
            "because it is daemonic (as the workers of multiprocessing.Pool are); write trial_timeout=None here, or "
            "search in a process that is not daemonic"
        )
    # In place of loky: one death breaks loky's whole pool, and it cannot kill a single task.
    return ProcessExecutor(
        n_workers, task_timeout=task_timeout, n_threads=n_threads, temp_folder=_temp_folder(parallel)
    )


def _temp_folder(parallel: Any) -> str | None:
    """The ``temp_folder`` of ``joblib.parallel_config``, None if it has none."""
    folder = getattr(parallel._backend, "config", {}).get("temp_folder")
    return os.fspath(folder) if isinstance(folder, str | os.PathLike) else None  # a sentinel where nobody set it
