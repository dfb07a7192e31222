"""What only a SparkContext in this process shows: slots, profiles, broadcast variables."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest

from hpsklearn_search import SparkTrials, fmin, hp, rand

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(os.environ.get("SPARK_UNDER_TEST", "local") != "local", reason="about local[2]"),
]

SPACE = hp.uniform("x", -1, 1)


def test_more_parallelism_than_slots_is_told(spark: Any) -> None:
    """The surplus trials would only wait in Spark's queue; not if there are no surplus trials."""
    with pytest.warns(UserWarning, match=r"parallelism=5, but the cluster has 2 slots"):
        SparkTrials(5).open_executor().close()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SparkTrials(5).open_executor(n_tasks=2).close()


def test_a_resource_profile_is_no_use_in_one_process(spark: Any) -> None:
    """The warning names the master; the search runs without it."""
    from pyspark.resource import ResourceProfileBuilder, TaskResourceRequests

    profile = ResourceProfileBuilder().require(TaskResourceRequests().cpus(1)).build
    with pytest.warns(UserWarning, match=r"resource_profile is ignored: master 'local\[2\]'"):
        fmin(lambda x: x, SPACE, rand.suggest, 1, trials=SparkTrials(1, resource_profile=profile), verbose=False)


def test_a_captured_context_is_refused(spark: Any) -> None:
    """As a session is."""
    context = spark.sparkContext
    with pytest.raises(TypeError, match=r"must not hold a pyspark SparkContext.*trials=Trials\(\)"):
        fmin(lambda x: (context, x)[1], SPACE, rand.suggest, 1, trials=SparkTrials(1), show_progressbar=False)


def test_a_broadcast_variable_of_the_user_arrives(spark: Any) -> None:
    """Data that an objective takes from ``sc.broadcast``, as Databricks advises with hyperopt."""
    shift = spark.sparkContext.broadcast(10.0)
    trials = SparkTrials(2)
    fmin(lambda x: shift.value + x, SPACE, rand.suggest, 4, trials=trials, rstate=0, show_progressbar=False)
    assert all(9 <= loss <= 11 for loss in trials.losses())


def test_a_context_that_was_stopped_ends_the_search(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No trial is recorded as lost for it."""
    from hpsklearn_search.executors.spark._classic import ContextCluster

    monkeypatch.setattr(ContextCluster, "is_stopped", property(lambda self: True))
    monkeypatch.setattr(ContextCluster, "run", lambda *_, **__: 1 / 0)
    with pytest.raises(RuntimeError, match="session was stopped while the search ran"):
        fmin(lambda x: x, SPACE, rand.suggest, 2, trials=SparkTrials(1), show_progressbar=False)
