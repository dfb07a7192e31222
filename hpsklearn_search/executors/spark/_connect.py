"""Spark Connect as a place to run: no SparkContext, no RDD, no broadcast, only data frames and files.

A task is a data frame of one row that `mapInArrow` turns into the reply; the work travels once, as
an artifact of the session.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

from ._pickling import PickledWork
from ._pyspark import (
    artifact_bytes,
    attempt_number,
    ignore_pandas_warning,
    reply_from_one_row,
    spark_partition_id,
)
from ._worker import SparkCall


class ConnectCluster:
    """Runs calls through a session of Spark Connect.

    Parameters
    ----------
    session : pyspark.sql.connect.session.SparkSession
        From ``SparkSession.builder.remote(...)``.
    resource_profile : pyspark.resource.ResourceProfile, optional
        What a task may use; not on ``local`` masters.
    """

    slots = None  # a client is not told

    def __init__(self, session: Any, resource_profile: Any = None) -> None:
        self.session = session
        self._profile = resource_profile
        self._name = ""
        ignore_pandas_warning()  # for good: threads that run tasks cannot set it back without hitting others

    @property
    def parallelism(self) -> int:
        """The default parallelism: into how many parts Spark cuts a range if nobody says."""
        parts = self.session.range(10_000).select(spark_partition_id().alias("part")).agg({"part": "max"})
        return int(parts.collect()[0][0]) + 1

    @property
    def is_stopped(self) -> bool:
        """Whether somebody stopped the session."""
        return bool(self.session.is_stopped)

    def ship(self, key: str, function: PickledWork) -> None:
        """Upload the pickled work to the session, which keeps it until it ends."""
        self._name = f"hpsklearn-{key}"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, self._name)
            with open(path, "wb") as file:
                file.write(function.function)
            self.session.addArtifacts(path, file=True)

    def run(self, call: SparkCall, payload: bytes, tag: str, earlier: int) -> bytes:
        """Run one task; the reply of `SparkCall.run`."""
        name = self._name

        def reply() -> bytes:
            return call.run(lambda: artifact_bytes(name), payload, earlier + attempt_number(), tag)

        self.session.addTag(tag)
        try:
            return reply_from_one_row(self.session, reply, self._profile)
        finally:
            self.session.removeTag(tag)

    def cancel(self, tag: str) -> None:
        """Interrupt what runs under this tag, and nothing else."""
        self.session.interruptTag(tag)

    def close(self) -> None:
        """Nothing to free: the artifact goes with the session."""
