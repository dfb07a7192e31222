"""Prefix reuse in pipelines: the same scores for fewer fits, and nothing kept that is no function of its key."""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
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
from hpsklearn_search.search.folds._step_cache import StepCache, Unkeyed, make_step_cache, value_key

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
    """Writes into the X that it is given."""

    def fit(self, X, y):
        """Centre X in place."""
        X -= X.mean(axis=0)
        return super().fit(X, y)


def scores(estimator: object, space: dict[str, object], X: object, y: object, **kwargs: object) -> dict[str, object]:
    """Test scores with and without prefix reuse."""
    options = {"cv": 3, "random_state": 0, "refit": False, "max_evals": 8, **kwargs}
    found = {}
    for step_cache in (None, "auto"):
        search = HyperoptSearchCV(estimator, space, step_cache=step_cache, **options).fit(X, y)
        found[step_cache] = [search.cv_results_[f"split{i}_test_score"] for i in range(3)]
    return found


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
    found = scores(*JOBS[job])
    np.testing.assert_array_equal(found[None], found["auto"])


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
    "value",
    [PCA(), FunctionTransformer(lambda x: x), SelectKBest(mutual_info_classif), object(), np.array([object()])],
    ids=lambda value: type(value).__name__,
)
def test_what_compares_by_identity_or_draws_random_numbers_has_no_key(value: object) -> None:
    """Nothing is kept under it."""
    with pytest.raises(Unkeyed):
        value_key(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PCA(random_state=0), PCA(random_state=0)),
        (SelectKBest(f_classif, k=3), SelectKBest(f_classif, k=3)),
        (
            functools.partial(mutual_info_classif, random_state=0),
            functools.partial(mutual_info_classif, random_state=0),
        ),
        ([1, (2, "a")], [1, (2, "a")]),
        (np.arange(3.0), np.arange(3.0)),
    ],
)
def test_equal_values_have_equal_keys(one: object, other: object) -> None:
    """A key is about values, not about objects."""
    assert value_key(one) == value_key(other)
    hash(value_key(one))


def test_values_of_different_types_have_different_keys() -> None:
    """1, 1.0 and True may behave differently."""
    assert len({value_key(1), value_key(1.0), value_key(True)}) == 3


def test_the_least_recently_used_goes_first() -> None:
    """A full cache drops what was not asked for longest, and never exceeds its budget."""
    part = np.zeros(10)  # 80 bytes, 160 for both parts
    cache = StepCache(320)
    for name in ("a", "b"):
        cache.put((name,), part.copy(), part.copy())
    assert cache.get(("a",)) is not None
    cache.put(("c",), part.copy(), part.copy())
    assert cache.get(("b",)) is None
    assert cache.get(("a",)) is not None
    cache.put(("too large",), np.zeros(100), part)
    assert cache.get(("too large",)) is None


def test_what_is_kept_is_read_only() -> None:
    """A final step cannot change what the next candidate gets."""
    cache = StepCache(1000)
    cache.put(("a",), np.zeros(3), np.zeros(3))
    kept = cache.get(("a",))
    assert kept is not None
    with pytest.raises(ValueError, match="read-only"):
        kept[0][0] = 1.0


@pytest.mark.parametrize("value", [0, -1, True, "yes", 1.5])
def test_a_wrong_budget_is_refused(value: object) -> None:
    """The message says what it may be."""
    with pytest.raises(ValueError, match="step_cache must be None, 'auto' or a positive number of bytes"):
        make_step_cache(value, X)


def test_a_failing_fit_fails_as_without() -> None:
    """The error that the table speaks of is the pipeline's own."""
    space = {"svc__C": [1.0, -1.0]}
    pipeline = make_pipeline(StandardScaler(), SVC())
    with pytest.warns(Warning, match="3 fits failed"):
        search = HyperoptSearchCV(pipeline, space, max_evals=2, cv=3, step_cache="auto").fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"][1])
