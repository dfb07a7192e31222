"""Where work runs: this process, local worker processes, any joblib backend, a Spark cluster."""

from ._fake import FakeExecutor
from ._joblib import JoblibExecutor
from ._local import local_executor
from ._processes import ProcessExecutor
from ._protocol import Executor, Finished, Task, Work
from ._serial import SerialExecutor
from ._spark import SparkExecutor
from ._spark_trials import SparkTrials

__all__ = [
    "Executor",
    "FakeExecutor",
    "Finished",
    "JoblibExecutor",
    "ProcessExecutor",
    "SerialExecutor",
    "SparkExecutor",
    "SparkTrials",
    "Task",
    "Work",
    "local_executor",
]
