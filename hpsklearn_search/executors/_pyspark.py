"""Everything that the library takes from pyspark, imported when used.

>>> is_remote(object())  # only a session of Spark Connect is
False
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

from ..exceptions import NotInstalledError

__all__ = ["attempt_number", "downloaded", "is_remote", "open_session", "pinned_thread"]


def open_session(given: Any = None) -> Any:
    """The session to run on: the one given, else the active one, else a new one.

    Raises
    ------
    NotInstalledError
        If pyspark is not installed, or a session has to be started without a Java runtime.
    """
    if given is not None:
        return given
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise NotInstalledError(
            "SparkTrials needs pyspark: pip install 'hpsklearn_search[spark]', and Java 17 or newer"
        ) from error
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    if not _can_start():
        raise NotInstalledError(
            "SparkTrials has to start Spark, which needs Java 17 or newer: install a Java runtime "
            "(openjdk-17-jre-headless, for example) and set JAVA_HOME, or pass spark_session="
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else workers run whatever `python3` is
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        return SparkSession.builder.getOrCreate()


def _can_start() -> bool:
    remote = {"SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "DATABRICKS_RUNTIME_VERSION"} & os.environ.keys()
    return bool(remote or os.environ.get("JAVA_HOME") or shutil.which("java"))


def is_remote(session: Any) -> bool:
    """Whether `session` is one of Spark Connect, which has no SparkContext, RDD or broadcast."""
    return type(session).__module__.startswith("pyspark.sql.connect")


def pinned_thread(session: Any, target: Callable[[], None]) -> threading.Thread:
    """A thread that has the caller's scheduler pool, job group and tags, and one of its own in the JVM."""
    from pyspark import InheritableThread

    # Spark copies these properties when the thread starts, and only if it knows the session.
    return InheritableThread(target, session=session, daemon=True)  # type: ignore[no-any-return]


def attempt_number() -> int:
    """In a worker: how often Spark has begun this task before."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return context.attemptNumber() if context is not None else 0


def downloaded(name: str) -> str:
    """In a worker: the path of a file that the driver sent along."""
    from pyspark import SparkFiles

    return str(SparkFiles.get(name))
