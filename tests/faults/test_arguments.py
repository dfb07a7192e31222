"""Malformed arguments and awkward estimators: a documented exception at once, or a search that works."""

from __future__ import annotations

import contextlib
import doctest
import math
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier

from hpsklearn_search import HyperoptSearchCV, fmin, hp, rand
from hpsklearn_search.exceptions import BadSearchSpace, SaveFileError

X = np.random.default_rng(0).normal(size=(30, 3))
y = (X[:, 0] > 0).astype(int)
DOCUMENTED = (BadSearchSpace, ValueError, TypeError)


class Counting(ClassifierMixin, BaseEstimator):
    """Counts its fits, and predicts one class."""

    n_fits = 0

    def __init__(self, a: Any = 0.0, b: Any = None) -> None:
        self.a = a
        self.b = b

    def fit(self, X: Any, y: Any) -> Counting:
        """Remember the classes."""
        Counting.n_fits += 1
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        """The first class."""
        return np.repeat(self.classes_[0], len(X))


ODD = st.sampled_from(
    [None, True, -1, 0, 1, 2, 2.5, math.nan, math.inf, "", "x", "1", [], [1], {}, {"a": 1}, b"", 1j, object(), len]
)
CONSTRUCTORS = st.sampled_from(
    [hp.uniform, hp.quniform, hp.loguniform, hp.normal, hp.lognormal, hp.qnormal, hp.randint, hp.uniformint, hp.choice,
     hp.pchoice, hp.logrange]
)  # fmt: skip


@given(CONSTRUCTORS, st.sampled_from(["a", "", None, 3]), st.lists(ODD, max_size=3))
@settings(max_examples=300)
def test_a_malformed_node_is_refused_or_can_be_searched(make: Any, label: Any, arguments: list[Any]) -> None:
    """An error is raised when the node is made or when the search begins, never after a fit."""
    Counting.n_fits = 0
    try:
        space = {"a": make(label, *arguments)}
        search = HyperoptSearchCV(Counting(), space, max_evals=2, cv=2, algo="random", random_state=0, refit=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search.fit(X, y)
    except DOCUMENTED:
        assert Counting.n_fits == 0
    else:
        assert len(search.cv_results_["params"]) >= 1


ARGUMENTS = ["space", "max_evals", "algo", "trials", "scoring", "refit", "cv", "timeout", "score_threshold", "racing",
             "early_stop_fn", "points_to_evaluate", "max_queue_len", "step_cache", "trial_timeout", "callbacks",
             "trials_save_file", "random_state", "error_score", "n_jobs"]  # fmt: skip


@given(st.sampled_from(ARGUMENTS), ODD)
@settings(max_examples=300)
def test_a_malformed_argument_is_refused_or_harmless(name: str, value: Any) -> None:
    """A documented exception is raised before the first fit."""
    if name == "trials_save_file" and isinstance(value, str) and value:
        return  # a good name, of a file in the current folder
    if name == "cv" and isinstance(value, bytes):
        return  # scikit-learn's check_cv takes text for a splitter: an AttributeError, as in GridSearchCV
    if name in ("refit", "scoring", "early_stop_fn") and callable(value):
        return  # what a user's function returns is known when it is called
    if name in ("n_jobs", "trial_timeout") and value not in (0, None, "", "x", 2.5):
        return  # would start processes, which others test
    Counting.n_fits = 0
    base = {"space": {"a": [1, 2, 3]}, "max_evals": 2, "cv": 2, "random_state": 0, "algo": "random"}
    search = HyperoptSearchCV(Counting(), **{**base, name: value})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search.fit(X, y)
    except (*DOCUMENTED, SaveFileError):
        assert Counting.n_fits == 0
    else:
        assert len(search.cv_results_["params"]) >= 1


class Mutating(Counting):
    """Overwrites the data that it is fitted on."""

    def fit(self, X: Any, y: Any) -> Mutating:
        """Write zeros into X."""
        with contextlib.suppress(ValueError):  # workers share the data read-only
            X[:] = 0.0
        super().fit(X, y)
        return self


class Printing(Counting):
    """Prints while it is fitted."""

    def fit(self, X: Any, y: Any) -> Printing:
        """Print a long line."""
        print("talk " * 1000)
        super().fit(X, y)
        return self


def test_an_estimator_that_overwrites_its_input_overwrites_a_copy() -> None:
    """The X of the caller does not change."""
    data = X.copy()
    HyperoptSearchCV(Mutating(), {"a": [1, 2]}, max_evals=2, cv=2, refit=False).fit(data, y)
    np.testing.assert_array_equal(data, X)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_estimator_that_prints_disturbs_nothing(n_jobs: int) -> None:
    """What it prints is kept apart from the messages of the workers."""
    search = HyperoptSearchCV(Printing(), {"a": [1, 2]}, max_evals=2, cv=2, n_jobs=n_jobs).fit(X, y)
    assert len(search.cv_results_["params"]) == 2


def test_what_cannot_be_pickled_runs_in_this_process_and_is_named_elsewhere() -> None:
    """It works with one worker; with two an error is raised at once."""
    generator = (i for i in range(3))
    with joblib.parallel_config("threading"):
        HyperoptSearchCV(DummyClassifier(), {"constant": [0, 1]}, max_evals=2, cv=2, n_jobs=2).fit(X, y)
    estimator = Counting()
    estimator.clone_ = generator
    assert len(HyperoptSearchCV(estimator, {"a": [1, 2]}, max_evals=2, cv=2).fit(X, y).cv_results_["params"]) == 2


@pytest.mark.parametrize("values", [np.ones(29), [1.0] * 31, np.ones((29, 1))], ids=["array", "list", "two dimensions"])
@pytest.mark.parametrize("name", ["sample_weight", "step__sample_weight", "base_margin"])
def test_rows_of_another_number_are_refused_before_the_first_fit(name: str, values: Any) -> None:
    """The message has the argument, its length and that of X."""
    Counting.n_fits = 0
    with pytest.raises(ValueError, match=f"{name} must have one value for each row of X, which has 30; got (29|31)"):
        HyperoptSearchCV(Counting(), {"a": [1, 2]}, max_evals=2, cv=2).fit(X, y, **{name: values})
    assert Counting.n_fits == 0


ROWS = np.arange(30)


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        ((ROWS, []), "the test part of fold 1 is empty"),
        (([], ROWS), "the train part of fold 1 is empty"),
        ((ROWS >= 0, ROWS < 0), "the test part of fold 1 is empty"),
    ],
)
def test_an_empty_part_of_a_fold_is_refused_before_the_first_fit(fold: Any, message: str) -> None:
    """GridSearchCV gives such a fold a score of NaN, and with it every candidate."""
    Counting.n_fits = 0
    with pytest.raises(ValueError, match=message):
        HyperoptSearchCV(Counting(), {"a": [1, 2]}, max_evals=2, cv=[(ROWS[:20], ROWS[20:]), fold]).fit(X, y)
    assert Counting.n_fits == 0


def test_warnings_as_errors_keep_the_results() -> None:
    """The warning about failed fits is raised after the table is set."""
    search = HyperoptSearchCV(DummyClassifier(), {"strategy": ["prior", "nonsense"]}, max_evals=2, cv=2, refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Warning, match="fits failed"):
            search.fit(X, y)
    assert len(search.cv_results_["params"]) == 2


@pytest.mark.parametrize(
    "change",
    [{"scoring": "roc_auc"}, {"cv": 3}, {"random_state": 1}, {"algo": "tpe"}, {"space": {"a": [1, 2, 4]}}],
    ids=lambda change: next(iter(change)),
)
def test_a_file_of_another_search_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """The error names the difference."""
    base = {"space": {"a": [1, 2, 3]}, "max_evals": 2, "cv": 2, "random_state": 0, "algo": "random"}
    base["trials_save_file"] = tmp_path / "s.db"
    HyperoptSearchCV(Counting(), **base).fit(X, y)
    Counting.n_fits = 0
    with pytest.raises(SaveFileError, match=next(iter(change))):
        HyperoptSearchCV(Counting(), **{**base, **change}).fit(X, y)
    assert Counting.n_fits == 0


def test_budgets_may_differ_on_resume(tmp_path: Path) -> None:
    """With a larger max_evals the search continues; with a smaller one it shows all rows and fits nothing."""
    base = {"space": {"a": hp.uniform("a", 0, 1)}, "cv": 2, "random_state": 0, "algo": "random", "refit": False}
    for max_evals, n_fits, n_rows in [(3, 6, 3), (5, 4, 5), (2, 0, 5)]:
        Counting.n_fits = 0
        search = HyperoptSearchCV(Counting(), max_evals=max_evals, trials_save_file=tmp_path / "s.db", **base)
        assert len(search.fit(X, y).cv_results_["params"]) == n_rows
        assert Counting.n_fits == n_fits


def test_a_trial_whose_error_ended_the_search_runs_again(tmp_path: Path) -> None:
    """It runs at the same point when its cause is removed."""
    seen: list[float] = []

    def broken(x: float) -> float:
        seen.append(x)
        if len(seen) == 3:
            raise RuntimeError("not yet")
        return x

    run = {"space": hp.uniform("x", 0, 1), "algo": rand.suggest, "max_evals": 4, "rstate": 0, "show_progressbar": False}
    with pytest.raises(RuntimeError, match="not yet"):
        fmin(broken, trials_save_file=tmp_path / "s.db", **run)
    fmin(broken, trials_save_file=tmp_path / "s.db", **run)
    assert seen[2] == seen[3]
    assert len(seen) == 5


def test_the_page_on_resuming_is_true() -> None:
    """The examples of the page run."""
    page = Path(__file__).parents[2] / "docs" / "resuming.md"
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.testfile(str(page), module_relative=False, optionflags=flags).failed == 0
