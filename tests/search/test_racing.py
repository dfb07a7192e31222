"""Racing over folds: who is stopped, what it changes, and what it must not change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer, make_scorer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import Callback, HyperoptSearchCV, Racing, Trials, hp
from hpsklearn_search.search._metric_bounds import highest_score
from hpsklearn_search.search._racing import FoldTable
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
def test_the_ceiling_never_stops_a_candidate_that_could_win(pairs: list[tuple[float, float]], j: int) -> None:
    """Whoever the ceiling rule stops has a lower mean than the incumbent, whatever the folds to come say."""
    scores, incumbent = map(list, zip(*pairs, strict=True))
    if Racing(rule="ceiling").stops(scores[: min(j, len(scores) - 1)], incumbent, None, 1.0):
        assert np.mean(scores) < np.mean(incumbent)


def test_the_predictive_rule_is_its_formula() -> None:
    """With d = -0.1, s = 0.05 and one of five folds run, z = 2 stops and z = 3 does not."""
    # doubt = z * 0.05 * 4/5 * sqrt(1 + 1/4) = z * 0.0447
    incumbent = [0.9] * 5
    assert Racing(rule="predictive", z=2).stops([0.8], incumbent, 0.05, None)
    assert not Racing(rule="predictive", z=3).stops([0.8], incumbent, 0.05, None)


def test_the_predictive_rule_waits_for_enough_candidates() -> None:
    """Without a pooled spread nobody is stopped by prediction."""
    assert not Racing(rule="predictive").stops([0.0], [0.9] * 5, None, 1.0)


def test_the_spread_is_pooled_over_the_better_half() -> None:
    """Candidates of the worse half, however erratic, do not widen the spread."""
    table = FoldTable()
    for number, scores in enumerate([[0.9, 0.9], *([[0.8, 0.9]] * 3), *([[0.0, 1.0]] * 4)]):
        table.add(number, scores)
    assert table.spread(None, 2) == pytest.approx(np.std([-0.1, 0.0], ddof=1))


def test_a_few_candidates_speak_with_the_largest_spread_and_more_doubt() -> None:
    """Below eight, the one that varies most counts, a third more; below `min_finished` there is no spread."""
    table = FoldTable()
    for number, scores in enumerate([[0.9, 0.9], [0.8, 0.9], [0.5, 0.9]]):
        assert table.spread(None, 3) is None
        table.add(number, scores)
    assert table.spread(None, 3) == pytest.approx(4 / 3 * np.std([-0.4, 0.0], ddof=1))


def test_twins_of_the_incumbent_do_not_hide_how_others_vary() -> None:
    """Where most of the better half is all but the incumbent, the spread is that of the quarter which varies most."""
    table = FoldTable()
    erratic = [[0.8, 0.96], [0.96, 0.8], [0.8, 0.96]]
    twins = [[0.9, 0.9]] + [[0.899, 0.899]] * 5
    for number, scores in enumerate([*twins, *erratic, *([[0.1, 0.1]] * 8)]):
        table.add(number, scores)
    assert table.spread(None, 8) == pytest.approx(np.std([-0.1, 0.06], ddof=1))


def test_the_default_margin_is_three() -> None:
    """By default z is 3."""
    incumbent = [0.9] * 5  # doubt is z * 0.0447
    assert Racing("predictive").stops([0.75], incumbent, 0.05, None)
    assert not Racing("predictive").stops([0.77], incumbent, 0.05, None)


def test_a_window_hides_later_candidates() -> None:
    """A trial is judged by the incumbent that it may know."""
    table = FoldTable()
    table.add(0, [0.5, 0.5])
    table.add(1, [0.9, 0.9])
    assert table.incumbent(1) == [0.5, 0.5]
    assert table.incumbent(None) == [0.9, 0.9]


def test_the_ceiling_keeps_the_winner() -> None:
    """With the ceiling rule alone and the same candidates, the winner and its score are those of the full search."""
    full, raced = search(None, algo="random"), search("ceiling", algo="random")
    assert raced.best_params_ == full.best_params_
    assert raced.best_score_ == full.best_score_
    assert raced.cv_results_["n_splits_run"].sum() < 5 * 20


def test_a_stopped_candidate_ranks_last_and_warns_of_nothing(recwarn: pytest.WarningsRecorder) -> None:
    """Its missing folds and its mean are NaN, its partial mean is there, and no fit is said to have failed."""
    results = search("auto").cv_results_
    stopped = results["n_splits_run"] < 5
    assert stopped.any()
    assert np.isnan(results["mean_test_score"][stopped]).all()
    assert np.isfinite(results["mean_test_score_partial"]).all()
    assert results["rank_test_score"][stopped].min() > (~stopped).sum() - 1
    assert np.isfinite(results["mean_fit_time"]).all()
    assert not recwarn.list


def test_without_racing_the_table_has_no_new_columns() -> None:
    """The schema stays GridSearchCV's unless racing is asked for."""
    assert not {"n_splits_run", "mean_test_score_partial"} & set(search(None).cv_results_)


def test_racing_does_not_depend_on_workers() -> None:
    """With a seed, one worker and two stop the same candidates after the same folds."""
    one, two = search("auto", n_jobs=1), search("auto", n_jobs=2)
    assert one.cv_results_["params"] == two.cv_results_["params"]
    np.testing.assert_array_equal(one.cv_results_["n_splits_run"], two.cv_results_["n_splits_run"])
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])


@pytest.mark.parametrize(
    ("name", "bound"), [("accuracy", 1.0), ("roc_auc", 1.0), ("f1_macro", 1.0), ("neg_log_loss", 0.0), ("r2", 1.0)]
)
def test_known_scorers_have_a_bound(name: str, bound: float) -> None:
    """1 for what cannot exceed it, 0 for a negated error."""
    assert highest_score(get_scorer(name), LogisticRegression()) == bound


def test_unknown_scorers_have_no_bound() -> None:
    """A user's own metric is not assumed to end anywhere, nor a score method that somebody wrote."""

    class Own(LogisticRegression):
        """Its score may be anything."""

        def score(self, X, y, sample_weight=None):
            """Twice the accuracy."""
            return 2 * super().score(X, y)

    from sklearn.metrics import check_scoring

    assert highest_score(make_scorer(lambda t, p: 5.0), LogisticRegression()) is None
    assert highest_score(check_scoring(Own(), None), Own()) is None
    assert highest_score(check_scoring(Ridge(), None), make_pipeline(StandardScaler(), Ridge())) == 1.0


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"cv": 2}, "at least 3 folds"),
        ({"return_train_score": True}, "return_train_score"),
        ({"refit": lambda results: 0}, "callable refit"),
        ({"scoring": ["accuracy", "f1"]}, "objective_metric"),
        ({"racing": "fast"}, "rule"),
    ],
)
def test_racing_is_refused_where_it_makes_no_sense(kwargs: dict[str, object], message: str) -> None:
    """The error comes before the first fit and says what to change."""
    options = {"racing": "auto", "refit": False, **kwargs}
    with pytest.raises(ValueError, match=message):
        HyperoptSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 3]}, max_evals=3, **options).fit(X, y)


def test_a_search_with_racing_goes_on_from_its_file(tmp_path: Path) -> None:
    """Killed after nine candidates and run again, it ends with the table of the search that was not."""

    class Stop(Callback):
        """Ends the program, as it were."""

        def on_trial_end(self, trials: Trials, trial: Trial) -> None:
            """After the ninth."""
            if len([one for one in trials.record if one.is_finished]) == 9:
                raise KeyboardInterrupt

    options = {"trials_save_file": tmp_path / "search.db", "max_evals": 20}
    with pytest.raises(KeyboardInterrupt):
        search("auto", callbacks=[Stop()], **options)
    resumed, whole = search("auto", **options), search("auto", max_evals=20)
    assert resumed.cv_results_["params"] == whole.cv_results_["params"]
    np.testing.assert_array_equal(resumed.cv_results_["n_splits_run"], whole.cv_results_["n_splits_run"])
