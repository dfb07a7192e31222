"""What happens when the user has switched on mlflow's autologging, or runs on Spark."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, MLflowCallback, SparkTrials, Trials, fmin, hp, rand
from hpsklearn_search.integrations import automatic_callbacks
from tests.integrations.mlflow_parts import Store

pytestmark = pytest.mark.mlflow

X, y = load_iris(return_X_y=True)


def search(**arguments: Any) -> HyperoptSearchCV:
    """The search has six candidates on three folds."""
    depths = {"max_depth": hp.uniformint("max_depth", 1, 50)}
    return HyperoptSearchCV(DecisionTreeClassifier(), depths, max_evals=6, cv=3, random_state=0, **arguments)


@pytest.fixture
def autolog(store: Store) -> Iterator[Any]:
    """Scikit-learn's autologging is on during the test."""
    import mlflow

    def switch_on(**config: Any) -> None:
        mlflow.sklearn.autolog(**{"log_models": False, "silent": True, **config})

    switch_on()
    yield switch_on
    mlflow.sklearn.autolog(disable=True)


def test_six_candidates_on_three_folds_are_one_parent_and_six_children(autolog: Any, store: Store) -> None:
    """Autologging creates one run per candidate, not one for each of the nineteen fits."""
    fitted = search().fit(X, y)
    assert len(store.parents()) == 1
    assert len(store.children()) == 6
    assert len(store.runs()) == 7
    assert store.parent().data.metrics["best_cv_score"] == pytest.approx(fitted.best_score_)
    assert store.parent().data.tags["mlflow.autologging"] == "sklearn"


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_the_same_runs_are_logged_with_two_workers(autolog: Any, store: Store, backend: str) -> None:
    """The number of runs does not depend on the joblib backend."""
    with joblib.parallel_config(backend):
        search(n_jobs=2).fit(X, y)
    assert (len(store.parents()), len(store.children())) == (1, 6)


def test_the_run_that_is_active_is_the_parent(autolog: Any, store: Store) -> None:
    """The active run is the parent, as for searches of scikit-learn, and it is not ended."""
    import mlflow

    with mlflow.start_run() as mine:
        search().fit(X, y)
        assert store.client.get_run(mine.info.run_id).info.status == "RUNNING"
    assert store.parent().info.run_id == mine.info.run_id
    assert len(store.children()) == 6


def test_autologging_is_on_again_afterwards(autolog: Any, store: Store) -> None:
    """Autologging works again after a search, also after one that failed."""
    search().fit(X, y)
    with pytest.raises(ValueError, match="max_depth"):
        search(points_to_evaluate=[{"max_depth": -1}]).fit(X, y)
    with pytest.raises(ValueError, match="infinity"):
        search(error_score="raise").fit([[float("nan")], [float("inf")]] * 30, [0, 1] * 30)
    before = len(store.parents())
    DecisionTreeClassifier().fit(X, y)
    assert len(store.parents()) == before + 1


def test_a_callback_of_the_users_logs_instead(autolog: Any, store: Store) -> None:
    """With a callback of the user, autologging does not log the search a second time."""
    search(callbacks=[MLflowCallback(log_model=None, run_name="mine")]).fit(X, y)
    assert store.parent().info.run_name == "mine"
    assert len(store.children()) == 6


def test_a_search_inside_of_what_is_logged_is_not_logged(autolog: Any, store: Store) -> None:
    """mlflow does the same with everything that is fitted inside a pipeline or another search."""
    make_pipeline(search()).fit(X, y)
    assert len(store.runs()) == 1
    outer = HyperoptSearchCV(search(), {"max_evals": [2, 3]}, max_evals=2, cv=2)
    outer.fit(X, y)
    assert sorted(len(store.children(run.info.run_id)) for run in store.parents()) == [0, 2]


def test_the_configuration_of_autologging_is_obeyed(autolog: Any, store: Store) -> None:
    """The settings of models, examples and tags have their usual effect."""
    import mlflow

    autolog(log_models=True, log_input_examples=False, extra_tags={"team": "a"})
    search().fit(X, y)
    (output,) = store.parent().outputs.model_outputs
    assert mlflow.pyfunc.load_model(f"models:/{output.model_id}").input_example is None
    assert store.parent().data.tags["team"] == "a"


@pytest.mark.parametrize("is_on", [True, False])
def test_the_data_are_described_unless_that_is_switched_off(autolog: Any, store: Store, is_on: bool) -> None:
    """Names of columns may be what must not be written down."""
    autolog(log_datasets=is_on)
    search().fit(X, y)
    assert bool(store.parent().inputs.dataset_inputs) is is_on


def test_what_is_switched_off_logs_nothing(autolog: Any, store: Store) -> None:
    """Nothing is logged with ``disable``, nor with ``exclusive`` while the user has an active run."""
    import mlflow

    autolog(exclusive=True)
    with mlflow.start_run():
        search().fit(X, y)
    assert len(store.runs()) == 1
    mlflow.sklearn.autolog(disable=True)
    search().fit(X, y)
    assert len(store.runs()) == 1


def test_fmin_is_not_a_matter_of_autologging(autolog: Any, store: Store) -> None:
    """`fmin` is not an estimator, so autologging of scikit-learn does not log it."""
    fmin(lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 3, show_progressbar=False)
    assert store.runs() == []


@pytest.mark.slow
def test_mlflow_autolog_for_everything_does_the_same(tmp_path: Path) -> None:
    """The test runs in a new process, because ``mlflow.autolog`` patches every installed library."""
    program = f"""
import mlflow
mlflow.set_tracking_uri("sqlite:///{tmp_path}/store.db")
mlflow.autolog(silent=True)
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from hpsklearn_search import HyperoptSearchCV, hp
depths = {{"max_depth": hp.uniformint("max_depth", 1, 50)}}
HyperoptSearchCV(DecisionTreeClassifier(), depths, max_evals=6, cv=3).fit(*load_iris(return_X_y=True))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=240, cwd=tmp_path, capture_output=True)
    store = Store(f"sqlite:///{tmp_path}/store.db")
    assert (len(store.parents()), len(store.children())) == (1, 6)


# ---------------------------------------------------------------------- SparkTrials
def kinds(trials: Trials) -> list[str]:
    """The callbacks that a search over these trials gets automatically."""
    return [type(callback).__name__ for callback in automatic_callbacks([], trials, "fmin")]


def test_a_search_on_spark_logs_automatically_if_mlflow_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """mlflow is in use if it is imported or its address is set; being installed is not enough."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr("hpsklearn_search.integrations._client.is_loaded", lambda: False)
    assert kinds(SparkTrials()) == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///somewhere.db")
    assert kinds(SparkTrials()) == ["MLflowCallback"]
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.setattr("hpsklearn_search.integrations._client.is_loaded", lambda: True)
    assert kinds(SparkTrials()) == ["MLflowCallback"]


def test_the_user_can_switch_the_automatic_log_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument, a callback of the user, or other trials switch it off."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///somewhere.db")
    assert kinds(SparkTrials(mlflow=False)) == []
    assert kinds(Trials()) == []
    assert automatic_callbacks([MLflowCallback()], SparkTrials(), "fmin") == []


def test_an_address_without_mlflow_costs_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning names the extra to install, and how to switch the log off."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://somewhere")
    monkeypatch.setattr("hpsklearn_search.integrations._client.is_loaded", lambda: False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.warns(UserWarning, match=r"hpsklearn_search\[mlflow\].*mlflow=False"):
        assert kinds(SparkTrials()) == []


@pytest.mark.spark
def test_trials_on_spark_are_children(store: Store, spark: Any) -> None:
    """`SparkTrials` is enough, in `HyperoptSearchCV` and in `fmin`."""
    search(trials=SparkTrials(2, spark_session=spark), refit=False).fit(X, y)
    fmin(
        lambda x: x, hp.uniform("x", 0, 1), rand.suggest, 3,
        trials=SparkTrials(2, spark_session=spark), show_progressbar=False,
    )  # fmt: skip
    assert [len(store.children(run.info.run_id)) for run in store.parents()] == [6, 3]
