"""Stopping a booster within a fold: the rule, the limit that travels with a task, and what a search shows of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import check_scoring, f1_score, log_loss, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from hpsklearn_search import EarlyStopping, HyperoptSearchCV, Racing, hp
from hpsklearn_search.exceptions import InvalidTrial
from hpsklearn_search.search._curve_limits import CurveLimits
from hpsklearn_search.search._metric_bounds import metrics_for
from hpsklearn_search.search._results import CURVE, was_stopped
from hpsklearn_search.search.early_stopping import BEST, BEST_CASE, NAME, Limit, curve_of, following
from hpsklearn_search.search.early_stopping._curve import Follower, best_case
from hpsklearn_search.search.folds._stored import check_folds

X, y = make_classification(600, 10, n_informative=5, flip_y=0.1, random_state=0)
HAS_EVALUATION_SET = tuple(map(int, sklearn.__version__.split(".")[:2])) >= (1, 7)
needs_evaluation_set = pytest.mark.skipif(not HAS_EVALUATION_SET, reason="needs scikit-learn 1.7: fit(X_val=...)")
LIBRARIES = ["lightgbm", "xgboost", "catboost", "sklearn.ensemble"]
halving = st.floats(0.05, 0.94)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Fits of so few rows wait for each other's threads."""
    with threadpool_limits(1):
        yield


def stop_of(losses: Any, limit: float) -> int | None:
    """After how many rounds the losses of a fit end it."""
    follower = Follower("rows", Limit("rows loss", limit))
    return next((n for n, loss in enumerate(losses, 1) if follower.stops_after("loss", float(loss))), None)


# ---------------------------------------------------------------------- the rule
@given(st.floats(0.01, 10), st.floats(-5, 5), halving)
def test_gains_that_shrink_by_a_ratio_are_extrapolated_exactly(gain: float, last: float, ratio: float) -> None:
    """A geometric series of gains has its limit as the best case."""
    losses = [last + gain * ratio**n / (1 - ratio) for n in range(3)]
    assert best_case(losses) == pytest.approx(last, abs=1e-6 * max(1.0, gain / (1 - ratio)))


@given(halving, st.floats(0.1, 3), st.integers(3, 8))
def test_a_curve_whose_extrapolation_reaches_the_limit_is_never_stopped(ratio: float, start: float, n: int) -> None:
    """With gains that shrink by a ratio from doubling to doubling, no fit ends above what it would reach."""
    rounds = np.arange(1, 5 * 2**n)
    losses = start * ratio ** np.log2(rounds)  # falls to 0
    assert stop_of(losses, 1e-9 * start) is None


@given(st.floats(0.01, 100), st.floats(0.001, 10))
def test_a_flat_curve_that_is_worse_is_stopped_after_20_rounds(limit: float, distance: float) -> None:
    """A fit without any gain above the limit ends when it is asked first, and one below goes on."""
    assert stop_of([limit + distance] * 50, limit) == 20
    assert stop_of([limit - distance] * 50, limit) is None


@given(st.lists(st.floats(0, 100), min_size=20, max_size=200))
def test_the_rule_is_asked_at_doublings_only(losses: list[float]) -> None:
    """Whatever the curve, a fit ends after 20, 40, 80 or 160 rounds, or not at all."""
    assert stop_of(losses, -1.0) in (None, 20, 40, 80, 160)
    assert stop_of(losses[:19], -1.0) is None


@given(st.lists(st.integers(0, 100), min_size=20, max_size=100), st.integers(-3, 3), st.integers(-50, 50))
def test_the_rule_does_not_depend_on_the_unit_of_the_loss(losses: list[int], exponent: int, shift: int) -> None:
    """Losses and limit in another unit, and with another zero, give the same decision."""
    scaled = [2.0**exponent * loss + shift for loss in losses]  # exact in binary
    assert stop_of(scaled, 2.0**exponent * 30.25 + shift) == stop_of(losses, 30.25)


def test_the_ratio_is_at_most_095() -> None:
    """Gains that grow do not promise an infinite one."""
    assert best_case([3.0, 2.0, 0.0]) == pytest.approx(0 - 2 * 0.95 / 0.05)


def test_a_limit_of_another_curve_is_none() -> None:
    """Losses of another metric, or on other rows, are not compared."""
    follower = Follower("rows", Limit("rows auc", 0.1))
    assert not any(follower.stops_after("loss", 0.5) for _ in range(50))
    assert follower.curve() == {NAME: "rows loss", BEST: 0.5}


# ---------------------------------------------------------------------- the limit
def curves(*losses: float) -> list[dict[str, Any]]:
    """What folds tell whose boosters had these losses."""
    return [{NAME: f"fold {fold} rmse", BEST: loss} for fold, loss in enumerate(losses)]


def test_the_limit_is_the_best_candidates_loss_and_a_margin() -> None:
    """The margin is z times the root mean square of the better half's differences."""
    limits = CurveLimits({"rmse"}, z=2.0, min_finished=3)
    for number, losses in enumerate([(0.5, 0.4), (0.6, 0.4), (9.0, 9.0)]):
        limits.add(number, 0.9 - 0.1 * number, curves(*losses))
    margin = 2 * math.sqrt(0.1**2 / 2)
    assert [limit.loss for limit in limits.of(None, 2)] == pytest.approx([0.5 + margin, 0.4 + margin])


def test_there_is_no_limit_before_five_candidates_are_known() -> None:
    """With fewer complete candidates, or fewer that a trial may know, curves are followed without a limit."""
    limits = CurveLimits({"rmse"})
    for number in range(5):
        limits.add(number, 0.5 + number, curves(0.5, 0.1 * number))
    assert limits.of(4, 2) == [Limit(), Limit()]
    assert all(math.isfinite(limit.loss) for limit in limits.of(5, 2))


def test_a_limit_does_not_depend_on_the_order_of_finishing() -> None:
    """Candidates that finish in another order give the same limits."""
    rows = [(number, number % 4 / 10, curves(0.5 + number / 100, 0.3)) for number in range(8)]
    both = CurveLimits({"rmse"}), CurveLimits({"rmse"})
    for row, other in zip(rows, reversed(rows), strict=True):
        both[0].add(*row)
        both[1].add(*other)
    assert both[0].of(7, 2) == both[1].of(7, 2)


def test_losses_of_other_curves_do_not_count() -> None:
    """Candidates with another metric than the best one's say nothing about the margin."""
    limits = CurveLimits({"rmse", "auc"}, min_finished=2)
    limits.add(0, 0.9, curves(0.5, 0.4))
    limits.add(1, 0.8, [{NAME: "fold auc", BEST: 7.0}] * 2)
    limits.add(2, 0.7, [None, *curves(0.5)])
    assert limits.of(None, 2) == [Limit(), Limit()]


def test_a_metric_that_does_not_stand_for_the_score_gives_no_limit() -> None:
    """Candidates are not compared by a log loss where the accuracy decides."""
    limits = CurveLimits({"binary_error"}, min_finished=2)
    for number in range(4):
        limits.add(number, 0.5, [{NAME: "fold binary_logloss", BEST: 0.5 + number}] * 2)
    assert limits.of(None, 2) == [Limit(), Limit()]


@pytest.mark.parametrize(
    ("scoring", "metric"),
    [("neg_log_loss", "logloss"), ("accuracy", "merror"), (None, "binary_error"), ("roc_auc", "AUC")],
)
def test_the_metric_must_stand_for_the_score(scoring: str | None, metric: str) -> None:
    """A scorer has the metrics that order candidates as it does, and no others."""
    model = EarlyStopping(HistGradientBoostingClassifier())
    settings = {"fit_params": {}, "score_params": {}}
    found = metrics_for(check_scoring(model, scoring), model, settings)
    assert metric in found
    assert sum(name in found for name in ("logloss", "merror", "auc", "rmse", "mae")) == 1
    weighted = {**settings, "fit_params": {"sample_weight": [1.0]}}
    assert metric not in metrics_for(check_scoring(model, scoring), model, weighted)
    assert metric not in metrics_for(make_scorer(f1_score), model, settings)


# ---------------------------------------------------------------------- the boosters
def booster(library: str, **params: Any) -> Any:
    """A classifier that learns so slowly that its fit is long."""
    if library == "sklearn.ensemble":
        if not HAS_EVALUATION_SET:
            pytest.skip("needs scikit-learn 1.7: fit(X_val=...)")
        return HistGradientBoostingClassifier(max_iter=100, learning_rate=0.01, random_state=0, **params)
    module = pytest.importorskip(library, reason=f"needs {library}: pip install 'hpsklearn_search[boosters]'")
    options = {"learning_rate": 0.01, "n_estimators": 100}
    if library == "catboost":
        return module.CatBoostClassifier(thread_count=1, allow_writing_files=False, verbose=False, **options, **params)
    quiet = {"verbose": -1} if library == "lightgbm" else {}
    return getattr(module, "LGBMClassifier" if quiet else "XGBClassifier")(n_jobs=1, **quiet, **options, **params)


def followed(model: Any, limit: Limit | None) -> dict[str, Any] | None:
    """What a fit of the model tells of its curve."""
    with following(model, limit):
        model.fit(X, y)
    return curve_of(model)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_booster_above_its_limit_stops(library: str) -> None:
    """A fit with a limit out of reach ends after 20 rounds, and still predicts."""
    model = EarlyStopping(booster(library))
    free = followed(model, Limit())
    assert free is not None and BEST_CASE not in free
    assert model.best_iteration_ > 80
    stopped = followed(model, Limit(free[NAME], -1e3))
    assert stopped is not None and stopped[BEST_CASE] > -1e3
    assert model.best_iteration_ <= 20
    assert model.predict(X).shape == y.shape


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_fit_within_its_limit_is_the_fit_without_one(library: str) -> None:
    """Following a curve, and a limit that it reaches, change nothing of the model."""
    model, plain = EarlyStopping(booster(library)), EarlyStopping(booster(library)).fit(X, y)
    free = followed(model, Limit())
    assert free is not None
    assert followed(model, Limit(free[NAME], free[BEST] + 1e-9)) == free
    assert model.best_iteration_ == plain.best_iteration_
    assert np.array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert str(model.estimator_.get_params()) == str(plain.estimator_.get_params())


@pytest.mark.parametrize(
    ("library", "params"),
    [
        ("lightgbm", {"metric": ["auc", "binary_logloss"]}),
        ("xgboost", {"eval_metric": ["auc", "logloss"]}),
        ("xgboost", {"eval_metric": ["logloss"]}),
        ("xgboost", {"eval_metric": log_loss}),
        ("catboost", {"eval_metric": "AUC"}),
        ("sklearn.ensemble", {"scoring": "roc_auc"}),
    ],
)
def test_following_changes_nothing_whatever_the_metrics(library: str, params: dict[str, Any]) -> None:
    """Several metrics, a function, and one that is not the loss."""
    model, plain = EarlyStopping(booster(library, **params)), EarlyStopping(booster(library, **params)).fit(X, y)
    followed(model, Limit())
    assert np.array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert str(model.estimator_.get_params()) == str(plain.estimator_.get_params())


@needs_evaluation_set
@pytest.mark.parametrize("params", [{"max_features": 0.5}, {"scoring": "roc_auc"}, {"tol": 0.01}])
def test_hist_gradient_boosting_still_stops_by_itself(params: dict[str, Any]) -> None:
    """With a limit in reach its own rule decides, and nothing of the following stays in the model."""
    kwargs = {"max_iter": 100, "random_state": np.random.RandomState(7), **params}
    plain = EarlyStopping(HistGradientBoostingClassifier(**kwargs), n_iter_no_change=5).fit(X, y)
    model = EarlyStopping(HistGradientBoostingClassifier(**kwargs), n_iter_no_change=5)
    free = followed(model, Limit())
    assert free is not None and free[BEST] == -plain.estimator_.validation_score_[1:].max()
    followed(model, Limit(free[NAME], 1e3))
    assert np.array_equal(model.estimator_.validation_score_, plain.estimator_.validation_score_)
    assert vars(model.estimator_).keys() == vars(plain.estimator_).keys()


@needs_evaluation_set
def test_only_the_candidate_or_its_last_step_is_followed() -> None:
    """A fit outside of the search, or of a part of another estimator, follows nothing."""
    model = EarlyStopping(booster("sklearn.ensemble"))
    assert followed(model, None) is None
    with following(DecisionTreeClassifier(), Limit()):
        assert curve_of(model.fit(X, y)) is None
    assert followed(make_pipeline(StandardScaler(), model), Limit()) is not None


def test_a_loss_with_a_parameter_is_not_followed() -> None:
    """Losses whose scale depends on a parameter of the candidate cannot be compared."""
    module = pytest.importorskip("lightgbm", reason="needs lightgbm: pip install 'hpsklearn_search[boosters]'")
    model = EarlyStopping(module.LGBMRegressor(objective="quantile", n_estimators=30, verbose=-1, n_jobs=1))
    assert followed(model, Limit()) is None


# ---------------------------------------------------------------------- a search
SPACE = {
    "estimator__learning_rate": hp.logrange(1e-4, 0.5),
    "estimator__max_leaf_nodes": hp.uniformint(2, 16),
    "estimator__min_samples_leaf": hp.uniformint(5, 150),
}


def search(racing: Any = "auto", **kwargs: Any) -> HyperoptSearchCV:
    """A finished search over a booster, some of whose candidates are hopeless."""
    model = EarlyStopping(HistGradientBoostingClassifier(max_iter=60, random_state=0), n_iter_no_change=10)
    options = {"max_evals": 16, "cv": 3, "random_state": 1, "algo": "random", "scoring": "neg_log_loss", **kwargs}
    return HyperoptSearchCV(model, SPACE, racing=racing, **options).fit(X, y)


def stopped_folds(found: HyperoptSearchCV) -> list[tuple[int, int]]:
    """Trial and fold of each fit that was stopped."""
    trials = found.trials_.record
    return [(t.number, i) for t in trials for i, fold in enumerate(t.outcome.folds) if was_stopped(fold)]


@needs_evaluation_set
def test_a_stopped_fold_prunes_its_candidate() -> None:
    """Its candidate has the status "pruned", NaN on that fold, a partial mean, and cannot win."""
    found = search()
    table = found.cv_results_
    assert stopped_folds(found)
    for number, fold in stopped_folds(found):
        outcome = found.trials_.record[number].outcome
        assert outcome.status == "pruned" and len(outcome.folds) == fold + 1
        assert np.isnan([table[f"split{fold}_test_score"][number], table["mean_test_score"][number]]).all()
        assert table["n_splits_run"][number] == fold
        scores = [part["test_scores"] for part in outcome.folds]
        assert table["mean_test_score_partial"][number] == pytest.approx(np.mean(scores))
        assert number != found.best_index_
    assert found.best_score_ == pytest.approx(search(None).best_score_)


@needs_evaluation_set
def test_the_algorithm_learns_a_score_between_that_of_the_stop_and_the_incumbents() -> None:
    """The loss of a stopped candidate is not better than the best candidate's, and not worse than at the stop."""
    found = search()
    race = found.trials_.record
    assert any(fold == 0 for _, fold in stopped_folds(found))
    for number, fold in stopped_folds(found):
        if fold:
            continue
        score_at_stop = race[number].outcome.folds[0]["test_scores"]
        assert -race[number].model_loss <= found.best_score_
        complete = [t for t in race if t.is_ok and t.number < number - 1]
        best = max(complete, key=lambda trial: -trial.loss)
        at_stop = -best.loss + score_at_stop - best.outcome.folds[0]["test_scores"]
        assert -race[number].model_loss >= min(at_stop, -best.loss) - 1e-12


@needs_evaluation_set
def test_the_result_does_not_depend_on_n_jobs() -> None:
    """With a seed, the same folds are stopped in one process and in two."""
    one, two = search(), search(n_jobs=2)
    assert stopped_folds(one) == stopped_folds(two) != []
    columns = [name for name in one.cv_results_ if "time" not in name and name != "params"]
    for name in columns:
        np.testing.assert_array_equal(one.cv_results_[name], two.cv_results_[name], err_msg=name)


@needs_evaluation_set
@pytest.mark.parametrize("racing", [None, False, "ceiling", "predictive", Racing("predictive")])
def test_other_rules_follow_no_curve(racing: Any) -> None:
    """Only "auto" stops a fit within a fold."""
    found = search(racing, max_evals=8)
    assert not any(CURVE in fold for trial in found.trials_.record for fold in trial.outcome.folds)


@needs_evaluation_set
def test_another_score_than_that_of_the_curve_follows_none() -> None:
    """With the accuracy, a booster that watches its log loss is not stopped."""
    assert stopped_folds(search(scoring="accuracy")) == []


@needs_evaluation_set
def test_the_refit_is_never_stopped() -> None:
    """The refit does the median number of iterations."""
    found = search()
    assert found.best_estimator_.best_iteration_ == found.cv_results_["median_best_iteration"][found.best_index_]
    assert curve_of(found.best_estimator_) is None


@needs_evaluation_set
def test_a_search_resumes_with_the_limits_that_it_had(tmp_path: Path) -> None:
    """Interrupted and continued from its save file, a search stops the same folds."""
    path = tmp_path / "search.db"
    search(max_evals=10, trials_save_file=path)
    assert stopped_folds(search(trials_save_file=path)) == stopped_folds(search()) != []


@pytest.mark.parametrize(
    "curve", [{}, {NAME: "a"}, {NAME: 1, BEST: 0.5}, {NAME: "a", BEST: math.nan}, {NAME: "a", BEST: "b"}]
)
def test_a_save_file_with_another_curve_is_refused(curve: dict[str, Any]) -> None:
    """A curve has a name and a finite loss."""
    fold = {"fit_error": None, "test_scores": 0.5, "n_test_samples": 9, "fit_time": 0.1, "score_time": 0.1}
    check_folds([{**fold, CURVE: {NAME: "a", BEST: 0.5, BEST_CASE: 0.4}}], [], with_train=False)
    with pytest.raises(InvalidTrial, match="curve cannot be"):
        check_folds([{**fold, CURVE: curve}], [], with_train=False)
