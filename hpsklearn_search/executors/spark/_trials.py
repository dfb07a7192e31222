"""`SparkTrials`: trials that run on a Spark cluster, in a record like any other.

>>> trials = SparkTrials(parallelism=8)  # starts nothing
>>> trials.count_total_trials(), trials.fmin_cancelled_reason
(0, None)
"""

from __future__ import annotations

import copy
import numbers
import warnings
from typing import Any

from ..._texts import public_repr
from ...trials import STATUS_CANCELLED, Trials
from ._classic import ContextCluster
from ._connect import ConnectCluster
from ._executor import Cluster, SparkExecutor
from ._pickling import raise_if_driver_objects
from ._pyspark import is_remote, open_session

# hyperopt's words for why a search was cancelled, by the loop's reason.
CANCELLED_REASONS = {
    "timeout": "fmin run timeout",
    "early_stop_fn": "early stopping condition",
    "loss_threshold": "loss threshold reached",
    "score_threshold": "score threshold reached",
    "callback": "stopped by a callback",
    "interrupted": "fmin run cancelled by user",
}


class SparkTrials(Trials):
    """The record of a search whose trials run on a Spark cluster.

    Pass it as ``trials=`` to `fmin` or `HyperoptSearchCV`. Each trial is one task of Spark; data is
    broadcast once. Creating the object does not start Spark.

    Parameters
    ----------
    parallelism : int, default=None
        How many trials run at once, and never more than the search has. By default the default parallelism of
        the cluster. If the cluster has fewer slots, there is a warning.
    timeout : float, default=None
        The number of seconds after which the search ends. If the search has a timeout too, the shorter one
        counts. By default there is no limit.
    loss_threshold : float, default=None
        The search ends when a loss is this low. If the search has a threshold too, the first one that is
        reached counts. By default there is none.
    spark_session : pyspark.sql.SparkSession, default=None
        The session to run on, classic or Spark Connect. By default the active session, or a new one. It is not
        pickled with the trials.
    resource_profile : pyspark.resource.ResourceProfile, default=None
        The resources of a task, such as four cores. A ``local`` master ignores it. It is not pickled with the
        trials. By default a task has the resources that the session says.
    max_retries : int, default=1
        How often a trial is started again after its worker died. Then the trial has failed.
    mlflow : bool, default=True
        Whether the search logs to MLflow automatically, if mlflow is imported already or
        ``MLFLOW_TRACKING_URI`` is set.

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong.

    Examples
    --------
    >>> from hpsklearn_search import SparkTrials, fmin, hp, tpe
    >>> def on_spark():
    ...     trials = SparkTrials(parallelism=4)
    ...     best = fmin(
    ...         lambda x: x**2,
    ...         hp.uniform("x", -1, 1),
    ...         tpe.suggest,
    ...         max_evals=20,
    ...         trials=trials,
    ...     )
    ...     return best, trials.count_successful_trials()
    """

    asynchronous = True
    catches_errors = True

    _meant = {
        **dict.fromkeys(("n_jobs", "n_workers", "num_workers", "max_parallelism"), "parallelism"),
        **dict.fromkeys(("spark", "session", "sc"), "spark_session"),
        **dict.fromkeys(("retries", "max_failures"), "max_retries"),
        "score_threshold": "Write it in the search: HyperoptSearchCV(..., score_threshold=...)",
    }

    def __init__(
        self,
        parallelism: int | None = None,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        spark_session: Any = None,
        resource_profile: Any = None,
        *,
        max_retries: int = 1,
        mlflow: bool = True,
    ) -> None:
        super().__init__()
        self.parallelism = _whole_number("parallelism", parallelism, 1)
        self.timeout = _number("timeout", timeout, positive=True)
        self.loss_threshold = _number("loss_threshold", loss_threshold)
        self.max_retries = _whole_number("max_retries", max_retries, 0) or 0
        self.mlflow = mlflow
        self.resource_profile = resource_profile
        self._session = spark_session

    def raise_if_driver_objects(self, **arguments: Any) -> None:
        """Raise TypeError if an argument holds a SparkSession, a DataFrame or the like."""
        raise_if_driver_objects(**arguments)

    def open_executor(self, *, task_timeout: float | None = None, n_tasks: int | None = None) -> SparkExecutor:
        """An executor on the session; if there is no session, a new one starts here."""
        cluster = self._cluster()
        wanted = self.parallelism or cluster.parallelism
        parallelism = wanted if n_tasks is None else min(wanted, n_tasks)
        slots = cluster.slots
        if slots is not None and parallelism > slots:
            warnings.warn(
                f"parallelism={wanted}, but the cluster has {slots} slots for tasks now; the other trials wait "
                f"in Spark's queue, suggested earlier than necessary; write SparkTrials(parallelism={slots})",
                UserWarning,
                stacklevel=4,
            )
        return SparkExecutor(cluster, parallelism, max_retries=self.max_retries, task_timeout=task_timeout)

    def _cluster(self) -> Cluster:
        session = open_session(self._session)
        kind = ConnectCluster if is_remote(session) else ContextCluster
        return kind(session, self.resource_profile)

    # ------------------------------------------------------------------ hyperopt's counters
    @property
    def fmin_cancelled_reason(self) -> str | None:
        """Why the last search was cancelled; None if it was not."""
        return CANCELLED_REASONS.get(self.stop_reason or "")

    def count_successful_trials(self) -> int:
        """How many trials ended with a usable loss."""
        return len(self.record.ok)

    def count_failed_trials(self) -> int:
        """How many trials raised, returned no usable loss, or lost their worker."""
        return self.count_total_trials() - self.count_successful_trials() - self.count_cancelled_trials()

    def count_cancelled_trials(self) -> int:
        """How many trials were running when the search was cancelled."""
        return sum(
            self.stop_reason is not None if trial.outcome is None else trial.outcome.status == STATUS_CANCELLED
            for trial in self.record
        )

    def count_total_trials(self) -> int:
        """How many trials succeeded, failed or were cancelled."""
        return sum(trial.is_finished or self.stop_reason is not None for trial in self.record)

    # ------------------------------------------------------------------ copies
    def __getstate__(self) -> dict[str, Any]:
        # Both belong to their process; in another one, the trials run on the session that is active there.
        return {**self.__dict__, "_session": None, "resource_profile": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> SparkTrials:
        twin = copy.copy(self)
        memo[id(self)] = twin
        shared = {"_session", "resource_profile"}
        twin.__dict__.update({k: v if k in shared else copy.deepcopy(v, memo) for k, v in self.__dict__.items()})
        return twin


def _whole_number(name: str, value: Any, minimum: int) -> int | None:
    number = _number(name, value)
    if number is None:
        return None
    if not number.is_integer():
        raise TypeError(f"{name} must be a whole number or None, got {public_repr(value)}")
    if number < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {public_repr(value)}")
    return int(number)


def _number(name: str, value: Any, positive: bool = False) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number or None, got {public_repr(value)}")
    number = float(value)
    if positive and not number > 0:
        raise ValueError(f"{name} must be positive, got {public_repr(value)}")
    return number
