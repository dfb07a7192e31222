"""Which executor serves ``n_jobs`` on this machine, under the joblib configuration in force.

>>> type(local_executor(1)).__name__, local_executor(1).capacity
('SerialExecutor', 1)
>>> type(local_executor(2)).__name__, local_executor(2).capacity
('ProcessExecutor', 2)
"""

from __future__ import annotations

from ._joblib import JoblibExecutor
from ._processes import ProcessExecutor
from ._protocol import Executor
from ._serial import SerialExecutor

__all__ = ["local_executor"]


def local_executor(n_jobs: int | None = None, *, task_timeout: float | None = None) -> Executor:
    """An executor for `n_jobs` workers, with joblib's meaning of None and of negative numbers.

    Parameters
    ----------
    n_jobs : int, default=None
        None is what ``joblib.parallel_config`` says, else 1; -1 is all cores.
    task_timeout : float, default=None
        Seconds after which a task is killed; then even one worker is a process of its own.

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

    backend, _ = parallel.get_active_backend()
    n_workers = int(effective_n_jobs(n_jobs))
    threads = getattr(backend, "inner_max_num_threads", None)
    if n_workers == 1 and task_timeout is None:
        return SerialExecutor(keep_exceptions=True, threads=threads)
    if type(backend).__name__ != "LokyBackend":
        return JoblibExecutor(n_jobs, task_timeout=task_timeout, inner_threads=threads, keep_exceptions=True)
    return ProcessExecutor(n_workers, task_timeout=task_timeout, inner_threads=threads, keep_exceptions=True)
