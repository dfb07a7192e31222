"""Where a search begins: the estimator's own values, and settings that were best on other data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import Lasso, MultiTaskLasso, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

from hpsklearn_search import HyperoptSearchCV, hp, spaces
from hpsklearn_search.hyperopt.pyll import scope
from hpsklearn_search.search._known_points import known_points, learned_points, own_point
from hpsklearn_search.search._parameters import ParameterSpace
from hpsklearn_search.space import point_key
from hpsklearn_search.spaces import _learned
from hpsklearn_search.spaces._meanings import Features
from hpsklearn_search.spaces._ranges import RANGES
from hpsklearn_search.suggest import rand

X, y = load_iris(return_X_y=True)
TABLE = {
    "units": {"SVC": {"gamma": "1 / columns"}, "Lasso": {"alpha": "deviation of y"}},
    "settings": {
        "SVC": [{"C": c, "gamma": 1.0, "kernel": "rbf"} for c in (10.0, 100.0)],
        "RandomForestClassifier": [{"max_features": 0.5, "min_samples_leaf": 2, "n_estimators": 90}],
        "Ridge": [{"alpha": 3.0}],
        "Lasso": [{"alpha": 0.5}],
    },
}
REAL_TABLE = _learned._table
BOOSTERS = {"LGBM": "lightgbm", "XGB": "xgboost", "CatBoost": "catboost"}
C = hp.logrange(0.01, 1000)


@pytest.fixture(autouse=True)
def known_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of four classes in place of the learned one."""
    monkeypatch.setattr(_learned, "_table", lambda: TABLE)


def learned(estimator: Any, space: Any, n_features: int | None = 4) -> list[dict[str, Any]]:
    """The parameters of the learned points."""
    parameters, units = ParameterSpace(space, estimator), {"1 / columns": 1 / n_features} if n_features else {}
    return [parameters.params(point) for point in learned_points(parameters, estimator, units)]


def origins(search: HyperoptSearchCV) -> list[str]:
    """Where each candidate came from, in order of suggestion."""
    return [search.trials_.record.origin_of(trial) for trial in search.trials_.record]


# ---------------------------------------------------------------------- own values
def test_the_search_begins_with_the_values_of_the_estimator() -> None:
    """The first candidate is the estimator as it was given, and its score is known afterwards."""
    search = HyperoptSearchCV(Ridge(alpha=2.5), {"alpha": C}, max_evals=4, cv=3, random_state=0).fit(X, y)
    assert search.cv_results_["params"][0] == {"alpha": 2.5}
    assert search.baseline_score_ == search.cv_results_["mean_test_score"][0] <= search.best_score_


def test_values_outside_of_the_space_are_no_candidate() -> None:
    """Where a value lies outside of its range, the estimator's own values are not evaluated."""
    search = HyperoptSearchCV(Ridge(alpha=5000.0), {"alpha": C}, max_evals=4, cv=3, random_state=0).fit(X, y)
    assert "own values" not in origins(search)
    assert not hasattr(search, "baseline_score_")


def test_own_values_choose_the_branch_that_has_them() -> None:
    """In a space with branches the point is in the branch whose constants the estimator has."""
    space = {"kernel": hp.choice([{"kernel": "poly", "degree": [2, 3]}, {"kernel": "linear"}]), "C": C}
    parameters = ParameterSpace(space, SVC(kernel="poly", degree=3, C=0.5))
    found = own_point(parameters, SVC(kernel="poly", degree=3, C=0.5))
    assert found is not None
    assert parameters.params(found[1]) == {"kernel": "poly", "degree": 3, "C": 0.5}


def own_params(estimator: Any, space: Any, X: Any = None) -> tuple[str, dict[str, Any]] | None:
    """The origin and the parameters of the point with the own values."""
    parameters = ParameterSpace(space, estimator)
    found = own_point(parameters, estimator, Features.of(X))
    return None if found is None else (found[0], parameters.params(found[1]))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 10, 30, 99, 100])
@pytest.mark.parametrize("rule", ["sqrt", "log2", None])
def test_a_share_of_the_columns_means_the_same_number_of_columns(n: int, rule: str | None) -> None:
    """The forest with the number in place of the word splits among as many columns."""
    X, y = np.random.default_rng(0).normal(size=(40, n)), np.arange(40) % 2
    forest = RandomForestClassifier(2, max_features=rule, random_state=0)
    found = own_params(forest, {"max_features": hp.uniform(0.0, 1.0)}, X)
    assert found is not None
    assert found[0] == "own values"
    trees = [clone(forest).set_params(**params).fit(X, y)[0] for params in ({}, found[1])]
    assert trees[0].max_features_ == trees[1].max_features_


def test_a_word_means_a_number_of_columns_where_the_range_has_numbers() -> None:
    """Whole numbers above 1 count columns."""
    forest = RandomForestClassifier(max_features="sqrt")
    assert own_params(forest, {"max_features": hp.uniformint(1, 9)}, np.zeros((5, 9))) == (
        "own values", {"max_features": 3}
    )  # fmt: skip


TREE = DecisionTreeClassifier(random_state=0)
WIDE, LABELS = np.random.default_rng(0).normal(size=(60, 9)), np.arange(60) % 2
SHARES_AND_COUNTS = {
    "all columns as a count": (RandomForestRegressor(3, random_state=0), {"max_features": hp.uniformint(1, 9)}),
    "a share as a count": (ExtraTreesClassifier(3, max_features=0.4, random_state=0), {"max_features": [1, 3, 9]}),
    "a count as a share": (ExtraTreesClassifier(3, max_features=3, random_state=0), {"max_features": hp.uniform(0, 1)}),
    "None beside the count 1": (RandomForestClassifier(3, max_features=None), {"max_features": [0.3, 0.6, 1]}),
    "all rows beside counts": (BaggingClassifier(TREE, 3, random_state=0), {"max_samples": hp.uniformint(1, 50)}),
    "a count of rows beside shares": (TREE, {"min_samples_leaf": hp.uniform(1e-4, 0.5)}),
    "scaled columns": (make_pipeline(StandardScaler(), TREE), {"decisiontreeclassifier__max_features": [0.5, 1.0]}),
    "other columns": (
        make_pipeline(PCA(5, random_state=0), RandomForestClassifier(3, random_state=0)),
        {
            "randomforestclassifier__max_features": hp.uniform(0.05, 1),
            "randomforestclassifier__min_samples_leaf": hp.uniformint(1, 9),
        },
    ),
    "columns of a bag": (
        BaggingClassifier(RandomForestClassifier(3, random_state=0), 2, max_features=0.4, random_state=0),
        {"estimator__max_features": hp.uniform(0, 1)},
    ),
}


@pytest.mark.parametrize("case", SHARES_AND_COUNTS)
def test_own_values_are_the_estimator_as_it_was_given(case: str) -> None:
    """A share is never a count: 1.0 are all columns, and 1 is one column."""
    estimator, space = SHARES_AND_COUNTS[case]
    found = own_params(estimator, space, WIDE)
    if found is not None and found[0] == "own values":
        models = [clone(estimator).set_params(**params).fit(WIDE, LABELS) for params in ({}, found[1])]
        np.testing.assert_array_equal(*(model.predict(WIDE) for model in models))


@pytest.mark.parametrize(
    ("case", "origin"),
    [
        ("all columns as a count", "own values"), ("a share as a count", "own values"),
        ("a count as a share", "own values"), ("scaled columns", "own values"), ("other columns", "near own values"),
        ("columns of a bag", None), ("None beside the count 1", None), ("all rows beside counts", None),
        ("a count of rows beside shares", None),
    ],
)  # fmt: skip
def test_a_share_becomes_a_count_where_the_columns_are_known(case: str, origin: str | None) -> None:
    """Where they are not, there is no candidate, or it is near."""
    found = own_params(*SHARES_AND_COUNTS[case], WIDE)
    assert (found and found[0]) == origin


@pytest.mark.parametrize("distribution", [hp.qlognormal(3, 0.5, 1), hp.qnormal(30, 5, 1), stats.poisson(20, loc=2)])
def test_no_limit_is_a_high_value_where_the_distribution_has_no_end(distribution: Any) -> None:
    """A billion leaves would take all the memory."""
    found = own_params(
        DecisionTreeClassifier(), {"max_leaf_nodes": distribution, "min_samples_leaf": hp.uniformint(1, 9)}
    )
    assert found is not None
    assert found[0] == "near own values"
    assert 20 < found[1]["max_leaf_nodes"] < 200


def test_a_learned_share_is_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the columns is not one column."""
    space = {"max_features": hp.uniformint(1, 9), "min_samples_leaf": hp.uniformint(1, 9)}
    assert learned(RandomForestClassifier(), space) == [{"max_features": 5, "min_samples_leaf": 2}]


def test_defaults_of_another_booster_are_not_known() -> None:
    """XGBoost's linear booster has another learning rate."""
    module = pytest.importorskip("xgboost")
    space = {"learning_rate": hp.uniform(0, 1), "n_estimators": [50, 100]}
    found = [own_params(module.XGBClassifier(booster=name), space) for name in (None, "gblinear")]
    assert found[0] is not None
    assert found[0][0] == "own values"
    assert found[1] is None or found[1][0] == "near own values"


class WithoutTruth(DecisionTreeClassifier):
    """A tree that cannot be asked whether it is true, as ensembles before their fit."""

    def __bool__(self) -> bool:
        raise AssertionError("no estimator is true or false")


@pytest.mark.parametrize(
    ("estimator", "parameter"),
    [
        (WithoutTruth(), "max_depth"),
        (make_pipeline(StandardScaler(), WithoutTruth()), "withouttruth__max_depth"),
        (make_pipeline(StandardScaler(), RandomForestClassifier(3)), "randomforestclassifier__max_depth"),
        (make_pipeline(StandardScaler(), BaggingClassifier(WithoutTruth(), 2)), "baggingclassifier__max_samples"),
        (BaggingClassifier(WithoutTruth(), 2), "estimator__max_depth"),
    ],
    ids=["alone", "step", "forest", "bagging", "member"],
)
def test_an_estimator_is_not_asked_whether_it_is_true(estimator: Any, parameter: str) -> None:
    """An ensemble counts its members for the answer, and has none before its fit."""
    values = hp.uniform(0.5, 1) if parameter.endswith("samples") else hp.uniformint(1, 9)
    search = HyperoptSearchCV(estimator, {parameter: values}, max_evals=2, cv=2, random_state=0).fit(X, y)
    assert search.n_trials_ == 2


def test_one_value_outside_of_its_range_gives_a_candidate_that_is_near() -> None:
    """No penalty is not in a logarithmic range; the least penalty is near it."""
    model = HistGradientBoostingClassifier()
    space = {"learning_rate": hp.logrange(0.01, 1), "l2_regularization": hp.logrange(1e-4, 10)}
    assert own_params(model, space) == ("near own values", {"learning_rate": 0.1, "l2_regularization": 1e-4})


def test_more_than_half_of_the_numbers_outside_give_no_candidate() -> None:
    """Whoever searches elsewhere on purpose gets no candidate in a corner."""
    space = {"learning_rate": hp.logrange(0.2, 1), "l2_regularization": hp.logrange(1e-4, 10), "max_iter": [100, 200]}
    assert own_params(HistGradientBoostingClassifier(), space) is None


def test_another_option_is_never_near() -> None:
    """A kernel that is not among the options is another model."""
    assert own_params(SVC(kernel="linear"), {"C": C, "kernel": ["rbf", "poly"]}) is None


def test_an_option_may_be_a_tuple() -> None:
    """The sizes of hidden layers are found among the options."""
    space = {"alpha": hp.logrange(1e-6, 1), "hidden_layer_sizes": [(50,), (100,)]}
    assert own_params(MLPClassifier(), space) == ("own values", {"alpha": 0.0001, "hidden_layer_sizes": (100,)})


READY = [name for name in RANGES if name.endswith(("Classifier", "Regressor", "SVC", "SVR", "Regression", "Ridge"))]


@pytest.mark.parametrize("size", ["small", "medium", "large"])
@pytest.mark.parametrize("name", READY)
def test_every_ready_space_has_a_candidate_at_or_near_the_defaults(name: str, size: str) -> None:
    """The result of a search without a space is not worse than the estimator as it was given."""
    estimator = dict(all_estimators())[name]()
    rows = np.random.default_rng(0).normal(size=(300, 8))
    found = own_params(estimator, dict(spaces.suggest(estimator, rows, size=size)), rows)
    assert found is not None
    assert found[0] in ("own values", "near own values")


@pytest.mark.parametrize("name", READY)
def test_every_ready_space_of_a_pipeline_has_one_too(name: str) -> None:
    """The estimator is the last step, behind a scaler."""
    pipeline = make_pipeline(StandardScaler(), dict(all_estimators())[name]())
    rows = np.random.default_rng(0).normal(size=(300, 8))
    found = own_params(pipeline, dict(spaces.suggest(pipeline, rows)), rows)
    assert found is not None
    assert found[0] in ("own values", "near own values")


@pytest.mark.parametrize(("other", "name"), [("eta", "learning_rate"), ("lambda", "reg_lambda")])
def test_an_own_value_may_have_been_given_under_another_name(other: str, name: str) -> None:
    """XGBoost takes its parameters by two names."""
    booster = pytest.importorskip("xgboost").XGBRegressor(**{other: 0.25})
    assert own_params(booster, {name: hp.uniform(0, 1)}) == ("own values", {name: 0.25})


def test_a_linear_booster_has_no_settings_of_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that are known for its class were learned with trees."""
    monkeypatch.setattr(_learned, "_table", lambda: {"units": {}, "settings": {"XGBRegressor": [{"reg_lambda": 2.0}]}})
    kind, space = pytest.importorskip("xgboost").XGBRegressor, {"reg_lambda": hp.uniform(0, 9)}
    assert learned(kind(), space) == [{"reg_lambda": 2.0}]
    assert learned(kind(booster="gblinear"), space) == []


@pytest.mark.parametrize("library", ["lightgbm.LGBM", "xgboost.XGB", "catboost.CatBoost"])
def test_boosters_of_other_libraries_have_one_too(library: str) -> None:
    """What None means there is known."""
    module, _, prefix = library.partition(".")
    estimator = getattr(pytest.importorskip(module), f"{prefix}Classifier")()
    assert own_params(estimator, dict(spaces.suggest(estimator))) is not None


def test_an_estimated_value_within_its_range_counts_as_kept() -> None:
    """CatBoost's learning rate and penalty are only nearly known, and that is near enough."""
    estimator = pytest.importorskip("catboost").CatBoostClassifier(n_estimators=60)
    found = own_params(estimator, dict(spaces.suggest(estimator)))
    assert found is not None
    assert found[0] == "near own values"


def test_the_score_near_the_own_values_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The line says that these are not quite the own values."""
    search = HyperoptSearchCV(SVC(), {"C": C, "gamma": C}, max_evals=3, cv=3, random_state=0, verbose=1).fit(X, y)
    assert "near own values: 0.9" in capsys.readouterr().err
    assert search.baseline_score_ == search.cv_results_["mean_test_score"][0]
    assert origins(search)[0] == "near own values"


def test_an_enumerated_grid_keeps_its_order() -> None:
    """A grid of few points is evaluated in GridSearchCV's order, and the own values are found in it."""
    search = HyperoptSearchCV(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=3).fit(X, y)
    assert [params["alpha"] for params in search.cv_results_["params"]] == [0.1, 1.0, 10.0]
    assert search.baseline_score_ == search.cv_results_["mean_test_score"][1]


def test_the_own_score_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """With verbose=1 one line compares the own values with the best candidate."""
    HyperoptSearchCV(SVC(), {"C": C}, max_evals=3, cv=3, random_state=0, verbose=1).fit(X, y)
    assert "own values: 0.9" in capsys.readouterr().err


# ---------------------------------------------------------------------- learned settings
def test_learned_settings_are_found_by_class_and_parameter() -> None:
    """The label is of no importance, nor how deep in a pipeline the estimator is."""
    model = TransformedTargetRegressor(make_pipeline(StandardScaler(), SVC()))
    space = {"regressor__svc__C": hp.logrange("any label", 0.01, 1000), "regressor__svc__gamma": hp.logrange(0.01, 9)}
    assert learned(model, space)[0] == {"regressor__svc__C": 10.0, "regressor__svc__gamma": 0.25}


def test_all_settings_of_the_class_are_used() -> None:
    """The best one comes first."""
    assert [params["C"] for params in learned(SVC(), {"C": C})] == [10.0, 100.0]


def test_the_table_of_the_space_shows_them() -> None:
    """Each parameter has the value of the best learned setting; one that depends on the columns says so."""
    rows = HyperoptSearchCV(SVC(), {"C": C, "gamma": C, "tol": C}).describe_space().as_dicts()
    assert [row["learned"] for row in rows] == ["10", "1 / columns", ""]
    table = HyperoptSearchCV(Lasso(), {"alpha": C}).describe_space()
    assert table.as_dicts()[0]["learned"] == "0.5 * deviation of y"


@pytest.mark.parametrize("settings", [{"first_points": None}, {"algo": "random"}], ids=str)
def test_the_table_of_the_space_shows_no_settings_that_are_not_used(settings: dict[str, Any]) -> None:
    """A search that begins without them has no such column."""
    assert "learned" not in HyperoptSearchCV(SVC(), {"C": C}, **settings).describe_space().columns


def test_a_value_moves_into_the_range() -> None:
    """A learned value outside of the range becomes the nearest value inside."""
    assert learned(SVC(), {"C": hp.logrange(20, 50)})[0]["C"] == pytest.approx(20)
    assert learned(RandomForestClassifier(), {"n_estimators": hp.uniformint(100, 300)}) == [{"n_estimators": 100}]


def test_a_value_becomes_the_nearest_option() -> None:
    """In a list of numbers the nearest one by ratio is taken, and the learned option where it is listed."""
    space = {"C": [0.1, 6, 40], "kernel": ["linear", "rbf"]}
    assert learned(SVC(), space)[0] == {"C": 6, "kernel": "rbf"}


def test_a_computed_parameter_comes_near() -> None:
    """Of an expression over one label the value that is nearest is taken."""
    space = {"n_estimators": scope.int(hp.quniform("trees", 20, 200, 10))}
    assert learned(RandomForestClassifier(), space) == [{"n_estimators": 90}]
    assert learned(Ridge(), {"alpha": 10 ** hp.uniform("exponent", -3, 3)})[0]["alpha"] == pytest.approx(3, rel=0.2)


def test_what_is_not_known_is_in_the_middle() -> None:
    """A parameter that the table does not have takes the middle of its range."""
    space = {"C": C, "coef0": hp.uniform(-1, 3)}
    assert learned(SVC(), space)[0]["coef0"] == pytest.approx(1.0)


def test_settings_that_know_less_than_half_are_not_used() -> None:
    """Of the numeric parameters of the class in the space, the table must know half."""
    space = {"C": C, "coef0": hp.uniform(-1, 1), "tol": hp.logrange(1e-5, 1e-1)}
    assert learned(SVC(), space) == []


def test_what_depends_on_columns_needs_them() -> None:
    """Gamma is learned per column; without a number of columns nothing is known of it."""
    space = {"gamma": hp.logrange(0.001, 10)}
    assert learned(SVC(), space, n_features=10)[0] == {"gamma": pytest.approx(0.1)}
    assert learned(SVC(), space, n_features=None) == []


@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_what_grows_with_the_target_is_scaled_by_it(scale: float) -> None:
    """A penalty of the absolute size of the coefficients means the same if it grows with y."""
    found = known_points(ParameterSpace({"alpha": C}, Lasso()), Lasso(), X, scale * (y - 1.0))
    assert [point["alpha"] for origin, point in found if origin == "learned"] == [pytest.approx(0.5 * scale * y.std())]


@pytest.mark.parametrize("target", [list("ab" * 75), np.array(["a", "b"])[y % 2]], ids=["list", "texts"])
def test_what_grows_with_the_target_needs_numbers(target: Any) -> None:
    """Of other targets nothing is known."""
    found = known_points(ParameterSpace({"alpha": C}, Lasso()), Lasso(), X, target)
    assert [origin for origin, _ in found] == ["own values"]


@pytest.mark.parametrize("target", [y.tolist(), pd.DataFrame({"y": y}), pd.Series(y)], ids=["list", "frame", "series"])
def test_the_container_of_the_target_is_of_no_importance(target: Any) -> None:
    """Numbers are numbers."""
    found = known_points(ParameterSpace({"alpha": C}, Lasso()), Lasso(), X, target)
    assert [origin for origin, _ in found] == ["own values", "learned"]


@pytest.mark.parametrize("is_inside", [False, True])
def test_a_transformed_target_has_a_deviation_that_is_not_known(is_inside: bool) -> None:
    """The inner regressor sees another target, wherever it is, and the table of the space promises nothing."""
    model = TransformedTargetRegressor(Lasso(), func=np.log, inverse_func=np.exp)
    whole, name = (Pipeline([("last", model)]), "last__regressor__alpha") if is_inside else (model, "regressor__alpha")
    found = known_points(ParameterSpace({name: C}, whole), whole, X, y + 1.0)
    assert [origin for origin, _ in found] == ["own values"]
    assert "learned" not in HyperoptSearchCV(whole, {name: C}).describe_space().columns


def test_another_class_of_a_library_has_no_settings_of_its_base() -> None:
    """It is another model; a class of the user's own is not."""

    class Mine(Lasso):
        pass

    assert learned(MultiTaskLasso(), {"alpha": C}) == []
    found = known_points(ParameterSpace({"alpha": C}, Mine()), Mine(), X, y - 1.0)
    assert [origin for origin, _ in found] == ["own values", "learned"]


def test_a_choice_of_families_gets_one_point_each() -> None:
    """Every family begins at its best learned setting."""
    model = Pipeline([("model", SVC())])
    found = learned(model, spaces.choose([SVC(), RandomForestClassifier()], "model", size="small"))
    assert [type(params["model"]) for params in found] == [SVC, RandomForestClassifier]
    assert found[0]["model__C"] == 10.0
    assert found[1]["model__min_samples_leaf"] == 2


@given(low=st.floats(1e-6, 1e3), ratio=st.floats(1.01, 1e6), step=st.sampled_from([None, 0.5, 3.0]))
def test_known_points_are_points_of_any_range(low: float, ratio: float, step: float | None) -> None:
    """Whatever the range, each known point lies in the space."""
    node = hp.logrange(low, low * ratio) if step is None else hp.quniform("C", low, low * ratio + step, step)
    parameters = ParameterSpace({"C": node, "kernel": ["rbf", "poly"]}, SVC())
    for _, point in known_points(parameters, SVC(), X, y):
        assert parameters.space.check(point) == point


# ---------------------------------------------------------------------- in a search
def test_candidates_tell_where_they_came_from() -> None:
    """First the user's points, then the own values, the learned ones, and the algorithm's."""
    first = [{"C": 33.0, "kernel": "rbf"}]
    search = HyperoptSearchCV(
        SVC(), {"C": C, "kernel": ["rbf", "linear"]}, max_evals=8, cv=3, random_state=0, points_to_evaluate=first
    ).fit(X, y)
    assert origins(search) == ["points_to_evaluate", "own values", *["learned"] * 2, *["algorithm"] * 4]
    assert search.results_frame()["origin"].sort_index().tolist() == origins(search)


@pytest.mark.parametrize("max_evals", [1, 2, 3, 4])
def test_the_first_points_do_not_depend_on_the_number_of_candidates(max_evals: int) -> None:
    """So a search that is continued with more candidates finds the same as one that was not interrupted."""
    search = HyperoptSearchCV(SVC(C=2.0), {"C": C}, max_evals=max_evals, cv=3, random_state=0).fit(X, y)
    assert origins(search) == ["own values", "learned", "learned", "algorithm"][:max_evals]


@pytest.mark.parametrize("settings", [{"first_points": None}, {"algo": "random"}, {"algo": "anneal"}])
def test_nothing_is_known_where_nothing_shall_be(settings: dict[str, Any]) -> None:
    """Without first points, and for algorithms without a model, every candidate is the algorithm's."""
    search = HyperoptSearchCV(SVC(), {"C": C}, max_evals=3, cv=3, random_state=0, **settings).fit(X, y)
    assert origins(search) == ["algorithm"] * 3


def test_an_own_algorithm_gets_no_other_points() -> None:
    """A function of the user's is asked for every candidate."""

    def algorithm(*arguments: Any) -> Any:
        return rand.suggest(*arguments)

    search = HyperoptSearchCV(SVC(), {"C": C}, max_evals=3, cv=3, random_state=0, algo=algorithm).fit(X, y)
    assert origins(search) == ["algorithm"] * 3


def test_constraints_hold_for_known_points() -> None:
    """A known point that `constraints` refuses is left out."""
    search = HyperoptSearchCV(
        SVC(), {"C": C}, max_evals=8, cv=3, random_state=0, constraints=lambda params: params["C"] < 50
    ).fit(X, y)
    assert max(search.cv_results_["param_C"]) < 50
    assert origins(search)[:3] == ["own values", "learned", "algorithm"]


def test_a_resumed_search_finds_the_same(tmp_path: Path) -> None:
    """A search that is continued from its file has the candidates of one that was not interrupted."""
    models = spaces.choose([SVC(), RandomForestClassifier(5, random_state=0)], "model", size="small")

    def search(n: int, file: Path | None) -> HyperoptSearchCV:
        model = Pipeline([("model", SVC())])
        return HyperoptSearchCV(model, models, max_evals=n, cv=3, random_state=0, trials_save_file=file).fit(X, y)

    search(5, tmp_path / "search.db")
    resumed, whole = search(25, tmp_path / "search.db"), search(25, None)
    points = [[trial.point for trial in each.trials_.record] for each in (resumed, whole)]
    assert origins(resumed)[:2] == ["learned", "learned"]
    assert list(map(point_key, points[0])) == list(map(point_key, points[1]))


def test_wrong_first_points_are_refused() -> None:
    """Points of one's own are given by another argument."""
    with pytest.raises(ValueError, match="first_points"):
        HyperoptSearchCV(SVC(), {"C": C}, first_points=[{"C": 1}]).fit(X, y)


@pytest.mark.parametrize("name", REAL_TABLE()["settings"])
def test_the_table_of_the_package_is_in_order(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Every class that the package knows gets two points or one in its ready space, all of them inside."""
    monkeypatch.setattr(_learned, "_table", REAL_TABLE)
    library = next((module for start, module in BOOSTERS.items() if name.startswith(start)), None)
    kind = getattr(pytest.importorskip(library), name) if library else dict(all_estimators())[name]
    parameters = ParameterSpace(spaces.suggest(kind(), X, y), kind())
    points = learned_points(parameters, kind(), {"1 / columns": 0.25, "deviation of y": 1.0})
    assert 1 <= len(points) <= 2
    assert [parameters.space.check(point) for point in points] == points


def test_the_table_of_the_package_says_where_it_comes_from() -> None:
    """It has its date, its source, its version, and the number of data sets of each class."""
    table = REAL_TABLE()
    assert {"date", "source", "version"} <= table.keys()
    assert table["n_tables"].keys() == table["settings"].keys()
    assert min(table["n_tables"].values()) >= 3
