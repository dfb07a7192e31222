"""Local worker processes that can be killed one at a time, and that wait for the next search."""

from ._executor import ProcessExecutor
from ._idle import end_idle_workers

__all__ = ["ProcessExecutor", "end_idle_workers"]
