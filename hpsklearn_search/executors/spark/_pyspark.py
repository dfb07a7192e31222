"""Everything that the library uses of pyspark, imported when used.

>>> is_remote(object())  # only a session of Spark Connect is
False
>>> kind_of_driver_object([1, 2]) is None  # only pyspark's own objects are bound to the driver
True
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...exceptions import NotInstalledError

JAVA = (
    "install a Java runtime (openjdk-17-jre-headless, for example) and set JAVA_HOME, "
    "or pass spark_session= of a cluster that has one"
)


# ---------------------------------------------------------------------- sessions
def open_session(session: Any = None) -> Any:
    """The session to run on: `session` if there is one, else the active one, else a new one."""
    if session is not None:
        return session
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise NotInstalledError(
            "SparkTrials needs pyspark: pip install 'hpsklearn_search[spark]', and Java 17 or newer"
        ) from error
    active = SparkSession.getActiveSession()
    return _new_session(SparkSession.builder) if active is None else active


def _new_session(builder: Any) -> Any:
    if not _can_start():
        raise NotInstalledError(f"SparkTrials has to start Spark, which needs Java 17 or newer, and finds none: {JAVA}")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers run whatever `python3` is
    with warnings.catch_warnings():
        ignore_pandas_warning()
        try:
            return builder.getOrCreate()
        except Exception as error:
            if "JAVA_GATEWAY_EXITED" not in str(error):
                raise
            raise NotInstalledError(
                f"SparkTrials could not start Spark: the Java it finds is older than 17, or does not run: {JAVA}"
            ) from error


def _can_start() -> bool:
    remote = {"SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "DATABRICKS_RUNTIME_VERSION"} & os.environ.keys()
    return bool(remote or os.environ.get("JAVA_HOME") or shutil.which("java"))


def is_remote(session: Any) -> bool:
    """Whether `session` is one of Spark Connect."""
    return any(base.__module__.startswith("pyspark.sql.connect") for base in type(session).__mro__)


def ignore_pandas_warning() -> None:
    """Silence pyspark's warning about pandas 3."""
    # pandas is used here neither in the driver nor in a worker.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)


# ---------------------------------------------------------------------- what an objective may hold
# Names of pyspark's classes whose instances refer to something in the driver's JVM, or on the server.
DRIVER_OBJECTS = {"SparkSession", "SparkContext", "DataFrame", "Frame", "RDD", "Column", "GroupedData", "JavaWrapper"}


def kind_of_driver_object(value: Any) -> str | None:
    """The class of a pyspark object that cannot leave the driver; None for all else."""
    for base in type(value).__mro__:
        if base.__name__ in DRIVER_OBJECTS and base.__module__.startswith("pyspark."):
            return f"pyspark {type(value).__name__}"
    return None


def is_broadcast(value: Any) -> bool:
    """Whether `value` is what ``sc.broadcast`` returned."""
    return type(value).__name__ == "Broadcast" and type(value).__module__.startswith("pyspark.")


# ---------------------------------------------------------------------- in the driver
def pinned_thread(session: Any, target: Callable[[], None]) -> threading.Thread:
    """A thread with the scheduler pool, job group and tags of the calling thread, and its own thread in the JVM."""
    from pyspark import InheritableThread

    # Spark copies these properties when the thread starts, and only if it has the session.
    return InheritableThread(target, session=session, daemon=True)  # type: ignore[no-any-return]


def spark_partition_id() -> Any:
    """The column that has the number of a row's partition."""
    from pyspark.sql import functions

    return functions.spark_partition_id()


def reply_from_one_row(session: Any, reply: Callable[[], bytes], profile: Any = None) -> bytes:
    """Run `reply` in a Python worker, by way of a data frame of one row."""

    def run(batches: Iterable[Any]) -> Iterator[Any]:
        import pyarrow

        for _ in batches:  # Spark keeps a worker for the next task only if its input was read to the end
            pass
        yield pyarrow.RecordBatch.from_pydict({"reply": [reply()]})

    options = {} if profile is None else {"profile": profile}
    (row,) = session.range(0, 1, 1, 1).mapInArrow(run, "reply binary", **options).collect()
    return bytes(row[0])


# ---------------------------------------------------------------------- in a worker
def attempt_number() -> int:
    """How often Spark has begun this task before."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return context.attemptNumber() if context is not None else 0


def artifact_bytes(name: str) -> bytes:
    """The content of a file that the driver added to the session."""
    from pyspark import SparkFiles

    with open(SparkFiles.get(name), "rb") as file:
        return file.read()
