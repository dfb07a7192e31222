"""mlflow in the objective of `fmin` on Spark: what it logs lands in the child run of its trial."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search import SparkTrials, fmin, hp, rand

pytestmark = [pytest.mark.spark, pytest.mark.mlflow]

N = 4


def metric(x: float) -> float:
    """Logs without a run of its own."""
    import mlflow

    mlflow.log_metric("twice", 2 * x)
    mlflow.log_param("kind", "plain")
    return x


def artifact(x: float) -> float:
    """Logs a text."""
    import mlflow

    mlflow.log_text(f"{x}", "x.txt")
    mlflow.log_metric("twice", 2 * x)
    return x


def nested(x: float) -> float:
    """Opens a run, as scripts for hyperopt without Spark do."""
    import mlflow

    with mlflow.start_run(nested=True):
        mlflow.log_metric("twice", 2 * x)
    return x


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """mlflow with a store of its own."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    mlflow.create_experiment("tuning", artifact_location=(tmp_path / "artifacts").as_uri())
    mlflow.set_experiment("tuning")
    yield mlflow
    mlflow.set_tracking_uri(before)
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)  # which set_experiment sets for child processes
    mlflow.tracking.fluent._active_experiment_id = None


@pytest.mark.parametrize("objective", [metric, artifact, nested])
def test_what_an_objective_logs_lands_in_the_run_of_its_trial(spark: Any, store: Any, objective: Any) -> None:
    """One child a trial and no further run, all of them ended."""
    trials = SparkTrials(2)
    with store.start_run():
        fmin(objective, hp.uniform("x", 0, 1), rand.suggest, N, trials=trials, rstate=0, show_progressbar=False)
    experiments = [experiment.experiment_id for experiment in store.search_experiments()]
    runs = store.search_runs(experiments, output_format="list")
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert (len(runs), len(children)) == (N + 1, N)
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert all(run.data.metrics["twice"] == 2 * float(run.data.metrics["loss"]) for run in children)
    assert sorted(run.data.metrics["loss"] for run in children) == sorted(trials.losses())
    if objective is artifact:
        for run in children:
            text = store.artifacts.load_text(f"{run.info.artifact_uri}/x.txt")
            assert float(text) == run.data.metrics["loss"]
    if objective is metric:
        assert {run.data.params["kind"] for run in children} == {"plain"}
