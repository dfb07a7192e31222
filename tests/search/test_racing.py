"""Racing over folds: which candidates are pruned, and what racing must not change."""

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


def test_unknown_scorers_have_no_bound() -> None:
    """Nothing is assumed about a metric or a score method that the user wrote."""

    class Own(LogisticRegression):
        """A classifier with a score method of its own."""

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
