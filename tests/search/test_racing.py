"""Racing over folds: which candidates are pruned, and what racing must not change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    check_scoring,
    f1_score,
    get_scorer,
    log_loss,
    make_scorer,
    mean_squared_error,
    top_k_accuracy_score,
    zero_one_loss,
)
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import Callback, EarlyStopping, HyperoptSearchCV, Racing, Trials, hp
from hpsklearn_search.optimize import Window
from hpsklearn_search.search._metric_bounds import highest_score
from hpsklearn_search.search._racing import FoldTable, Race
from hpsklearn_search.trials import Trial

X, y = load_breast_cancer(return_X_y=True)
X, y = X[::2], y[::2]
SPACE = {"svc__C": hp.logrange("C", 1e-2, 1e3), "svc__gamma": hp.logrange("gamma", 1e-5, 1.0)}
PIPELINE = make_pipeline(StandardScaler(), SVC())
unit = st.floats(0, 1)


def search(racing: object, **kwargs: object) -> HyperoptSearchCV:
    """A finished search over the SVC pipeline."""
    options = {"max_evals": 20, "cv": 5, "random_state": 1, "refit": False, **kwargs}
    return HyperoptSearchCV(PIPELINE, SPACE, racing=racing, **options).fit(X, y)


@given(st.lists(st.tuples(unit, unit), min_size=3, max_size=8), st.integers(1, 7))
def test_the_ceiling_never_prunes_a_candidate_that_could_win(pairs: list[tuple[float, float]], j: int) -> None:
    """A pruned candidate has a lower mean than the incumbent, whatever its later folds score."""
    scores, incumbent = map(list, zip(*pairs, strict=True))
    if Racing(rule="ceiling").prunes(scores[: min(j, len(scores) - 1)], incumbent, None, 1.0):
        assert np.mean(scores) < np.mean(incumbent)


def test_the_predictive_rule_is_its_formula() -> None:
    """With d = -0.1, s = 0.05 and one of five folds run, z = 2 prunes and z = 3 does not."""
    # margin = z * 0.05 * 4/5 * sqrt(1 + 1/4) = z * 0.0447
    incumbent = [0.9] * 5
    assert Racing(rule="predictive", z=2).prunes([0.8], incumbent, 0.05, None)
    assert not Racing(rule="predictive", z=3).prunes([0.8], incumbent, 0.05, None)


def test_the_predictive_rule_waits_for_enough_candidates() -> None:
    """Without a spread no candidate is pruned by prediction."""
    assert not Racing(rule="predictive").prunes([0.0], [0.9] * 5, None, 1.0)


def test_the_spread_is_pooled_over_the_better_half() -> None:
    """Candidates of the worse half, however erratic, do not widen the spread."""
    table = FoldTable()
    for number, scores in enumerate([[0.9, 0.9], *([[0.8, 0.9]] * 3), *([[0.0, 1.0]] * 4)]):
        table.add(number, scores)
    assert table.spread(None, 2) == pytest.approx(np.std([-0.1, 0.0], ddof=1))


def test_few_candidates_give_the_largest_spread_and_a_third_more() -> None:
    """Below eight candidates the largest spread counts, times 4/3; below `min_finished` there is none."""
    table = FoldTable()
    for number, scores in enumerate([[0.9, 0.9], [0.8, 0.9], [0.5, 0.9]]):
        assert table.spread(None, 3) is None
        table.add(number, scores)
    assert table.spread(None, 3) == pytest.approx(4 / 3 * np.std([-0.4, 0.0], ddof=1))


def test_near_copies_of_the_incumbent_do_not_make_the_spread_small() -> None:
    """If most of the better half are near-copies of the incumbent, the upper quartile is the spread."""
    table = FoldTable()
    erratic = [[0.8, 0.96], [0.96, 0.8], [0.8, 0.96]]
    copies = [[0.9, 0.9]] + [[0.899, 0.899]] * 5
    for number, scores in enumerate([*copies, *erratic, *([[0.1, 0.1]] * 8)]):
        table.add(number, scores)
    assert table.spread(None, 8) == pytest.approx(np.std([-0.1, 0.06], ddof=1))


def test_near_copies_do_not_count_however_many_there_are() -> None:
    """A better half of near-copies alone does not hide how candidates of another kind vary."""
    table = FoldTable()
    copies = [[0.9, 0.9]] + [[0.9 - step / 1e5, 0.9 + step / 1e6] for step in range(1, 30)]
    for number, scores in enumerate([*copies, [0.8, 0.94], [0.94, 0.8], [0.6, 0.9], [0.9, 0.6]]):
        table.add(number, scores)
    assert table.spread(None, 8) == pytest.approx(np.std([-0.1, 0.04], ddof=1))


def test_the_default_margin_is_three() -> None:
    """By default z is 3."""
    incumbent = [0.9] * 5  # the margin is z * 0.0447
    assert Racing("predictive").prunes([0.75], incumbent, 0.05, None)
    assert not Racing("predictive").prunes([0.77], incumbent, 0.05, None)


def test_a_window_hides_later_candidates() -> None:
    """A trial is compared with the incumbent that it may know."""
    table = FoldTable()
    table.add(0, [0.5, 0.5])
    table.add(1, [0.9, 0.9])
    assert table.incumbent(1) == [0.5, 0.5]
    assert table.incumbent(None) == [0.9, 0.9]


def test_the_ceiling_keeps_the_winner() -> None:
    """With the same candidates, the winner and its score are those of the full search."""
    full, raced = search(None, algo="random"), search("ceiling", algo="random")
    assert raced.best_params_ == full.best_params_
    assert raced.best_score_ == full.best_score_
    assert raced.cv_results_["n_splits_run"].sum() < 5 * 20


class Table(ClassifierMixin, BaseEstimator):
    """A classifier that has ``table[row][fold]`` rows of a fold right, and fails where that is None."""

    def __init__(self, table=((0,),), row=0):
        self.table = table
        self.row = row

    def fit(self, X, y):
        """Find out which fold is missing in X, and fail on it if the table says so."""
        (fold,) = set(range(N_FOLDS)) - set(X[:, 0])
        if self.table[self.row][fold] is None:
            raise RuntimeError("this candidate fails on this fold")
        self.classes_ = np.array([0, 1])
        return self

    def predict(self, X):
        """0, which is right, as often as the table says, then 1."""
        n_right = self.table[self.row][int(X[0, 0])] or 0
        return (np.arange(len(X)) >= n_right).astype(int)


class OwnScore(Table):
    """A classifier whose score is the number of right rows, squared."""

    def score(self, X, y, sample_weight=None):
        """Beyond any bound."""
        return float(np.sum(self.predict(X) == y)) ** 2


class CountingPipeline(Pipeline):
    """A pipeline whose score is the number of right rows."""

    def score(self, X, y=None, sample_weight=None):
        """Not that of the last step."""
        return float(np.sum(self.predict(X) == y))


N_FOLDS, N_RIGHT = 4, st.one_of(st.none(), st.integers(0, 5))
FOLD_OF_ROW = np.repeat(np.arange(N_FOLDS), 5)
TABLES = st.lists(st.tuples(*[N_RIGHT] * N_FOLDS), min_size=3, max_size=7)
COUNT = make_scorer(accuracy_score, normalize=False)
SCORERS = {
    "accuracy": (Table, "accuracy"),
    "its score": (Table, None),
    "a negated error": (Table, "neg_mean_squared_error"),
    "negated accuracy": (Table, make_scorer(accuracy_score, greater_is_better=False)),
    "a count": (Table, COUNT),
    "a score of its own": (OwnScore, None),
    "a function": (Table, lambda estimator, X, y: 7.0 * np.sum(estimator.predict(X) == y)),
}


@pytest.mark.parametrize("scorer", SCORERS)
@settings(max_examples=8, deadline=None)
@given(table=TABLES, error_score=st.sampled_from([np.nan, -1.0, 0.0, 9.0]))
@pytest.mark.filterwarnings("ignore")
def test_the_winner_with_the_ceiling_is_the_winner_without(
    scorer: str, table: list[tuple[int | None, ...]], error_score: float
) -> None:
    """This holds for bounded and unbounded scorers, score methods of one's own, and candidates that fail."""
    estimator, scoring = SCORERS[scorer]
    model = estimator(table=((0,) * N_FOLDS, *table))
    options = {"cv": PredefinedSplit(FOLD_OF_ROW), "scoring": scoring, "error_score": error_score}
    winners = [
        HyperoptSearchCV(
            model, {"row": list(range(len(model.table)))}, max_evals=len(model.table), refit=False, racing=racing,
            **options,
        ).fit(FOLD_OF_ROW[:, None], np.zeros(len(FOLD_OF_ROW)))
        for racing in (None, "ceiling")
    ]  # fmt: skip
    full, raced = winners
    assert raced.best_index_ == full.best_index_
    assert raced.best_score_ == full.best_score_


def test_an_option_with_a_score_of_its_own_can_win() -> None:
    """Each candidate has the bound of its own last step."""
    table = ((5,) * N_FOLDS, (1,) * N_FOLDS)
    pipeline = Pipeline([("model", Table(table))])
    space = {"model": [Table(table), OwnScore(table, row=1), OwnScore(table, row=0), Table(table, row=1)]}
    search = HyperoptSearchCV(
        pipeline, space, max_evals=4, cv=PredefinedSplit(FOLD_OF_ROW), racing="ceiling", refit=False
    ).fit(FOLD_OF_ROW[:, None], np.zeros(len(FOLD_OF_ROW)))
    assert search.best_index_ == 2
    assert search.cv_results_["n_splits_run"].tolist() == [4, 4, 4, 1]


def test_a_score_above_the_given_bound_is_an_error(tmp_path: Path) -> None:
    """The message names the bound, the score, and what to change; the search does not go on with a wrong winner."""
    table = ((5, 5, 5, 5), (1, 1, 1, 1), (3, 5, 5, 5))
    search = HyperoptSearchCV(
        Table(table), {"row": [0, 1, 2]}, max_evals=3, cv=PredefinedSplit(FOLD_OF_ROW), refit=False,
        scoring=COUNT, racing=Racing("ceiling", bound=4.0),
        trials_save_file=tmp_path / "search.db",
    )  # fmt: skip
    with pytest.raises(ValueError, match=r"Racing\(bound=4.0\): candidate 0 has the score 5.0 .* leave bound out"):
        search.fit(FOLD_OF_ROW[:, None], np.zeros(len(FOLD_OF_ROW)))
    with pytest.raises(ValueError, match="candidate 0 has the score 5"):  # the resumed search ends in the same way
        search.fit(FOLD_OF_ROW[:, None], np.zeros(len(FOLD_OF_ROW)))
    search.set_params(racing=Racing("ceiling", bound=5.0), trials_save_file=None).fit(
        FOLD_OF_ROW[:, None], np.zeros(len(FOLD_OF_ROW))
    )
    assert search.best_index_ == 0
    assert search.cv_results_["n_splits_run"].tolist() == [4, 1, 1]


@pytest.mark.parametrize("factor", [1e-30, 1.0, 1e30])
def test_rounding_never_prunes_a_tie(factor: float) -> None:
    """A candidate whose best case equals the incumbent goes on, whatever the unit of the scores."""
    incumbent, scores = [-0.1 * factor, -0.2 * factor, -0.3 * factor], [-0.6 * factor, -1e-17 * factor]
    assert not Racing("ceiling").prunes(scores, incumbent, None, 0.0)
    assert Racing("ceiling").prunes([-0.7 * factor], incumbent, None, 0.0)


def test_the_error_score_may_be_the_highest() -> None:
    """Then it is the bound, since a later fold may fail."""
    assert Race(Racing("ceiling"), Window(), lambda point: 1.0, error_score=9.0).bound({}) == 9.0
    assert Race(Racing("ceiling", bound=2.0), Window(), lambda point: 1.0, error_score=np.nan).bound({}) == 2.0


def test_a_pruned_candidate_ranks_last_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    """Its missing folds and its mean are NaN, its partial mean is finite, and no warning says that a fit failed."""
    results = search("auto").cv_results_
    pruned = results["n_splits_run"] < 5
    assert pruned.any()
    assert np.isnan(results["mean_test_score"][pruned]).all()
    assert np.isfinite(results["mean_test_score_partial"]).all()
    assert results["rank_test_score"][pruned].min() > (~pruned).sum() - 1
    assert np.isfinite(results["mean_fit_time"]).all()
    assert not recwarn.list


def test_without_racing_the_table_has_no_new_columns() -> None:
    """The columns are those of GridSearchCV."""
    assert not {"n_splits_run", "mean_test_score_partial"} & set(search(None).cv_results_)


def test_racing_does_not_depend_on_workers() -> None:
    """With a seed, one worker and two prune the same candidates after the same folds."""
    one, two = search("auto", n_jobs=1), search("auto", n_jobs=2)
    assert one.cv_results_["params"] == two.cv_results_["params"]
    np.testing.assert_array_equal(one.cv_results_["n_splits_run"], two.cv_results_["n_splits_run"])
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])


@pytest.mark.parametrize(
    ("name", "bound"), [("accuracy", 1.0), ("roc_auc", 1.0), ("f1_macro", 1.0), ("neg_log_loss", 0.0), ("r2", 1.0)]
)
def test_known_scorers_have_a_bound(name: str, bound: float) -> None:
    """It is 1 for scores such as accuracy, and 0 for a negated error."""
    assert highest_score(get_scorer(name), LogisticRegression()) == bound


@pytest.mark.parametrize(
    ("scorer", "bound"),
    [
        (make_scorer(f1_score, average="weighted"), 1.0),
        (make_scorer(f1_score, pos_label="yes"), 1.0),
        (make_scorer(mean_squared_error, greater_is_better=False), 0.0),
        (make_scorer(accuracy_score), 1.0),
        (make_scorer(accuracy_score, normalize=False), None),
        (make_scorer(accuracy_score, greater_is_better=False), None),
        (make_scorer(top_k_accuracy_score, normalize=False, response_method="predict_proba"), None),
        (make_scorer(zero_one_loss, normalize=False), None),
        (make_scorer(log_loss, response_method="predict_proba"), None),
        (make_scorer(mean_squared_error, greater_is_better=False, multioutput=[2.0, -1.0]), None),
        (type("Own", (type(get_scorer("r2")),), {})(accuracy_score, 1, {}, "predict"), None),
        (get_scorer("adjusted_mutual_info_score"), None),
    ],
)
def test_a_bound_holds_for_the_metric_with_its_arguments(scorer: object, bound: float | None) -> None:
    """The arguments of the metric decide, and the class of the scorer."""
    assert highest_score(scorer, LogisticRegression()) == bound


@pytest.mark.parametrize(
    ("estimator", "bound"),
    [
        (Ridge(), 1.0),
        (DummyClassifier(), 1.0),
        (make_pipeline(StandardScaler(), Ridge()), 1.0),
        (make_pipeline(EarlyStopping(HistGradientBoostingClassifier())), 1.0),
        (OwnScore(), None),
        (make_pipeline(StandardScaler(), OwnScore()), None),
        (EarlyStopping(OwnScore()), None),
        (CountingPipeline([("model", Ridge())]), None),
        (GridSearchCV(Ridge(), {"alpha": [1]}, scoring="neg_max_error"), None),
    ],
)
def test_the_score_of_an_estimator_has_the_bound_of_its_method(estimator: object, bound: float | None) -> None:
    """It is 1 where the method is scikit-learn's accuracy or R squared, and unknown for any other."""
    assert highest_score(check_scoring(estimator, None), estimator) == bound


def test_negative_weights_have_no_bound() -> None:
    """A weighted accuracy of 3 is possible with them, so nobody is pruned."""
    weights = np.where(np.arange(len(y)) % 3, 1.0, -0.4)
    space = {"max_depth": [9, 6, 4, 3, 2, 1]}
    with config_context(enable_metadata_routing=True):
        model = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
        scorer = get_scorer("accuracy").set_score_request(sample_weight=True)
        options = {"max_evals": 6, "cv": 3, "refit": False, "scoring": scorer}
        full, raced = (
            HyperoptSearchCV(model, space, racing=racing, **options).fit(X, y, sample_weight=weights)
            for racing in (None, "ceiling")
        )
    np.testing.assert_array_equal(raced.cv_results_["mean_test_score"], full.cv_results_["mean_test_score"])


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"cv": 2}, "at least 3 folds"),
        ({"return_train_score": True}, "return_train_score"),
        ({"refit": lambda results: 0}, "callable refit"),
        ({"scoring": ["accuracy", "f1"]}, "objective_metric"),
        ({"racing": "fast"}, "rule"),
        ({"scoring": ["accuracy", "f1"], "objective_metric": "f1", "refit": "accuracy"}, "prunes by objective_metric"),
    ],
)
def test_racing_is_refused_where_it_makes_no_sense(kwargs: dict[str, object], message: str) -> None:
    """The error comes before the first fit and says what to change."""
    options = {"racing": "auto", "refit": False, **kwargs}
    with pytest.raises(ValueError, match=message):
        HyperoptSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 3]}, max_evals=3, **options).fit(X, y)


def test_a_search_with_racing_resumes_from_its_file(tmp_path: Path) -> None:
    """If it is killed after nine candidates and run again, it ends with the table of an uninterrupted search."""

    class Stop(Callback):
        """Interrupts the search."""

        def on_trial_end(self, trials: Trials, trial: Trial) -> None:
            """Interrupt it after the ninth trial."""
            if len([one for one in trials.record if one.is_finished]) == 9:
                raise KeyboardInterrupt

    options = {"trials_save_file": tmp_path / "search.db", "max_evals": 20}
    with pytest.raises(KeyboardInterrupt):
        search("auto", callbacks=[Stop()], **options)
    resumed, whole = search("auto", **options), search("auto", max_evals=20)
    assert resumed.cv_results_["params"] == whole.cv_results_["params"]
    np.testing.assert_array_equal(resumed.cv_results_["n_splits_run"], whole.cv_results_["n_splits_run"])


@pytest.mark.parametrize(
    "arguments",
    [
        {"z": 0},
        {"z": "3"},
        {"z": np.nan},
        {"min_finished": 1},
        {"min_finished": 2.5},
        {"bound": np.inf},
        {"bound": "1"},
    ],
)
def test_arguments_of_racing_are_checked(arguments: dict[str, object]) -> None:
    """The message names the argument and its value."""
    ((name, value),) = arguments.items()
    with pytest.raises(ValueError, match=rf"Racing\({name}={value!r}\): {name} must be"):
        Racing(**arguments)
