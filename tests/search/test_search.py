"""`HyperoptSearchCV` at work: folds, seeds, failures, and what users asked GridSearchCV for."""

from __future__ import annotations

import pickle
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from joblib import parallel_config
from scipy.stats import sem
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import KFold, ShuffleSplit, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import Callback, HyperoptSearchCV, Trials, hp, one_standard_error, rand
from hpsklearn_search.exceptions import InvalidScore
from tests.search.side_by_side import Breaks, assert_same_table

X, y = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
DEPTH = {"max_depth": hp.uniformint("depth", 1, 9), "min_samples_leaf": hp.loguniformint("leaf", 1, 40)}


def test_folds_are_drawn_once() -> None:
    """Equal candidates get equal scores, also with a splitter that has no seed."""
    space = {"max_depth": [3], "random_state": [0, 0, 0]}
    results = HyperoptSearchCV(TREE, space, max_evals=3, cv=ShuffleSplit(3)).fit(X, y).cv_results_
    assert len({tuple(results[f"split{i}_test_score"]) for i in range(3)}) <= 3
    assert np.ptp(results["mean_test_score"]) == 0


# ---------------------------------------------------------------------- reproducible
@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("algo", [None, "tpe", "random"])
def test_a_seed_gives_the_same_table_for_every_n_jobs(algo: str | None, window: int | None) -> None:
    """The tables of one worker and of two are equal, apart from times."""
    options = {"max_evals": 16, "cv": 3, "random_state": 7, "algo": algo, "max_queue_len": window, "refit": False}
    one = HyperoptSearchCV(TREE, DEPTH, n_jobs=1, **options).fit(X, y)
    two = HyperoptSearchCV(TREE, DEPTH, n_jobs=2, **options).fit(X, y)
    assert_same_table(one.cv_results_, two.cv_results_)


def test_fit_does_not_change_a_passed_record() -> None:
    """The record of the search is another object, ``trials_``."""
    trials = Trials()
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=4, cv=3, trials=trials).fit(X, y)
    assert (len(trials), len(search.trials_)) == (0, 4)


# ---------------------------------------------------------------------- failures
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_error_score_raise_raises_the_original(n_jobs: int) -> None:
    """It is raised also if the fit ran in another process."""
    space = {"x": hp.uniform("x", 0, 1)}
    search = HyperoptSearchCV(Breaks(), space, cv=3, error_score="raise", n_jobs=n_jobs, random_state=0, algo="random")
    with pytest.raises(ValueError, match="too large"):
        search.fit(X, y)


@pytest.mark.filterwarnings("ignore")
def test_error_score_raise_does_not_raise_for_nan_scores() -> None:
    """Nothing was raised, so nothing is raised again, as in GridSearchCV."""
    scoring = lambda estimator, X, y: np.nan if estimator.max_depth == 1 else 0.5  # noqa: E731
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2]}, max_evals=2, cv=3, scoring=scoring, error_score="raise")
    assert search.fit(X, y).best_params_ == {"max_depth": 2}


def test_failing_candidates_give_one_warning_and_never_win() -> None:
    """The search continues, and the warning contains the number of failed fits."""
    space = {"x": hp.uniform("x", 0, 1)}
    with pytest.warns(FitFailedWarning, match="fits failed out of a total of 30") as caught:
        search = HyperoptSearchCV(Breaks(), space, max_evals=10, cv=3, random_state=0).fit(X, y)
    assert sum(issubclass(warning.category, FitFailedWarning) for warning in caught) == 1
    assert search.best_params_["x"] <= 0.5
    assert search.trials_.record.best.point == {"x": search.best_params_["x"]}


def test_sys_exit_in_a_fit_is_a_failed_candidate() -> None:
    """SystemExit in a fit does not end the program."""
    space = {"x": hp.uniform("x", 0, 1), "how": ["exit"]}
    with pytest.warns(FitFailedWarning, match="SystemExit"):
        search = HyperoptSearchCV(Breaks(), space, max_evals=10, cv=3, random_state=0).fit(X, y)
    assert search.n_trials_ == 10


class Untraceable(Exception):
    """An exception whose cause cannot be read."""

    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise LookupError("no cause")


def test_an_error_without_a_traceback_fails_its_candidate_only() -> None:
    """Python cannot print it, so the record has the error in place of its cause."""

    def score(estimator: Any, X: Any, y: Any) -> float:
        return float(estimator.max_depth)

    class Tree(DecisionTreeClassifier):  # type: ignore[misc]
        def fit(self, X: Any, y: Any) -> Tree:
            if self.max_depth == 2:
                raise Untraceable("lost")
            return super().fit(X, y)

    search = HyperoptSearchCV(Tree(), {"max_depth": [1, 2, 3]}, cv=2, scoring=score, racing=None)
    with pytest.warns(FitFailedWarning, match="LookupError: no cause"):
        search.fit(X, y)
    assert search.best_params_ == {"max_depth": 3}


def test_an_interrupt_keeps_what_finished(caplog: pytest.LogCaptureFixture) -> None:
    """After Ctrl-C there are the table and the best of the finished candidates, and the log says so."""
    space = {"x": [0.1, 0.2, 0.9], "how": ["interrupt"]}
    search = HyperoptSearchCV(Breaks(), space, max_evals=3, cv=3)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    assert len(search.cv_results_["params"]) == 2
    assert search.best_params_ == {"how": "interrupt", "x": 0.1}
    assert "2 candidates that finished" in caplog.text


class LaterFoldFails(Breaks):
    """For x above a half, its fit raises at once on the first rows and takes a second on the others."""

    def fit(self, X: Any, y: Any) -> LaterFoldFails:
        """Raise where the fit is that of the second of two folds."""
        self.classes_ = np.unique(y)
        if self.x > 0.5 and X[0, 0] == 0:
            raise ValueError("the second fold")
        time.sleep(1.0 if self.x > 0.5 else 0.02)
        return self


def test_a_later_fold_that_raises_first_keeps_what_finished() -> None:
    """The failed candidate has no complete first fold and so no row; the others have their rows."""
    X, y = np.arange(40.0)[:, None], np.arange(40) % 2
    search = HyperoptSearchCV(
        LaterFoldFails(), {"x": [0.1, 0.9]}, max_evals=2, cv=KFold(2), n_jobs=2, error_score="raise", random_state=0,
        max_queue_len=1,
    )  # fmt: skip
    with parallel_config("threading"), pytest.raises(ValueError, match="the second fold"):
        search.fit(X, y)
    assert search.cv_results_["params"] == [{"x": 0.1}]


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
@pytest.mark.filterwarnings("ignore")
def test_a_score_that_is_not_finite_never_wins(value: float) -> None:
    """In GridSearchCV plus infinity wins."""
    scoring = lambda estimator, X, y: value if estimator.max_depth == 2 else 0.5  # noqa: E731
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2, 3]}, max_evals=3, cv=3, scoring=scoring).fit(X, y)
    assert search.best_params_ == {"max_depth": 1}
    assert search.cv_results_["rank_test_score"][1] == 3


@pytest.mark.parametrize("scores", [[np.inf, -np.inf, 0.0], [-1e308, -1.7e308, -1.7e308]], ids=str)
@pytest.mark.filterwarnings("ignore")
def test_scores_without_a_finite_mean_are_a_failed_candidate(scores: list[float]) -> None:
    """Infinities of both signs, or a sum that overflows, do not end the search."""
    of_two = iter(scores)
    scoring = lambda estimator, X, y: next(of_two) if estimator.max_depth == 2 else -1e200  # noqa: E731
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2]}, max_evals=2, cv=3, scoring=scoring, refit=False).fit(X, y)
    assert search.best_params_ == {"max_depth": 1}
    assert [trial.outcome.status for trial in search.trials_.record if trial.outcome] == ["ok", "fail"]


@pytest.mark.parametrize("algo", ["auto", "tpe", "random", "anneal"])
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # scikit-learn's standard deviation
def test_scores_of_any_finite_size_are_searched(algo: str) -> None:
    """The squares of the scores may overflow."""
    scoring = lambda estimator, X, y: -1e200 * (1 + (estimator.ccp_alpha - 0.3) ** 2)  # noqa: E731
    space = {"ccp_alpha": hp.uniform("alpha", 0, 1)}
    search = HyperoptSearchCV(TREE, space, max_evals=40, cv=3, algo=algo, scoring=scoring, refit=False).fit(X, y)
    assert search.n_trials_ == 40
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("score", ["good", None, 1 + 2j, np.array([1.0, 2.0])], ids=str)
def test_a_score_that_is_no_number_is_refused_at_once(score: object, several: bool) -> None:
    """The error names the score, and is raised before the second fit."""
    fits = []

    def scorer(estimator: Any, X: Any, y: Any) -> object:
        fits.append(estimator)
        return score

    scoring = {"right": "accuracy", "wrong": scorer} if several else scorer
    with pytest.raises(InvalidScore, match=r"must return a (real )?number") as caught:
        HyperoptSearchCV(TREE, DEPTH, max_evals=3, cv=3, scoring=scoring, refit=False).fit(X, y)
    assert isinstance(caught.value, TypeError)
    assert "wrong" in str(caught.value) or not several
    assert len(fits) == 1


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.filterwarnings("ignore")
def test_a_scorer_of_several_that_raises_fails_alone(n_jobs: int) -> None:
    """Its metric is NaN, as in GridSearchCV, and the others have their scores."""
    scoring = {"right": "accuracy", "wrong": lambda estimator, X, y: 1 / 0}
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=2, cv=3, scoring=scoring, refit="right", n_jobs=n_jobs).fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_wrong"]).all()
    assert search.best_score_ > 0.5


@pytest.mark.parametrize("failing", [1, 3])
@pytest.mark.parametrize("racing", [None, "auto"])
@pytest.mark.filterwarnings("ignore")
def test_a_callable_of_several_scores_that_raises_costs_its_candidate_alone(failing: int, racing: str | None) -> None:
    """All its scores are NaN, and the others keep theirs (GridSearchCV ends with a TypeError)."""

    def scoring(estimator: Any, X: Any, y: Any) -> dict[str, float]:
        if estimator.max_depth == failing:
            raise ArithmeticError("no score")
        return {"depth": estimator.max_depth, "other": 2.0}

    options = {"scoring": scoring, "refit": "depth", "objective_metric": "depth", "racing": racing}
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2, 3]}, max_evals=3, cv=3, **options).fit(X, y)
    assert search.best_params_ == {"max_depth": 2 if failing == 3 else 3}
    for metric in ("depth", "other"):
        assert np.isnan(search.cv_results_[f"mean_test_{metric}"][failing - 1])
        assert np.isfinite(search.cv_results_[f"mean_test_{metric}"][search.best_index_])


def test_a_search_whose_scores_are_all_nan_warns_and_takes_the_first() -> None:
    """The first candidate is taken, as in GridSearchCV, and the warning says why."""
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2]}, max_evals=2, cv=3, scoring=lambda e, X, y: np.nan)
    with pytest.warns(UserWarning, match=r"non-finite") as caught:
        search.fit(X, y)
    assert any("None of the 2 candidates succeeded in every fold (2 x" in str(w.message) for w in caught)
    assert search.best_params_ == {"max_depth": 1}
    assert np.isnan(search.best_score_)


class WarnsElsewhere(HyperoptSearchCV):
    """A search beside a thread that warns while the table is made."""

    def _format_results(self, *args: Any) -> Any:
        warnings.warn("of another thread", DeprecationWarning, stacklevel=1)
        return super()._format_results(*args)


@pytest.mark.filterwarnings("error::DeprecationWarning")
def test_a_warning_of_another_thread_does_not_end_a_search() -> None:
    """Python records the warnings of all threads at once; only scikit-learn's belong to the table."""
    assert WarnsElsewhere(TREE, {"max_depth": [1, 2]}, max_evals=2, cv=3).fit(X, y).n_trials_ == 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("score", [np.inf, -np.inf])
def test_a_search_with_infinite_scores_alone_ends_with_an_error(score: float) -> None:
    """There is no best candidate, but there is a table."""
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=3, cv=3, scoring=lambda e, X, y: score)
    with pytest.raises(
        ValueError, match=r"None of the 3 candidates succeeded, and a mean test score is infinite.*3 x non-finite"
    ):
        search.fit(X, y)
    assert len(search.cv_results_["params"]) == 3
    assert not hasattr(search, "best_params_")


NEGATED_ERROR = "neg_mean_absolute_error"


class Picky(Ridge):
    """Its fit fails for some candidates, and its prediction for others."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Picky:
        """Fail for a large alpha."""
        if self.alpha > 5:
            raise ValueError("the fit")
        super().fit(X, y, sample_weight)
        return self

    def predict(self, X: Any) -> Any:
        """Fail for a small alpha, or in one fold of the smallest."""
        if self.alpha < 0.1 and (self.alpha > 0.01 or X[0, 0] == DIABETES[0][0, 0]):
            raise ValueError("the prediction")
        return super().predict(X)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("error_score", [np.nan, 0, 1e9])
@pytest.mark.parametrize(
    "options",
    [
        {"scoring": NEGATED_ERROR},
        {"scoring": ["r2", NEGATED_ERROR], "refit": NEGATED_ERROR},
        {"scoring": NEGATED_ERROR, "racing": "predictive", "random_state": 0},
    ],
    ids=["one metric", "two metrics", "racing"],
)
def test_a_failed_candidate_never_wins_whatever_error_score_is(options: dict[str, Any], error_score: float) -> None:
    """It shares the last rank, also if it failed in the prediction or in one fold only."""
    space = {"alpha": [10.0, 0.05, 0.001, 1.0, 2.0, 20.0]}
    search = HyperoptSearchCV(Picky(), space, max_evals=6, cv=3, error_score=error_score, **options).fit(*DIABETES)
    assert search.best_params_["alpha"] in (1.0, 2.0)
    assert search.best_loss_ == -search.best_score_
    failed = [trial.number for trial in search.trials_.record if not (trial.is_ok or trial.was_pruned)]
    assert failed == [0, 1, 2, 5]
    ranks = search.cv_results_[f"rank_test_{NEGATED_ERROR if 'refit' in options else 'score'}"]
    assert set(ranks[failed]) == {max(ranks)}


@pytest.mark.filterwarnings("ignore")
def test_one_standard_error_takes_no_failed_candidate() -> None:
    """With error_score=0 its mean is the highest."""
    options = {"scoring": NEGATED_ERROR, "error_score": 0, "cv": 3, "max_evals": 4}
    search = HyperoptSearchCV(
        Picky(), {"alpha": [20.0, 1.0, 2.0, 0.05]}, refit=one_standard_error("alpha", larger_is_simpler=True), **options
    )
    assert search.fit(*DIABETES).best_params_["alpha"] in (1.0, 2.0)
    assert search.best_loss_ == -search.cv_results_["mean_test_score"][search.best_index_]


@pytest.mark.parametrize("refit", [lambda results: 3, True, "r2"], ids=["function", "True", "name"])
def test_best_loss_is_minus_the_score_of_the_best_row(refit: Any) -> None:
    """It is also if a function chooses another row than the one with the highest score."""
    scoring = ["r2", NEGATED_ERROR] if refit == "r2" else NEGATED_ERROR
    options = {"max_evals": 5, "cv": 3, "scoring": scoring, "refit": refit}
    search = HyperoptSearchCV(Ridge(), {"alpha": [0.1, 1, 10, 100, 1000]}, **options).fit(*DIABETES)
    column = "mean_test_r2" if refit == "r2" else "mean_test_score"
    assert search.best_loss_ == -search.cv_results_[column][search.best_index_]


# ---------------------------------------------------------------------- nothing can succeed
class AlwaysFails(DummyClassifier):
    """Its fit fails in every fold."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fail."""
        raise ValueError("no such column")


RATES = {"random_state": hp.randint("seed", 1000)}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("estimator", "scoring", "message", "options"),
    [
        (AlwaysFails(), None, "no such column", {}),
        (AlwaysFails(), None, "no such column", {"error_score": 0, "random_state": 0}),
        (TREE, mean_squared_error, "write scoring='neg_mean_squared_error'", {}),
        (TREE, "roc_auc", "try scoring='roc_auc_ovr'", {"error_score": 0}),
        (TREE, "f1", "try scoring='f1_macro'", {"random_state": 0, "racing": "auto"}),
        (TREE, "f1", "try scoring='f1_macro'", {"n_jobs": 2}),
        (TREE, ["accuracy", "f1"], "try scoring='f1_macro'", {"refit": "f1", "error_score": 0}),
    ],
)
def test_a_search_that_cannot_succeed_ends_after_five_candidates(
    estimator: Any, scoring: Any, message: str, options: dict[str, Any]
) -> None:
    """The error is that of every fold, with the line that would be right; the table is there."""
    search = HyperoptSearchCV(estimator, RATES, cv=3, scoring=scoring, **options)
    with pytest.raises(ValueError, match=message):
        search.fit(X, y)
    assert search.stop_reason_ == "all_failed"
    assert 5 <= len(search.cv_results_["params"]) <= 7


@pytest.mark.filterwarnings("ignore")
def test_a_function_of_ones_own_is_made_a_scorer() -> None:
    """There is no name for it, so the line has make_scorer."""

    def distance(y: Any, predicted: Any) -> float:
        return float(np.abs(y - predicted).mean())

    with pytest.raises(ValueError, match=r"write scoring=make_scorer\(distance\)"):
        HyperoptSearchCV(TREE, RATES, cv=2, scoring=distance).fit(X, y)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("texts", ["one and the same", "another for each candidate"])
def test_only_one_and_the_same_error_ends_the_search(texts: str) -> None:
    """Errors that depend on the candidate may not come from the next one."""

    def scoring(estimator: Any, X: Any, y: Any) -> float:
        raise ValueError(f"no score {estimator.random_state if texts != 'one and the same' else ''}")

    search = HyperoptSearchCV(TREE, RATES, max_evals=8, cv=2, scoring=scoring, random_state=0, refit=False)
    with suppress(ValueError):
        search.fit(X, y)
    assert search.stop_reason_ == ("all_failed" if texts == "one and the same" else "max_evals")


@pytest.mark.filterwarnings("ignore")
def test_a_search_in_which_one_candidate_succeeded_goes_on() -> None:
    """The error of the others is that of their values."""
    space = {"x": [0.9, 0.8, 0.1, 0.7, 0.6, 0.95, 0.99]}
    assert HyperoptSearchCV(Breaks(), space, max_evals=7, cv=2).fit(X, y).n_trials_ == 7


@pytest.mark.filterwarnings("ignore")
def test_a_resumed_search_gets_five_new_candidates(tmp_path: Any) -> None:
    """The cause of the earlier errors may be gone."""
    options = {"cv": 2, "random_state": 0, "trials_save_file": tmp_path / "s.db"}
    for n_rows in (6, 12):
        search = HyperoptSearchCV(AlwaysFails(), RATES, max_evals=20, **options)
        with pytest.raises(ValueError, match="no such column"):
            search.fit(X, y)
        assert len(search.cv_results_["params"]) == n_rows


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"max_evals": 0},
            ValueError,
            r"'max_evals' parameter .* an int in the range \[1, inf\) or None. Got 0",
        ),
        (
            {"max_evals": -3},
            ValueError,
            r"'max_evals' parameter .* an int in the range \[1, inf\) or None. Got -3",
        ),
        (
            {"max_evals": 2.5},
            TypeError,
            r"'max_evals' parameter .* an int in the range \[1, inf\) or None. Got 2.5",
        ),
        ({"max_evals": True}, TypeError, "max_evals must be a whole number"),
        ({"algo": "annealing"}, ValueError, "algo='annealing' is unknown"),
        ({"n_jobs": 0}, ValueError, "n_jobs == 0"),
        (
            {"timeout": 0},
            ValueError,
            "timeout must be a positive number .* such as timeout=60, or None for no limit; got 0",
        ),
        ({"timeout": float("nan")}, ValueError, "timeout must be a positive number .*; got nan"),
        ({"trial_timeout": "1 h"}, TypeError, "trial_timeout must be a positive number .*; got '1 h'"),
        (
            {"score_threshold": "low"},
            TypeError,
            "score_threshold must be a number, .* score_threshold=0.1, or None for no such end; got 'low'",
        ),
        ({"score_threshold": 10**400}, TypeError, "score_threshold must be a number, .*; got 1000"),
        ({"max_queue_len": 0, "random_state": 0}, ValueError, "max_queue_len"),
        (
            {"points_to_evaluate": [{"depht": 1}]},
            ValueError,
            r"points_to_evaluate\[0\]: 'depht' is neither a para",
        ),
        ({"objective_metric": "f2", "scoring": ["accuracy"], "refit": "accuracy"}, ValueError, "objective_metric='f2'"),
    ],
)
def test_wrong_arguments_are_refused_before_the_first_fit(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    """The message names the argument and its value."""
    with pytest.raises(error, match=message):
        HyperoptSearchCV(Breaks(how="interrupt"), {"x": hp.uniform("x", 0.6, 1)}, **options).fit(X, y)


# ---------------------------------------------------------------------- fitted once more
TWO_METRICS = {"scoring": ["accuracy", "f1_macro"], "refit": "accuracy"}
MODEL = {"best_estimator_", "refit_time_"}
BEST = {"best_index_", "best_params_", "best_score_"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("first", "then", "gone"),
    [
        ({}, {"scoring": lambda estimator, X, y: np.nan}, {"best_loss_"}),
        ({}, {"scoring": lambda estimator, X, y: np.inf}, {"best_loss_", "scorer_", *BEST, *MODEL}),
        (TWO_METRICS, {"refit": False}, {*BEST, *MODEL}),
        ({}, {"refit": lambda results: 0}, {"best_score_"}),
    ],
)
def test_a_further_fit_leaves_nothing_of_the_former(
    first: dict[str, Any], then: dict[str, Any], gone: set[str]
) -> None:
    """An attribute that the second fit does not set is absent."""
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=2, cv=3, **first).fit(X, y)
    before = set(vars(search))
    with suppress(ValueError):  # no score is finite
        search.set_params(**then).fit(X, y)
    assert before - set(vars(search)) == gone


def test_a_further_fit_that_is_interrupted_leaves_no_model_of_the_former() -> None:
    """Otherwise `predict` would use a model of other data."""
    search = HyperoptSearchCV(Breaks(how="interrupt"), {"x": [0.1]}, max_evals=1, cv=3).fit(X, y)
    with pytest.raises(KeyboardInterrupt):
        search.set_params(space={"x": [0.2, 0.9]}, max_evals=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 1
    with pytest.raises(NotFittedError):
        search.predict(X)


@pytest.mark.parametrize("wrong", [{"algo": "annealing"}, {"timeout": -1}, {"cv": 1}], ids=str)
def test_a_wrong_argument_leaves_the_former_fit(wrong: dict[str, Any]) -> None:
    """All fitted attributes are unchanged, as in GridSearchCV."""
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=2, cv=3).fit(X, y)
    before = {name: value for name, value in vars(search).items() if name.endswith("_")}
    with pytest.raises(ValueError, match=r"algo|timeout|cv|k-fold"):
        search.set_params(**wrong).fit(X, y)
    assert {name: value for name, value in vars(search).items() if name.endswith("_")} == before


# ---------------------------------------------------------------------- what users asked for
def test_results_frame_puts_the_best_first() -> None:
    """Its index has the row numbers of `cv_results_`."""
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=8, cv=3, random_state=0).fit(X, y)
    frame = search.results_frame()
    assert frame.index[0] == search.best_index_
    assert frame["mean_test_score"].is_monotonic_decreasing
    assert len(frame) == 8


def test_results_frame_has_score_and_parameters_on_the_left() -> None:
    """The score is that of the optimised metric; all other columns follow."""
    options = {"scoring": ["balanced_accuracy", "accuracy"], "refit": "accuracy", "max_evals": 3}
    search = HyperoptSearchCV(TREE, DEPTH, cv=3, random_state=0, **options).fit(X, y)
    columns = list(search.results_frame())
    assert columns[:3] == ["rank_test_accuracy", "mean_test_accuracy", "std_test_accuracy"]
    assert columns[3].startswith("param_")
    assert sorted(columns) == sorted([*search.cv_results_, "origin", "chosen"])


def test_results_frame_begins_with_the_row_that_a_function_chooses() -> None:
    """The others follow in order of rank."""
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=5, cv=3, random_state=0, refit=lambda results: 3).fit(X, y)
    frame = search.results_frame()
    assert frame.index[0] == 3
    assert frame["rank_test_score"][1:].is_monotonic_increasing
    assert sorted(frame.index) == [0, 1, 2, 3, 4]


def test_results_frame_is_about_the_optimised_metric_also_without_refit() -> None:
    """`objective_metric` names it."""
    options = {"scoring": ["balanced_accuracy", "accuracy"], "refit": False, "objective_metric": "accuracy"}
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=2, cv=3, random_state=0, **options).fit(X, y)
    assert next(iter(search.results_frame())) == "rank_test_accuracy"


@pytest.mark.parametrize("metrics", [("accuracy", "neg_log_loss"), ("neg_log_loss", "accuracy")], ids=" then ".join)
def test_refit_and_the_optimised_metric_may_differ(metrics: tuple[str, str], capsys: Any) -> None:
    """What stands beside ``best_score_`` is of the metric of `refit`, and all else is of the optimised one."""
    options = {"scoring": ["accuracy", "neg_log_loss"], "refit": metrics[0], "objective_metric": metrics[1]}
    tree = clone(TREE).set_params(max_depth=2)
    search = HyperoptSearchCV(tree, DEPTH, max_evals=4, cv=3, random_state=0, verbose=1, **options).fit(X, y)
    sign = -1 if metrics[0].startswith("neg") else 1
    own, best = sign * search.baseline_score_, sign * search.best_score_
    assert f"own values: {own:.6g}, best: {best:.6g}" in capsys.readouterr().err
    assert search.baseline_score_ in search.cv_results_[f"mean_test_{metrics[0]}"]
    assert next(iter(search.results_frame())) == f"rank_test_{metrics[1]}"
    assert f"mean_test_{metrics[1]}" in search.compare()


def test_own_values_that_racing_prunes_have_no_score(capsys: Any) -> None:
    """The line says so."""
    known = [{"max_depth": 6}, {"max_depth": 5}, {"max_depth": 4}]
    tree = clone(TREE).set_params(max_depth=1)
    search = HyperoptSearchCV(
        tree, DEPTH, max_evals=4, cv=5, random_state=0, verbose=1, racing="auto", points_to_evaluate=known
    ).fit(X, y)
    assert np.isnan(search.baseline_score_)
    assert "own values: no score, best: " in capsys.readouterr().err


def test_one_standard_error_takes_the_simplest_good_candidate() -> None:
    """Its score is within one standard error of the best, and that of no simpler candidate is."""
    options = {"max_evals": 9, "cv": 5, "refit": one_standard_error("max_depth")}
    search = HyperoptSearchCV(TREE, {"max_depth": list(range(1, 10))}, **options).fit(X, y)
    means, deviations = search.cv_results_["mean_test_score"], search.cv_results_["std_test_score"]
    best = means.argmax()
    is_good = means >= means[best] - deviations[best] / np.sqrt(5 - 1)
    assert search.best_params_["max_depth"] == 1 + is_good.argmax()
    assert pickle.loads(pickle.dumps(search.refit)) == search.refit


def table_of_scores(*rows: list[float], values: Any = None) -> dict[str, Any]:
    """A cv_results_ with one row of fold scores for each candidate, whose number is its max_depth."""
    scores = np.array(rows)
    columns = {f"split{i}_test_score": column for i, column in enumerate(scores.T)}
    values = range(len(rows)) if values is None else values
    return columns | {
        "mean_test_score": scores.mean(axis=1), "std_test_score": scores.std(axis=1), "param_max_depth": values
    }  # fmt: skip


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12), st.floats(0, 1))
def test_the_standard_error_is_that_of_the_mean(best: list[float], other: float) -> None:
    """It is the deviation of a sample over the root of its size, as `scipy.stats.sem` computes it."""
    error, gap = sem(best), np.mean(best) - other
    assume(gap > 1e-9 and abs(error - gap) > 1e-9)
    row = one_standard_error("max_depth")(table_of_scores([other] * len(best), best))
    assert row == (0 if gap <= error else 1)


@pytest.mark.parametrize("scale", [2.0**-60, 1.0, 2.0**60])
def test_a_candidate_exactly_one_standard_error_below_is_as_good(scale: float) -> None:
    """The standard error of these scores with the mean 0.5 is 1.5, which the formula misses by one digit."""
    best = [score * scale for score in [1.0, -2.0, 0.0, 1.0, 9.0, -4.0, 3.0, -4.0]]
    assert one_standard_error("max_depth")(table_of_scores([-1.0 * scale] * 8, best)) == 0


def test_one_fold_has_no_standard_error() -> None:
    """Then the best candidate is taken."""
    assert one_standard_error("max_depth")(table_of_scores([0.8], [0.9])) == 1


def test_one_standard_error_takes_no_candidate_that_failed_and_came_last() -> None:
    """A failed candidate within one standard error of the best is not taken, though its score is the lowest."""

    class FailsWhereSmall(BaseEstimator):
        def __init__(self, size: int = 1) -> None:
            self.size = size

        def fit(self, X: Any, y: Any) -> Any:
            if self.size == 1:
                raise ValueError("too small")
            return self

        def score(self, X: Any, y: Any) -> float:
            return float(X[0, 0]) + self.size / 100

    rows, folds = np.array([[0.0], [0.5], [1.0]]), [([0, 1, 2], [i]) for i in range(3)]
    options = {"cv": folds, "max_evals": 3, "error_score": 0.3, "refit": one_standard_error("size")}
    with pytest.warns(FitFailedWarning):
        search = HyperoptSearchCV(FailsWhereSmall(), {"size": [1, 2, 3]}, **options).fit(rows, np.zeros(3))
    assert search.cv_results_["mean_test_score"] == pytest.approx([0.3, 0.52, 0.53])
    assert search.best_params_ == {"size": 2}


@pytest.mark.parametrize(
    ("space", "simplest", "message"),
    [
        ({"criterion": ["gini", "entropy"]}, "criterion", "criterion can be 'gini', which is not a number"),
        ({"max_depth": [1, 2]}, "max_dept", "does not set max_dept.*refit=one_standard_error\\('max_depth'\\)"),
        ({"max_features": [0.5, "sqrt"]}, "max_features", "max_features can be 'sqrt', which is not a number"),
    ],
)
def test_what_cannot_be_ordered_is_said_before_the_first_fit(space: Any, simplest: str, message: str) -> None:
    """The error names the parameter and its value, and a line that would be right."""

    class NeverFitted(DecisionTreeClassifier):
        def fit(self, X: Any, y: Any) -> Any:
            raise AssertionError("it was fitted")

    with pytest.raises(ValueError, match=message):
        HyperoptSearchCV(NeverFitted(), space, max_evals=2, refit=one_standard_error(simplest)).fit(X, y)


def test_a_text_among_the_values_of_a_table_is_named() -> None:
    """It is also if the table is one of GridSearchCV."""
    values = np.ma.array(["rbf", "poly"], dtype=object)
    with pytest.raises(ValueError, match="max_depth can be 'rbf', which is not a number; name a parameter"):
        one_standard_error("max_depth")(table_of_scores([0.5, 0.6], [0.6, 0.7], values=values))


def test_warm_start_continues() -> None:
    """Six candidates and six more are the same as twelve at once."""
    options = {"cv": 3, "random_state": 3, "refit": False, "algo": "tpe"}
    whole = HyperoptSearchCV(TREE, DEPTH, max_evals=12, **options).fit(X, y)
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=6, warm_start=True, **options).fit(X, y)
    search.set_params(max_evals=12).fit(X, y)
    assert_same_table(search.cv_results_, whole.cv_results_)


def test_constraints_cost_no_fit() -> None:
    """No candidate violates the constraints, and there are as many as asked for."""
    allowed = lambda params: params["max_depth"] * params["min_samples_leaf"] <= 20  # noqa: E731
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=15, cv=3, random_state=0, constraints=allowed).fit(X, y)
    assert all(map(allowed, search.cv_results_["params"]))
    assert search.n_trials_ == 15


@pytest.mark.parametrize("values", [[1, 2], hp.uniform("C", 1, 2), hp.randint("C", 1, 9)], ids=str)
def test_constraints_that_refuse_everything_are_named(values: Any) -> None:
    """There is no candidate then, in a finite space as in a range."""
    search = HyperoptSearchCV(SVC(), {"C": values}, max_evals=2, constraints=lambda params: False)
    with pytest.raises(ValueError, match=r"^constraints: none of .* is accepted; constraints\(params\) returned False"):
        search.fit(X, y)


def test_progress_is_one_line_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """An error is shown as it is, not negated, and nothing is printed on stdout."""
    options = {"max_evals": 3, "cv": 3, "scoring": "neg_mean_absolute_error", "random_state": 0}
    HyperoptSearchCV(Ridge(), {"alpha": hp.logrange("alpha", 1e-3, 1e3)}, verbose=1, **options).fit(*DIABETES)
    out, err = capsys.readouterr()
    assert out == ""
    assert "3/3" in err
    assert "best mean_absolute_error: " in err


@pytest.mark.parametrize("verbose", [2, 10])
def test_a_line_about_a_fold_moves_no_cursor(verbose: int, capfd: pytest.CaptureFixture[str]) -> None:
    """An option may be a text from elsewhere; a print that is scikit-learn's keeps its line ends."""
    space = {"strategy": ["prior"], "constant": ["a\x1b[2Jb", "\u202eb"]}
    HyperoptSearchCV(DummyClassifier(), space, cv=2, refit=False, random_state=0, verbose=verbose).fit(X, y)
    printed = capfd.readouterr().out
    assert "constant=a\\x1b[2Jb" in printed
    assert "constant=\\u202eb" in printed
    assert all(line.isprintable() for line in printed.splitlines())
    assert len(printed.splitlines()) >= 4


def test_a_temporary_folder_that_cannot_be_used_is_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is at the line that calls `fit`, and the search has its result, as with `RandomizedSearchCV`."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / "file"))
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=3, cv=3, n_jobs=2, random_state=0)
    with pytest.warns(UserWarning, match="JOBLIB_TEMP_FOLDER") as caught:
        search.fit(X, y)
    assert [warning.filename for warning in caught] == [__file__]
    assert "max_depth" in search.best_params_


def test_verbose_0_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed on either stream, with worker processes too."""
    HyperoptSearchCV(TREE, DEPTH, max_evals=3, cv=3, n_jobs=2, random_state=0).fit(X, y)
    assert capfd.readouterr() == ("", "")


def test_a_callback_ends_the_search() -> None:
    """It ends when `on_trial_end` returns True, and the reason says so."""

    class Enough(Callback):
        """Asks to end the search."""

        def on_trial_end(self, trials: Trials, trial: Any) -> bool:
            """Ask after the third candidate."""
            return trial.number == 2

    search = HyperoptSearchCV(TREE, DEPTH, max_evals=9, cv=3, callbacks=[Enough()]).fit(X, y)
    assert (search.n_trials_, search.stop_reason_) == (3, "callback")


def test_a_timeout_keeps_what_finished() -> None:
    """The search ends in time, with a table."""
    X, y = load_breast_cancer(return_X_y=True)
    search = HyperoptSearchCV(TREE, {"random_state": hp.randint("r", 10**6)}, max_evals=10**6, timeout=0.5, cv=3)
    search.fit(X, y)
    assert search.stop_reason_ == "timeout"
    assert len(search.cv_results_["params"]) == search.n_trials_ < 10**6


class Endless(DummyClassifier):
    """Its fit takes no time, or an hour."""

    def __init__(self, endless: bool = False) -> None:
        super().__init__()
        self.endless = endless

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Sleep for an hour if `endless`."""
        if self.endless:
            time.sleep(3600)
        return super().fit(X, y, sample_weight)


@pytest.mark.slow
def test_a_timeout_ends_fits_under_way_where_they_can_be_stopped() -> None:
    """Worker processes end with the search, also in the middle of a fit."""
    search = HyperoptSearchCV(
        Endless(), {"endless": [False, True]}, max_evals=2, timeout=45, cv=3, n_jobs=2, random_state=0
    )
    start = time.monotonic()
    search.fit(X, y)
    assert time.monotonic() - start < 600
    assert search.stop_reason_ == "timeout"
    assert search.best_params_ == {"endless": False}


def test_a_threshold_and_a_function_end_the_search() -> None:
    """score_threshold is about the mean score; early_stop_fn is hyperopt's protocol."""
    options = {"max_evals": 50, "cv": 3, "random_state": 0, "max_queue_len": 1}
    reached = HyperoptSearchCV(TREE, DEPTH, score_threshold=0.9, **options).fit(X, y)
    assert reached.stop_reason_ == "score_threshold"
    assert reached.best_loss_ == pytest.approx(-reached.best_score_)
    assert reached.best_loss_ <= -0.9
    patient = HyperoptSearchCV(TREE, DEPTH, early_stop_fn=lambda trials: (len(trials) >= 4, []), **options).fit(X, y)
    assert (patient.n_trials_, patient.stop_reason_) == (4, "early_stop_fn")


def test_a_fitted_search_can_be_cloned_pickled_and_dumped(tmp_path: Any) -> None:
    """The copies predict as the original does."""
    search = HyperoptSearchCV(TREE, DEPTH, max_evals=3, cv=3, random_state=0, algo=rand.suggest).fit(X, y)
    joblib.dump(search, tmp_path / "search")
    for copy in (pickle.loads(pickle.dumps(search)), joblib.load(tmp_path / "search")):
        np.testing.assert_array_equal(copy.predict(X), search.predict(X))
    assert not hasattr(clone(search), "cv_results_")


def test_it_nests() -> None:
    """A search works in cross-validation, in a pipeline and in another search."""
    inner = HyperoptSearchCV(TREE, DEPTH, max_evals=3, cv=3, random_state=0)
    assert cross_val_score(inner, X, y, cv=3).shape == (3,)
    assert make_pipeline(StandardScaler(), inner).fit(X, y).score(X, y) > 0.8
    outer = HyperoptSearchCV(inner, {"max_evals": [2, 3]}, max_evals=2, cv=3).fit(X, y)
    assert outer.best_params_["max_evals"] in (2, 3)


def test_options_do_not_leak_between_candidates() -> None:
    """An estimator given as an option is cloned before it is fitted."""
    scaler = StandardScaler()
    pipeline = Pipeline([("scale", "passthrough"), ("svc", SVC())])
    HyperoptSearchCV(pipeline, {"scale": [scaler], "svc__C": [1, 2]}, max_evals=2, cv=3).fit(X, y)
    assert not hasattr(scaler, "mean_")


def test_conditional_parameters_are_masked() -> None:
    """The parameters of one model are masked where the other model was tried."""
    families = hp.choice(
        "family",
        [
            {"model": SVC(), "model__C": hp.logrange("C", 0.1, 10)},
            {"model": DecisionTreeClassifier(), "model__max_depth": hp.uniformint("depth", 1, 5)},
        ],
    )
    search = HyperoptSearchCV(Pipeline([("model", SVC())]), {"model": families}, max_evals=8, cv=3, random_state=0)
    results = search.fit(X, y).cv_results_
    masks = [np.ma.getmaskarray(results[f"param_model__{name}"]) for name in ("C", "max_depth")]
    assert (masks[0] != masks[1]).all()
    assert all(isinstance(p["model__max_depth"], int) for p in results["params"] if "model__max_depth" in p)


class ThreadCounting(DummyClassifier):
    """Scores the largest number of threads that a loaded library would use while it is fitted."""

    def fit(self, X, y, sample_weight=None):
        """Count the threads."""
        import threadpoolctl

        self.threads_ = max(library["num_threads"] for library in threadpoolctl.threadpool_info())
        return super().fit(X, y)

    def score(self, X, y, sample_weight=None):
        """The count."""
        return float(self.threads_)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_setting_of_joblib_limits_the_threads_everywhere(n_jobs: int) -> None:
    """The limit of BLAS and OpenMP threads holds in this process and in worker processes."""
    import joblib
    import threadpoolctl

    space = {"constant": [0, 1]}
    with threadpoolctl.threadpool_limits(2), joblib.parallel_config("loky", inner_max_num_threads=1):
        search = HyperoptSearchCV(ThreadCounting(), space, max_evals=2, cv=2, n_jobs=n_jobs, refit=False).fit(X, y)
    assert search.best_score_ == 1.0


class NamedOnly(DecisionTreeClassifier):
    """Its `set_params` takes nothing but its one parameter."""

    def set_params(self, **params: Any) -> NamedOnly:
        """Set the depth, which must be there."""
        self.max_depth = params["max_depth"]
        return self


def test_no_parameter_is_set_without_a_name() -> None:
    """The `set_params` of an estimator is never called without a parameter."""
    assert HyperoptSearchCV(NamedOnly(), {"max_depth": [2, 3]}, max_evals=2, cv=2).fit(X, y).best_estimator_.max_depth
