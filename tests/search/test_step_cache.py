"""The step cache: the same scores for fewer fits, and nothing cached that depends on more than its key."""

from __future__ import annotations

import functools
import re
import threading
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif, mutual_info_classif
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.utils import check_random_state

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.search.folds._step_cache import (
    FoldMemory,
    StepCache,
    _changeable_items,
    make_step_cache,
    step_key,
)

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


# ---------------------------------------------------------------------- any pipeline
CONTAINERS: dict[str, Callable[[np.ndarray], Any]] = {
    "array": np.array,
    "view": lambda X: np.repeat(X, 2, axis=1)[::-1, ::2][::-1],
    "columns first": np.asfortranarray,
    "read-only": lambda X: np.broadcast_to(X, X.shape),
    "frame": lambda X: pd.DataFrame(X, columns=list("abc")),
    "view of a frame": lambda X: pd.DataFrame(np.repeat(X, 2, axis=1)).iloc[:, ::2],
    "polars": lambda X: pl.DataFrame(X, schema=list("abc")),
    "sparse": sparse.csr_matrix,
    "list": lambda X: X.tolist(),
    "objects": lambda X: X.astype(object),
    "rows as objects": lambda X: np.array([*(list(row) for row in X), None], dtype=object)[:-1],
}


def as_array(X: Any) -> np.ndarray:
    """The numbers in any container."""
    if sparse.issparse(X):
        return X.toarray()
    return np.array([list(row) for row in (X.rows() if isinstance(X, pl.DataFrame) else np.asarray(X))], dtype=float)


class Returns(TransformerMixin, BaseEstimator):
    """Returns its input in some container."""

    def __init__(self, kind: str = "array") -> None:
        self.kind = kind

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def transform(self, X):
        """Fill the container."""
        return CONTAINERS[self.kind](as_array(X))


class AddsInPlace(Returns):
    """Adds to its input in place, whatever that is."""

    def transform(self, X):
        """Change X and return it."""
        if isinstance(X, pd.DataFrame):
            X.iloc[:, 0] += 1.5
        elif isinstance(X, pl.DataFrame):
            X[0, 0] = X[0, 0] + 1.5
        elif sparse.issparse(X):
            X.data *= 1.5
        elif isinstance(X, list) or isinstance(X[0], list):
            for row in X:
                row[0] += 1.5
        else:
            X += 1.5
        return X


class Counts(Returns):
    """Its output depends on how often it was called."""

    def fit(self, X, y=None):
        """Count from zero."""
        self.n_calls_ = 0
        return self

    def transform(self, X):
        """Add the number of calls."""
        self.n_calls_ += 1
        return CONTAINERS[self.kind](as_array(X) + self.n_calls_)


class CountsInItsClass(Returns):
    """Its output depends on how often any instance was fitted."""

    n_fits = 0

    def fit(self, X, y=None):
        """Count in the class."""
        type(self).n_fits += 1
        self.shift_ = type(self).n_fits
        return self

    def transform(self, X):
        """Add the number of fits."""
        return CONTAINERS[self.kind](as_array(X) * self.shift_)


class ReusesItsBuffer(Returns):
    """Keeps its output, and writes the next one into the same memory."""

    def transform(self, X):
        """Return the buffer itself."""
        values = as_array(X)
        if not hasattr(self, "buffer_") or self.buffer_.shape != values.shape:
            self.buffer_ = np.empty_like(values)
        self.buffer_[:] = values * 2
        return self.buffer_


class CentresTheTarget(Returns):
    """Changes y in place."""

    def fit(self, X, y=None):
        """Subtract 1."""
        y -= 1.0
        return self


class Draws(Returns):
    """Adds random numbers, from the global generator or one of its own."""

    def __init__(self, kind: str = "array", random_state: Any = None) -> None:
        super().__init__(kind)
        self.random_state = random_state

    def transform(self, X):
        """Add noise."""
        values = as_array(X)
        return CONTAINERS[self.kind](values + check_random_state(self.random_state).normal(size=values.shape))


class RowSums(RegressorMixin, BaseEstimator):
    """Predicts the sums of rows, and looks at the memory layout of its input."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def fit(self, X, y):
        """Learn a shift, and spoil the input."""
        values = X if isinstance(X, np.ndarray) else as_array(X)
        self.shift_ = y.mean() + (float(np.sum(values)) if values.dtype != object else 0.0)
        if isinstance(X, np.ndarray) and X.flags.writeable:
            X[:] = 0
        return self

    def predict(self, X):
        """The shifted sums."""
        return self.factor * as_array(X).sum(axis=1) + self.shift_


class Keeps(BaseEstimator):
    """A last step that keeps its input."""

    def fit(self, X, y=None):
        """Keep it."""
        self.X_ = X
        return self


def counting_function() -> Callable[[Any], Any]:
    """A function that remembers its calls."""
    calls = []

    def add_calls(X: Any) -> Any:
        calls.append(1)
        return as_array(X) + len(calls)

    return add_calls


kinds = st.sampled_from(sorted(CONTAINERS))
# Each is a function and its arguments, so that both searches get steps that were never used.
any_step = st.one_of(
    st.tuples(st.sampled_from([Returns, Counts, CountsInItsClass, CentresTheTarget]), st.tuples(kinds)),
    st.tuples(st.sampled_from([AddsInPlace, ReusesItsBuffer, StandardScaler]), st.just(())),
    st.tuples(st.just(Draws), st.tuples(kinds, st.sampled_from([None, 0]))),
    st.tuples(st.just(lambda: Draws("array", np.random.RandomState(0))), st.just(())),
    st.tuples(st.just(lambda: FunctionTransformer(counting_function())), st.just(())),
    st.tuples(st.just(lambda by: FunctionTransformer(lambda X: as_array(X) + by)), st.tuples(st.integers(0, 3))),
)


def table_of(steps: list[Any], others: list[Any], scoring: Any, step_cache: Any) -> list[np.ndarray]:
    """All test scores of a search over first steps and the last one, from a fixed state of the process."""
    steps, others = ([make(*arguments) for make, arguments in recipes] for recipes in (steps, others))
    np.random.seed(0)
    CountsInItsClass.n_fits = 0
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3)), rng.normal(size=12)
    pipeline = Pipeline([*((f"s{i}", step) for i, step in enumerate(steps)), ("m", RowSums())])
    space = {"s0": others, "m__factor": [0.5, 1.0, 2.0]}
    options = {"cv": 2, "refit": False, "scoring": scoring, "step_cache": step_cache, "max_evals": 3 * len(others)}
    search = HyperoptSearchCV(pipeline, space, **options).fit(X, y)
    return [column for name, column in search.cv_results_.items() if re.match("split._test", name)]


@settings(max_examples=30, deadline=None)
@given(
    steps=st.lists(any_step, min_size=1, max_size=3),
    others=st.lists(any_step, min_size=1, max_size=2),
    scoring=st.sampled_from([None, ["r2", "neg_median_absolute_error"], lambda est, X, y: est.predict(X).sum()]),
    step_cache=st.sampled_from(["auto", 2000]),
)
def test_the_table_is_that_of_a_search_without_the_cache(
    steps: list[Any], others: list[Any], scoring: Any, step_cache: Any
) -> None:
    """Value for value, whatever the steps change, remember, draw or return."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = table_of(steps, others, scoring, None)
        except ValueError:
            with pytest.raises(ValueError, match="fits failed"):
                table_of(steps, others, scoring, step_cache)
        else:
            np.testing.assert_array_equal(table_of(steps, others, scoring, step_cache), expected)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_served_array_has_the_memory_layout_of_the_original(kind: str) -> None:
    """Sums of floats depend on it, and so does what a later step may write to."""
    cache, pipeline = StepCache(10_000), make_pipeline(Returns(kind), Keeps())
    first, second = (fit(cache, pipeline, X[:10, :3], y[:10])[-1].X_ for _ in range(2))
    assert first is not second
    assert type(first) is type(second)
    np.testing.assert_array_equal(as_array(first), as_array(second))
    if isinstance(first, np.ndarray | pd.DataFrame):
        first, second = np.asarray(first), np.asarray(second)
        assert (first.strides, first.flags.writeable) == (second.strides, second.flags.writeable)


CUTS: dict[str, Callable[[np.ndarray], Any]] = {
    "view": lambda X: X[:, :2],
    "view of a frame": lambda X: pd.DataFrame(X).iloc[:, :2],
    "frame of two types": lambda X: pd.DataFrame(X).assign(text="x").iloc[:, -3:],
    "texts": lambda X: np.array([str(value) * 10 for value in X[:, 0]], dtype=object),
    "list": lambda X: [str(value) * 10 for value in X[:, 0]],
    "sparse": lambda X: sparse.csr_matrix(X)[:, :2],
    "polars": lambda X: pl.DataFrame(X)[:, :2],
}


@pytest.mark.parametrize("kind", CUTS)
def test_the_budget_holds_for_any_container(kind: str) -> None:
    """After eight folds no more than the budget is in use."""
    cache, data = StepCache(400_000), np.random.default_rng(0).normal(size=(1000, 50))
    pipeline = make_pipeline(FunctionTransformer(CUTS[kind]), Keeps())
    tracemalloc.start()
    try:
        for fold in range(8):
            fit(cache, pipeline, data + fold, fold=fold)
        assert tracemalloc.get_traced_memory()[0] < 450_000
    finally:
        tracemalloc.stop()


class AppendsToCells(TransformerMixin, BaseEstimator):
    """Appends to each list in a column of lists."""

    def fit(self, X, y=None):
        """Learn nothing."""
        return self

    def transform(self, X):
        """The lengths of the lists, which grow."""
        for cell in X["lists"]:
            cell.append(0)
        return np.array([[len(cell) * value] for cell, value in zip(X["lists"], X["value"], strict=True)])


def test_a_step_that_changes_the_cells_of_a_table_is_fitted_anew() -> None:
    """All folds share the objects in the cells."""
    tables = []
    for step_cache in (None, "auto"):
        frame = pd.DataFrame({"value": y[:30] + np.arange(30) / 7, "lists": [[0] * (i % 3) for i in range(30)]})
        options = {"max_evals": 3, "cv": 3, "refit": False, "step_cache": step_cache}
        search = HyperoptSearchCV(make_pipeline(AppendsToCells(), Ridge()), {"ridge__alpha": [0.1, 1, 10]}, **options)
        tables.append(search.fit(frame, np.arange(30.0) % 7).cv_results_["mean_test_score"])
    np.testing.assert_array_equal(*tables)


class ReadsItsClass(TransformerMixin, BaseEstimator):
    """Takes the root whose degree is the length of a list that belongs to the class."""

    registry: list[int] = []

    def fit(self, X, y=None):
        """Learn the length."""
        self.n_ = len(self.registry)
        return self

    def transform(self, X):
        """A root of X."""
        return np.asarray(X) ** (1 / (1 + self.n_))


class WritesToIt(ReadsItsClass):
    """The same for the list of its base class, which grows."""

    def fit(self, X, y=None):
        """Learn the length, and add to the list."""
        self.registry.append(1)
        return super().fit(X, y)


class SvcThatWritesToIt(SVC):
    """A last step that adds to the list of another class."""

    def fit(self, X, y, sample_weight=None):
        """Add."""
        ReadsItsClass.registry.append(1)
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("last", [SVC(), SvcThatWritesToIt()], ids=["itself", "last step"])
@pytest.mark.parametrize("is_inside", [False, True], ids=["step", "in a step"])
def test_a_step_that_reads_its_class_sees_what_others_write_to_it(last: SVC, is_inside: bool) -> None:
    """The class of a step is compared as well, also of a step inside of another."""
    step = ReadsItsClass() if isinstance(last, SvcThatWritesToIt) else WritesToIt()
    pipeline = Pipeline([("s", make_pipeline(step) if is_inside else step), ("svc", last)])
    tables = []
    for step_cache in (None, "auto"):
        ReadsItsClass.registry.clear()
        options = {"max_evals": 3, "cv": 3, "refit": False, "step_cache": step_cache}
        search = HyperoptSearchCV(pipeline, {"svc__C": [0.1, 1, 10]}, **options).fit(X, y)
        tables.append(search.cv_results_["mean_test_score"])
    np.testing.assert_array_equal(*tables)


class LosesItsModel(TransformerMixin, BaseEstimator):
    """A pickle of it lacks what it has learned."""

    def __init__(self, how: str = "drop") -> None:
        self.how = how

    def fit(self, X, y=None):
        """Learn the means."""
        self.means_ = X.mean(axis=0)
        return self

    def transform(self, X):
        """Centre."""
        return X - (0.0 if self.means_ is None else self.means_)

    def __getstate__(self):
        state = {name: value for name, value in vars(self).items() if name != "means_"}
        return state if self.how == "drop" else {**state, "means_": None}


@pytest.mark.parametrize("how", ["drop", "None"])
def test_a_step_whose_pickle_is_not_complete_is_not_cached(how: str) -> None:
    """Its copy could not transform the test part as the step itself does."""
    tables = scores(make_pipeline(LosesItsModel(how), SVC()), {"svc__C": [0.1, 1.0, 10.0]}, X, y, max_evals=3)
    np.testing.assert_array_equal(tables["auto"], tables[None])


def test_what_cannot_be_pickled_costs_no_second_run() -> None:
    """The step is fitted once a fold and candidate, as without a cache."""
    cache = StepCache(10_000)
    pipeline = make_pipeline(CountingScaler(), FunctionTransformer(lambda X: iter(X)), Keeps())
    FITS.clear()
    for fold in range(3):
        fit(cache, pipeline, X, fold=fold)
    assert FITS["fit"] == 3


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


def test_a_frame_with_texts_can_be_cached_where_warnings_are_errors() -> None:
    """pandas 3 has a type of its own for texts."""
    frame = pd.DataFrame({"text": ["a", "b"] * 30, "number": range(60)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _changeable_items(frame) is None
    assert _changeable_items(pd.DataFrame({"lists": [[1], [2]]})) is not None
