"""Boosters that stop early: which rows are held out, what the booster gets, and what a search does with it."""

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
    """Turn deprecation warnings of the boosters into errors, and use one thread for so few rows."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.filterwarnings("error", category=DeprecationWarning)
        warnings.filterwarnings("error", category=FutureWarning)
        yield


class Recording(Hist):
    """A scikit-learn booster that records the arguments of its fits."""

    calls: list[dict[str, Any]] = []

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None,
        sample_weight_val: Any = None, extra: Any = None,
    ) -> Recording:  # fmt: skip
        """Record the arguments, and fit."""
        Recording.calls.append({
            "rows": X[:, 0], "y": y, "w": sample_weight, "held_out": X_val[:, 0], "y_val": y_val,
            "w_val": sample_weight_val, "extra": extra, "rounds": self.n_iter_no_change,
        })  # fmt: skip
        return super().fit(X, y, sample_weight, X_val=X_val, y_val=y_val, sample_weight_val=sample_weight_val)


def fit_call(model: EarlyStopping, *data: Any, **params: Any) -> dict[str, Any]:
    """The arguments that the recording booster in `model` was fitted with."""
    Recording.calls.clear()
    model.fit(*data, **params)
    return Recording.calls[-1]


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
    """All of them pass but one, which no random split can pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)


# ---------------------------------------------------------------------- all libraries
@pytest.mark.parametrize("library", BOOSTERS)
@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
def test_a_booster_stops_early(library: str, kind: str) -> None:
    """Its best iteration is far below its maximum."""
    data = (X, y) if kind == "Classifier" else (X_real, y_real)
    model = EarlyStopping(booster(library, kind), n_iter_no_change=5).fit(*data)
    assert 1 <= model.best_iteration_ < 300
    assert model.n_held_out_ == 40
    assert model.predict(data[0]).shape == (400,)
    assert model.score(*data) > 0.3
    assert len(model.feature_importances_) == 8 if library != "sklearn.ensemble" else True


@pytest.mark.parametrize("library", BOOSTERS)
def test_a_fixed_number_of_iterations_uses_all_rows(library: str) -> None:
    """The model is that of the booster with this number of iterations."""
    fixed = EarlyStopping(booster(library), n_iterations=7).fit(X, y)
    name = {"catboost": "iterations", "sklearn.ensemble": "max_iter"}.get(library, "n_estimators")
    reference = booster(library, **{name: 7}).fit(X, y, **({"verbose": False} if library == "catboost" else {}))
    np.testing.assert_array_equal(fixed.predict_proba(X), reference.predict_proba(X))
    assert (fixed.best_iteration_, fixed.n_held_out_) == (7, 0)


@pytest.mark.parametrize("library", BOOSTERS)
def test_the_held_out_rows_alone_decide_when_to_stop(library: str) -> None:
    """If the labels of the held-out rows are flipped, the first iterations are the best."""
    flipped = y.copy()
    flipped[-40:] = 1 - flipped[-40:]
    assert EarlyStopping(booster(library), shuffle=False).fit(X, flipped).best_iteration_ <= 3


@pytest.mark.parametrize("library", BOOSTERS)
def test_weights_reach_both_parts(library: str) -> None:
    """Held-out rows with a weight near zero do not count."""
    train, wrong, rest = np.arange(360), np.arange(360, 380), np.arange(380, 400)
    flipped, weights = y.copy(), np.linspace(0.5, 1.5, len(y))
    flipped[wrong], weights[wrong] = 1 - y[wrong], 1e-12
    weighted = EarlyStopping(booster(library), shuffle=False).fit(X, flipped, sample_weight=weights)
    reference = booster(library)
    parts = [Part(X[rows], y[rows], weights[rows]) for rows in (train, rest)]
    booster_of(reference).fit(reference, *parts, 20, {})
    assert weighted.best_iteration_ == booster_of(reference).best_iteration(reference)


@pytest.mark.parametrize("library", BOOSTERS)
def test_a_search_refits_with_the_median_of_the_folds(library: str) -> None:
    """The refit uses all rows, and the iterations of the folds are columns of the table."""
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
    """No library prints a line per iteration."""
    for library in BOOSTERS:
        if importlib.util.find_spec(library.partition(".")[0]) and (
            library != "sklearn.ensemble" or HAS_EVALUATION_SET
        ):
            EarlyStopping(booster(library)).fit(X, y)
    assert capfd.readouterr().out == ""


def test_several_classes_with_names_work() -> None:
    """A classifier with three named classes is fitted and predicts probabilities."""
    names = np.array(["ash", "beech", "oak"])[np.arange(400) % 3]
    model = EarlyStopping(booster("lightgbm"), n_iter_no_change=3).fit(X, names)
    assert model.classes_.tolist() == ["ash", "beech", "oak"]
    assert model.predict_proba(X).shape == (400, 3)


def test_an_alias_of_the_number_of_iterations_is_fixed_as_well() -> None:
    """LightGBM and CatBoost have several names for it."""
    model = EarlyStopping(booster("lightgbm", num_iterations=300), n_iterations=4).fit(X, y)
    assert model.estimator_.n_estimators_ == 4
    cat = booster("catboost")
    cat = type(cat)(num_trees=300, allow_writing_files=False, verbose=False)
    assert EarlyStopping(cat, n_iterations=4).fit(X, y).estimator_.tree_count_ == 4


# ---------------------------------------------------------------------- which rows are held out
@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.33, 0.5])
@pytest.mark.parametrize("stratify", [True, False])
def test_every_row_is_trained_on_or_held_out(fraction: float, stratify: bool) -> None:
    """The held-out part has the requested share."""
    train, held_out = hold_out(LABELS, fraction, stratify=stratify, random_state=0)
    assert sorted([*train, *held_out]) == list(range(100))
    assert len(held_out) == pytest.approx(100 * fraction, abs=1)


@pytest.mark.parametrize("seed", range(5))
def test_each_class_gives_its_share_and_keeps_a_row(seed: int) -> None:
    """This holds for more classes than held-out rows, and for a class with a single row."""
    _, held_out = hold_out(LABELS, 0.1, stratify=True, random_state=seed)
    assert np.bincount(LABELS[held_out]).tolist() == [8, 2]
    rare = np.array([*["a"] * 30, "b", *"ccddeeffgghh"])
    train, held_out = hold_out(rare, 0.5, stratify=True, random_state=seed)
    assert set(rare[train]) == set(rare)
    assert len(held_out) > 15


def test_groups_stay_together() -> None:
    """The share is a share of the groups."""
    groups = np.arange(100) // 5
    train, held_out = hold_out(LABELS, 0.2, groups=groups, random_state=0)
    assert not set(groups[train]) & set(groups[held_out])
    assert len(set(groups[held_out])) == 4


def test_without_shuffling_the_last_rows_are_held_out() -> None:
    """With groups, those whose first row comes last are held out."""
    assert hold_out(LABELS, 0.1, shuffle=False)[1].tolist() == list(range(90, 100))
    groups = np.repeat([9, 3, 7], [50, 30, 20])
    assert hold_out(LABELS, 0.3, shuffle=False, groups=groups)[1].tolist() == list(range(80, 100))


def test_a_seed_makes_the_split() -> None:
    """The same seed gives the same rows."""
    first, again, other = (hold_out(LABELS, 0.2, random_state=seed)[1].tolist() for seed in (1, 1, 2))
    assert first == again != other


def test_one_row_cannot_be_split() -> None:
    """One group cannot be split either."""
    with pytest.raises(ValueError, match=r"at least 2 training samples .* got n_samples = 1"):
        hold_out(np.zeros(1), 0.1)
    with pytest.raises(ValueError, match=r"at least 2 groups .* got groups = 1"):
        hold_out(np.zeros(5), 0.1, groups=np.ones(5))


# ---------------------------------------------------------------------- what reaches the booster
@needs_evaluation_set
def test_rows_labels_weights_and_parameters_are_split_alike() -> None:
    """A fit parameter with a value per row is split like the rows."""
    weights = NUMBERED[:, 0] + 0.5
    got = fit_call(
        EarlyStopping(Recording(max_iter=3), n_iter_no_change=7), NUMBERED, LABELS,
        sample_weight=weights, extra=NUMBERED[:, 0] * 2,
    )  # fmt: skip
    assert sorted([*got["rows"], *got["held_out"]]) == NUMBERED[:, 0].tolist()
    np.testing.assert_array_equal(got["w"], got["rows"] + 0.5)
    np.testing.assert_array_equal(got["w_val"], got["held_out"] + 0.5)
    np.testing.assert_array_equal(got["extra"], got["rows"] * 2)
    np.testing.assert_array_equal(got["y_val"], LABELS[got["held_out"].astype(int)])
    assert got["rounds"] == 7


@needs_evaluation_set
def test_every_candidate_of_a_fold_is_stopped_by_the_same_rows() -> None:
    """They never come from its test part."""
    space = {"estimator__max_leaf_nodes": [3, 5]}
    Recording.calls.clear()
    cv = TimeSeriesSplit(2)
    HyperoptSearchCV(EarlyStopping(Recording(max_iter=2)), space, max_evals=2, cv=cv, refit=False).fit(
        NUMBERED, y[:100]
    )
    held_out = [tuple(got["held_out"]) for got in Recording.calls]
    assert len(held_out) == 4
    assert len(set(held_out)) == 2
    for (train, _), rows in zip(cv.split(NUMBERED), sorted(set(held_out), key=len), strict=True):
        assert set(rows) < set(NUMBERED[train, 0])


@needs_evaluation_set
def test_groups_are_routed() -> None:
    """If routing is enabled, requested groups split the rows and the booster gets the weights that it requests."""
    groups = np.arange(100) // 10
    with sklearn.config_context(enable_metadata_routing=True):
        inner = Recording(max_iter=2).set_fit_request(sample_weight=True)
        model = EarlyStopping(inner, validation_fraction=0.2).set_fit_request(groups=True, sample_weight=True)
        model.set_score_request(sample_weight=False)
        Recording.calls.clear()
        search = HyperoptSearchCV(model, {"estimator__max_leaf_nodes": [3]}, max_evals=1, cv=2, refit=False)
        search.fit(NUMBERED, np.arange(100) % 2, groups=groups, sample_weight=np.ones(100))
    for got in Recording.calls:
        assert not set(got["rows"] // 10) & set(got["held_out"] // 10)
        assert got["w"] is not None


def test_an_evaluation_set_is_refused() -> None:
    """EarlyStopping takes it from the training rows."""
    with pytest.raises(TypeError, match="EarlyStopping sets eval_set itself"):
        EarlyStopping(Hist()).fit(X, y, eval_set=[(X, y)])


@pytest.mark.parametrize("estimator", [LogisticRegression(), make_pipeline(Hist())])
def test_another_estimator_is_refused(estimator: Any) -> None:
    """The message shows the right line for a pipeline."""
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
    """It is a classifier or a regressor, with the booster's methods."""
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
    """Parameters of the booster are set by ``estimator__``."""
    model = EarlyStopping(Hist()).set_params(estimator__learning_rate=0.5).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert clone(model).estimator.learning_rate == 0.5
    assert not hasattr(clone(model), "best_iteration_")
    assert cross_val_score(model, X, y, cv=3).mean() > 0.6
    GridSearchCV(model, {"estimator__max_depth": [2]}, cv=2).fit(X, y)


@needs_evaluation_set
def test_a_search_finds_it_at_any_place() -> None:
    """It may be the estimator itself, an option, or inside a meta-estimator that fits a clone."""
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
def test_iterations_survive_workers_files_and_the_step_cache(n_jobs: int, tmp_path: Path) -> None:
    """The table is the same in each case."""
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
    """Its iterations are NaN, and the other candidates have theirs."""
    model = EarlyStopping(Hist(max_iter=20))
    space = {"estimator__max_leaf_nodes": [-5, 5]}
    with pytest.warns(Warning, match="fits failed"):
        search = HyperoptSearchCV(model, space, max_evals=2, cv=2, random_state=0).fit(X, y)
    assert np.isnan(search.cv_results_["median_best_iteration"]).tolist() == [True, False]
    assert search.best_estimator_.n_held_out_ == 0


def test_a_search_without_early_stopping_has_no_iteration_columns() -> None:
    """The table has the columns of GridSearchCV."""
    search = HyperoptSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, max_evals=2, cv=2).fit(X, y)
    assert not [key for key in search.cv_results_ if "iteration" in key]
