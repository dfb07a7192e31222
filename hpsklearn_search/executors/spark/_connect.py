"""Tasks over Spark Connect, which has no SparkContext, RDD or broadcast, only data frames and files.

A task is a data frame of one row that `mapInArrow` turns into the reply. The function is sent once, as
an artifact of the session.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from ._pickling import PickledFunction
from ._pyspark import (
    artifact_bytes,
    attempt_number,
    ignore_pandas_warning,
    reply_from_one_row,
    spark_partition_id,
)
from ._worker import SparkCall


class ConnectCluster:
    """Runs calls through a session of Spark Connect."""

    slots = None  # a client cannot find out

    def __init__(self, session: Any, resource_profile: Any = None) -> None:
        self.session = session
        self._profile = resource_profile
        self._name = ""
        ignore_pandas_warning()  # for good: threads that run tasks cannot set it back without hitting others

    @property
    def parallelism(self) -> int:
        """The default parallelism: into how many parts Spark cuts a range."""
        parts = self.session.range(10_000).select(spark_partition_id().alias("part")).agg({"part": "max"})
        return int(parts.collect()[0][0]) + 1

    @property
    def is_stopped(self) -> bool:
        """Whether somebody stopped the session."""
        return bool(self.session.is_stopped)

    def send_function(self, key: str, function: PickledFunction) -> None:
        """Upload the pickled function to the session, which keeps it until it ends."""
        self._name = f"hpsklearn-{key}"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, self._name)
            with open(path, "wb") as file:
                file.write(function.function)
            self.session.addArtifacts(path, file=True)

    def run(self, call: SparkCall, payload: bytes, tag: str, n_earlier_attempts: int) -> bytes:
        """Run one task; what `SparkCall.run` returns."""
        name = self._name

        def reply() -> bytes:
            return call.run(lambda: artifact_bytes(name), payload, n_earlier_attempts + attempt_number(), tag)

        self.session.addTag(tag)
        try:
            return reply_from_one_row(self.session, reply, self._profile)
        finally:
            self.session.removeTag(tag)

    def cancel(self, tag: str) -> None:
        """Interrupt what runs under this tag, and nothing else."""
        self.session.interruptTag(tag)

    def close(self) -> None:
        """Nothing has to be freed: the artifact ends with the session."""
