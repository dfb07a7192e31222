"""A real server that dies, freezes and comes back while a search is under way."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import Callback, HyperoptSearchCV, MLflowCallback, hp
from tests.integrations.mlflow_parts import Server, Store

pytestmark = [pytest.mark.mlflow, pytest.mark.slow, pytest.mark.timeout(600)]

X, y = load_iris(return_X_y=True)


class After(Callback):
    """Calls a function after the n-th trial, once the server has the runs of the earlier trials."""

    def __init__(self, n: int, do: Callable[[], None], store: Store | None = None) -> None:
        self.n, self.do, self.store = n, do, store

    def on_trial_end(self, trials: Any, trial: Any) -> None:
        """Wait for the server after the n-th trial, then call the function."""
        if trial.number != self.n:
            return
        deadline = time.monotonic() + 60
        while self.store is not None and len(self.store.runs()) < self.n and time.monotonic() < deadline:
            time.sleep(0.1)
        self.do()


def searched(server: Server, folder: Path, *more: Callback) -> tuple[HyperoptSearchCV, list[str], float]:
    """Run 30 candidates that log to the server; returns the search, its warnings and the seconds that its end took."""
    began = [0.0]

    class Clock(Callback):
        def on_search_end(self, trials: Any, reason: str) -> None:
            began[0] = time.monotonic()

    callbacks = [MLflowCallback(tracking_uri=server.uri, unsent_dir=folder, patience=200), *more, Clock()]
    space = {"max_depth": hp.uniformint("max_depth", 1, 1000)}
    search = HyperoptSearchCV(DecisionTreeClassifier(), space, max_evals=30, cv=3, random_state=0, callbacks=callbacks)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(X, y)
    ours = [str(warning.message) for warning in caught if "MLflow:" in str(warning.message)]
    return search, ours, time.monotonic() - began[0]


def assert_all_there(store: Store, search: HyperoptSearchCV) -> None:
    """One parent and thirty children are there, each once, finished, and with the scores of the table."""
    assert len(store.runs()) == 31
    assert {run.info.status for run in store.runs()} == {"FINISHED"}
    scores = [run.data.metrics["mean_test_score"] for run in store.children()]
    assert scores == pytest.approx(list(search.cv_results_["mean_test_score"]))
    assert store.parent().data.metrics["best_cv_score"] == pytest.approx(search.best_score_)
    assert store.files(store.parent().info.run_id) >= {"cv_results.csv"}
    assert len(store.parent().outputs.model_outputs) == 1


def test_a_server_that_is_up_gets_everything(server: Server, tmp_path: Path, capfd: Any) -> None:
    """There is no warning, no file and no output."""
    search, messages, _ = searched(server, tmp_path / "unsent")
    assert messages == []
    assert not (tmp_path / "unsent").exists()
    assert capfd.readouterr().out == ""
    assert_all_there(Store(server.uri), search)


def test_a_server_killed_half_way_costs_one_warning_and_a_file_that_can_be_resent(
    server: Server, tmp_path: Path
) -> None:
    """The search ends in time with all results, and after `resend` every run is there once."""
    killer = After(15, server.kill, Store(server.uri))
    search, messages, seconds = searched(server, tmp_path / "unsent", killer)
    assert len(search.cv_results_["params"]) == 30
    assert len(messages) == 1
    assert seconds < 20
    (file,) = (tmp_path / "unsent").glob("*.jsonl")
    assert str(file) in messages[0]
    with pytest.raises(Exception, match="API request"):
        MLflowCallback.resend(file, tracking_uri=server.uri)
    server.start()
    assert 0 < len(Store(server.uri).runs()) < 31
    MLflowCallback.resend(file, tracking_uri=server.uri)
    assert_all_there(Store(server.uri), search)


def test_a_server_that_freezes_half_way_does_not_hold_the_search(server: Server, tmp_path: Path) -> None:
    """Calls to a server that does not answer end after seconds, not minutes."""
    search, messages, seconds = searched(server, tmp_path / "unsent", After(15, server.freeze, Store(server.uri)))
    assert len(search.cv_results_["params"]) == 30
    assert len(messages) == 1
    assert seconds < 40
    server.kill()
    server.start()
    (file,) = (tmp_path / "unsent").glob("*.jsonl")
    MLflowCallback.resend(file, tracking_uri=server.uri)
    assert_all_there(Store(server.uri), search)


def test_a_server_that_comes_back_in_time_gets_everything(server: Server, tmp_path: Path) -> None:
    """There is no warning, because every update was sent."""

    def restart() -> None:
        server.kill()
        server.start()

    search, messages, _ = searched(server, tmp_path / "unsent", After(15, restart, Store(server.uri)))
    assert messages == []
    assert_all_there(Store(server.uri), search)
