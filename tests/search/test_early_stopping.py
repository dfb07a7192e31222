"""Boosters that stop early: what is held out, what is passed on, and what a search makes of it."""

from __future__ import annotations

import importlib
import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import HistGradientBoostingClassifier as Hist
from sklearn.ensemble import HistGradientBoostingRegressor as HistRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from hpsklearn_search import EarlyStopping, HyperoptSearchCV, hp
from hpsklearn_search.search.early_stopping._boosters import Part, booster_of
from hpsklearn_search.search.early_stopping._hold_out import hold_out

X, y = make_classification(400, 8, flip_y=0.2, random_state=0)
X_real, y_real = make_regression(400, 8, noise=60.0, random_state=0)
HAS_EVALUATION_SET = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 7)
needs_evaluation_set = pytest.mark.skipif(not HAS_EVALUATION_SET, reason="needs scikit-learn 1.7: fit(X_val=...)")

NO_FILES = {"allow_writing_files": False}

# name of the library: its classifier and regressor, and their arguments
BOOSTERS = {
    "lightgbm": ("LGBM", {"n_estimators": 400, "learning_rate": 0.3, "verbose": -1, "n_jobs": 1}),
    "xgboost": ("XGB", {"n_estimators": 400, "learning_rate": 0.3, "n_jobs": 1}),
    "catboost": (
        "CatBoost",
        {"iterations": 400, "learning_rate": 0.3, "thread_count": 1, "allow_writing_files": False},
    ),
    "sklearn.ensemble": ("HistGradientBoosting", {"max_iter": 400, "learning_rate": 0.3}),
}


def booster(library: str, kind: str = "Classifier", **arguments: Any) -> Any:
    """A booster that overfits long before its last iteration."""
    if library == "sklearn.ensemble" and not HAS_EVALUATION_SET:
        pytest.skip("needs scikit-learn 1.7: fit(X_val=...)")
    module = pytest.importorskip(library, reason=f"needs {library}: pip install 'hpsklearn_search[boosters]'")
    name, defaults = BOOSTERS[library]
    return getattr(module, f"{name}{kind}")(**{**defaults, **arguments})


@pytest.fixture(autouse=True)
def _errors_are_warnings() -> Any:
    """A booster that is called in an old way would warn; and one thread a fit is enough for so few rows."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.filterwarnings("error", category=DeprecationWarning)
        warnings.filterwarnings("error", category=FutureWarning)
        yield


class Recording(Hist):
    """A scikit-learn booster that keeps what it was fitted with, by name."""

    seen: list[dict[str, Any]] = []

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None,
        sample_weight_val: Any = None, extra: Any = None,
    ) -> Recording:  # fmt: skip
        """Note the arguments, and be fitted with one tree."""
        Recording.seen.append({
            "rows": X[:, 0], "y": y, "w": sample_weight, "held out": X_val[:, 0], "y_val": y_val,
            "w_val": sample_weight_val, "extra": extra, "rounds": self.n_iter_no_change,
        })  # fmt: skip
        return super().fit(X, y, sample_weight, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)


def seen(model: EarlyStopping, *data: Any, **params: Any) -> dict[str, Any]:
    """What the recording booster in `model` was fitted with."""
    Recording.seen.clear()
    model.fit(*data, **params)
    return Recording.seen[-1]


NUMBERED = np.column_stack([np.arange(100.0), np.zeros(100)])
LABELS = np.repeat([0, 1], [80, 20])


# ---------------------------------------------------------------------- scikit-learn's own checks
@needs_evaluation_set
@parametrize_with_checks(
    [
        EarlyStopping(Hist(max_iter=5)),
        EarlyStopping(HistRegressor(max_iter=5)),
    ]
    if HAS_EVALUATION_SET
    else [],
    **(
        {
            "expected_failed_checks": lambda estimator: {
                "check_sample_weight_equivalence_on_dense_data": "which rows are held out depends on their number",
            }
        }
        if HAS_EVALUATION_SET
        else {}
    ),
)
def test_scikit_learns_checks_hold(estimator: Any, check: Any) -> None:
    """All but one, which no random split can pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


# ---------------------------------------------------------------------- all libraries
@pytest.mark.parametrize("library", BOOSTERS)
@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
def test_a_booster_stops_early(library: str, kind: str) -> None:
    """Far below its own number of iterations, at one that it had."""
    data = (X, y) if kind == "Classifier" else (X_real, y_real)
    model = EarlyStopping(booster(library, kind), n_iter_no_change=5).fit(*data)
    assert 1 <= model.best_iteration_ < 300
    assert model.n_held_out_ == 40
    assert model.predict(data[0]).shape == (400,)
    assert model.score(*data) > 0.3
    assert len(model.feature_importances_) == 8 if library != "sklearn.ensemble" else True


@pytest.mark.parametrize("library", BOOSTERS)
def test_a_fixed_number_of_iterations_uses_all_rows(library: str) -> None:
    """And gives the model of the booster itself with that number."""
    fixed = EarlyStopping(booster(library), n_iterations=7).fit(X, y)
    name = {"catboost": "iterations", "sklearn.ensemble": "max_iter"}.get(library, "n_estimators")
    alone = booster(library, **{name: 7}).fit(X, y, **({"verbose": False} if library == "catboost" else {}))
    np.testing.assert_array_equal(fixed.predict_proba(X), alone.predict_proba(X))
    assert (fixed.best_iteration_, fixed.n_held_out_) == (7, 0)


@pytest.mark.parametrize("library", BOOSTERS)
def test_the_held_out_rows_alone_say_when_to_stop(library: str) -> None:
    """With labels of the held-out rows turned round nothing helps, and the first iterations are the best."""
    turned = y.copy()
    turned[-40:] = 1 - turned[-40:]
    assert EarlyStopping(booster(library), shuffle=False).fit(X, turned).best_iteration_ <= 3


@pytest.mark.parametrize("library", BOOSTERS)
def test_weights_reach_both_parts(library: str) -> None:
    """Held-out rows of next to no weight count as if they were not there."""
    train, wrong, rest = np.arange(360), np.arange(360, 380), np.arange(380, 400)
    turned, weights = y.copy(), np.linspace(0.5, 1.5, len(y))
    turned[wrong], weights[wrong] = 1 - y[wrong], 1e-12
    weighted = EarlyStopping(booster(library), shuffle=False).fit(X, turned, sample_weight=weights)
    alone = booster(library)
    parts = [Part(X[rows], y[rows], weights[rows]) for rows in (train, rest)]
    booster_of(alone).fit(alone, *parts, 20, {})
    assert weighted.best_iteration_ == booster_of(alone).best_iteration(alone)


@pytest.mark.parametrize("library", BOOSTERS)
def test_a_search_refits_with_the_median_of_the_folds(library: str) -> None:
    """On all rows; the folds' iterations are columns of the table."""
    step = {"catboost": "depth"}.get(library, "max_depth")
    model = make_pipeline(StandardScaler(), EarlyStopping(booster(library), n_iter_no_change=5))
    space = {f"earlystopping__estimator__{step}": [2, 3]}
    search = HyperoptSearchCV(model, space, max_evals=2, cv=3, random_state=0).fit(X, y)
    table = np.array([search.cv_results_[f"split{i}_best_iteration"] for i in range(3)])
    np.testing.assert_array_equal(search.cv_results_["median_best_iteration"], np.median(table, axis=0))
    refitted = search.best_estimator_[-1]
    assert refitted.n_held_out_ == 0
    assert refitted.best_iteration_ == refitted.n_iterations == int(np.median(table[:, search.best_index_]))


def test_a_booster_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    """No line an iteration, of whichever library."""
    for library in BOOSTERS:
        if importlib.util.find_spec(library.partition(".")[0]) and (
            library != "sklearn.ensemble" or HAS_EVALUATION_SET
        ):
            EarlyStopping(booster(library)).fit(X, y)
    assert capfd.readouterr().out == ""


def test_several_classes_with_names_work() -> None:
    """Held out from every class."""
    names = np.array(["ash", "beech", "oak"])[np.arange(400) % 3]
    model = EarlyStopping(booster("lightgbm"), n_iter_no_change=3).fit(X, names)
    assert model.classes_.tolist() == ["ash", "beech", "oak"]
    assert model.predict_proba(X).shape == (400, 3)


def test_an_alias_of_the_number_of_iterations_is_fixed_as_well() -> None:
    """LightGBM and CatBoost know several names for it."""
    model = EarlyStopping(booster("lightgbm", num_iterations=300), n_iterations=4).fit(X, y)
    assert model.estimator_.n_estimators_ == 4
    cat = booster("catboost")
    cat = type(cat)(num_trees=300, allow_writing_files=False, verbose=False)
    assert EarlyStopping(cat, n_iterations=4).fit(X, y).estimator_.tree_count_ == 4


# ---------------------------------------------------------------------- which rows are held out
@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.33, 0.5])
@pytest.mark.parametrize("stratify", [True, False])
def test_the_parts_are_the_rows(fraction: float, stratify: bool) -> None:
    """Every row in one of them, the held-out one as large as asked."""
    train, held_out = hold_out(LABELS, fraction, stratify=stratify, random_state=0)
    assert sorted([*train, *held_out]) == list(range(100))
    assert len(held_out) == pytest.approx(100 * fraction, abs=1)


@pytest.mark.parametrize("seed", range(5))
def test_each_class_gives_its_share_and_keeps_a_row(seed: int) -> None:
    """Also where there are more classes than held-out rows, or one of a single row."""
    _, held_out = hold_out(LABELS, 0.1, stratify=True, random_state=seed)
    assert np.bincount(LABELS[held_out]).tolist() == [8, 2]
    rare = np.array([*["a"] * 30, "b", *"ccddeeffgghh"])
    train, held_out = hold_out(rare, 0.5, stratify=True, random_state=seed)
    assert set(rare[train]) == set(rare)
    assert len(held_out) > 15


def test_groups_stay_together() -> None:
    """As many of them as the share says."""
    groups = np.arange(100) // 5
    train, held_out = hold_out(LABELS, 0.2, groups=groups, random_state=0)
    assert not set(groups[train]) & set(groups[held_out])
    assert len(set(groups[held_out])) == 4


def test_without_shuffling_the_last_rows_are_held_out() -> None:
    """Or the groups that begin last."""
    assert hold_out(LABELS, 0.1, shuffle=False)[1].tolist() == list(range(90, 100))
    groups = np.repeat([9, 3, 7], [50, 30, 20])
    assert hold_out(LABELS, 0.3, shuffle=False, groups=groups)[1].tolist() == list(range(80, 100))


def test_a_seed_makes_the_split() -> None:
    """The same rows for the same seed."""
    first, again, other = (hold_out(LABELS, 0.2, random_state=seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_one_row_cannot_be_parted() -> None:
    """Nor can one group."""
    with pytest.raises(ValueError, match="at least 2, got n_samples = 1"):
        hold_out(np.zeros(1), 0.1)
    with pytest.raises(ValueError, match="at least 2, got groups = 1"):
        hold_out(np.zeros(5), 0.1, groups=np.ones(5))


# ---------------------------------------------------------------------- what reaches the booster
@needs_evaluation_set
def test_rows_labels_weights_and_parameters_are_parted_alike() -> None:
    """What has a value a row goes with its rows."""
    weights = NUMBERED[:, 0] + 0.5
    got = seen(
        EarlyStopping(Recording(max_iter=3), n_iter_no_change=7), NUMBERED, LABELS,
        sample_weight=weights, extra=NUMBERED[:, 0] * 2,
    )  # fmt: skip
    assert sorted([*got["rows"], *got["held out"]]) == NUMBERED[:, 0].tolist()
    np.testing.assert_array_equal(got["w"], got["rows"] + 0.5)
    np.testing.assert_array_equal(got["w_val"], got["held out"] + 0.5)
    np.testing.assert_array_equal(got["extra"], got["rows"] * 2)
    np.testing.assert_array_equal(got["y_val"], LABELS[got["held out"].astype(int)])
    assert got["rounds"] == 7


@needs_evaluation_set
def test_every_candidate_of_a_fold_is_stopped_by_the_same_rows() -> None:
    """And never by rows of its test part."""
    space = {"estimator__max_leaf_nodes": [3, 5]}
    Recording.seen.clear()
    cv = TimeSeriesSplit(2)
    HyperoptSearchCV(EarlyStopping(Recording(max_iter=2)), space, max_evals=2, cv=cv, refit=False).fit(
        NUMBERED, y[:100]
    )
    held_out = [tuple(got["held out"]) for got in Recording.seen]
    assert len(held_out) == 4
    assert len(set(held_out)) == 2
    for (train, _), rows in zip(cv.split(NUMBERED), sorted(set(held_out), key=len), strict=True):
        assert set(rows) < set(NUMBERED[train, 0])


@needs_evaluation_set
def test_groups_are_routed() -> None:
    """Where routing is enabled and they are requested; weights to the booster that requests them."""
    groups = np.arange(100) // 10
    with sklearn.config_context(enable_metadata_routing=True):
        inner = Recording(max_iter=2).set_fit_request(sample_weight=True)
        model = EarlyStopping(inner, validation_fraction=0.2).set_fit_request(groups=True, sample_weight=True)
        model.set_score_request(sample_weight=False)
        Recording.seen.clear()
        search = HyperoptSearchCV(model, {"estimator__max_leaf_nodes": [3]}, max_evals=1, cv=2, refit=False)
        search.fit(NUMBERED, np.arange(100) % 2, groups=groups, sample_weight=np.ones(100))
    for got in Recording.seen:
        assert not set(got["rows"] // 10) & set(got["held out"] // 10)
        assert got["w"] is not None


def test_an_evaluation_set_of_the_callers_own_is_refused() -> None:
    """It would leak, and there is one already."""
    with pytest.raises(TypeError, match="eval_set is chosen by EarlyStopping itself"):
        EarlyStopping(Hist()).fit(X, y, eval_set=[(X, y)])


@pytest.mark.parametrize("estimator", [LogisticRegression(), make_pipeline(Hist())])
def test_what_is_no_booster_is_refused(estimator: Any) -> None:
    """With the line that would be right for a pipeline."""
    with pytest.raises(TypeError, match=r"needs a booster .* got .*; in a pipeline wrap its last step"):
        EarlyStopping(estimator).fit(X, y)


@pytest.mark.parametrize(
    "arguments",
    [{"validation_fraction": 0.0}, {"validation_fraction": 0.6}, {"n_iter_no_change": 0}, {"n_iterations": 0}],
)
def test_arguments_are_checked(arguments: dict[str, Any]) -> None:
    """The message names the argument."""
    with pytest.raises(ValueError, match=f"The '{next(iter(arguments))}' parameter"):
        EarlyStopping(Hist(), **arguments).fit(X, y)


# ---------------------------------------------------------------------- an estimator among others
def test_it_is_what_its_booster_is() -> None:
    """A classifier or a regressor, with the booster's methods."""
    classifier, regressor = (
        EarlyStopping(Hist()),
        EarlyStopping(HistRegressor()),
    )
    assert is_classifier(classifier)
    assert is_regressor(regressor)
    assert hasattr(classifier, "predict_proba")
    assert not hasattr(regressor, "predict_proba")
    assert not hasattr(classifier, "classes_")
    with pytest.raises(NotFittedError):
        classifier.predict(X)


@needs_evaluation_set
def test_it_is_cloned_pickled_and_set_like_any_estimator() -> None:
    """Parameters of the booster by ``estimator__``."""
    model = EarlyStopping(Hist()).set_params(estimator__learning_rate=0.5).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert clone(model).estimator.learning_rate == 0.5
    assert not hasattr(clone(model), "best_iteration_")
    assert cross_val_score(model, X, y, cv=3).mean() > 0.6
    GridSearchCV(model, {"estimator__max_depth": [2]}, cv=2).fit(X, y)


@needs_evaluation_set
def test_a_search_finds_it_wherever_it_stands() -> None:
    """As the estimator itself, as an option, and inside one that fits a clone."""
    inner = HistRegressor(max_iter=60)
    target = TransformedTargetRegressor(EarlyStopping(inner, n_iter_no_change=3))
    space = {"regressor__estimator__max_depth": [2, 3]}
    search = HyperoptSearchCV(target, space, max_evals=2, cv=2).fit(X_real, y_real)
    assert search.best_estimator_.regressor_.n_held_out_ == 0
    option = {"model": hp.choice("m", [LogisticRegression(), EarlyStopping(Hist(max_iter=60))])}
    pipeline = Pipeline([("model", LogisticRegression())])
    search = HyperoptSearchCV(pipeline, option, max_evals=2, cv=2, refit=False).fit(X, y)
    assert np.isnan(search.cv_results_["median_best_iteration"]).tolist() == [True, False]


@needs_evaluation_set
@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_iterations_come_back_from_workers_files_and_kept_prefixes(n_jobs: int, tmp_path: Path) -> None:
    """The same table, whichever way."""
    model = make_pipeline(StandardScaler(), EarlyStopping(Hist(max_iter=30), n_iter_no_change=3))
    space = {"earlystopping__estimator__learning_rate": hp.logrange("rate", 0.05, 0.5)}
    base = {"max_evals": 3, "cv": 2, "random_state": 0, "max_queue_len": 2, "n_jobs": n_jobs}
    plain = HyperoptSearchCV(model, space, **base).fit(X, y)
    file = {"trials_save_file": tmp_path / "s.db"}
    HyperoptSearchCV(model, space, **{**base, "max_evals": 2}, **file).fit(X, y)
    for options in (file, {"step_cache": "auto"}):
        other = HyperoptSearchCV(model, space, **base, **options).fit(X, y)
        for key in ("split0_best_iteration", "median_best_iteration", "mean_test_score"):
            np.testing.assert_array_equal(other.cv_results_[key], plain.cv_results_[key])
        assert other.best_estimator_[-1].n_iterations == plain.best_estimator_[-1].n_iterations


@needs_evaluation_set
def test_a_failed_candidate_leaves_a_gap() -> None:
    """NaN in the columns of iterations, and no trouble for the rest."""
    model = EarlyStopping(Hist(max_iter=20))
    space = {"estimator__max_leaf_nodes": [-5, 5]}
    with pytest.warns(Warning, match="fits failed"):
        search = HyperoptSearchCV(model, space, max_evals=2, cv=2, random_state=0).fit(X, y)
    assert np.isnan(search.cv_results_["median_best_iteration"]).tolist() == [True, False]
    assert search.best_estimator_.n_held_out_ == 0


def test_a_search_without_early_stopping_has_no_such_columns() -> None:
    """The table is GridSearchCV's."""
    search = HyperoptSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, max_evals=2, cv=2).fit(X, y)
    assert not [key for key in search.cv_results_ if "iteration" in key]
