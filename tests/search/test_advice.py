"""`advice_`, `compare` and `splits_`: what a search says beside its winner."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from dataclasses import replace
from inspect import signature
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_rel
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import SpectralBiclustering
from sklearn.cross_decomposition import PLSRegression
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.decomposition import PCA, KernelPCA, MiniBatchDictionaryLearning, SparseCoder, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import RFE, SelectKBest
from sklearn.kernel_approximation import RBFSampler
from sklearn.manifold import Isomap, SpectralEmbedding
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    fbeta_score,
    make_scorer,
    matthews_corrcoef,
    mean_absolute_error,
    zero_one_loss,
)
from sklearn.model_selection import (
    KFold,
    LeaveOneOut,
    RepeatedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_val_predict,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import all_estimators
from sklearn.utils._param_validation import Interval, make_constraint

from hpsklearn_search import HyperoptSearchCV, hp
from hpsklearn_search.search import Finding
from hpsklearn_search.search._advice import _wider, advice
from hpsklearn_search.search._compare import compare_with
from hpsklearn_search.search._describe import Setting
from hpsklearn_search.search._evidence import _width, evidence_of
from hpsklearn_search.search._kept_folds import KeptFolds
from hpsklearn_search.search._largest_count import largest_count
from hpsklearn_search.spaces._ranges import RANGES
from hpsklearn_search.suggest import Outlook
from tests.benchmarks.advice import SCENARIOS, Known, kinds

X, y = load_breast_cancer(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0)


class Right(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that is right on one row of ten more if its name is "b"."""

    def __init__(self, name: str = "a") -> None:
        self.name = name

    def fit(self, X: Any, y: Any) -> Right:
        """Learn nothing."""
        self.classes_ = np.array([0, 1])
        return self

    def predict(self, X: Any) -> Any:
        """One for all rows but the first, or but the first two."""
        return (np.arange(len(X)) >= (1 if self.name == "b" else 2)).astype(int)


class Missing2(Exception):
    """An error with a number in its name."""


class Constant(DummyClassifier):  # type: ignore[misc]
    """The most frequent class, whatever `a` is."""

    def __init__(self, a: float = 0.0) -> None:
        super().__init__()
        self.a = a


# ---------------------------------------------------------------------- folds
@pytest.mark.parametrize(
    "cv",
    [
        KFold(3),
        RepeatedKFold(n_splits=2, n_repeats=2, random_state=0),
        ShuffleSplit(3, random_state=0),
        TimeSeriesSplit(3),
    ],
    ids=lambda cv: type(cv).__name__,
)
def test_splits_are_those_of_the_search(cv: Any) -> None:
    """Row by row, in the same order."""
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2]}, max_evals=2, cv=cv).fit(X, y)
    for (train, test), (again, tested) in zip(cv.split(X, y), search.splits_, strict=True):
        np.testing.assert_array_equal(train, again)
        np.testing.assert_array_equal(test, tested)


def test_splits_serve_what_comes_after() -> None:
    """Out-of-fold predictions and scores of the winner are on the folds that chose it."""
    cv = KFold(4, shuffle=True)  # other folds each time that it is asked
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 3]}, max_evals=2, cv=cv).fit(X, y)
    scores = cross_val_score(search.best_estimator_, X, y, cv=search.splits_)
    assert scores.mean() == search.best_score_
    assert len(cross_val_predict(search.best_estimator_, X, y, cv=search.splits_)) == len(y)


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint32, np.int64])
def test_kept_rows_do_not_depend_on_their_type(kind: Any) -> None:
    """Rows in single bytes are rows, and not packed bits."""
    train, test = np.arange(40, dtype=kind)[::-1], np.array([41], dtype=kind)
    [(kept, tested)] = KeptFolds.of([(train, test)], 80).splits()
    assert (kept.tolist(), tested.tolist()) == (train.tolist(), [41])


def test_kept_folds_of_leave_one_out_are_small() -> None:
    """A thousand folds of a thousand rows take a bit a row, and not eight bytes."""
    kept = KeptFolds.of(list(LeaveOneOut().split(np.zeros((1000, 1)))), 1000)
    assert sum(train.nbytes + test.nbytes for train, test in kept.parts) < 200_000


@given(st.lists(st.integers(0, 99), max_size=60), st.booleans())
def test_kept_rows_are_the_same_rows(rows: list[int], is_mask: bool) -> None:
    """Whatever their order and number; a mask becomes the rows that it selects."""
    part = np.isin(np.arange(100), rows) if is_mask else np.array(rows, dtype=int)
    [(train, _)] = KeptFolds.of([(part, np.array([0]))], 100).splits()
    assert train.tolist() == (np.flatnonzero(part) if is_mask else part).tolist()


# ---------------------------------------------------------------------- comparison
@given(st.integers(0, 10_000))
def test_without_overlap_the_test_is_students(seed: int) -> None:
    """With test parts of no size, equation (1) is the paired t-test."""
    scores = np.random.default_rng(seed).normal(size=(2, 6))
    best = int(np.argmax(scores.mean(axis=1)))
    comparison = compare_with(best, scores, ratio=0.0)
    assert comparison.p_value[1 - best] == pytest.approx(ttest_rel(scores[0], scores[1]).pvalue, rel=1e-9)


def test_overlap_makes_the_test_more_careful() -> None:
    """Train parts that share rows make scores alike, so the error is larger by the root of 1 + k n_test/n_train."""
    scores = np.random.default_rng(0).normal(size=(2, 5))
    plain, corrected = (compare_with(0, scores, ratio=ratio).error[1] for ratio in (0.0, 0.25))
    assert corrected / plain == pytest.approx(np.sqrt(1 + 5 * 0.25))


def test_equal_candidates_are_seldom_called_worse() -> None:
    """Among 20 candidates of pure noise, one is called worse than a fixed other in at most 5 % of 400 tables."""
    tables = [np.random.default_rng(seed).normal(size=(20, 5)) for seed in range(400)]
    assert np.mean([not compare_with(0, scores, ratio=0.0).is_same.all() for scores in tables]) <= 0.07


def test_candidates_without_common_folds_are_not_compared() -> None:
    """A pruned candidate with one fold cannot be called equal or worse."""
    comparison = compare_with(0, np.array([[0.9, 0.8, 0.9], [0.1, np.nan, np.nan]]), ratio=0.5)
    assert np.isnan(comparison.p_value[1])
    assert not comparison.is_same[1]


def test_compare_shows_the_best_candidates() -> None:
    """The first row is the best, with no difference to itself; the interval is around the difference."""
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2, 3, 4]}, max_evals=4).fit(X, y)
    frame = search.compare(3)
    assert frame.index.name == "candidate"
    assert frame.index[0] == search.best_index_
    assert frame["difference"].iloc[0] == 0.0
    assert len(frame) == 3
    assert ((frame["low"] <= frame["difference"]) & (frame["difference"] <= frame["high"])).all()


def test_two_folds_of_few_rows_prove_nothing() -> None:
    """Equal candidates often differ by one row on each fold; that has no variance, and is chance."""
    rng = np.random.default_rng(0)
    tables = [rng.binomial(20, 0.8, size=(20, 2)) / 20 for _ in range(200)]
    found = [not compare_with(int(s.mean(axis=1).argmax()), s, ratio=1.0, n_test=20).is_same.all() for s in tables]
    assert np.mean(found) <= 0.05


def test_accuracies_are_compared_by_rows() -> None:
    """The search knows how many rows a test part has, and that an accuracy is a share of them."""
    search = HyperoptSearchCV(Right(), {"name": ["a", "b"]}, cv=KFold(2), scoring="accuracy", refit=False)
    frame = search.fit(np.zeros((20, 1)), [1] * 20).compare()
    assert frame["difference"].iloc[1] == pytest.approx(0.1)
    assert frame["same_as_best"].all()


def per_cent(y_true: Any, y_pred: Any) -> float:
    """A metric that nobody else has."""
    return 100 * float(accuracy_score(y_true, y_pred))


ROW_METRICS = {
    "accuracy": make_scorer(accuracy_score),
    "number of right rows": make_scorer(accuracy_score, normalize=False),
    "number of wrong rows": make_scorer(zero_one_loss, normalize=False, greater_is_better=False),
    "share of wrong rows": make_scorer(zero_one_loss, greater_is_better=False),
    "per cent": make_scorer(per_cent),
    "F2": make_scorer(fbeta_score, beta=2),
    "Matthews": make_scorer(matthews_corrcoef),
    "Cohen": make_scorer(cohen_kappa_score),
    "a function of the estimator": lambda estimator, X, y: accuracy_score(y, estimator.predict(X)),
}


@pytest.mark.parametrize("metric", ROW_METRICS)
@pytest.mark.parametrize("n_folds", [2, 3])
def test_a_row_more_on_each_fold_is_chance_in_every_metric(metric: str, n_folds: int) -> None:
    """Equal candidates often differ so; a metric of the user's, or by make_scorer, is no proof either."""
    target = np.tile([0, *[1] * 9], n_folds)
    search = HyperoptSearchCV(
        Right(), {"name": ["a", "b"]}, cv=KFold(n_folds), scoring=ROW_METRICS[metric], refit=False
    )
    frame = search.fit(np.zeros((len(target), 1)), target).compare()
    assert frame["difference"].iloc[1] > 0
    assert frame["same_as_best"].all()


def test_errors_of_numbers_are_not_compared_by_rows() -> None:
    """Two folds that agree to the last digit tell a regressor's mean absolute errors apart."""
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    space = {"strategy": ["constant"], "constant": [0.0, 0.1]}
    search = HyperoptSearchCV(DummyRegressor(), space, cv=KFold(2), scoring=scorer, refit=False)
    frame = search.fit(np.zeros((20, 1)), np.full(20, 0.1)).compare()
    assert frame["same_as_best"].tolist() == [True, False]


def test_equal_candidates_are_seldom_called_worse_by_a_metric_of_the_users() -> None:
    """Of 100 searches for two folds of 20 rows with numbers of right rows, at most 5 find a worse candidate."""
    rng = np.random.default_rng(0)
    tables = [rng.binomial(20, 0.8, size=(20, 2)).astype(float) for _ in range(100)]
    width = _width(tables[0], None, None, n_test=20)
    found = [
        not compare_with(int(s.mean(axis=1).argmax()), s, ratio=1.0, n_test=20, width=width).is_same.all()
        for s in tables
    ]
    assert np.mean(found) <= 0.05


@pytest.mark.parametrize("arguments", [{"n": 0}, {"n": 2.5}, {"alpha": 0}, {"alpha": 5}, {"alpha": "x"}])
def test_compare_refuses_what_is_no_number_of_rows_or_probability(arguments: Any) -> None:
    """With such values it would say that all candidates are alike, or none."""
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2]}, cv=2).fit(X, y)
    with pytest.raises(ValueError, match=next(iter(arguments))):
        search.compare(**arguments)


def test_one_fold_cannot_be_compared() -> None:
    """It shows no variance, so no candidate is worse, and none is the same."""
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2]}, cv=ShuffleSplit(1, random_state=0)).fit(X, y)
    with pytest.raises(ValueError, match="write cv=5"):
        search.compare()


@pytest.mark.filterwarnings("ignore")
def test_a_search_without_scores_cannot_be_compared() -> None:
    """The error says that no candidate has one."""
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2]}, cv=2, refit=False, scoring=lambda *_: float("nan"))
    with pytest.raises(ValueError, match="no candidate has a score"):
        search.fit(X, y).compare()


@pytest.mark.filterwarnings("ignore")
def test_a_search_of_which_all_candidates_failed_has_no_advice() -> None:
    """It keeps its table and its folds; what needs a score says that there is none."""
    search = HyperoptSearchCV(Known(lambda v: np.nan), {"a": hp.uniform(0, 1)}, max_evals=20, cv=2)
    with pytest.raises(ValueError, match="fits failed"):
        search.fit(np.zeros((50, 1)))
    assert search.advice_ == []
    assert len(search.splits_) == 2
    with pytest.raises(ValueError, match="no candidate has a score"):
        search.compare()


@pytest.mark.parametrize("name", ["advice_", "splits_"])
def test_what_comes_after_the_fit_says_so(name: str) -> None:
    """Before the fit the error is scikit-learn's, and there is no such attribute."""
    search = HyperoptSearchCV(TREE, {"max_depth": [1, 2]})
    assert not hasattr(search, name)
    with pytest.raises(NotFittedError):
        getattr(search, name)


# ---------------------------------------------------------------------- advice
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_rule_speaks_where_it_must_and_only_there(name: str) -> None:
    """In four of five searches of 60 random candidates; rates over 100 seeds are in the documentation."""
    _, _, _, must, must_not = SCENARIOS[name]
    spoken = Counter(kind for seed in range(10, 15) for kind in kinds(name, seed, "random", 60))
    assert all(spoken[kind] >= 4 for kind in must)
    assert all(spoken[kind] <= 1 for kind in must_not)


def test_a_small_search_gives_no_advice() -> None:
    """Nothing can be said of fewer than 20 candidates."""
    assert HyperoptSearchCV(TREE, {"max_depth": [1, 2, 3]}, max_evals=3).fit(X, y).advice_ == []


@pytest.mark.filterwarnings("ignore")
def test_two_kinds_of_failures_are_two_regions() -> None:
    """Each region is found by its own reason; numbers in a message make no other reason."""

    def law(values: Any) -> float:
        if values["a"] > 0.7:
            raise ValueError(f"a must be at most 0.7, got {values['a']}")
        if values["b"] == "y":
            raise Missing2("there is no y")
        return float(values["a"])

    space = {"a": hp.uniform(0, 1), "b": ["x", "y", "z"]}
    search = HyperoptSearchCV(Known(law), space, max_evals=60, cv=2, random_state=0, algo="random")
    texts = [str(finding) for finding in search.fit(np.zeros((50, 1))).advice_ if finding.kind == "failures"]
    assert len(texts) == 2
    assert any("a of 0.7" in text and "failed with ValueError, and 0 of the others" in text for text in texts)
    assert any("b='y' failed with Missing2, and 0 of the others" in text for text in texts)


@pytest.mark.filterwarnings("ignore")
def test_a_parameter_with_a_single_value_decides_nothing_and_is_not_mentioned() -> None:
    """It is in no importance, interval or finding, also in a list of grids."""
    space = [{"a": hp.uniform(0, 1), "b": ["x"]}, {"a": hp.uniform(0, 1), "b": ["z"], "c": hp.uniform(0, 1)}]
    search = HyperoptSearchCV(Known(lambda values: values["a"]), space, max_evals=40, cv=2, random_state=0)
    search.fit(np.zeros((50, 1)))
    assert set(search.importances_) == {"grid", "a (0.a)", "a (1.a)", "c"}
    assert list(search.importance_intervals()) == list(search.importances_)
    assert not any("b" in finding.figures.get("names", ()) for finding in search.advice_)


def test_the_edge_comes_with_a_wider_range() -> None:
    """The line can be pasted; a range that ends where the estimator's does is not mentioned."""
    digits = load_digits(return_X_y=True)
    space = {"max_depth": hp.uniformint(1, 3), "max_features": hp.uniform(0.5, 1)}
    search = HyperoptSearchCV(TREE, space, max_evals=30, cv=2, random_state=0, algo="random").fit(*digits)
    edges = [finding for finding in search.advice_ if finding.kind == "edge"]
    assert [finding.figures["parameter"] for finding in edges] == ["max_depth"]
    assert eval("{" + edges[0].line + "}", {"hp": hp})["max_depth"].distribution.high == 5


def findings_of_progress(means: Any, outlook: Outlook) -> list[Finding]:
    """What is said of a search with these mean scores, in order, of which a model expects so much."""
    known = Known(lambda values: values["a"])
    search = HyperoptSearchCV(known, {"a": hp.uniform(0, 1)}, max_evals=40, cv=2, random_state=0, algo="random")
    evidence = evidence_of(search.fit(np.zeros((50, 1))), search._kept_folds)
    found = advice(replace(evidence, means=np.array(means), find_outlook=lambda: outlook))
    return [finding for finding in found if finding.kind in ("rising", "flat", "no_gain")]


RISING, FLAT = np.linspace(0.1, 0.9, 40), np.append(0.9, np.full(39, 0.5))
STEPS = np.minimum(RISING, RISING[25])
MUCH, LITTLE = Outlook(gain=0.01, error=0.02), Outlook(gain=0.001, error=0.02)


@pytest.mark.parametrize(
    ("means", "outlook", "kinds_said", "line"),
    [
        (RISING, MUCH, ["rising"], "max_evals=80"),
        (RISING, LITTLE, ["rising"], ""),
        (FLAT, MUCH, ["flat"], ""),
        (STEPS, LITTLE, ["no_gain"], ""),
        (STEPS, MUCH, [], None),
    ],
)
def test_progress_is_judged_by_what_was_seen_and_what_is_expected(
    means: Any, outlook: Outlook, kinds_said: list[str], line: str | None
) -> None:
    """A score that rises is a reason for more candidates only where a model expects a gain of them."""
    found = findings_of_progress(means, outlook)
    assert [finding.kind for finding in found] == kinds_said
    assert all(finding.line == line for finding in found)


def test_advice_says_what_ten_more_candidates_would_bring() -> None:
    """In units of the score, and in standard errors of the best; nothing where the scores tell nothing."""
    [finding] = findings_of_progress(FLAT, MUCH)
    assert "a model expects a gain of 0.01, which is 0.5 standard errors of the best score" in finding.text
    assert finding.figures["in_standard_errors"] == 0.5
    [finding] = findings_of_progress(FLAT, Outlook(np.inf, 0.0))
    assert "expects" not in finding.text


def test_the_figure_of_advice_is_that_of_the_search() -> None:
    """It comes from the record, in standard errors of the best candidate's mean."""
    known = Known(lambda v: 0.8 - (v["a"] - 0.5) ** 2, noise=0.02)
    search = HyperoptSearchCV(known, {"a": hp.uniform(0, 1)}, max_evals=40, random_state=0, cv=KFold(5))
    outlook = evidence_of(search.fit(np.repeat(np.arange(5.0), 20)[:, None]), search._kept_folds).outlook
    deviation = search.cv_results_["std_test_score"][search.best_index_]
    assert outlook.error == pytest.approx(deviation / np.sqrt(5 - 1))
    assert 0 <= outlook.gain < 0.01


def best_at_the_top(node: Any) -> HyperoptSearchCV:
    """A search whose score is the logarithm of its only parameter."""
    known = Known(lambda values: float(np.log(values["a"])), noise=0.0)
    return HyperoptSearchCV(known, {"a": node}, max_evals=40, random_state=0, algo="random").fit(np.zeros((50, 1)))


@pytest.mark.parametrize(
    "node",
    [
        hp.uniform('l"x', 1, 2),
        hp.uniform(1000.001, 1000.002),
        hp.logrange(0.012345678, 0.1),
        hp.quniform("q", 1, 9, 0.1),
    ],
)
def test_the_line_is_a_wider_range(node: Any) -> None:
    """Whatever the label and the digits of the range are."""
    (line,) = [finding.line for finding in best_at_the_top(node).advice_ if finding.kind == "edge"]
    law = eval("{" + line + "}", {"hp": hp})["a"].distribution
    assert law.high > node.distribution.high
    assert law.low == pytest.approx(node.distribution.low)


@pytest.mark.parametrize("node", [hp.logrange(1e300, 1.7e308), hp.uniform(-8e307, 8e307)])
def test_a_range_that_cannot_be_wider_is_no_edge(node: Any) -> None:
    """No line says inf."""
    known = Known(lambda values: values["a"] / 1.7e308, noise=0.0)
    search = HyperoptSearchCV(known, {"a": node}, max_evals=40, random_state=0, algo="random").fit(np.zeros((50, 1)))
    assert "inf" not in str(search.advice_)


def floats_allowed(kind: Any) -> dict[str, list[Any]]:
    """For each parameter of an estimator for which scikit-learn documents intervals of floats, its constraints."""
    return {
        name: [make_constraint(constraint) for constraint in constraints]
        for name, constraints in kind._parameter_constraints.items()
        if isinstance(constraints, list)
        and any(isinstance(c, Interval) and issubclass(float, c.type) for c in constraints)
    }


ENDS = st.integers(1, 3000).map(lambda thousandths: thousandths / 1000)
TUNED = [kind for name, kind in all_estimators() if name in RANGES]


@pytest.mark.parametrize("kind", TUNED, ids=lambda kind: kind.__name__)
@given(ends=st.lists(ENDS, min_size=2, max_size=2, unique=True).map(sorted), log=st.booleans(), at_top=st.booleans())
def test_a_wider_range_is_one_that_the_estimator_takes(kind: Any, ends: list[float], log: bool, at_top: bool) -> None:
    """Both ends and the middle of the line are floats that scikit-learn accepts, if those of the range are."""
    low, high = ends
    node = hp.logrange(low, high) if log else hp.uniform(low, high)
    for name, constraints in floats_allowed(kind).items():
        if not all(any(c.is_satisfied_by(end) for c in constraints) for end in ends):
            continue
        setting = Setting("label", name, {}, node, True)
        evidence: Any = SimpleNamespace(estimator=kind.__new__(kind), find_largest=lambda parameter: math.inf)
        wider = _wider(evidence, setting, np.full(5, float(at_top)), [high if at_top else low] * 5)
        if wider is not None:
            law = eval(wider[2], {"hp": hp}).distribution
            values = [law.low, law.high, law.from_unit(0.0), law.from_unit(0.5), law.from_unit(1.0)]
            refused = [v for v in values if not any(c.is_satisfied_by(v) for c in constraints)]
            assert not refused, (name, wider[2])


@pytest.mark.parametrize(
    ("name", "node", "at_top", "line"),
    [
        ("max_features", hp.logrange(0.01, 0.3), True, "hp.logrange(0.01, 1)"),
        ("min_samples_split", hp.uniform(0.1, 0.6), True, "hp.uniform(0.1, 1)"),
        ("min_samples_leaf", hp.uniform(0.1, 0.6), True, "hp.uniform(0.1, 0.8)"),  # 1.0 itself is refused
        ("min_samples_leaf", hp.uniformint(1, 9), True, "hp.uniformint(1, 17)"),
        ("min_samples_split", hp.uniformint(3, 20), False, "hp.uniformint(2, 20)"),
        ("min_samples_split", hp.uniformint(2, 20), False, None),
        ("max_depth", hp.uniformint(1, 9), False, None),
    ],
)
def test_a_wider_range_ends_with_the_interval_of_its_own_type(
    name: str, node: Any, at_top: bool, line: str | None
) -> None:
    """A share ends at 1 also where whole numbers above 1 have a meaning of their own, and the other way round."""
    evidence: Any = SimpleNamespace(estimator=TREE, find_largest=lambda parameter: math.inf)
    end = node.distribution.high if at_top else node.distribution.low
    wider = _wider(evidence, Setting(name, name, {}, node, True), np.full(5, float(at_top)), [end] * 5)
    assert (wider and wider[2]) == line


@pytest.mark.parametrize(
    ("most", "high"), [(8, None), (7, None), (0, None), (9, 9), (15, 15), (16, 15), (math.inf, 15)]
)
def test_a_wider_range_ends_where_the_data_do(most: float, high: int | None) -> None:
    """A range that reaches their end, or goes beyond it, is no edge."""
    evidence: Any = SimpleNamespace(estimator=TREE, find_largest=lambda parameter: most)
    setting = Setting("max_depth", "max_depth", {}, hp.uniformint(1, 8), True)
    wider = _wider(evidence, setting, np.ones(5), [8] * 5)
    assert (wider and wider[2]) == (high and f"hp.uniformint(1, {high})")


LATER_STEP = make_pipeline(PolynomialFeatures(2), SelectKBest(k=3), KNeighborsClassifier())


@pytest.mark.parametrize(
    ("estimator", "parameter", "most"),
    [
        (PCA(2), "n_components", 4),
        (make_pipeline(PolynomialFeatures(3), PCA(2)), "pca__n_components", 30),
        (TruncatedSVD(2), "n_components", 4),
        (SelectKBest(k=2), "k", 4),
        (RFE(TREE), "n_features_to_select", 4),
        (TREE, "max_features", 4),
        (TREE, "min_samples_leaf", 30),
        (PLSRegression(1), "n_components", 4),
        (KernelPCA(2), "n_components", 30),
        (RBFSampler(), "n_components", math.inf),
        (LinearDiscriminantAnalysis(), "n_components", 1),
        (SpectralBiclustering(), "n_clusters", 4),
        (SpectralBiclustering(n_components=5), "n_best", 5),
        (SpectralEmbedding(), "n_components", 28),
        (MiniBatchDictionaryLearning(3, max_iter=2), "transform_n_nonzero_coefs", 3),
        (SparseCoder(np.eye(4)), "transform_n_nonzero_coefs", 4),
        (Isomap(n_components=2), "n_components", 30),
        (LATER_STEP, "selectkbest__k", 15),
        (LATER_STEP, "kneighborsclassifier__n_neighbors", 30),
        (BaggingClassifier(TREE), "estimator__max_features", 0),
        (BaggingClassifier(TREE), "max_features", 4),
        (make_pipeline("passthrough", TREE), "passthrough__k", math.inf),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseEstimator) else str(value),
)
def test_the_data_bound_counts_of_columns_and_rows(estimator: Any, parameter: str, most: float) -> None:
    """The columns are those of the step itself; those of a model inside of another one are not known."""
    fitted = clone(estimator).fit(X[:40, :4], y[:40])
    assert largest_count(fitted, parameter, n_rows=30) == most


COUNTS = (
    "n_components", "k", "n_clusters", "n_features_to_select", "min_features_to_select", "n_neighbors", "max_features",
    "n_nonzero_coefs", "transform_n_nonzero_coefs", "n_best",
)  # fmt: skip
# Shares of the columns, words of texts, and Isomap: the rounding of its eigenvalues makes it fail earlier.
OTHER_COUNTS = {
    ("HistGradientBoostingClassifier", "max_features"), ("HistGradientBoostingRegressor", "max_features"),
    ("CountVectorizer", "max_features"), ("TfidfVectorizer", "max_features"), ("Isomap", "n_components"),
}  # fmt: skip
# What these have in place of transform and predict.
RESULTS = {"SpectralEmbedding": "embedding_", "SpectralBiclustering": "row_labels_"}
COUNTED = [
    (kind, name)
    for _, kind in all_estimators()
    for name in COUNTS
    if name in signature(kind).parameters
    and (kind.__name__, name) not in OTHER_COUNTS
    and (hasattr(kind, "transform") or hasattr(kind, "predict") or kind.__name__ in ("LocalOutlierFactor", *RESULTS))
]
FEW_ROWS, THREE_CLASSES = make_classification(20, 4, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
FEW_ROWS = np.abs(FEW_ROWS)  # as counts, which some estimators need


def outcome(kind: Any, **params: Any) -> tuple[Any, Any]:
    """A model of a class of scikit-learn, fitted to 20 rows of 4 columns, and what it makes of them."""
    tree = DecisionTreeRegressor() if kind.__name__.endswith("Regressor") else TREE
    options = {"max_iter": 3, "n_estimators": 2, "random_state": 0, "novelty": True, "estimator": tree}
    options |= {"dictionary": np.eye(4), "n_best": 1, **params}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = kind(**{name: value for name, value in options.items() if name in signature(kind).parameters})
        model.fit(FEW_ROWS, THREE_CLASSES)
        if kind.__name__ in RESULTS:
            return model, getattr(model, RESULTS[kind.__name__])
        result = (model.transform if hasattr(model, "transform") else model.predict)(FEW_ROWS)
    return model, result.toarray() if hasattr(result, "toarray") else result


@pytest.mark.parametrize(("kind", "name"), COUNTED, ids=lambda value: getattr(value, "__name__", value))
def test_the_largest_count_is_taken_and_one_more_gains_nothing(kind: Any, name: str) -> None:
    """One more fails or changes nothing; where there is no largest count, more than all rows and columns is taken."""
    model, _ = outcome(kind, **({name: 1} if name == "n_components" else {}))
    most = largest_count(model, name, n_rows=20)
    _, result = outcome(kind, **{name: 21 if math.isinf(most) else most})
    if math.isinf(most):
        return
    try:
        _, more = outcome(kind, **{name: most + 1})
    except (ValueError, TypeError):
        return
    np.testing.assert_allclose(more, result)


def test_a_search_knows_the_columns_of_its_model_and_the_rows_of_its_smallest_train_part() -> None:
    """The first part of a series has the fewest rows."""
    pipeline = make_pipeline(PCA(), KNeighborsClassifier(3))
    space = {"pca__n_components": hp.uniformint(1, 4), "kneighborsclassifier__n_neighbors": hp.uniformint(1, 8)}
    search = HyperoptSearchCV(pipeline, space, max_evals=2, cv=TimeSeriesSplit(4), random_state=0)
    evidence = evidence_of(search.fit(X[:50, :4], y[:50]), search._kept_folds)
    assert [evidence.find_largest(name) for name in space] == [4, 10]


@pytest.mark.parametrize(("refit", "columns"), [(True, 4), (False, 0)])
def test_without_a_model_the_columns_are_not_known(refit: bool, columns: int) -> None:
    """So no range of a count of columns is called too narrow."""
    search = HyperoptSearchCV(TREE, {"max_features": hp.uniformint(1, 3)}, max_evals=2, cv=2, refit=refit)
    assert evidence_of(search.fit(X[:, :4], y), search._kept_folds).find_largest("max_features") == columns


def test_two_labels_of_one_parameter_have_their_own_names() -> None:
    """Advice would say of one name that it decided most, and nothing."""
    branches = [{"b": 0, "a": hp.uniform("first", 0, 1)}, {"b": 1, "a": hp.uniform("second", 0, 1)}]
    known = Known(lambda values: 0.0 if values["b"] else values["a"])
    search = HyperoptSearchCV(known, {"b": hp.choice(branches)}, max_evals=60, random_state=0, algo="random")
    texts = " ".join(map(str, search.fit(np.zeros((50, 1))).advice_))
    assert "a (first)" in texts
    assert "a (second) decided nothing" in texts


def test_scores_that_are_all_alike_are_named() -> None:
    """They say that the ranges are far from where the parameters have an effect."""
    search = HyperoptSearchCV(Known(lambda values: 0.5, noise=0.0), {"a": hp.uniform(0, 1)}, max_evals=20, refit=False)
    assert [finding.kind for finding in search.fit(np.zeros((50, 1))).advice_] == ["constant"]


def test_a_metric_at_its_ceiling_is_named() -> None:
    """Several perfect candidates cannot be ranked."""
    labels = (X[:, 0] > 15).astype(int)
    space = {"min_samples_leaf": hp.uniformint(1, 5), "max_features": hp.uniform("f", 0.9, 1)}
    search = HyperoptSearchCV(TREE, space, max_evals=20, random_state=0).fit(X[:, :1], labels)
    assert "ceiling" in {finding.kind for finding in search.advice_}


def test_a_fold_with_one_row_less_is_not_unusual() -> None:
    """Where the other folds are all alike, the next larger step of an accuracy is no finding."""
    labels = [0, 1] * 39 + [0]
    search = HyperoptSearchCV(Constant(), {"a": hp.uniform(0, 1)}, max_evals=20, cv=4, random_state=0)
    search.fit(np.zeros((79, 1)), labels)
    assert len({float(search.cv_results_[f"split{i}_test_score"][0]) for i in range(4)}) == 2
    assert "fold" not in [finding.kind for finding in search.advice_]


def test_one_fold_leaves_no_option_behind() -> None:
    """One fold shows no variance, so nothing is worse beyond it."""
    space = {"a": hp.uniform(0, 1), "b": hp.choice([0, 1])}
    search = HyperoptSearchCV(Known(lambda v: v["b"] / 2), space, max_evals=40, cv=ShuffleSplit(1), random_state=0)
    assert "behind" not in [finding.kind for finding in search.fit(np.zeros((50, 1))).advice_]


def test_the_first_findings_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """With `verbose=1` at the end of the fit, and in a notebook with the result."""
    space = {"max_depth": hp.uniformint(1, 3), "min_samples_leaf": hp.uniformint(1, 9)}
    search = HyperoptSearchCV(TREE, space, max_evals=24, cv=2, verbose=1, random_state=0).fit(
        *load_digits(return_X_y=True)
    )
    first = str(search.advice_[0])
    assert first in capsys.readouterr().err
    assert "max_depth: " in first
    assert "<th style='text-align: left'>advice</th>" in search._repr_html_()
