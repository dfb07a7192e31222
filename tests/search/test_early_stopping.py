"""Boosters that stop early: which rows are held out, what the booster gets, and what a search does with it."""

from __future__ import annotations

import functools
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
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from hpsklearn_search import EarlyStopping, HyperoptSearchCV, hp
from hpsklearn_search.search.early_stopping._boosters import Part
from hpsklearn_search.search.early_stopping._hold_out import hold_out
from hpsklearn_search.search.early_stopping._libraries import booster_of

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


SHORT = {
    "lightgbm": {"n_estimators": 30},
    "xgboost": {"n_estimators": 30},
    "catboost": {"iterations": 30},
    "sklearn.ensemble": {"max_iter": 30},
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
        warnings.filterwarnings("ignore", message="(?s).*max_depth.* not used")  # by XGBoost's linear booster
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
    parts = [Part(X[rows], y[rows], {"sample_weight": weights[rows]}) for rows in (train, rest)]
    booster_of(reference).fit(reference, *parts, 20)
    assert weighted.best_iteration_ == booster_of(reference).best_iteration(reference)


@pytest.mark.parametrize("library", BOOSTERS)
def test_held_out_rows_without_weight_count_alike(library: str) -> None:
    """Their loss is the mean loss of all of them if each has the weight 0."""
    weights = np.ones(400)
    weights[-40:] = 0.0
    model = EarlyStopping(booster(library, **SHORT[library]), shuffle=False)
    plain, weighted = clone(model).fit(X, y), clone(model).fit(X, y, sample_weight=weights)
    assert weighted.best_iteration_ == plain.best_iteration_ > 1
    np.testing.assert_allclose(weighted.predict_proba(X), plain.predict_proba(X), rtol=1e-4)


@pytest.mark.parametrize("library", BOOSTERS)
def test_rows_may_be_lists(library: str) -> None:
    """A list of lists is fitted as an array of its numbers."""
    model = EarlyStopping(booster(library, **SHORT[library]))
    of_array, of_list = clone(model).fit(X, y), clone(model).fit(X.tolist(), y)
    assert of_list.best_iteration_ == of_array.best_iteration_
    np.testing.assert_array_equal(of_list.predict_proba(X), of_array.predict_proba(X))


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


def test_a_linear_booster_is_that_of_its_best_round() -> None:
    """XGBoost predicts with all rounds of a linear model, so the model is fitted again with the best number."""
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(120, 60))
    noisy = wide[:, 0] + 2 * rng.normal(size=120)
    model = booster("xgboost", "Regressor", booster="gblinear", updater="coord_descent")
    found = EarlyStopping(model, shuffle=False).fit(wide, noisy)
    plain = model.set_params(n_estimators=found.best_iteration_).fit(wide[:108], noisy[:108])
    assert found.best_iteration_ < 100
    np.testing.assert_array_equal(found.predict(wide), plain.predict(wide))


# ---------------------------------------------------------------------- what the booster brings along
def own_stopping() -> list[Any]:
    """Boosters with their library's own arguments for early stopping, or an evaluation of their own."""
    arguments: dict[str, list[dict[str, Any]]] = {
        "lightgbm": [
            {"early_stopping_round": 2}, {"early_stopping_rounds": 2}, {"early_stopping": 2}, {"n_iter_no_change": 2},
            {"metric": ["auc", "binary_logloss"]}, {"boosting_type": "dart", "n_estimators": 20},
            {"boosting": "dart", "n_estimators": 20},
            {"boosting_type": "rf", "subsample": 0.5, "subsample_freq": 1},
        ],
        "xgboost": [
            {"early_stopping_rounds": 2}, {"callbacks": "xgboost"}, {"eval_metric": ["auc", "logloss"]},
            {"booster": "dart"}, {"booster": "gblinear"},
        ],
        "catboost": [
            {"early_stopping_rounds": 2}, {"od_wait": 2}, {"od_type": "IncToDec", "od_pval": 0.01},
            {"use_best_model": True}, {"eval_fraction": 0.2}, {"best_model_min_trees": 5}, {"eval_metric": "AUC"},
        ],
        "sklearn.ensemble": [
            {"early_stopping": True}, {"n_iter_no_change": 2}, {"early_stopping": True, "validation_fraction": 0.3},
            {"scoring": "roc_auc"},
        ],
    }  # fmt: skip
    return [
        pytest.param(library, values, id="-".join([library, *map(str, values)]))
        for library, several in arguments.items()
        for values in several
    ]


def with_callbacks(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments, with XGBoost's callback where it is asked for."""
    if "callbacks" not in arguments:
        return arguments
    callback = pytest.importorskip("xgboost").callback.EarlyStopping
    return {**arguments, "callbacks": [callback(rounds=2, save_best=True)]}


@pytest.mark.parametrize(("library", "arguments"), own_stopping())
def test_a_search_ends_with_a_model_whatever_the_booster_has(library: str, arguments: dict[str, Any]) -> None:
    """The refit has no evaluation set, so nothing may ask for one; the folds' median is its number of iterations."""
    model = booster(library, **{**SHORT[library], **with_callbacks(arguments)})
    space = {f"estimator__{ {'catboost': 'depth'}.get(library, 'max_depth') }": [2, 3]}
    search = HyperoptSearchCV(EarlyStopping(model, n_iter_no_change=5), space, max_evals=2, cv=2).fit(X, y)
    median = int(search.cv_results_["median_best_iteration"][search.best_index_])
    assert search.best_estimator_.best_iteration_ == median >= 1
    assert search.best_score_ > 0.6


@pytest.mark.parametrize(
    ("library", "arguments"),
    [
        ("lightgbm", {"early_stopping_round": 1}),
        ("lightgbm", {"n_iter_no_change": 1}),
        ("xgboost", {"early_stopping_rounds": 1}),
        ("xgboost", {"callbacks": "xgboost"}),
        ("catboost", {"early_stopping_rounds": 1}),
        ("catboost", {"od_wait": 1}),
        ("sklearn.ensemble", {"n_iter_no_change": 1}),
    ],
)
def test_the_patience_is_that_of_the_wrapper(library: str, arguments: dict[str, Any]) -> None:
    """The booster's own patience has no effect on the fit."""
    patient, impatient = (
        EarlyStopping(booster(library, **with_callbacks(values)), n_iter_no_change=30).fit(X, y)
        for values in ({}, arguments)
    )
    assert impatient.best_iteration_ == patient.best_iteration_
    np.testing.assert_array_equal(impatient.predict_proba(X), patient.predict_proba(X))


def test_a_callback_of_lightgbm_that_stops_early_has_no_effect() -> None:
    """It may be passed to fit, and the fit without an evaluation set goes without it."""
    lightgbm = pytest.importorskip("lightgbm")
    model = EarlyStopping(booster("lightgbm"), n_iter_no_change=5)
    patience = model.fit(X, y).best_iteration_
    assert model.fit(X, y, callbacks=[lightgbm.early_stopping(1, verbose=False)]).best_iteration_ == patience
    model.set_params(n_iterations=4).fit(X, y, callbacks=[lightgbm.early_stopping(1)])
    assert model.estimator_.n_estimators_ == 4


def test_lightgbm_without_early_stopping_has_all_its_iterations() -> None:
    """In dart mode it cannot stop early; the other candidates of the list can."""
    model = EarlyStopping(booster("lightgbm", n_estimators=40), n_iter_no_change=3)
    space = {"estimator__boosting_type": ["gbdt", "dart"]}
    search = HyperoptSearchCV(model, space, max_evals=2, cv=2, refit=lambda results: 1).fit(X, y)
    assert search.cv_results_["median_best_iteration"][1] == 40 > search.cv_results_["median_best_iteration"][0]
    assert search.best_estimator_.n_iterations == 40


@pytest.mark.parametrize("library", BOOSTERS)
@pytest.mark.parametrize("kind", ["Classifier", "Regressor"])
def test_weights_reach_the_score(library: str, kind: str) -> None:
    """A search with weights has finite scores, and the score of every booster takes weights."""
    target = y if kind == "Classifier" else y_real
    model = EarlyStopping(booster(library, kind, **SHORT[library]), n_iter_no_change=5)
    weights = np.linspace(0.1, 1.0, len(y))
    space = {"estimator__learning_rate": [0.1, 0.3]}
    search = HyperoptSearchCV(model, space, max_evals=2, cv=2).fit(X, target, sample_weight=weights)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    metric = accuracy_score if kind == "Classifier" else r2_score
    expected = metric(target, search.predict(X), sample_weight=weights)
    assert search.best_estimator_.score(X, target, sample_weight=weights) == pytest.approx(expected)


@pytest.mark.parametrize("place", ["alone", "pipeline", "target"])
def test_the_refit_has_the_learning_rate_of_the_folds(place: str) -> None:
    """CatBoost would derive another one from the number of iterations of the refit."""
    catboost = pytest.importorskip("catboost")
    model = EarlyStopping(
        catboost.CatBoostRegressor(iterations=200, thread_count=1, allow_writing_files=False), n_iter_no_change=3
    )
    prefix = {"alone": "", "pipeline": "earlystopping__", "target": "regressor__"}[place]
    estimator = {
        "alone": model,
        "pipeline": make_pipeline(StandardScaler(), model),
        "target": TransformedTargetRegressor(model),
    }[place]
    space = {f"{prefix}estimator__depth": [2, 3]}
    options = {"max_evals": 2, "cv": 3, "step_cache": "auto" if place == "pipeline" else None}
    search = HyperoptSearchCV(estimator, space, **options).fit(X_real, y_real)
    best = search.best_estimator_
    refitted = {"alone": lambda: best, "pipeline": lambda: best[-1], "target": lambda: best.regressor_}[place]()
    folds = [
        EarlyStopping(clone(model.estimator), n_iter_no_change=3)
        .set_params(estimator__depth=next(iter(search.best_params_.values())))
        .fit(X_real[train], y_real[train])
        for train, _ in KFold(3).split(X_real)
    ]
    rates = [fold.estimator_.learning_rate_ for fold in folds]
    assert refitted.estimator_.learning_rate_ == pytest.approx(np.median(rates))
    alone = clone(refitted.estimator).set_params(learning_rate=None, iterations=refitted.n_iterations, verbose=False)
    assert alone.fit(X_real, y_real).learning_rate_ != pytest.approx(np.median(rates))


def test_the_refit_has_the_steps_per_leaf_of_the_folds() -> None:
    """CatBoost takes fewer steps in a model of less than 200 iterations, and the number of steps is whole."""
    model = EarlyStopping(booster("catboost", iterations=200, random_seed=0), n_iter_no_change=3)
    fold = clone(model).fit(X[:200], y[:200])
    best = HyperoptSearchCV(model, {"estimator__depth": [2]}, max_evals=1, cv=2).fit(X, y).best_estimator_
    assert best.best_iteration_ < 200
    steps = [each.estimator_.get_all_params()["leaf_estimation_iterations"] for each in (fold, best)]
    assert steps[0] == steps[1] > 1
    assert isinstance(best.estimator.get_params()["leaf_estimation_iterations"], int)


LOSSES = ["Logloss", "CrossEntropy", "MultiClass", "RMSE", "MAE", "Poisson", "Expectile:alpha=0.3"]


@pytest.mark.parametrize("loss", LOSSES)
def test_whatever_depends_on_the_number_of_iterations_is_derived(loss: str) -> None:
    """With the derived parameters, few iterations have the same parameters as many."""
    catboost = pytest.importorskip("catboost")
    target = y if loss in LOSSES[:3] else np.abs(y_real)
    given = {"loss_function": loss, "depth": 1, "thread_count": 1, "verbose": False, **NO_FILES}
    many = catboost.CatBoost({**given, "iterations": 200}).fit(X[:60], target[:60])
    derived = booster_of(catboost.CatBoostClassifier()).derived_params(many)
    few = catboost.CatBoost({**given, "iterations": 5, **derived}).fit(X[:60], target[:60])
    assert {**few.get_all_params(), "iterations": 200} == many.get_all_params()


def test_a_learning_rate_that_is_given_stays() -> None:
    """Nothing is derived then."""
    model = EarlyStopping(booster("catboost", **SHORT["catboost"]))
    space = {"estimator__learning_rate": [0.2, 0.4]}
    search = HyperoptSearchCV(model, space, max_evals=2, cv=2).fit(X, y)
    assert search.best_estimator_.estimator.get_params()["learning_rate"] == search.best_params_[next(iter(space))]


@pytest.mark.parametrize(
    ("library", "name"), [("lightgbm", "init_score"), ("xgboost", "base_margin"), ("catboost", "baseline")]
)
def test_a_start_for_each_row_reaches_the_held_out_rows(
    library: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The evaluation set has the values of its own rows."""
    model = EarlyStopping(booster(library, **SHORT[library]), n_iter_no_change=5)
    kind, call = type(model.estimator), {}
    original = kind.fit

    @functools.wraps(original)
    def fit(self: Any, *data: Any, **params: Any) -> Any:
        call.update(params)
        return original(self, *data, **params)

    monkeypatch.setattr(kind, "fit", fit)
    model.fit(X, y, **{name: X[:, 0]})
    evaluation = call["eval_set"]
    if library == "catboost":
        rows, start = evaluation.get_features()[:, 0], evaluation.get_baseline()[:, 0]
    else:
        rows = evaluation[0][0][:, 0]
        start = call[{"lightgbm": "eval_init_score", "xgboost": "base_margin_eval_set"}[library]][0]
    np.testing.assert_allclose(start, rows, rtol=1e-6)
    assert len(call[name]) == 360


@pytest.mark.parametrize(("library", "name"), [("xgboost", "qid"), ("catboost", "group_id")])
def test_a_ranker_keeps_its_queries_together(library: str, name: str) -> None:
    """They are held out whole, and the refit of a search works."""
    queries = np.arange(len(y)) // 10
    model = EarlyStopping(booster(library, "Ranker", **SHORT[library]), n_iter_no_change=5)
    assert model.fit(X, y, **{name: queries}).n_held_out_ == 40
    search = HyperoptSearchCV(
        model, {"estimator__learning_rate": [0.1, 0.3]}, max_evals=2, cv=GroupKFold(3), error_score="raise",
        scoring=lambda estimator, X, y: roc_auc_score(y, estimator.predict(X)),
    ).fit(X, y, groups=queries, **{name: queries})  # fmt: skip
    assert search.best_score_ > 0.6
    assert search.best_estimator_.n_held_out_ == 0


@pytest.mark.parametrize("library", BOOSTERS)
def test_a_class_without_training_rows_is_trained_on(library: str) -> None:
    """A booster cannot be evaluated on a class that it does not know."""
    labels = np.repeat([0, 1, 2], [200, 150, 50])
    model = EarlyStopping(booster(library, **SHORT[library]), shuffle=False, validation_fraction=0.2)
    model.fit(X, labels)
    assert model.n_held_out_ == 30
    assert model.classes_.tolist() == [0, 1, 2]


# ---------------------------------------------------------------------- what is wrong is said before the first fit
class CountingScaler(StandardScaler):
    """A first step that counts its fits."""

    n_fits = 0

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> CountingScaler:
        """Count, and fit."""
        CountingScaler.n_fits += 1
        return super().fit(X, y, sample_weight)


def search_with(model: Any, space: dict[str, Any] | None = None, **fit_params: Any) -> HyperoptSearchCV:
    """A search over a pipeline that ends with `model`."""
    CountingScaler.n_fits = 0
    pipeline = Pipeline([("scale", CountingScaler()), ("model", model)])
    space = space or {"model__estimator__learning_rate": [0.1, 0.2]}
    return HyperoptSearchCV(pipeline, space, max_evals=2, cv=2).fit(X, y, **fit_params)


def wrong_models() -> dict[str, tuple[Any, str]]:
    """Wrong uses of EarlyStopping, and what the error says."""
    wrong = {
        "fraction": (EarlyStopping(Hist(), validation_fraction=0.9), "The 'validation_fraction' parameter"),
        "patience": (EarlyStopping(Hist(), n_iter_no_change=0), "The 'n_iter_no_change' parameter"),
        "class": (EarlyStopping(Hist), r"write EarlyStopping\(HistGradientBoostingClassifier\(\)\)"),
        "None": (EarlyStopping(None), "The 'estimator' parameter"),
        "other": (EarlyStopping(LogisticRegression()), "needs a booster"),
        "pipeline": (EarlyStopping(make_pipeline(Hist())), "in a pipeline wrap its last step"),
        "target": (EarlyStopping(TransformedTargetRegressor(Hist())), "in another meta-estimator its inner one"),
    }
    if importlib.util.find_spec("lightgbm"):
        wrong["ranker"] = EarlyStopping(booster("lightgbm", "Ranker")), "cannot fit LGBMRanker"
    if importlib.util.find_spec("xgboost"):
        forest = importlib.import_module("xgboost").XGBRFClassifier()
        wrong["forest"] = EarlyStopping(forest), "cannot fit XGBRFClassifier: a random forest"
    return wrong


@needs_evaluation_set
@pytest.mark.parametrize(
    "name", ["fraction", "patience", "class", "None", "other", "pipeline", "target", "ranker", "forest"]
)
@pytest.mark.parametrize("is_option", [False, True])
def test_a_wrong_argument_is_named_before_the_first_fit(name: str, is_option: bool) -> None:
    """It may stand in the estimator, or among the options of a space."""
    if name not in wrong_models():
        pytest.skip("its library is not installed")
    model, message = wrong_models()[name]
    space = {"model": [model, LogisticRegression()]} if is_option else None
    with pytest.raises((TypeError, ValueError), match=message):
        search_with(LogisticRegression() if is_option else model, space)
    assert CountingScaler.n_fits == 0


@needs_evaluation_set
@pytest.mark.parametrize("name", ["eval_set", "use_best_model", "eval_sample_weight", "X_val"])
def test_a_parameter_of_fit_that_is_not_free_is_named_before_the_first_fit(name: str) -> None:
    """EarlyStopping sets what concerns the evaluation."""
    with pytest.raises(TypeError, match=f"EarlyStopping sets {name} itself"):
        search_with(EarlyStopping(Hist()), **{f"model__{name}": 1})
    assert CountingScaler.n_fits == 0


@needs_evaluation_set
def test_a_search_over_the_number_of_iterations_is_warned_of() -> None:
    """EarlyStopping finds that number."""
    with pytest.warns(UserWarning, match=r"'model__estimator__max_iter' is only its maximum; set max_iter high"):
        search_with(EarlyStopping(Hist()), {"model__estimator__max_iter": [10, 20]})


@needs_evaluation_set
@pytest.mark.parametrize(
    "space",
    [
        {"model__estimator": [Hist(max_iter=3), Hist(max_iter=4)]},
        {"model": [Hist(max_iter=3), EarlyStopping(Hist(max_iter=3))]},
        {"model__n_iter_no_change": [2, 3], "model__estimator": [Hist(max_iter=3)]},
    ],
)
def test_what_the_space_replaces_may_be_wrong(space: dict[str, Any]) -> None:
    """A placeholder is never fitted."""
    placeholder = EarlyStopping(LogisticRegression(), n_iter_no_change=0 if len(space) > 1 else 2)
    assert search_with(placeholder, space).best_score_ > 0.5


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
