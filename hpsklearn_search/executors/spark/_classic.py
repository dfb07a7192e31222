"""Tasks on a SparkContext: each is one Spark job of one Spark task; data is broadcast."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ._pickling import PickledFunction
from ._pyspark import attempt_number
from ._worker import SparkCall


@dataclass(frozen=True)
class _OneTask:
    """What Spark runs on the only partition of a job."""

    call: SparkCall
    function: Any  # Spark's broadcast of the pickled function
    broadcasts: list[Any]  # those of the user: Spark gives a worker the broadcasts that it finds in this object
    payload: bytes
    n_earlier_attempts: int
    tag: str

    def __call__(self, rows: Iterable[int]) -> Iterator[bytes]:
        for _ in rows:  # Spark keeps a worker for the next task only if its input was read to the end
            pass
        attempt = self.n_earlier_attempts + attempt_number()
        yield self.call.run(lambda: self.function.value, self.payload, attempt, self.tag)


class ContextCluster:
    """Runs calls through the SparkContext of a session that is not of Spark Connect."""

    def __init__(self, session: Any, resource_profile: Any = None) -> None:
        self.session = session
        self._sc = session.sparkContext
        self.one_row_rdd = self._sc.parallelize([0], 1)
        self._function: Any = None
        self._broadcasts: list[Any] = []
        if resource_profile is not None and self._is_local:
            warnings.warn(
                f"resource_profile is ignored: master {self._sc.master!r} runs in one process, which has no profiles; "
                "leave it out here",
                UserWarning,
                stacklevel=5,
            )
        elif resource_profile is not None:
            self.one_row_rdd = self.one_row_rdd.withResources(resource_profile)

    @property
    def _is_local(self) -> bool:
        return str(self._sc.master).partition("[")[0] == "local"

    @property
    def is_stopped(self) -> bool:
        """Whether somebody stopped the SparkContext."""
        return self._sc._jsc is None or bool(self._sc._jsc.sc().isStopped())

    @property
    def parallelism(self) -> int:
        """The default parallelism, in tasks."""
        return max(1, int(self._sc.defaultParallelism) // self._cpus_per_task)

    @property
    def slots(self) -> int | None:
        """How many tasks the registered executors can run at once; None where that may still change."""
        if self._sc.getConf().get("spark.dynamicAllocation.enabled", "false") == "true":
            return None
        context = self._sc._jsc.sc()
        profile = self.one_row_rdd._jrdd.rdd().getResourceProfile()  # null unless one was given
        if profile is None:
            profile = context.resourceProfileManager().resourceProfileFromId(0)
        return int(context.maxNumConcurrentTasks(profile)) or None

    @property
    def _cpus_per_task(self) -> int:
        return int(self._sc.getConf().get("spark.task.cpus", "1"))

    def send_function(self, key: str, function: PickledFunction) -> None:
        """Broadcast the pickled function; each executor fetches it once."""
        self._function = self._sc.broadcast(function.function)
        self._broadcasts = function.broadcasts

    def run(self, call: SparkCall, payload: bytes, tag: str, n_earlier_attempts: int) -> bytes:
        """Run one task, in a pinned thread; what `SparkCall.run` returns."""
        self._sc.setInterruptOnCancel(True)
        self._sc.addJobTag(tag)
        try:
            task = _OneTask(call, self._function, self._broadcasts, payload, n_earlier_attempts, tag)
            (reply,) = self.one_row_rdd.mapPartitions(task).collect()
        finally:
            self._sc.removeJobTag(tag)
        return bytes(reply)

    def cancel(self, tag: str) -> None:
        """Stop the jobs with this tag, and no others."""
        self._sc.cancelJobsWithTag(tag)

    def close(self) -> None:
        """Remove the data from the executors."""
        if self._function is not None and not self.is_stopped:
            self._function.destroy()
        self._function = None
