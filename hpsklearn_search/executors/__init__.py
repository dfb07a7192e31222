"""Where work runs: this process, local worker processes, any joblib backend, a Spark cluster."""

from ._fake import FakeExecutor
from ._joblib import JoblibExecutor
from ._local import local_executor
from ._protocol import Executor, Finished, Function, Task
from ._run import TaskTimeout
from ._serial import SerialExecutor
from .processes import ProcessExecutor, end_idle_workers
from .spark import CANCELLED_REASONS, SparkExecutor, SparkTrials

__all__ = [
    "CANCELLED_REASONS",
    "Executor",
    "FakeExecutor",
    "Finished",
    "Function",
    "JoblibExecutor",
    "ProcessExecutor",
    "SerialExecutor",
    "SparkExecutor",
    "SparkTrials",
    "Task",
    "TaskTimeout",
    "end_idle_workers",
    "local_executor",
]
