"""Which executor serves ``n_jobs`` on this machine, under the joblib configuration in force.

>>> type(local_executor(1)).__name__, local_executor(1).capacity
('SerialExecutor', 1)
>>> type(local_executor(2)).__name__, local_executor(2).capacity
('ProcessExecutor', 2)
"""

from __future__ import annotations

from .._threads import share_of_cores
from ._joblib import JoblibExecutor
from ._protocol import Executor
from ._serial import SerialExecutor
from .processes._executor import ProcessExecutor


def local_executor(
    n_jobs: int | None = None, *, task_timeout: float | None = None, inner_threads: int | None = None
) -> Executor:
    """An executor for `n_jobs` workers, with joblib's meaning of None and of negative numbers.

    Parameters
    ----------
    n_jobs : int, default=None
        None is what ``joblib.parallel_config`` says, else 1; -1 is all cores.
    task_timeout : float, default=None
        Seconds after which a task is killed; then even one worker is a process of its own.
    inner_threads : int, default=None
        Cap on the BLAS and OpenMP threads of each worker. None is the ``inner_max_num_threads`` of
        ``joblib.parallel_config``, else the worker's share of the cores.

    Returns
    -------
    Executor
        Not started yet: own worker processes where joblib would use loky, its default, and for any
        other backend that ``joblib.parallel_config`` names, that backend. Exceptions of the work stay
        attached to the failures, where they can.

    Raises
    ------
    ValueError
        ``n_jobs=0``, or a `task_timeout` on a backend that cannot kill.
    """
    from joblib import effective_n_jobs, parallel

    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning; write n_jobs=1 for this process alone, n_jobs=-1 for all cores")
    backend, _ = parallel.get_active_backend()
    n_workers = int(effective_n_jobs(n_jobs))
    threads = inner_threads or getattr(backend, "inner_max_num_threads", None)
    if n_workers == 1 and task_timeout is None:
        # A container may own fewer cores than its machine has, and than libraries start threads for.
        return SerialExecutor(keep_exceptions=True, threads=threads or share_of_cores(1))
    if type(backend).__name__ != "LokyBackend":
        return JoblibExecutor(n_jobs, task_timeout=task_timeout, inner_threads=threads, keep_exceptions=True)
    return ProcessExecutor(n_workers, task_timeout=task_timeout, inner_threads=threads, keep_exceptions=True)
