"""A search as MLflow shows it afterwards, over a real SQLite store."""

from __future__ import annotations

import copy
import csv
import json
import os
import pickle
import shutil
import threading
import time
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import Callback, HyperoptSearchCV, MLflowCallback, Trials, fmin, hp, rand
from hpsklearn_search.exceptions import NotInstalledError
from tests.integrations.mlflow_parts import Store, free_port

pytestmark = pytest.mark.mlflow

X, y = load_iris(return_X_y=True)
DEPTHS = {"max_depth": [1, 2, 3, 4]}


def search(callback: Callback | None = None, space: Any = None, **arguments: Any) -> HyperoptSearchCV:
    """A quick search that is not fitted yet."""
    arguments = {"max_evals": 4, "cv": 3, "random_state": 0, **arguments}
    callbacks = None if callback is None else [callback]
    return HyperoptSearchCV(DecisionTreeClassifier(random_state=0), space or DEPTHS, callbacks=callbacks, **arguments)


class Breaks(ClassifierMixin, BaseEstimator):
    """The parameter says how `fit` fails; a refit is a fit on all 150 rows."""

    def __init__(self, how: str = "") -> None:
        self.how = how

    def fit(self, X: Any, y: Any) -> Breaks:
        """Fail as `how` says, or learn only the classes."""
        if self.how == "interrupt":
            raise KeyboardInterrupt
        if self.how == "error" or (self.how == "refit" and len(X) == 150):
            raise ValueError("no convergence")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """Predict the first class for every row."""
        return np.full(len(X), self.classes_[0])


# ---------------------------------------------------------------------- what is logged
def test_a_search_is_a_parent_with_one_child_a_trial(store: Store) -> None:
    """Children have parameters, loss, scores and status; their times lie within those of the parent."""
    callback = MLflowCallback(log_model=None)
    fitted = search(callback).fit(X, y)
    parent, children = store.parent(), store.children()
    assert callback.run_id == parent.info.run_id
    assert [run.info.status for run in [parent, *children]] == ["FINISHED"] * 5
    assert [run.data.params for run in children] == [{"max_depth": str(depth)} for depth in (1, 2, 3, 4)]
    means = [run.data.metrics["mean_test_score"] for run in children]
    assert means == pytest.approx(list(fitted.cv_results_["mean_test_score"]))
    assert [run.data.metrics["loss"] for run in children] == pytest.approx([-mean for mean in means])
    begin, end = parent.info.start_time, parent.info.end_time
    assert all(begin <= run.info.start_time <= run.info.end_time <= end for run in children)
    assert [run.info.run_name for run in children] == [f"trial-{i}" for i in range(4)]


def test_the_scores_of_the_folds_are_steps(store: Store) -> None:
    """The scores are those of ``cv_results_``, fold by fold."""
    fitted = search(MLflowCallback(log_model=None)).fit(X, y)
    history = store.client.get_metric_history(store.children()[0].info.run_id, "split_test_score")
    scores = [fitted.cv_results_[f"split{i}_test_score"][0] for i in range(3)]
    assert [(point.step, point.value) for point in sorted(history, key=lambda p: p.step)] == list(enumerate(scores))


def test_the_parent_has_settings_result_and_table(store: Store, tmp_path: Path) -> None:
    """The metrics have the names that mlflow's autologging uses, and the table is a CSV file."""
    fitted = search(MLflowCallback(log_model=None)).fit(X, y)
    parent = store.parent()
    assert parent.info.run_name == "HyperoptSearchCV(DecisionTreeClassifier)"
    assert parent.data.metrics["best_cv_score"] == pytest.approx(fitted.best_score_)
    assert parent.data.metrics["best_loss"] == pytest.approx(-fitted.best_score_)
    assert parent.data.params["best_max_depth"] == str(fitted.best_params_["max_depth"])
    assert parent.data.params["cv"] == "3"
    assert parent.data.tags["estimator_name"] == "DecisionTreeClassifier"
    picture = Path(store.client.download_artifacts(parent.info.run_id, "history.png", str(tmp_path)))
    assert picture.read_bytes().startswith(b"\x89PNG")
    path = store.client.download_artifacts(parent.info.run_id, "cv_results.csv", str(tmp_path))
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["param_max_depth"] for row in rows] == ["1", "2", "3", "4"]
    assert [float(row["mean_test_score"]) for row in rows] == list(fitted.cv_results_["mean_test_score"])


def test_no_parameter_of_the_parent_says_none(store: Store) -> None:
    """Arguments that were not set are left out."""
    search(MLflowCallback(log_model=None)).fit(X, y)
    assert "None" not in store.parent().data.params.values()


@pytest.mark.parametrize("refit", ["accuracy", False])
def test_all_metrics_of_the_best_candidate_are_on_the_parent(store: Store, refit: Any) -> None:
    """Not only the one that decides."""
    metrics = {"scoring": ["accuracy", "f1_macro"], "refit": refit, "objective_metric": "accuracy"}
    fitted = search(MLflowCallback(log_model=None), **metrics).fit(X, y)
    best = int(np.argmin(fitted.cv_results_["rank_test_accuracy"]))
    for name in ("mean_test_accuracy", "mean_test_f1_macro"):
        logged = store.parent().data.metrics[f"best_{name}"]
        assert logged == pytest.approx(fitted.cv_results_[name][best])


@pytest.mark.parametrize("kind", ["numpy", "pandas", "lists"])
def test_the_data_are_an_input_of_the_parent(store: Store, kind: str) -> None:
    """They are described by mlflow.data, with its digest; other types are left out."""
    import mlflow

    data = {"numpy": X, "pandas": pd.DataFrame(X, columns=list("abcd")), "lists": X.tolist()}[kind]
    search(MLflowCallback(log_model=None)).fit(data, y)
    inputs = store.parent().inputs.dataset_inputs
    if kind == "lists":
        assert not inputs
        return
    (given,) = inputs
    own = mlflow.data.from_numpy(X, targets=y) if kind == "numpy" else mlflow.data.from_pandas(data)
    expected = own.to_dict()
    assert {name: getattr(given.dataset, name) for name in ("digest", "schema", "profile")} == {
        name: expected[name] for name in ("digest", "schema", "profile")
    }


def test_the_refitted_model_is_logged_once_and_loads(store: Store) -> None:
    """The model has a signature and an example, and predicts as the search does."""
    import mlflow
    import pandas as pd

    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    fitted = search(MLflowCallback()).fit(frame, y)
    (output,) = store.parent().outputs.model_outputs
    loaded = mlflow.pyfunc.load_model(f"models:/{output.model_id}")
    assert list(loaded.predict(frame)) == list(fitted.predict(frame))
    assert loaded.metadata.signature.inputs.input_names() == ["a", "b", "c", "d"]
    pd.testing.assert_frame_equal(loaded.input_example, frame[:5])
    by_run = mlflow.sklearn.load_model(f"runs:/{store.parent().info.run_id}/model")
    assert by_run.get_params() == fitted.best_estimator_.get_params()


def test_a_model_can_be_registered(store: Store) -> None:
    """The same name registers a second version."""
    for _ in range(2):
        search(MLflowCallback(registered_model_name="iris")).fit(X, y)
    assert [v.version for v in store.client.search_model_versions("name = 'iris'")] == [2, 1]


def test_fmin_is_logged_with_values_instead_of_indices(store: Store, tmp_path: Path) -> None:
    """A choice is logged as its option, and other numbers that the function returns are metrics."""
    space = {"kernel": hp.choice("kernel", ["rbf", "poly"]), "x": hp.uniform("x", 0, 1)}

    def objective(config: Mapping[str, Any]) -> dict[str, Any]:
        return {"loss": config["x"], "status": "ok", "accuracy": 1 - config["x"]}

    trials = Trials()
    callback = MLflowCallback()
    fmin(objective, space, rand.suggest, 5, trials=trials, rstate=0, show_progressbar=False, callbacks=[callback])
    children = store.children()
    assert {run.data.params["kernel"] for run in children} <= {"rbf", "poly"}
    assert [float(run.data.params["x"]) for run in children] == trials.vals["x"]
    assert all(run.data.metrics["accuracy"] == pytest.approx(1 - run.data.metrics["loss"]) for run in children)
    assert store.parent().data.params["best_x"] == str(trials.argmin["x"])
    assert store.parent().data.params["max_evals"] == "5"
    assert store.files(callback.run_id or "") == {"trials.csv"}


def test_the_best_loss_is_a_curve_of_the_parent(store: Store) -> None:
    """The curve has one point for each improvement, with the number of the trial as step."""
    losses = iter([3.0, 5.0, 2.0, 2.5, 1.0])
    callback = MLflowCallback()
    fmin(lambda x: next(losses), hp.uniform("x", 0, 1), rand.suggest, 5, show_progressbar=False, callbacks=[callback])
    history = store.client.get_metric_history(callback.run_id or "", "best_loss")
    assert [(point.step, point.value) for point in history] == [(0, 3.0), (2, 2.0), (4, 1.0)]


def test_parameters_with_names_and_values_that_mlflow_refuses_are_adapted(store: Store) -> None:
    """A long text or an invalid character does not cost the record."""
    options = ["a" * 10_000, "b" * 10_000]
    space = {"odd": hp.choice("odd: name?", options), "x": hp.uniform("../x", 0, 1)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fmin(lambda c: c["x"], space, rand.suggest, 2, show_progressbar=False, callbacks=[MLflowCallback()])
    assert [set(run.data.params) for run in store.children()] == [{"odd_ name_", "__x"}] * 2


def test_names_of_files_that_are_not_utf_8_are_logged_with_escapes(store: Store, tmp_path: Path) -> None:
    """In the parameters, in the name of the run and in the table; nothing else of the record is lost."""
    file = b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    space = {"file": hp.choice("file", [file]), "x": hp.uniform("x", 0, 1)}
    callback = MLflowCallback(run_name=file)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fmin(lambda c: c["x"], space, rand.suggest, 2, show_progressbar=False, callbacks=[callback])
    assert [(run.data.params["file"], run.info.status) for run in store.children()] == [
        (r"caf\udce9.csv", "FINISHED")
    ] * 2
    assert (store.parent().info.run_name, store.parent().info.status) == (r"caf\udce9.csv", "FINISHED")
    table = store.client.download_artifacts(store.parent().info.run_id, "trials.csv", str(tmp_path))
    assert Path(table).read_text().count(r"caf\udce9.csv") == 2


def test_an_interrupt_while_the_end_waits_leaves_a_file_and_no_thread(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C during the wait for MLflow loses no update."""

    def interrupted(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hpsklearn_search.integrations._session.save_model", interrupted)
    callback = MLflowCallback(tracking_uri=f"http://127.0.0.1:{free_port()}", unsent_dir=tmp_path / "unsent")
    with pytest.warns(UserWarning, match="were not sent"), pytest.raises(KeyboardInterrupt):
        search(callback).fit(X, y)
    assert len(list((tmp_path / "unsent").glob("*.jsonl"))) == 1
    deadline = time.monotonic() + 30
    while (names := [t.name for t in threading.enumerate()]).count("hpsklearn-mlflow") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "hpsklearn-mlflow" not in names


def test_a_trial_with_many_parameters_is_logged_whole(store: Store) -> None:
    """The parameters are sent in several calls."""
    space = {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(150)}
    fmin(lambda c: c["x0"], space, rand.suggest, 1, show_progressbar=False, callbacks=[MLflowCallback()])
    assert len(store.children()[0].data.params) == 150


# ---------------------------------------------------------------------- where to
def test_an_active_run_becomes_the_parent_and_stays_active(store: Store) -> None:
    """The run is not ended, and keeps what the user has logged."""
    import mlflow

    with mlflow.start_run() as mine:
        mlflow.log_param("cv", "mine")
        search(MLflowCallback(log_model=None)).fit(X, y)
        assert mlflow.active_run().info.run_id == mine.info.run_id
        assert store.parent().info.status == "RUNNING"
        assert len(store.children(mine.info.run_id)) == 4
    params = store.parent().data.params
    assert params["cv"] == "mine"
    assert [value for name, value in params.items() if name.startswith("cv_")] == ["3"]


def test_two_searches_in_one_active_run_do_not_overwrite_each_other(store: Store) -> None:
    """The second search has its own names, files and model."""
    import mlflow

    with mlflow.start_run() as mine:
        first = search(MLflowCallback()).fit(X, y)
        second = search(MLflowCallback(), {"max_depth": [1]}, max_evals=1).fit(X, y)
    run = store.parent()
    scores = {name: value for name, value in run.data.metrics.items() if name.startswith("best_cv_score")}
    assert len(scores) == 2
    assert scores["best_cv_score"] == first.best_score_
    assert second.best_score_ in scores.values()
    assert len(store.children(mine.info.run_id)) == 5
    assert len(run.outputs.model_outputs) == 2
    assert len([path for path in store.files(mine.info.run_id) if path.startswith("search_")]) == 1


def test_an_experiment_that_is_named_is_made(store: Store) -> None:
    """The search gets a new run in that experiment, even if another run is active."""
    import mlflow

    with mlflow.start_run() as mine:
        callback = MLflowCallback(experiment="new", run_name="first try", log_model=None, tags={"team": "a"})
        search(callback).fit(X, y)
    assert callback.run_id != mine.info.run_id
    run = store.client.get_run(callback.run_id)
    assert run.info.run_name == "first try"
    assert store.client.get_experiment(run.info.experiment_id).name == "new"
    assert {child.data.tags["team"] for child in store.children(callback.run_id)} == {"a"}


def test_a_run_can_be_given_as_parent(store: Store) -> None:
    """The run is not ended."""
    import mlflow

    experiment = mlflow.get_experiment_by_name("tests").experiment_id
    parent = store.client.create_run(experiment)
    search(MLflowCallback(parent_run_id=parent.info.run_id, log_model=None)).fit(X, y)
    assert store.parent().info.run_id == parent.info.run_id
    assert store.parent().info.status == "RUNNING"
    assert len(store.children(parent.info.run_id)) == 4


def test_the_users_own_uri_stays_in_force(store: Store, tmp_path: Path) -> None:
    """Logging to another address does not change mlflow's global state."""
    import mlflow

    before = mlflow.get_tracking_uri()
    other = Store(f"sqlite:///{tmp_path}/other.db")
    search(MLflowCallback(tracking_uri=other.uri, log_model=None)).fit(X, y)
    assert mlflow.get_tracking_uri() == before
    assert mlflow.active_run() is None
    assert store.runs() == []
    assert len(other.children()) == 4


@pytest.mark.parametrize("n_jobs", [2])
def test_children_are_the_same_with_worker_processes(store: Store, n_jobs: int) -> None:
    """The process that runs the search logs everything."""
    search(MLflowCallback(log_model=None), n_jobs=n_jobs).fit(X, y)
    assert [run.data.params["max_depth"] for run in store.children()] == ["1", "2", "3", "4"]


# ---------------------------------------------------------------------- however it ends
def test_a_candidate_that_fails_is_a_failed_child(store: Store) -> None:
    """The error is a tag, and the search continues to its end."""
    space = {"how": ["", "error"]}
    with pytest.warns(match="fits failed"):
        HyperoptSearchCV(Breaks(), space, max_evals=2, cv=3, callbacks=[MLflowCallback(log_model=None)]).fit(X, y)
    assert [run.info.status for run in store.children()] == ["FINISHED", "FAILED"]
    assert store.children()[1].data.tags["hpsklearn_search.error"] == "ValueError: no convergence"
    assert store.parent().info.status == "FINISHED"


def test_error_score_raise_ends_in_a_failed_parent(store: Store) -> None:
    """The candidates that finished are logged, and the user sees the original error."""
    callback = MLflowCallback()
    hopeless = HyperoptSearchCV(Breaks(), {"how": ["", "error"]}, max_evals=2, cv=3, error_score="raise")
    with pytest.raises(ValueError, match="no convergence"):
        hopeless.set_params(callbacks=[callback]).fit(X, y)
    assert store.parent().info.status == "FAILED"
    assert store.parent().data.tags["hpsklearn_search.error"] == "ValueError: no convergence"
    assert [run.info.status for run in store.children()] == ["FINISHED", "FAILED"]


def test_an_interrupt_ends_in_a_killed_parent(store: Store) -> None:
    """The open trial is killed too, and the table holds the candidates that finished."""
    callback = MLflowCallback()
    interrupted = HyperoptSearchCV(Breaks(), {"how": ["", "interrupt"]}, max_evals=2, cv=3, callbacks=[callback])
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(X, y)
    assert store.parent().info.status == "KILLED"
    assert [run.info.status for run in store.children()] == ["FINISHED", "KILLED"]
    assert store.files(callback.run_id or "") == {"cv_results.csv", "history.png", "search.html"}


def test_a_refit_that_fails_ends_in_a_failed_parent(store: Store) -> None:
    """All children are there, and no model."""
    with pytest.raises(ValueError, match="no convergence"):
        HyperoptSearchCV(Breaks(), {"how": ["refit"]}, max_evals=1, cv=3, callbacks=[MLflowCallback()]).fit(X, y)
    assert store.parent().info.status == "FAILED"
    assert store.parent().outputs.model_outputs == []
    assert [run.info.status for run in store.children()] == ["FINISHED"]


def test_a_fit_that_fails_after_a_good_one_logs_nothing_of_the_good_one(store: Store) -> None:
    """The attributes of an earlier fit are not results of this one."""
    callback = MLflowCallback(log_model=None)
    twice = HyperoptSearchCV(Breaks(), {"how": [""]}, max_evals=1, cv=3, callbacks=[callback]).fit(X, y)
    twice.set_params(space={"how": ["interrupt"]})
    with pytest.raises(KeyboardInterrupt):
        twice.fit(X, y)
    run = store.client.get_run(callback.run_id)
    assert run.info.status == "KILLED"
    assert "best_cv_score" not in run.data.metrics
    assert store.files(callback.run_id or "") == set()


def test_an_argument_that_is_wrong_leaves_no_run(store: Store) -> None:
    """The argument is refused before the log starts."""
    with pytest.raises(ValueError, match="max_evals"):
        search(MLflowCallback(), max_evals=0).fit(X, y)
    assert store.runs() == []


# ---------------------------------------------------------------------- copies
def test_clones_and_pickles_log_searches_of_their_own(store: Store) -> None:
    """This holds for copies of a fitted search, too."""
    original = search(MLflowCallback(log_model=None)).fit(X, y)
    for twin in (clone(original), copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        twin.fit(X, y)
    assert len({run.info.run_id for run in store.parents()}) == 4
    assert len(store.runs()) == 4 * 5


def test_a_search_in_cross_validation_logs_each_fit(store: Store) -> None:
    """The search of each outer fold has its own parent."""
    cross_val_score(search(MLflowCallback(log_model=None)), X, y, cv=2)
    assert [len(store.children(run.info.run_id)) for run in store.parents()] == [4, 4]


def test_a_search_within_a_search_can_be_logged_on_both_levels(store: Store) -> None:
    """Each inner search has its own parent."""
    inner = search(MLflowCallback(log_model=None, run_name="inner"), max_evals=4)
    outer = HyperoptSearchCV(inner, {"max_evals": [4]}, max_evals=1, cv=2, refit=False)
    outer.set_params(callbacks=[MLflowCallback(log_model=None, run_name="outer")]).fit(X, y)
    assert sorted(run.info.run_name for run in store.parents()) == ["inner", "inner", "outer"]


# ---------------------------------------------------------------------- arguments
def test_arguments_that_are_wrong_are_refused_where_they_are_written() -> None:
    """The constructor raises, and the message names the argument."""
    with pytest.raises(ValueError, match='log_model must be "best" or None'):
        MLflowCallback(log_model="all")
    with pytest.raises(ValueError, match="patience"):
        MLflowCallback(patience=-1)
    with pytest.raises(ValueError, match="give one of the two"):
        MLflowCallback(experiment="a", parent_run_id="b")


def test_without_mlflow_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes before the first fit."""
    monkeypatch.setattr("hpsklearn_search.integrations._client.is_loaded", lambda: False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NotInstalledError, match=r"hpsklearn_search\[mlflow\]"):
        search(MLflowCallback()).fit(X, y)


# ---------------------------------------------------------------------- a server that is not there
def test_a_server_that_is_down_costs_one_warning_and_leaves_a_file(store: Store, tmp_path: Path) -> None:
    """The search has all results; after `resend`, MLflow has the same runs as with a server that answers."""
    callback = MLflowCallback(tracking_uri=f"http://127.0.0.1:{free_port()}", unsent_dir=tmp_path / "unsent")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = search(callback).fit(X, y)
    assert len(fitted.cv_results_["params"]) == 4
    assert fitted.best_estimator_ is not None
    (warning,) = caught
    (file,) = (tmp_path / "unsent").glob("*.jsonl")
    assert str(file) in str(warning.message)
    assert "Connection" in str(warning.message)
    for _ in range(2):  # a second time changes nothing
        assert MLflowCallback.resend(file, tracking_uri=store.uri) == len(file.read_text().splitlines()) - 1
    assert [run.data.params["max_depth"] for run in store.children()] == ["1", "2", "3", "4"]
    assert {run.info.status for run in store.runs()} == {"FINISHED"}
    parent = store.parent()
    assert store.client.get_experiment(parent.info.experiment_id).name == "tests"  # that in force
    assert parent.data.metrics["best_cv_score"] == pytest.approx(fitted.best_score_)
    assert store.files(parent.info.run_id) == {"cv_results.csv", "history.png", "search.html"}
    assert len(parent.outputs.model_outputs) == 1
    assert len(store.runs()) == 5


def test_a_password_is_not_written_into_the_file(tmp_path: Path) -> None:
    """The file has the address without the password."""
    uri = f"http://user:secret@127.0.0.1:{free_port()}"
    with pytest.warns(UserWarning, match="were not sent"):
        search(MLflowCallback(tracking_uri=uri, unsent_dir=tmp_path, log_model=None)).fit(X, y)
    (file,) = tmp_path.glob("*.jsonl")
    assert "secret" not in file.read_text()
    assert "http://127.0.0.1" in file.read_text()


def test_a_folder_that_cannot_be_written_does_not_lose_the_file(tmp_path: Path) -> None:
    """The file is written into a temporary folder, and the warning names it."""
    (tmp_path / "file").write_text("not a folder")
    callback = MLflowCallback(tracking_uri=f"http://127.0.0.1:{free_port()}", unsent_dir=tmp_path / "file")
    with pytest.warns(
        UserWarning, match=r"MLflowCallback\.resend\('.*mlflow-unsent-.*\.jsonl', tracking_uri='http.*'\)"
    ) as caught:
        search(callback).set_params(refit=False).fit(X, y)
    assert Path(str(caught[0].message).split("resend('")[1].split("'")[0]).exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows does not remove a current folder")
def test_a_current_folder_that_is_removed_costs_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search has its result, and the warning names the file in a temporary folder, and the address."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "current").mkdir()
    monkeypatch.chdir(tmp_path / "current")

    def objective(x: float) -> float:
        if (tmp_path / "current").exists():
            (tmp_path / "current").rmdir()
        return x

    uri = f"http://127.0.0.1:{free_port()}"
    callback = MLflowCallback(tracking_uri=uri)
    with pytest.warns(UserWarning, match="were not sent") as caught:
        fmin(objective, hp.uniform("x", 0, 1), rand.suggest, 2, rstate=0, verbose=False, callbacks=[callback])
    (file,) = tmp_path.glob("mlflow-unsent-*/*.jsonl")
    assert [f"resend('{file}', tracking_uri='{uri}')" in str(warning.message) for warning in caught] == [True]


def test_another_file_is_refused(tmp_path: Path) -> None:
    """A file of a newer version is refused, too."""
    for text in ("", "hello", "[]", '{"format": 99, "search": "a"}', '{"format": 1, "search": "a"}\n{"odd": 1}'):
        (tmp_path / "file").write_text(text)
        with pytest.raises(ValueError, match="is not a file of updates"):
            MLflowCallback.resend(tmp_path / "file")


# ---------------------------------------------------------------------- files that somebody else wrote
def unsent_file(folder: Path, *updates: dict[str, Any], **header: Any) -> Path:
    """A file of unsent updates, as anybody can write one."""
    lines = [{"format": 1, "search": "abc", **header}, *updates]
    path = folder / "mlflow-unsent-abc.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.mark.parametrize("name", ["folder", "model"])
@pytest.mark.parametrize("place", ["{tmp}/secret", "secret", "mlflow-unsent-abc/../secret", "mlflow-unsent-abc/link",
                                   "mlflow-unsent-abc/has_link", "mlflow-unsent-abc", ".", ""])  # fmt: skip
def test_a_file_cannot_send_what_lies_outside_of_its_folder(
    store: Store, tmp_path: Path, name: str, place: str
) -> None:
    """Absolute paths, parent folders and links are refused before anything is sent."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "id_rsa").write_text("key")
    (tmp_path / "mlflow-unsent-abc" / "has_link").mkdir(parents=True)
    (tmp_path / "mlflow-unsent-abc" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "mlflow-unsent-abc" / "has_link" / "id_rsa").symlink_to(tmp_path / "secret" / "id_rsa")
    path = unsent_file(tmp_path, {name: place.format(tmp=tmp_path)})
    with pytest.raises(ValueError, match="only files in"):
        MLflowCallback.resend(path, tracking_uri=store.uri)
    assert store.runs() == []


def test_the_files_in_its_folder_are_sent(store: Store, tmp_path: Path) -> None:
    """They become artifacts of the parent run."""
    (tmp_path / "mlflow-unsent-abc" / "folder").mkdir(parents=True)
    (tmp_path / "mlflow-unsent-abc" / "folder" / "table.csv").write_text("a,b")
    path = unsent_file(tmp_path, {"folder": "mlflow-unsent-abc/folder"})
    MLflowCallback.resend(path, tracking_uri=store.uri)
    assert store.files(store.parent().info.run_id) == {"table.csv"}


def test_a_link_that_comes_after_the_check_is_not_sent(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner of the folder waits for the first call to the server, and then replaces the table."""
    from hpsklearn_search.integrations._client import Client

    (tmp_path / "id_rsa").write_text("key")
    folder = tmp_path / "mlflow-unsent-abc" / "folder"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_text("a,b")

    def swap_and_create(*args: Any) -> str:
        (folder / "table.csv").unlink()
        (folder / "table.csv").symlink_to(tmp_path / "id_rsa")
        return create(*args)

    create = Client.create_run
    monkeypatch.setattr(Client, "create_run", swap_and_create)
    MLflowCallback.resend(unsent_file(tmp_path, {"folder": "mlflow-unsent-abc/folder"}), tracking_uri=store.uri)
    path = store.client.download_artifacts(store.parent().info.run_id, "table.csv", str(tmp_path))
    assert Path(path).read_text() == "a,b"


def test_the_files_of_a_log_stay_as_they_are(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The description of the model, which mlflow changes, may be read-only; the copies that are sent are removed."""
    model = tmp_path / "mlflow-unsent-abc" / "model"
    model.mkdir(parents=True)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (model / "MLmodel").write_text("flavors: {}")
    (model / "MLmodel").chmod(0o400)
    MLflowCallback.resend(unsent_file(tmp_path, {"model": "mlflow-unsent-abc/model"}), tracking_uri=store.uri)
    assert len(store.parent().outputs.model_outputs) == 1
    assert (model / "MLmodel").read_text() == "flavors: {}"
    assert list((tmp_path / "temporary").iterdir()) == []


def test_files_that_cannot_be_copied_are_named_before_anything_is_sent(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The temporary folder may be full."""
    folder = tmp_path / "mlflow-unsent-abc" / "folder"
    folder.mkdir(parents=True)

    def fail(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hpsklearn_search.integrations._received.copy_folders", fail)
    with pytest.raises(OSError, match=r"mlflow-unsent-abc cannot be copied .*No space left"):
        MLflowCallback.resend(unsent_file(tmp_path, {"folder": "mlflow-unsent-abc/folder"}), tracking_uri=store.uri)
    assert store.runs() == []


@pytest.mark.parametrize(("bad", "n_calls"), [([0, 1, 3], 5), ([0, 1, 2, 3, 4], 3)], ids=["some", "all"])
def test_an_update_that_the_server_never_takes_does_not_hold_up_a_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: list[int], n_calls: int
) -> None:
    """The others are sent before the error is raised; three failures in a row say that the server is down."""
    from hpsklearn_search.integrations import _unsent

    calls: list[int | None] = []

    class Breaking:
        def __init__(self, *args: Any, **options: Any) -> None: ...

        def send(self, update: Any) -> None:
            calls.append(update.trial)
            if update.trial in bad:
                raise ConnectionError("500")

    monkeypatch.setattr(_unsent, "Tracker", Breaking)
    path = unsent_file(tmp_path, *({"trial": number} for number in range(5)))
    with pytest.raises(ConnectionError):
        MLflowCallback.resend(path, tracking_uri=f"sqlite:///{tmp_path}/none.db")
    assert calls == list(range(n_calls))


FOREIGN_TAGS = ["mlflow.parentRunId", "mlflow.user", "mlflow.source.name", "mlflow.runName", "hpsklearn_search.search",
                "hpsklearn_search.trial"]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN_TAGS)
@pytest.mark.parametrize("is_external", [False, True], ids=["new run", "given run"])
def test_a_file_does_not_choose_what_a_run_belongs_to(
    store: Store, tmp_path: Path, name: str, is_external: bool
) -> None:
    """Neither the parent, nor the user, nor the search of a run: all tags of the first line go to new runs."""
    foreign = store.client.create_run(store.client.create_experiment("team")).info.run_id
    header = {"external_run_id": foreign} if is_external else {"experiment": "team"}
    path = unsent_file(tmp_path, {"metrics": [["loss", 1.0, 1, 0]]}, tags={name: foreign}, **header)
    with pytest.raises(ValueError, match="'tags' cannot be"):
        MLflowCallback.resend(path, tracking_uri=store.uri, parent_run_id=foreign if is_external else None)
    assert [run.info.run_id for run in store.runs()] == [foreign]
    assert store.runs()[0].data.tags.get(name) != foreign


def test_the_tags_of_the_user_are_sent(store: Store, tmp_path: Path) -> None:
    """Those that say whose run it is come from the machine that sends the log; the others are in it."""
    tags = {"team": "risk", "mlflow.note.content": "a text", "mlflow.autologging": "sklearn", "mlflow.user": "ceo"}
    uri = f"http://127.0.0.1:{free_port()}"
    with pytest.warns(UserWarning, match="were not sent"):
        search(MLflowCallback(tracking_uri=uri, unsent_dir=tmp_path, log_model=None, tags=tags)).fit(X, y)
    (file,) = tmp_path.glob("*.jsonl")
    MLflowCallback.resend(file, tracking_uri=store.uri)
    for run in store.runs():
        assert {name: run.data.tags.get(name) for name in list(tags)[:3]} == dict(list(tags.items())[:3])
        assert run.data.tags["mlflow.user"] != "ceo"


def test_a_file_does_not_choose_the_address(store: Store, tmp_path: Path) -> None:
    """The request would carry the user's token; the message names both addresses."""
    path = unsent_file(tmp_path, {"tags": {"a": "b"}}, tracking_uri=f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(
        ValueError, match=r"was written for '.*other\.db', and mlflow's current address is '.*store\.db'"
    ):
        MLflowCallback.resend(path)
    assert not (tmp_path / "other.db").exists()
    assert store.runs() == []


def test_the_current_address_needs_no_argument(store: Store, tmp_path: Path) -> None:
    """The address of the file is the current one of mlflow."""
    path = unsent_file(tmp_path, {"tags": {"a": "b"}}, tracking_uri=store.uri)
    assert MLflowCallback.resend(path) == 1
    assert store.parent().data.tags["a"] == "b"


def test_a_file_cannot_change_a_run_of_another_search(store: Store, tmp_path: Path) -> None:
    """The run that the file claims to have created has no tag of its search, so new runs are created."""
    search(MLflowCallback(log_model=None)).fit(X, y)
    foreign, child = store.parent(), store.children()[0]
    ids = {"": foreign.info.run_id, "0": child.info.run_id}
    updates = [{"trial": trial, "metrics": [["loss", 99.0, 1, 0]], "status": "FAILED", "end": 1} for trial in (None, 0)]
    path = unsent_file(tmp_path, *updates, runs=ids, experiment_id=foreign.info.experiment_id)
    MLflowCallback.resend(path, tracking_uri=store.uri)
    for run in (foreign, child):
        now = store.client.get_run(run.info.run_id)
        assert (now.info.status, now.data.metrics) == ("FINISHED", run.data.metrics)
    assert len(store.parents()) == 2


def test_an_external_parent_needs_a_tag_or_the_word_of_the_user(store: Store, tmp_path: Path) -> None:
    """The message has the argument to pass."""
    run_id = store.client.create_run(store.client.get_experiment_by_name("tests").experiment_id).info.run_id
    path = unsent_file(tmp_path, {"params": {"a": "b"}}, external_run_id=run_id)
    with pytest.raises(ValueError, match=f"pass parent_run_id='{run_id}'"):
        MLflowCallback.resend(path, tracking_uri=store.uri)
    assert store.client.get_run(run_id).data.params == {}
    MLflowCallback.resend(path, tracking_uri=store.uri, parent_run_id=run_id)
    assert store.client.get_run(run_id).data.params == {"a": "b"}
    assert MLflowCallback.resend(path, tracking_uri=store.uri) == 1  # now the tag shows the search


def test_an_error_about_a_file_moves_no_cursor(store: Store, tmp_path: Path) -> None:
    """MLflow's message contains a name from the file, which is shown with escapes."""
    (tmp_path / "mlflow-unsent-abc" / "model").mkdir(parents=True)
    (tmp_path / "mlflow-unsent-abc" / "model" / "MLmodel").write_text("flavors: {}")
    path = unsent_file(tmp_path, {"model": "mlflow-unsent-abc/model"}, registered_model="\x1b[2J/x")
    with pytest.raises(Exception, match=r"\\x1b\[2J/x") as caught:
        MLflowCallback.resend(path, tracking_uri=store.uri)
    assert "\x1b" not in "".join(traceback.format_exception(caught.value))


def test_texts_of_a_file_that_mlflow_would_cut_are_cut_without_a_word(
    store: Store, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """MLflow's warning would show the text as it is in the file."""
    long = "\x1b[2J" * 3000
    path = unsent_file(tmp_path, {"params": {"a": long}, "tags": {"b": long}}, tags={"c": long}, run_name=long)
    MLflowCallback.resend(path, tracking_uri=store.uri)
    assert "\x1b" not in "".join(capfd.readouterr())
    data = store.parent().data
    assert len(data.params["a"]) == 6000
    assert [len(data.tags[name]) for name in ("b", "c", "mlflow.runName")] == [8000] * 3


@pytest.mark.parametrize(
    "uri", ["http://alice:S3CRET@127.0.0.1:{port}", "http://127.0.0.1:{port}/?access_token=S3CRET"]
)
def test_a_password_is_neither_shown_nor_logged(tmp_path: Path, uri: str, caplog: pytest.LogCaptureFixture) -> None:
    """Warnings, logs, representations and files often end where others read them."""
    caplog.set_level("DEBUG", "hpsklearn_search")
    callback = MLflowCallback(tracking_uri=uri.format(port=free_port()), unsent_dir=tmp_path, log_model=None)
    with pytest.warns(UserWarning, match="were not sent") as caught:
        search(callback).fit(X, y)
    (file,) = tmp_path.glob("*.jsonl")
    texts = [*(str(warning.message) for warning in caught), caplog.text, repr(callback), file.read_text()]
    assert not [text for text in texts if "S3CRET" in text]


def test_limits_of_our_calls_are_ours_alone(store: Store) -> None:
    """The limits change neither the environment nor the calls of other threads."""
    from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_MAX_RETRIES as RETRIES

    from hpsklearn_search.integrations._client import short_calls

    usual = RETRIES.get()
    with short_calls():
        assert RETRIES.get() == 0
        assert not RETRIES.is_set()
    assert RETRIES.get() == usual > 0


def test_a_limit_that_the_user_has_set_is_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable in the environment has priority."""
    from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_MAX_RETRIES as RETRIES

    from hpsklearn_search.integrations._client import short_calls

    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    with short_calls():
        assert RETRIES.get() == 2


def test_a_model_that_cannot_be_saved_is_a_warning(store: Store) -> None:
    """The rest of the search is logged."""

    class Local(DecisionTreeClassifier):
        def __reduce__(self) -> Any:
            raise TypeError("not me")

    with pytest.warns(UserWarning, match="not me"):
        HyperoptSearchCV(Local(), DEPTHS, max_evals=4, cv=3, callbacks=[MLflowCallback()]).fit(X, y)
    assert store.parent().info.status == "FINISHED"
    assert "cv_results.csv" in store.files(store.parent().info.run_id)


# ---------------------------------------------------------------------- temporary folders
@pytest.fixture
def removed_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which is not there any more."""
    folder = tmp_path / "temporary"
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_without_a_temporary_folder_all_but_files_is_logged(store: Store, removed_folder: Path) -> None:
    """The search has its result, and warnings say what MLflow does not have."""
    with pytest.warns(UserWarning, match="was not logged: FileNotFoundError") as caught:
        fitted = search(MLflowCallback()).fit(X, y)
    parent = store.parent()
    assert [str(warning.message).split(" was not")[0] for warning in caught] == [
        "MLflow: the table of results", "MLflow: the model",
    ]  # fmt: skip
    assert parent.data.metrics["best_cv_score"] == pytest.approx(fitted.best_score_)
    assert {run.info.status for run in store.runs()} == {"FINISHED"}


def test_without_a_temporary_folder_unsent_updates_are_kept(tmp_path: Path, removed_folder: Path) -> None:
    """The log is in the folder that the user has given."""
    callback = MLflowCallback(tracking_uri=f"http://127.0.0.1:{free_port()}", unsent_dir=tmp_path / "unsent")
    with pytest.warns(UserWarning, match=r"not logged|resend\("):
        fmin(lambda x: x, hp.uniform("x", -1, 1), rand.suggest, 3, rstate=0, verbose=False, callbacks=[callback])
    (file,) = (tmp_path / "unsent").glob("*.jsonl")
    assert len({json.loads(line).get("trial") for line in file.read_text().splitlines()[1:]}) == 3 + 1


def test_a_temporary_folder_that_is_removed_while_the_end_waits_costs_its_files_only(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log can be sent, and the warning says what it does not have."""
    from hpsklearn_search.integrations._writer import Writer

    close = Writer.close

    def remove_files_and_close(writer: Writer, patience: float | None) -> Any:
        shutil.rmtree(tmp_path / "temporary")
        return close(writer, patience)

    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(Writer, "close", remove_files_and_close)
    callback = MLflowCallback(tracking_uri=f"http://127.0.0.1:{free_port()}", unsent_dir=tmp_path / "unsent")
    with pytest.warns(UserWarning, match=r"have lost their files.*resend\("):
        search(callback).fit(X, y)
    (file,) = (tmp_path / "unsent").glob("*.jsonl")
    MLflowCallback.resend(file, tracking_uri=store.uri)
    assert len(store.children()) == 4
    assert "best_cv_score" in store.parent().data.metrics


def test_nothing_is_printed(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the callback nor mlflow prints during a search."""
    search(MLflowCallback()).fit(X, y)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "WARNING" not in captured.err


def test_logistic_regression_on_lists_has_a_model_without_signature(store: Store) -> None:
    """The model is logged even if mlflow has no signature for the data."""
    rows = X.tolist()
    HyperoptSearchCV(LogisticRegression(max_iter=500), {"C": [1.0]}, max_evals=1, callbacks=[MLflowCallback()]).fit(
        rows, list(y)
    )
    assert len(store.parent().outputs.model_outputs) == 1
