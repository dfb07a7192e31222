"""Killed at any moment, a search goes on where it stopped, and ends as if nothing had happened."""

from __future__ import annotations

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rv_discrete
from sklearn.datasets import load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import fbeta_score, make_scorer
from sklearn.model_selection import ShuffleSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from hpsklearn_search import HyperoptSearchCV, Trials, fmin, hp, tpe
from hpsklearn_search.exceptions import SaveFileError

X, y = load_iris(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_depth": hp.uniformint("depth", 1, 9), "ccp_alpha": hp.logrange("alpha", 1e-4, 1e-1)}

SCRIPT = """
import sys, time
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier
from hpsklearn_search import HyperoptSearchCV, hp

class Slow(DecisionTreeClassifier):
    def fit(self, X, y):
        time.sleep(0.005)
        return super().fit(X, y)

space = {"max_depth": hp.uniformint("depth", 1, 9), "ccp_alpha": hp.logrange("alpha", 1e-4, 1e-1)}
options = dict(max_evals=30, cv=3, random_state=0, n_jobs=int(sys.argv[2]), refit=False, racing=sys.argv[3] or None)
search = HyperoptSearchCV(Slow(random_state=0), space, trials_save_file=sys.argv[1] or None, **options)
search.fit(*load_iris(return_X_y=True))
keys = sorted(key for key in search.cv_results_ if not key.endswith("_time"))
print(repr([(key, list(search.cv_results_[key])) for key in keys]))
"""


def run(path: str, n_jobs: int = 1, racing: str = "", kill_after: float | None = None) -> str | None:
    """The table that the script prints, None if it was killed before."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, path, str(n_jobs), racing],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if kill_after is not None:
        deadline = time.monotonic() + 60
        while not os.path.exists(path) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, err
    return out


def finished(path: str) -> int:
    """How many trials the file holds."""
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT count(*) FROM trials WHERE status IS NOT NULL").fetchone()[0]


@pytest.mark.parametrize(("n_jobs", "racing"), [(1, "auto")])
def test_killed_again_and_again_it_ends_with_the_same_table(tmp_path: Path, n_jobs: int, racing: str) -> None:
    """kill -9 at three moments, then a run to the end: value for value the table of an uninterrupted run."""
    whole = run("", n_jobs, racing)
    path = str(tmp_path / "search.db")
    seen = 0
    for moment in (0.15, 0.3, 0.2):
        run(path, n_jobs, racing, kill_after=moment)
        assert finished(path) >= seen
        seen = finished(path)
    assert run(path, n_jobs, racing) == whole


def test_a_second_run_of_a_finished_search_fits_nothing(tmp_path: Path) -> None:
    """The table comes from the file."""
    options = {"max_evals": 6, "cv": 3, "random_state": 0, "trials_save_file": tmp_path / "s.db", "refit": False}
    first = HyperoptSearchCV(TREE, SPACE, **options).fit(X, y)
    second = HyperoptSearchCV(TREE, SPACE, **options).fit(X, y)
    for key, value in first.cv_results_.items():
        np.testing.assert_array_equal(second.cv_results_[key], value, key)


def test_a_larger_max_evals_goes_on(tmp_path: Path) -> None:
    """It is no part of what makes a search the same."""
    options = {"cv": 3, "random_state": 0, "refit": False}
    for n in (5, 9):
        search = HyperoptSearchCV(TREE, SPACE, max_evals=n, trials_save_file=tmp_path / "s.db", **options).fit(X, y)
    whole = HyperoptSearchCV(TREE, SPACE, max_evals=9, **options).fit(X, y)
    assert search.cv_results_["params"] == whole.cv_results_["params"]


def test_without_a_seed_nothing_is_lost_or_repeated(tmp_path: Path) -> None:
    """The finished candidates are there, and the others are new."""
    options = {"cv": 3, "refit": False, "trials_save_file": tmp_path / "s.db"}
    first = HyperoptSearchCV(TREE, SPACE, max_evals=5, **options).fit(X, y).cv_results_["params"]
    both = HyperoptSearchCV(TREE, SPACE, max_evals=10, **options).fit(X, y).cv_results_["params"]
    assert both[:5] == first
    assert len({repr(params) for params in both}) == 10


CHANGES: dict[str, dict[str, Any]] = {
    "space": {"space": {**SPACE, "ccp_alpha": hp.logrange("alpha", 1e-3, 1e-1)}},
    "parameters of the estimator": {"estimator": DecisionTreeClassifier(random_state=1)},
    "scoring": {"scoring": "f1_macro"},
    "cv": {"cv": 4},
    "algo": {"algo": "random"},
    "random_state": {"random_state": 1},
    "error_score": {"error_score": 0.0},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_search_is_refused_by_name(tmp_path: Path, what: str) -> None:
    """Before any fit."""
    options = {"estimator": TREE, "space": SPACE, "max_evals": 3, "cv": 3, "random_state": 0}
    options["trials_save_file"] = tmp_path / "s.db"
    HyperoptSearchCV(**options).fit(X, y)
    with pytest.raises(SaveFileError, match=rf"Differences:\n  {what}"):
        HyperoptSearchCV(**{**options, **CHANGES[what]}).fit(X, y)


def test_changed_data_are_refused(tmp_path: Path) -> None:
    """One number is enough."""
    options = {"max_evals": 3, "cv": 3, "trials_save_file": tmp_path / "s.db"}
    HyperoptSearchCV(TREE, SPACE, **options).fit(X, y)
    other = X.copy()
    other[7, 1] += 1e-9
    with pytest.raises(SaveFileError, match=r"Differences:\n  X"):
        HyperoptSearchCV(TREE, SPACE, **options).fit(other, y)


def test_a_splitter_without_a_seed_is_a_change_of_folds(tmp_path: Path) -> None:
    """Scores on other folds cannot be compared."""
    options = {"max_evals": 2, "cv": ShuffleSplit(3), "trials_save_file": tmp_path / "s.db"}
    HyperoptSearchCV(TREE, SPACE, **options).fit(X, y)
    with pytest.raises(SaveFileError, match=r"Differences:\n  cv"):
        HyperoptSearchCV(TREE, SPACE, **options).fit(X, y)


TREE_SPACE = {"tree__min_samples_leaf": [1, 2]}


def steps(first: Any) -> Pipeline:
    """A pipeline of two steps."""
    return Pipeline([("scale", first), ("tree", TREE)])


# Each makes a part of a search from a number.
MAKERS: dict[str, Callable[[int], dict[str, Any]]] = {
    "distribution with a table": lambda n: {"space": {"min_samples_leaf": rv_discrete(values=([1, n + 1], [0.5] * 2))}},
    "fitted step": lambda n: {"estimator": steps(FrozenEstimator(StandardScaler().fit(X * n))), "space": TREE_SPACE},
    "fitted step in the space": lambda n: {
        "estimator": steps("passthrough"),
        "space": {"scale": [FrozenEstimator(StandardScaler().fit(X * n)), "passthrough"]},
    },
    "method of a fitted step": lambda n: {
        "estimator": steps(FunctionTransformer(StandardScaler().fit(X * n).transform)),
        "space": TREE_SPACE,
    },
    "lambda as scorer": lambda n: {"scoring": [lambda e, X, y: e.score(X, y), lambda e, X, y: -e.score(X, y)][n % 2]},
    "closure as scorer": lambda n: {"scoring": times(n)},
    "callable object as scorer": lambda n: {"scoring": Times(n)},
    "method as scorer": lambda n: {"scoring": Times(n).score},
    "scorer with arguments": lambda n: {"scoring": make_scorer(fbeta_score, beta=n, average="macro")},
    "constraints": lambda n: {"constraints": [lambda params: True, lambda params: params is not None][n % 2]},
    "series as target": lambda n: {"y": pd.Series(np.where(np.arange(150) == 75, n, y))},
}


class Times:
    """A scorer with a state."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        """A multiple of the accuracy."""
        return self.factor * float(estimator.score(X, y))

    def score(self, estimator: Any, X: Any, y: Any) -> float:
        """The same as a method."""
        return self(estimator, X, y)


def times(factor: float) -> Callable[[Any, Any, Any], float]:
    """A scorer with a closure, and a list of its calls."""
    calls = []

    def score(estimator: Any, X: Any, y: Any) -> float:
        calls.append(1)
        return factor * float(estimator.score(X, y))

    return score


@pytest.mark.parametrize("what", MAKERS)
def test_other_objects_under_the_same_name_are_another_search(tmp_path: Path, what: str) -> None:
    """The file is refused before any fit, and taken by an equal search."""

    def run(number: int) -> Any:
        options = {"estimator": TREE, "space": {"min_samples_leaf": [1, 2]}, "cv": 3, "random_state": 0, "max_evals": 2}
        options = {**options, "algo": "random", "refit": False, "error_score": "raise", **MAKERS[what](number)}
        target = options.pop("y", y)
        return HyperoptSearchCV(**options, trials_save_file=tmp_path / "s.db").fit(X, target).cv_results_

    first = run(1)
    np.testing.assert_array_equal(run(1)["mean_fit_time"], first["mean_fit_time"])  # nothing was fitted
    with pytest.raises(SaveFileError, match="Differences"):
        run(2)


class Locked:
    """An objective that holds a lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __call__(self, x: float) -> float:
        """The loss."""
        return x


def test_what_cannot_be_compared_is_refused_by_name(tmp_path: Path) -> None:
    """The error says what to do instead, and doing so helps."""
    scorer = Times(threading.Lock())  # type: ignore[arg-type]
    options = {"max_evals": 2, "cv": 3, "trials_save_file": tmp_path / "s.db"}
    with pytest.raises(
        SaveFileError, match=r"another one. scoring: .*lock.* Use a function or class from the top level"
    ):
        HyperoptSearchCV(TREE, SPACE, scoring=scorer, **options).fit(X, y)
    with pytest.raises(SaveFileError, match=r"another one. fn: "):
        fmin(Locked(), hp.uniform("x", 0, 1), max_evals=1, trials_save_file=tmp_path / "f.db")
    assert HyperoptSearchCV(TREE, SPACE, scoring=module_scorer, **options).fit(X, y).n_trials_ == 2


def module_scorer(estimator: Any, X: Any, y: Any) -> float:
    """A scorer that is known by its name."""
    return float(estimator.score(X, y))


# ---------------------------------------------------------------------- warm starts and earlier trials
ANOTHER_SEARCH: dict[str, dict[str, Any]] = {
    "space": {"space": {**SPACE, "ccp_alpha": hp.logrange("alpha", 1e-3, 1e-1)}},
    "estimator": {"estimator": ExtraTreeClassifier(random_state=0)},
    "parameters of the estimator": {"estimator": DecisionTreeClassifier(random_state=1)},
    "scoring": {"scoring": Times(2.0)},
    "refit": {"scoring": ["accuracy", "f1_macro"], "refit": "accuracy"},
    "return_train_score": {"return_train_score": True},
    "cv": {"cv": 4},
    "X": {"X": X + 1},
    "y": {"y": y[::-1]},
}


def warm_search(**changes: Any) -> tuple[HyperoptSearchCV, dict[str, Any]]:
    """A search that was fitted, and the data."""
    options = {"estimator": TREE, "space": SPACE, "max_evals": 3, "cv": 3, "warm_start": True, "scoring": Times(1.0)}
    return HyperoptSearchCV(**{**options, **changes}).fit(X, y), {"X": X, "y": y}


@pytest.mark.parametrize("what", ANOTHER_SEARCH)
def test_a_warm_start_continues_the_same_search_only(what: str) -> None:
    """The error names what differs, before the first fit, and the record stays as it was."""
    search, data = warm_search()
    scores = search.cv_results_["mean_test_score"].copy()
    changes = dict(ANOTHER_SEARCH[what])
    data = {name: changes.pop(name, value) for name, value in data.items()}
    with pytest.raises(ValueError, match=rf"warm_start=True continues the last fit(.|\n)*Differences:(.|\n)*  {what}"):
        clone_fitted(search).set_params(**changes, max_evals=5).fit(**data)
    assert len(search.trials_) == 3
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], scores)


def clone_fitted(search: HyperoptSearchCV) -> HyperoptSearchCV:
    """The search after it was saved and loaded."""
    return pickle.loads(pickle.dumps(search))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"algo": "random"},
        {"n_jobs": 2},
        {"racing": "auto"},
        {"random_state": 1},
        {"scoring": Times(1.0)},
        {"timeout": 60},
    ],
    ids=lambda change: "".join(change) or "nothing",
)
def test_a_warm_start_may_change_what_concerns_new_candidates_alone(change: dict[str, Any]) -> None:
    """Such as the algorithm, and where the fits run."""
    search, data = warm_search()
    assert clone_fitted(search).set_params(**change, max_evals=5).fit(**data).n_trials_ == 5


def test_a_warm_start_that_cannot_be_checked_is_refused() -> None:
    """What cannot be compared is never taken for equal."""
    search, data = warm_search(scoring=Times(1.0))
    search.scoring.lock = threading.Lock()
    with pytest.raises(ValueError, match=r"cannot find out(.|\n)*scoring: (.|\n)*Set warm_start=False"):
        search.set_params(max_evals=5).fit(**data)
    assert search.set_params(warm_start=False).fit(**data).n_trials_ == 5


@pytest.mark.parametrize(
    ("change", "what"), [({"X": X + 1}, "X"), ({"y": y[::-1]}, "y"), ({"scoring": "f1_macro"}, "scoring"), ({}, None)]
)
def test_trials_of_other_data_or_scores_are_worth_a_warning(change: dict[str, Any], what: str | None) -> None:
    """Their losses cannot be compared with those of this search but by rank."""
    earlier = HyperoptSearchCV(TREE, SPACE, max_evals=3, cv=3).fit(X, y).trials_
    changes = {"X": X, "y": y, **change}
    data = {name: changes.pop(name) for name in ("X", "y")}
    search = HyperoptSearchCV(TREE, SPACE, max_evals=2, cv=4, trials=earlier, **changes)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(**data)
    texts = [str(warning.message) for warning in caught if "trials= holds trials of a search" in str(warning.message)]
    assert len(texts) == (what is not None)
    assert all(f"\n  {what}: " in text for text in texts)


def test_fmin_resumes_to_the_same_search(tmp_path: Path) -> None:
    """Six trials and six more are twelve in one go."""
    path, options = str(tmp_path / "f.db"), {"algo": tpe.suggest, "rstate": 3, "show_progressbar": False}
    objective, space = (lambda x: (x - 1) ** 2), hp.uniform("x", -5, 5)
    fmin(objective, space, max_evals=6, trials_save_file=path, **options)
    resumed, whole = Trials(), Trials()
    fmin(objective, space, max_evals=12, trials_save_file=path, trials=resumed, **options)
    fmin(objective, space, max_evals=12, trials=whole, **options)
    assert resumed.vals == whole.vals
    assert resumed.losses() == whole.losses()


def test_the_cost_of_a_saved_trial_does_not_grow(tmp_path: Path) -> None:
    """The file of 400 trials is at most five times that of 100, in bytes."""
    sizes = []
    for n in (100, 400):
        path = tmp_path / f"{n}.db"
        fmin(lambda x: x, hp.uniform("x", 0, 1), "random", n, trials_save_file=str(path), show_progressbar=False)
        sizes.append(path.stat().st_size)
    assert sizes[1] < 5 * sizes[0]
