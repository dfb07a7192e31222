"""Where work runs: this process, local worker processes, any joblib backend, a Spark cluster."""

from ._protocol import Executor, Finished, Task, Work

__all__ = ["Executor", "Finished", "Task", "Work"]
