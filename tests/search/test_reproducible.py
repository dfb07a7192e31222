"""With a seed, a search depends on neither timing, nor the number of workers, nor the kind of backend."""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, hp

X, y = load_iris(return_X_y=True)
SPACE = {
    "max_depth": hp.uniformint("depth", 1, 9),
    "ccp_alpha": hp.logrange("alpha", 1e-4, 1e-1),
    "criterion": hp.choice("criterion", ["gini", "entropy"]),
}


class RandomlySlow(DecisionTreeClassifier):
    """Takes a random time, which is another one in every run."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, check_input: bool = True) -> RandomlySlow:
        """Sleep, then fit."""
        time.sleep(np.random.default_rng().exponential(0.01))
        super().fit(X, y, sample_weight, check_input)
        return self


def table(n_jobs: int, **options: Any) -> list[tuple[str, list[Any]]]:
    """`cv_results_` without times, of a search that is long enough to leave its random start."""
    search = HyperoptSearchCV(
        RandomlySlow(random_state=0), SPACE, max_evals=24, cv=3, n_jobs=n_jobs, random_state=0, max_queue_len=4,
        refit=False, **options,
    )  # fmt: skip
    results = search.fit(X, y).cv_results_
    return [(key, list(results[key])) for key in sorted(results) if not key.endswith("_time")]


@pytest.fixture(scope="module")
def reference() -> list[tuple[str, list[Any]]]:
    """The table of one worker."""
    return table(1)


@pytest.mark.parametrize(
    ("backend", "n_jobs"),
    [
        ("loky", 2),
        ("threading", 4),
        pytest.param("loky", 4, marks=pytest.mark.slow),
        pytest.param("threading", 2, marks=pytest.mark.slow),
        pytest.param("multiprocessing", 2, marks=pytest.mark.slow),
    ],
)
def test_the_table_is_the_same_everywhere(reference: Any, backend: str, n_jobs: int) -> None:
    """It depends neither on the number of workers nor on their kind, if the window is given."""
    with joblib.parallel_config(backend):
        assert table(n_jobs) == reference


@pytest.mark.slow
def test_the_table_is_the_same_on_a_dask_cluster(reference: Any) -> None:
    """Its workers are processes that are reached through sockets."""
    distributed = pytest.importorskip("distributed", reason="needs dask: pip install distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        assert table(2) == reference


class Checking(DecisionTreeClassifier):
    """Its fit fails unless the configuration and warning filters of the caller are in force."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, check_input: bool = True) -> Checking:
        """Check one setting of each."""
        assert sklearn.get_config()["working_memory"] == 77
        with pytest.raises(RuntimeWarning):
            warnings.warn("an error, by the caller's filter", RuntimeWarning, stacklevel=1)
        super().fit(X, y, sample_weight, check_input)
        return self


@pytest.mark.parametrize(
    ("backend", "n_jobs"), [("loky", 1), ("loky", 2), ("threading", 2), ("multiprocessing", 2)]
)  # fmt: skip
def test_configuration_and_warning_filters_reach_the_workers(backend: str, n_jobs: int) -> None:
    """They do on every backend, as with GridSearchCV."""
    with joblib.parallel_config(backend), sklearn.config_context(working_memory=77), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        search = HyperoptSearchCV(Checking(), SPACE, max_evals=2, cv=2, n_jobs=n_jobs, error_score="raise", refit=False)
        assert search.fit(X, y).n_trials_ == 2


@pytest.mark.parametrize("backend", ["threading", pytest.param("loky", marks=pytest.mark.slow)])
def test_a_save_file_may_be_continued_by_other_workers(reference: Any, tmp_path: Path, backend: str) -> None:
    """A search that one worker began and four workers end gives the same table."""
    table(1, trials_save_file=tmp_path / "s.db", score_threshold=0.5)
    with joblib.parallel_config(backend):
        assert table(4, trials_save_file=tmp_path / "s.db") == reference
