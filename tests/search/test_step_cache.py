"""The step cache: the same scores for fewer fits, and nothing cached that depends on more than its key."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.search.folds._step_cache import FoldMemory, StepCache, make_step_cache, step_key

X, y = load_breast_cancer(return_X_y=True)
X, y = X[::3], y[::3]
FITS: Counter[str] = Counter()


class CountingScaler(TransformerMixin, BaseEstimator):
    """Divides by a factor, and counts its fits."""

    def __init__(self, factor: float = 2.0) -> None:
        self.factor = factor

    def fit(self, X, y=None):
        """Count."""
        FITS["fit"] += 1
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        """Divide."""
        return np.asarray(X) / self.factor


class InPlaceRidge(Ridge):
    """Changes X in place."""

    def fit(self, X, y):
        """Centre X in place."""
        X -= X.mean(axis=0)
        return super().fit(X, y)


def scores(estimator: object, space: dict[str, object], X: object, y: object, **kwargs: object) -> dict[str, object]:
    """Test scores without and with the cache."""
    options = {"cv": 3, "random_state": 0, "refit": False, "max_evals": 8, **kwargs}
    tables = {}
    for step_cache in (None, "auto"):
        search = HyperoptSearchCV(estimator, space, step_cache=step_cache, **options).fit(X, y)
        tables[step_cache] = [search.cv_results_[f"split{i}_test_score"] for i in range(3)]
    return tables


texts = [f"word{i % 7} word{i % 3} other{i % 5}" for i in range(60)]
diabetes = load_diabetes(return_X_y=True)
scale_columns = ColumnTransformer([("a", StandardScaler(), [0, 1]), ("b", MinMaxScaler(), [2, 3])])
C = hp.logrange("C", 1e-2, 1e2)
seeded = functools.partial(mutual_info_classif, random_state=0)
JOBS = {
    "scaler and SVC": (make_pipeline(StandardScaler(), SVC()), {"svc__C": C}, X, y),
    "select and logistic": (
        make_pipeline(StandardScaler(), SelectKBest(f_classif), LogisticRegression()),
        {"selectkbest__k": [2, 4, 6], "logisticregression__C": C},
        X,
        y,
    ),
    "PCA of a fixed seed": (
        make_pipeline(StandardScaler(), PCA(random_state=0), SVC()),
        {"pca__n_components": [2, 3], "svc__C": C},
        X,
        y,
    ),
    "columns": (make_pipeline(scale_columns, SVC()), {"svc__C": C}, X, y),
    "texts": (
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        {"tfidfvectorizer__min_df": [1, 2], "logisticregression__C": C},
        texts,
        [i % 2 for i in range(60)],
    ),
    "steps that are swapped": (
        Pipeline([("scale", "passthrough"), ("svc", SVC())]),
        {"scale": [StandardScaler(), MinMaxScaler(), "passthrough"], "svc__C": C},
        X,
        y,
    ),
    "writes into X": (make_pipeline(StandardScaler(), InPlaceRidge()), {"inplaceridge__alpha": C}, *diabetes),
}


@pytest.mark.parametrize("job", JOBS)
def test_scores_are_identical(job: str) -> None:
    """Every fold of every candidate scores the same to the last bit, with and without."""
    tables = scores(*JOBS[job])
    np.testing.assert_array_equal(tables[None], tables["auto"])


def test_a_prefix_is_fitted_once_a_fold() -> None:
    """Eight candidates that differ in the last step alone fit the first step three times, not 24 times."""
    FITS.clear()
    pipeline = make_pipeline(CountingScaler(), LogisticRegression(max_iter=5))
    options = {"cv": 3, "max_evals": 8, "refit": False, "step_cache": "auto"}
    HyperoptSearchCV(pipeline, {"logisticregression__C": C}, **options).fit(np.asarray(X), y)
    assert FITS["fit"] == 3


def test_a_longer_prefix_starts_from_a_shorter_one() -> None:
    """A second step with another parameter does not fit the first one again."""
    FITS.clear()
    pipeline = make_pipeline(CountingScaler(), SelectKBest(f_classif), LogisticRegression(max_iter=5))
    options = {"cv": 3, "max_evals": 3, "refit": False, "step_cache": "auto"}
    HyperoptSearchCV(pipeline, {"selectkbest__k": [1, 2, 3]}, **options).fit(X, y)
    assert FITS["fit"] == 3


@pytest.mark.parametrize(
    "step",
    [
        PCA(),
        make_pipeline(StandardScaler(), PCA()),
        FunctionTransformer(kw_args={"sentinel": object()}),
        FunctionTransformer(threading.Lock().acquire),
    ],
    ids=lambda step: type(step).__name__,
)
def test_what_cannot_be_compared_or_may_be_random_has_no_key(step: object) -> None:
    """Its output is not cached."""
    assert step_key(b"", step) is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: PCA(random_state=0),
        lambda: SelectKBest(f_classif, k=3),
        lambda: SelectKBest(functools.partial(mutual_info_classif, random_state=0)),
        lambda: FunctionTransformer(kw_args={"a": [1, (2, "a")], "b": np.arange(3.0)}),
        lambda: FunctionTransformer(lambda X: X + 1),
    ],
)
def test_equal_steps_have_equal_keys(make: Any) -> None:
    """A key is about values, not about objects."""
    assert step_key(b"", make()) == step_key(b"", make())


def test_values_of_different_types_have_different_keys() -> None:
    """1, 1.0 and True may behave differently."""
    assert len({step_key(b"", SelectKBest(k=k)) for k in (1, 1.0, True, np.int64(1))}) == 4


def fit(cache: StepCache, pipeline: Pipeline, X: Any, y: Any = None, fold: int = 0) -> Pipeline:
    """A clone of the pipeline, fitted on a fold with the cache."""
    pipeline = clone(pipeline)
    cache.attach(pipeline, fold)
    return pipeline.fit(X, y)


def n_scaler_fits(cache: StepCache, folds: list[int], factor: float = 2.0) -> int:
    """How often the first step was fitted on folds of 100 x 10 numbers, 8 kB each."""
    FITS.clear()
    for fold in folds:
        fit(
            cache,
            make_pipeline(CountingScaler(factor), Ridge()),
            np.full((100, 10), fold + 1.0),
            np.arange(100.0),
            fold,
        )
    return FITS["fit"]


def test_where_not_all_folds_fit_some_stay() -> None:
    """A budget for two of five folds serves two of five, again and again."""
    cache = StepCache(20_000)
    assert n_scaler_fits(cache, [0, 1, 2, 3, 4]) == 5
    assert n_scaler_fits(cache, [0, 1, 2, 3, 4]) == 3
    assert n_scaler_fits(cache, [0, 1, 2, 3, 4]) == 3


def test_what_is_asked_for_more_often_takes_the_place_of_the_rest() -> None:
    """A step that most candidates have is cached, also if others came first."""
    cache = StepCache(20_000)
    assert n_scaler_fits(cache, [0, 1], factor=1.0) == 2
    assert n_scaler_fits(cache, [0, 1] * 3, factor=2.0) == 4


def test_what_is_larger_than_the_budget_is_not_cached() -> None:
    """And the pipeline is fitted as without a cache."""
    assert n_scaler_fits(StepCache(1000), [0, 0]) == 2


def test_a_copy_of_the_pipeline_does_not_use_the_cache() -> None:
    """A scorer may fit a clone, or the pipeline itself, on other data."""
    cache = StepCache(100_000)
    pipeline = fit(cache, make_pipeline(StandardScaler(), Ridge()), X, y)
    again = clone(pipeline).fit(X[:50], y[:50])
    np.testing.assert_array_equal(again[0].mean_, X[:50].mean(axis=0))
    np.testing.assert_array_equal(pipeline.fit(X[:50], y[:50])[0].mean_, X[:50].mean(axis=0))
    assert isinstance(pipeline.memory, FoldMemory)


def test_a_memory_of_the_users_own_has_priority() -> None:
    """The cache leaves such a pipeline alone."""
    pipeline = make_pipeline(StandardScaler(), Ridge(), memory="folder")
    StepCache(1000).attach(pipeline, 0)
    assert pipeline.memory == "folder"


def test_a_step_that_draws_from_the_global_generator_is_fitted_anew() -> None:
    """No two candidates share its numbers."""
    cache = StepCache(100_000)
    pipeline = make_pipeline(SelectKBest(mutual_info_classif), CountingScaler(), LogisticRegression())
    FITS.clear()
    for _ in range(2):
        fit(cache, pipeline, X, y)
    assert FITS["fit"] == 2


@pytest.mark.parametrize("value", [0, -1, True, "yes", 1.5])
def test_a_wrong_budget_is_refused(value: object) -> None:
    """The message says what it may be."""
    with pytest.raises(ValueError, match="step_cache must be None, 'auto' or a positive number of bytes"):
        make_step_cache(value, X)


def test_a_failing_fit_fails_as_without() -> None:
    """The error in the table is the pipeline's own."""
    space = {"svc__C": [1.0, -1.0]}
    pipeline = make_pipeline(StandardScaler(), SVC())
    with pytest.warns(Warning, match="3 fits failed"):
        search = HyperoptSearchCV(pipeline, space, max_evals=2, cv=3, step_cache="auto").fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"][1])
