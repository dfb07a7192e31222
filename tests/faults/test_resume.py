"""Killed at any moment, a search goes on where it stopped, and ends as if nothing had happened."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import ShuffleSplit
from sklearn.tree import DecisionTreeClassifier

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
