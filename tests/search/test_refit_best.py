"""The model of a search that did not come to its own: after Ctrl-C, a failed refit, or with ``refit=False``."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.svm import SVC

from hpsklearn_search import Callback, HyperoptSearchCV, hp

X, y = load_iris(return_X_y=True)
C = {"C": hp.logrange("C", 0.1, 10)}


class CtrlC(Callback):
    """Interrupts after the fifth candidate."""

    def on_trial_end(self, trials: Any, trial: Any) -> None:
        """As the user would."""
        if trial.number == 4:
            raise KeyboardInterrupt


class OnAllData(SVC):
    """Raises on all 150 rows, as often as the class says."""

    n_errors = 1
    error: type[BaseException] = MemoryError

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any:
        """Fail on all data only."""
        if len(X) == 150 and OnAllData.n_errors:
            OnAllData.n_errors -= 1
            raise OnAllData.error("on all data")
        return super().fit(X, y, sample_weight)


def interrupted(**options: Any) -> HyperoptSearchCV:
    """A search that Ctrl-C ended."""
    search = HyperoptSearchCV(SVC(), C, max_evals=20, cv=2, random_state=0, callbacks=[CtrlC()], **options)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    return search


def test_ctrl_c_says_what_is_there_and_what_to_call(caplog: Any) -> None:
    """In the log, and where a prediction is asked for."""
    with caplog.at_level(logging.WARNING):
        search = interrupted()
    assert "cv_results_ holds the 5 candidates that finished; refit_best(X, y) fits the best of them" in caplog.text
    with pytest.raises(NotFittedError, match=r"ended before the refit was done. Call refit_best\(X, y\)"):
        search.predict(X)


def test_the_best_of_what_finished_can_be_fitted() -> None:
    """It is the model that a search of these candidates would have."""
    search = interrupted()
    assert search.refit_best(X, y) is search
    whole = HyperoptSearchCV(SVC(), C, max_evals=5, cv=2, random_state=0).fit(X, y)
    assert search.best_params_ == whole.best_params_
    np.testing.assert_array_equal(search.predict(X), whole.predict(X))
    assert search.score(X, y) == whole.score(X, y)


def test_without_refit_it_makes_the_model_that_the_search_did_not() -> None:
    """As after a timeout whose refit would have taken too long."""
    search = HyperoptSearchCV(SVC(), C, max_evals=3, cv=2, refit=False).fit(X, y)
    assert not hasattr(search, "best_estimator_")
    search.refit_best(X, y)
    assert search.best_estimator_.get_params()["C"] == search.best_params_["C"]


def test_parameters_of_fit_reach_the_refit() -> None:
    """Weights, as in fit."""
    search = HyperoptSearchCV(SVC(), {"C": [1.0, 2.0]}, cv=2, refit=False).fit(X, y)
    weights = np.where(y == 0, 0.1, 5.0)
    model = search.refit_best(X, y, sample_weight=weights).best_estimator_
    np.testing.assert_array_equal(model.dual_coef_, SVC(**search.best_params_).fit(X, y, weights).dual_coef_)


@pytest.mark.parametrize("refit", [False, True, "f1"])
def test_with_several_metrics_refit_names_the_one_that_decides(refit: Any) -> None:
    """The error shows the call, and the call works."""
    metrics = {"scoring": ["accuracy", "f1_macro"], "refit": False}
    search = HyperoptSearchCV(SVC(), {"C": [0.01, 1.0]}, cv=2, **metrics).fit(X, y).set_params(refit=refit)
    with pytest.raises(ValueError, match=r"write set_params\(refit='accuracy'\).refit_best\(X, y\)"):
        search.refit_best(X, y)
    assert search.set_params(refit="accuracy").refit_best(X, y).predict(X).shape == y.shape
    assert search.best_score_ == max(search.cv_results_["mean_test_accuracy"])


def test_before_a_fit_there_is_nothing_to_refit() -> None:
    """It is said as for every estimator."""
    with pytest.raises(NotFittedError, match="not fitted yet"):
        HyperoptSearchCV(SVC(), C).refit_best(X, y)


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_a_refit_that_fails_leaves_the_table_and_no_half_model(error: type[BaseException], caplog: Any) -> None:
    """Also at Ctrl-C during the refit; refit_best fits it again."""
    OnAllData.n_errors, OnAllData.error = 1, error
    search = HyperoptSearchCV(OnAllData(), {"C": [1.0, 2.0]}, cv=2)
    with pytest.raises(error) as caught:
        search.fit(X, y)
    said = " ".join([caplog.text, *getattr(caught.value, "__notes__", [])])
    assert "refit_best(X, y) fits the best candidate again" in said
    assert len(search.cv_results_["params"]) == 2
    assert not hasattr(search, "best_estimator_")
    with pytest.raises(NotFittedError, match="Call refit_best"):
        search.predict(X)
    assert search.refit_best(X, y).predict(X).shape == y.shape


def test_a_refit_that_is_interrupted_twice_keeps_the_earlier_model() -> None:
    """A model is replaced only by a complete one."""
    OnAllData.n_errors = 0
    search = HyperoptSearchCV(OnAllData(), {"C": [1.0, 2.0]}, cv=2).fit(X, y)
    model = search.best_estimator_
    OnAllData.n_errors, OnAllData.error = 1, KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        search.refit_best(X, y)
    assert search.best_estimator_ is model


def test_verbose_says_when_the_refit_begins_and_how_long_it_took(capsys: Any) -> None:
    """It is not counted by timeout, so its time must not surprise."""
    HyperoptSearchCV(SVC(), {"C": [1.0, 2.0]}, cv=2, verbose=1).fit(X, y)
    lines = capsys.readouterr().err.strip().splitlines()[-2:]
    assert lines[0].startswith("The refit of candidate ")
    assert lines[1].startswith("The refit took ")


# ---------------------------------------------------------------------- what a fitted search shows
def test_the_chosen_row_is_marked() -> None:
    """Also if a callable refit chose it; the index is the candidate's number."""
    search = HyperoptSearchCV(SVC(), {"C": [0.01, 1.0, 2.0]}, cv=2, refit=lambda results: 2).fit(X, y)
    frame = search.results_frame()
    assert frame.index.name == "candidate"
    assert list(frame.index[frame["chosen"]]) == [2]
    assert frame.index[0] == 2
    assert search.best_loss_ == -search.cv_results_["mean_test_score"][2]


def test_nothing_is_marked_where_nothing_was_chosen() -> None:
    """With several metrics and no refit."""
    search = HyperoptSearchCV(SVC(), {"C": [1.0, 2.0]}, cv=2, scoring=["accuracy", "f1_macro"], refit=False).fit(X, y)
    assert not search.results_frame()["chosen"].any()


@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_a_notebook_shows_result_and_changed_arguments() -> None:
    """Score, parameters, number of candidates, why it ended, and no default."""
    search = HyperoptSearchCV(SVC(), {"C": [1.0, 2.0], "kernel": ["<b>", "rbf"]}, cv=2)
    plain = search._repr_html_()
    assert "best score" not in plain
    with pytest.warns(FitFailedWarning):
        search.fit(X, y)
    for html in (search._repr_html_(), search._repr_mimebundle_()["text/html"]):
        table = html.partition("<details>")[0]
        assert f"{search.best_score_:.6g}" in table
        assert "4, of which 2 failed" in table
        assert "all candidates were evaluated" in table
        assert "cv=" in table
        assert "n_jobs=" not in table
        assert "<b>&#" not in table
        assert "best_estimator_" in html


def test_an_interrupted_search_says_in_a_notebook_that_it_has_no_model() -> None:
    """And why it ended."""
    html = interrupted()._repr_html_()
    assert "it was interrupted" in html
    assert "there is no model yet" in html


@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_the_record_says_how_many_trials_there_are_in_which_state() -> None:
    """Instead of an address."""
    search = HyperoptSearchCV(SVC(), {"kernel": ["rbf", "poly", "foo"]}, cv=2)
    with pytest.warns(FitFailedWarning):
        search.fit(X, y)
    assert repr(search.trials_) == "Trials(3 trials: 2 ok, 1 fail)"
