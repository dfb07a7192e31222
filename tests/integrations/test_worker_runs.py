"""How a worker finds the run of its trial, without a cluster."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from hpsklearn_search import MLflowCallback, Trials
from hpsklearn_search.integrations import inside_run, run_environment

pytestmark = pytest.mark.mlflow


def begun(callback: MLflowCallback) -> tuple[Trials, Any]:
    """A search that has begun its first trial."""
    trials = Trials()
    callback.on_search_begin(trials, {"kind": "fmin", "settings": {}, "total": 1})
    trial = trials.record.add({"x": 1.0})
    callback.on_trial_begin(trials, trial)
    return trials, trial


def test_a_worker_is_given_the_run_of_its_trial_and_the_address(tmp_path: Path) -> None:
    """The run is there when the trial's tasks are made; what is logged in it ends it, and the next one is new."""
    mlflow = pytest.importorskip("mlflow")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    callback = MLflowCallback(tracking_uri=uri)
    _, trial = begun(callback)
    environment_of = run_environment([callback])
    assert environment_of is not None
    environment = environment_of(trial)
    assert environment["MLFLOW_TRACKING_URI"] == uri
    run = mlflow.MlflowClient(uri).get_run(environment["MLFLOW_RUN_ID"])
    assert run.data.tags["mlflow.parentRunId"] == callback._session.tracker.parent_id
    callback.on_finish(None, None)


def test_a_run_that_the_objective_leaves_open_is_ended(store: Any) -> None:
    """Its process serves other trials, too."""
    mlflow = pytest.importorskip("mlflow")
    client = mlflow.MlflowClient()
    run_id = client.create_run(client.get_experiment_by_name("tests").experiment_id).info.run_id
    with inside_run({"MLFLOW_RUN_ID": run_id}):
        mlflow.log_metric("a", 1.0)
        assert mlflow.active_run().info.run_id == run_id
    assert mlflow.active_run() is None
    assert "MLFLOW_RUN_ID" not in os.environ
    assert client.get_run(run_id).data.metrics == {"a": 1.0}


def test_a_server_that_does_not_answer_keeps_no_trial_waiting(tmp_path: Path) -> None:
    """The worker logs without a run of the trial, and the search goes on."""
    pytest.importorskip("mlflow")
    callback = MLflowCallback(tracking_uri="http://127.0.0.1:9", patience=0.1, unsent_dir=tmp_path)
    _, trial = begun(callback)
    start = time.monotonic()
    assert callback.environment(trial) == {}
    assert time.monotonic() - start < 9
    with pytest.warns(UserWarning, match="updates were not sent"):
        callback.on_finish(None, None)


def test_a_callback_of_another_kind_knows_no_runs() -> None:
    """Then a worker is told nothing."""
    assert run_environment([]) is None
