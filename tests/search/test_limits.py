"""`limits=`: which candidates may win, what the table, the record and the errors say of them."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, hp, one_standard_error, simplest_of_the_best
from hpsklearn_search.exceptions import AllTrialsFailed, InvalidScore, SaveFileError
from hpsklearn_search.hyperopt.early_stop import no_progress_loss
from hpsklearn_search.search._limits import Limits, column_value
from hpsklearn_search.search._none_within import _by_how_much
from hpsklearn_search.search.folds._size import pickled_size
from hpsklearn_search.trials import Outcome, Trial

X, y = load_iris(return_X_y=True)
ROWS, TARGET = np.arange(40.0).reshape(20, 2), np.arange(20) % 2


class Priced(ClassifierMixin, BaseEstimator):
    """Its score is `x`, its recall `1 - x`, and its model holds 1000 bytes for each unit of `size`."""

    def __init__(self, x: float = 0.0, size: int = 0, fails: bool = False) -> None:
        self.x, self.size, self.fails = x, size, fails

    def fit(self, X: Any, y: Any) -> Priced:
        """Hold the bytes, or fail."""
        if self.fails:
            raise RuntimeError("it shall fail")
        self.classes_, self.payload_ = np.unique(y), b"x" * (1000 * self.size)
        return self

    def predict(self, X: Any) -> Any:
        """The first class."""
        return np.zeros(len(X), dtype=int)

    def score(self, X: Any, y: Any) -> float:
        """The given score."""
        return self.x


def accuracy(model: Priced, X: Any, y: Any) -> float:
    """The score that is optimised."""
    return model.x


def recall(model: Priced, X: Any, y: Any) -> float:
    """A score that falls when the other rises."""
    return 1.0 - model.x


BOTH = {"accuracy": accuracy, "recall": recall}


def fitted(limits: Any, values: Any = (0.1, 0.5, 0.9), **arguments: Any) -> HyperoptSearchCV:
    """A fitted search over these values of `x`, with two metrics."""
    arguments = {"scoring": BOTH, "refit": "accuracy", "cv": 3, **arguments}
    return HyperoptSearchCV(Priced(), {"x": list(values)}, limits=limits, **arguments).fit(ROWS, TARGET)


def by_value(search: HyperoptSearchCV, parameter: str, column: str) -> dict[Any, Any]:
    """A column of the table, by the values of a parameter."""
    values = [params[parameter] for params in search.cv_results_["params"]]
    return dict(zip(values, search.cv_results_[column].tolist(), strict=True))


AT_LEAST_HALF = {"mean_test_recall": (0.4, None)}


# ---------------------------------------------------------------------- who wins
def test_a_candidate_outside_cannot_win() -> None:
    """Without the limit, the highest accuracy is the best."""
    assert fitted(None).best_params_ == {"x": 0.9}
    assert fitted(AT_LEAST_HALF).best_params_ == {"x": 0.5}


def test_the_table_says_who_is_within() -> None:
    """The column exists only with limits."""
    assert fitted(AT_LEAST_HALF).cv_results_["within_limits"].tolist() == [True, True, False]
    assert "within_limits" not in fitted(None).cv_results_


def test_those_outside_rank_after_all_others_and_before_failures() -> None:
    """Among themselves they rank by their scores, by every metric."""
    space = [{"x": [0.1, 0.5, 0.8, 0.9]}, {"x": [0.95], "fails": [True]}]
    arguments = {"scoring": BOTH, "refit": "accuracy", "cv": 3, "error_score": 0.99}
    with pytest.warns(FitFailedWarning):
        search = HyperoptSearchCV(Priced(), space, limits=AT_LEAST_HALF, **arguments).fit(ROWS, TARGET)
    ranks = by_value(search, "x", "rank_test_accuracy")
    assert ranks == {0.5: 1, 0.1: 2, 0.9: 3, 0.8: 4, 0.95: 5}
    ranks = by_value(search, "x", "rank_test_recall")
    assert ranks == {0.1: 1, 0.5: 2, 0.8: 3, 0.9: 4, 0.95: 5}


def test_a_bound_itself_is_within() -> None:
    """At most and at least include their bounds."""
    limits = {"mean_test_accuracy": (0.5, 0.5)}
    assert fitted(limits).cv_results_["within_limits"].tolist() == [False, True, False]


def test_everything_that_names_a_best_counts_those_within_alone() -> None:
    """The loss, the trial, the frame and the comparison."""
    search = fitted(AT_LEAST_HALF)
    assert (search.best_score_, search.best_loss_, search.best_index_) == (0.5, -0.5, 1)
    assert search.trials_.best_loss == -0.5
    assert search.trials_.argmin == {"x": 1}
    frame = search.results_frame()
    assert frame.index.tolist() == [1, 0, 2]
    assert frame["within_limits"].tolist() == [True, True, False]
    assert search.compare().index.tolist() == [1, 0]


def test_a_score_outside_ends_no_search() -> None:
    """`score_threshold` waits for a candidate within."""
    arguments = {"points_to_evaluate": [{"x": 0.9}, {"x": 0.5}, {"x": 0.1}], "algo": "random", "random_state": 0}
    search = fitted(AT_LEAST_HALF, score_threshold=0.45, max_evals=3, **arguments)
    assert (search.stop_reason_, search.best_score_) == ("score_threshold", 0.5)
    assert search.n_trials_ >= 2


def test_a_score_outside_is_no_progress() -> None:
    """`no_progress_loss` ends a search whose later candidates are better and outside."""
    values = [0.5, 0.6, 0.7, 0.8, 0.9]
    arguments = {"early_stop_fn": no_progress_loss(3), "max_evals": 5, "n_jobs": 1}
    assert fitted({"mean_test_recall": (0.5, None)}, values, **arguments).stop_reason_ == "early_stop_fn"
    assert fitted(None, values, **arguments).stop_reason_ == "max_evals"


@pytest.mark.parametrize("refit", [one_standard_error("x", metric="accuracy", larger_is_simpler=True),
                                   simplest_of_the_best("x", metric="accuracy", larger_is_simpler=True)])  # fmt: skip
def test_the_simplest_is_one_of_those_within(refit: Any) -> None:
    """The rules start from the best within the limits."""
    assert fitted(AT_LEAST_HALF, refit=refit).best_params_ == {"x": 0.5}
    table = fitted(AT_LEAST_HALF, refit=refit).cv_results_
    assert refit(table) == 1


def test_a_function_for_refit_decides_itself_and_sees_the_column() -> None:
    """It may take a candidate outside."""
    seen = []

    def last(results: Any) -> int:
        seen.append(results["within_limits"].tolist())
        return 2

    assert fitted(AT_LEAST_HALF, refit=last).best_params_ == {"x": 0.9}
    assert seen == [[True, True, False]]


def test_racing_does_not_compare_with_candidates_outside() -> None:
    """A candidate outside prunes nobody: after it, a lower score within the limits runs all folds."""
    limits = {"mean_test_recall": (0.4, None)}
    arguments = {"cv": 5, "objective_metric": "accuracy", "points_to_evaluate": [{"x": x} for x in (0.9, 0.5, 0.1)]}
    search = fitted(limits, racing="predictive", random_state=0, algo="random", max_evals=3, **arguments)
    runs = by_value(search, "x", "n_splits_run")
    assert (runs[0.9], runs[0.5]) == (5, 5)
    assert search.best_params_ == {"x": 0.5}


def test_a_pruned_candidate_is_judged_by_the_folds_that_ran() -> None:
    """It cannot win, and its record says how far outside it is."""
    limits = {"mean_test_recall": (0.05, None)}
    values = [0.9, 0.88, 0.86, 0.1]
    arguments = {"cv": 5, "objective_metric": "accuracy", "racing": "predictive", "max_queue_len": 1}
    search = fitted(limits, values, random_state=0, **arguments)
    trial = list(search.trials_.record)[3]
    assert trial.was_pruned
    assert trial.excess == pytest.approx((0.05 - 0.9,))
    assert search.cv_results_["within_limits"].tolist() == [True, True, True, True]


# ---------------------------------------------------------------------- sizes and times
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_the_size_of_a_model_can_be_limited(n_jobs: int) -> None:
    """The column has the mean pickled size of the folds' models."""
    space = {"size": [1, 2, 50], "x": [0.5]}
    search = HyperoptSearchCV(Priced(), space, cv=3, limits={"n_bytes": 20_000}, n_jobs=n_jobs).fit(ROWS, TARGET)
    sizes = by_value(search, "size", "n_bytes")
    model = clone(search.best_estimator_).set_params(size=50).fit(ROWS, TARGET)
    assert sizes[50] == pytest.approx(len(pickle.dumps(model, protocol=5)), rel=0.01)
    assert search.cv_results_["within_limits"].sum() == 2
    assert search.best_params_["size"] < 50


def test_sizes_are_measured_only_where_they_are_limited() -> None:
    """Neither the table nor the folds have them otherwise."""
    search = fitted(AT_LEAST_HALF)
    assert "n_bytes" not in search.cv_results_
    assert all("n_bytes" not in fold for trial in search.trials_.record for fold in trial.outcome.folds)


def test_a_pipeline_with_cached_steps_has_the_size_of_its_model() -> None:
    """The cache is no part of the model."""
    from sklearn.decomposition import PCA
    from sklearn.svm import SVC

    pipeline = make_pipeline(PCA(2, random_state=0), SVC())
    sizes = [
        HyperoptSearchCV(pipeline, {"svc__C": [0.1, 1.0]}, limits={"n_bytes": 1e6}, step_cache=cache, cv=3)
        .fit(X, y)
        .cv_results_["n_bytes"]
        for cache in (None, "auto")
    ]
    assert sizes[1] == pytest.approx(sizes[0], abs=200)


def test_a_model_that_cannot_be_pickled_fails_where_sizes_are_limited() -> None:
    """It cannot be judged, and the message says why."""
    arguments = {"limits": {"n_bytes": 1e6}, "cv": 3}

    class Local(Priced):
        """A class that no other process can find."""

    search = HyperoptSearchCV(Local(), {"x": [0.1, 0.2]}, **arguments)
    with pytest.raises(ValueError, match=r"(?s)All the 6 fits failed.*[Cc]an't (pickle|get local)"):
        search.fit(ROWS, TARGET)


def test_the_size_is_that_of_the_pickle() -> None:
    """It is counted while the pickle is written, and differs by a few repeated names at most."""
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    assert pickled_size(forest) == pytest.approx(len(pickle.dumps(forest, protocol=5)), rel=0.02)


@given(st.lists(st.text(max_size=3)), st.lists(st.sampled_from(["f4", "f8", "i4"])))
def test_a_size_does_not_depend_on_which_objects_are_one(texts: list[str], dtypes: list[str]) -> None:
    """A worker reads the estimator and the data from bytes, so equal names and dtypes are other objects there."""
    shared = [sys.intern(text) for text in texts], [np.dtype(dtype) for dtype in dtypes]
    apart = [b"".join([text.encode()]).decode() for text in texts], [np.dtype(dtype, copy=True) for dtype in dtypes]
    assert pickled_size(apart) == pickled_size(shared)


def test_a_worker_finds_the_size_that_this_process_finds() -> None:
    """A candidate that is exactly at the limit here is within it there."""
    pipeline = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=2, random_state=0))
    search = HyperoptSearchCV(
        pipeline, {"decisiontreeclassifier__max_depth": [2]}, cv=3, n_jobs=2, limits={"n_bytes": 1e6}
    ).fit(X, y)
    folds = StratifiedKFold(3).split(X, y)
    sizes = [pickled_size(clone(pipeline).fit(X[train], y[train])) for train, _ in folds]
    assert search.cv_results_["n_bytes"][0] == np.mean(sizes)


def test_a_class_of_the_users_program_has_a_size_in_a_worker() -> None:
    """A worker has no module in which pickle would find it."""
    model = type("Mine", (Priced,), {"__module__": "__main__"})()
    assert pickled_size(model) == pytest.approx(pickled_size(Priced()), abs=50)


def test_times_can_be_limited() -> None:
    """A limit that no machine misses changes nothing, one that none keeps is said to be missed."""
    assert fitted({"mean_fit_time": 1e3, "mean_score_time": 1e3}).best_params_ == {"x": 0.9}
    with pytest.raises(ValueError, match=r"3 miss mean_fit_time \(at most 1e-09\)"):
        fitted({"mean_fit_time": 1e-9})


# ---------------------------------------------------------------------- nobody within
def test_without_a_candidate_within_the_error_says_what_was_missed_and_by_how_much() -> None:
    """It names the nearest candidate, and the limits that this one would keep."""
    with pytest.raises(ValueError) as error:
        fitted({"mean_test_recall": (0.95, None), "mean_test_accuracy": (0.5, None)})
    text = str(error.value)
    assert "none of the 3 candidates is within all limits" in text
    assert "3 miss mean_test_recall (at least 0.95), 1 misses mean_test_accuracy (at least 0.5)" in text
    assert "The nearest is candidate 1, {'x': 0.5}: mean_test_recall is 0.5, 0.45 below" in text
    assert "limits={'mean_test_recall': (0.5, None), 'mean_test_accuracy': (0.5, None)}" in text


@pytest.mark.parametrize(
    ("bounds", "value", "text"),
    [
        (100.0, 136.0, "36 % above"),
        (100.0, 1366.0, "13.7 times the limit"),
        ((100.0, None), 80.0, "25 % below"),
        ((100.0, None), 10.0, "0.1 times the limit"),
        ((100.0, None), 0.0, "100 below"),
    ],
)
def test_a_size_is_compared_with_its_limit_by_the_ratio(bounds: Any, value: float, text: str) -> None:
    """A small difference is a percentage."""
    [end] = Limits.of({"n_bytes": bounds}, ["score"]).ends
    assert _by_how_much(end, {"n_bytes": value}) == text


def test_the_limits_of_the_message_are_kept_by_a_candidate() -> None:
    """What the error says is right."""
    with pytest.raises(ValueError) as error:
        fitted({"mean_test_recall": (0.95, None)}, [0.123456, 0.5])
    line = str(error.value).partition("Write limits=")[2].partition(" and fit again")[0]
    assert fitted(eval(line), [0.123456, 0.5]).best_params_ == {"x": 0.123456}


def test_a_record_without_a_candidate_within_says_so() -> None:
    """Nothing failed, so it does not speak of failures."""
    search = HyperoptSearchCV(Priced(), {"x": [0.1, 0.5]}, cv=3, limits={"mean_test_score": (2.0, None)})
    with pytest.raises(ValueError, match="limits"):
        search.fit(ROWS, TARGET)
    with pytest.raises(AllTrialsFailed, match="none of 2 trials is within the limits of the search: 2 are outside"):
        _ = search.trials_.best_trial
    with pytest.raises(ValueError, match="within the limits if there are any"):
        search.compare()


def test_own_values_outside_of_a_limit_are_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    """Else it would look as if the search had found less than what one had."""
    limits = {"mean_test_score": (None, 0.5)}
    HyperoptSearchCV(
        Priced(x=0.9), {"x": hp.uniform(0.0, 1.0)}, cv=3, limits=limits, max_evals=12, random_state=0, verbose=1
    ).fit(ROWS, TARGET)
    assert "own values (outside of a limit): 0.9" in capsys.readouterr().err


def test_a_model_that_cannot_be_pickled_is_named() -> None:
    """A limit on its size cannot be checked."""
    with pytest.raises(Exception, match="pickle") as error:
        pickled_size(lambda: None)
    assert "limits={'n_bytes'" in error.value.__notes__[0]


def test_after_the_error_table_and_record_can_be_read() -> None:
    """As after a search whose fits all failed."""
    search = HyperoptSearchCV(Priced(), {"x": [0.1, 0.5, 0.9]}, cv=3, limits={"mean_test_score": (2.0, None)})
    with pytest.raises(ValueError, match="limits"):
        search.fit(ROWS, TARGET)
    assert search.cv_results_["within_limits"].tolist() == [False] * 3
    assert [trial.outcome.loss for trial in search.trials_.record] == pytest.approx([-0.1, -0.5, -0.9])
    assert search.results_frame()["chosen"].tolist() == [False] * 3
    assert not hasattr(search, "best_index_")
    with pytest.raises(ValueError, match="limits"):
        search.refit_best(ROWS, TARGET)


def test_an_interrupted_search_without_a_candidate_within_keeps_its_table() -> None:
    """It has no best candidate."""

    class Interrupts(Priced):
        """The fourth fold ends the search."""

        n = 0

        def fit(self, X: Any, y: Any) -> Interrupts:
            """Fit, or be interrupted."""
            type(self).n += 1
            if self.n > 3:
                raise KeyboardInterrupt
            super().fit(X, y)
            return self

    search = HyperoptSearchCV(Interrupts(), {"x": [0.1, 0.5]}, cv=3, limits={"mean_test_score": (2.0, None)})
    with pytest.raises(KeyboardInterrupt):
        search.fit(ROWS, TARGET)
    assert search.cv_results_["within_limits"].tolist() == [False]
    assert not hasattr(search, "best_params_")


def test_a_metric_that_failed_is_outside() -> None:
    """What cannot be compared with a limit does not keep it, whatever `error_score` is."""

    def breaks(model: Priced, X: Any, y: Any) -> float:
        if model.x > 0.4:
            raise RuntimeError("no recall")
        return 0.7

    scoring = {"accuracy": accuracy, "recall": breaks}
    with pytest.warns(UserWarning, match="Scoring failed"):
        search = fitted(AT_LEAST_HALF, scoring=scoring, error_score=0.8)
    assert search.cv_results_["within_limits"].tolist() == [True, False, False]
    assert search.best_params_ == {"x": 0.1}


# ---------------------------------------------------------------------- what the argument may be
@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({}, "is empty, so it limits nothing"),
        ({"mean_fit_time": 10**400}, "must have an upper bound such as 0.01"),
        ([("mean_fit_time", 1)], "is no dict"),
        ({"mean_scoretime": 1}, "did you mean 'mean_score_time'"),
        ({"mean_test_precision": (0.5, None)}, "no column 'mean_test_precision'"),
        ({"rank_test_recall": 3}, "There are \\['mean_fit_time', 'mean_score_time', 'n_bytes'"),
        ({"mean_fit_time": "1s"}, "must have an upper bound such as 0.01, or a pair"),
        ({"mean_fit_time": True}, "must have an upper bound"),
        ({"mean_fit_time": float("nan")}, "must have an upper bound"),
        ({"mean_fit_time": (None, "x")}, "must have an upper bound"),
        ({"mean_fit_time": (1, 2, 3)}, "must have an upper bound"),
        ({"mean_fit_time": (None, None)}, "limits nothing"),
        ({"mean_fit_time": (0, None)}, "limits nothing"),
        ({"mean_test_recall": (0.9, 0.1)}, "write 'mean_test_recall': \\(0.1, 0.9\\)"),
        ({"mean_score_time": 0}, "write a bound above 0"),
        ({"n_bytes": -5}, "write a bound above 0"),
        ({"mean_train_recall": (0.5, None)}, "return_train_score=True"),
    ],
)
def test_a_wrong_limit_is_named_before_the_first_fit(limits: Any, message: str) -> None:
    """The message says what would be right."""
    with pytest.raises((ValueError, TypeError), match=message) as error:
        fitted(limits, [0.1], error_score="raise")
    assert "limits" in str(error.value)


def test_a_key_that_is_no_name_is_refused() -> None:
    """Columns have names."""
    with pytest.raises(TypeError, match="a key is the name of a column"):
        fitted({3: 1.0})


def test_an_upper_bound_on_a_score_is_pointed_out() -> None:
    """At least is what is mostly meant; a pair says it without a warning."""
    with pytest.warns(UserWarning, match=r"write 'mean_test_recall': \(0.9, None\)"):
        fitted({"mean_test_recall": 0.9})


def test_train_scores_can_be_limited() -> None:
    """Where they are computed."""
    search = fitted({"mean_train_recall": (0.4, None)}, return_train_score=True)
    assert search.best_params_ == {"x": 0.5}


def test_a_deviation_can_be_limited() -> None:
    """All scores of a candidate are alike here."""
    assert fitted({"std_test_accuracy": 0.1}).cv_results_["within_limits"].all()


def test_the_metrics_of_a_function_are_known_with_its_first_result() -> None:
    """A column that it does not compute ends the search with an error."""

    def scores(model: Priced, X: Any, y: Any) -> dict[str, float]:
        return {"accuracy": model.x, "recall": 1.0 - model.x}

    assert fitted(AT_LEAST_HALF, scoring=scores).best_params_ == {"x": 0.5}
    with pytest.raises(InvalidScore, match="does not return 'precision'"):
        fitted({"mean_test_precision": (0.4, None)}, scoring=scores)


@given(
    scores=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=7),
    low=st.floats(-1e6, 1e6),
    width=st.floats(0, 1e6),
)
def test_a_limit_is_kept_exactly_where_the_value_lies_between_its_ends(
    scores: list[float], low: float, width: float
) -> None:
    """The sign of the excess has no rounding error."""
    folds = [{"test_scores": score, "fit_error": None} for score in scores]
    value = column_value("mean_test_score", folds)
    excess = Limits.of({"mean_test_score": (low, low + width)}, ["score"]).excess(folds)
    assert all(x <= 0 for x in excess) == (low <= value <= low + width)


@given(time=st.floats(0, 1e4), bound=st.floats(1e-6, 1e4))
def test_a_time_is_within_exactly_up_to_its_bound(time: float, bound: float) -> None:
    """The logarithm changes no side."""
    fold = {"fit_time": time, "fit_error": None}
    for limit in (bound, (None, bound), (0, bound)):
        assert (Limits.of({"mean_fit_time": limit}, None).excess([fold])[0] <= 0) == (time <= bound)
    assert (Limits.of({"mean_fit_time": (bound, None)}, None).excess([fold])[0] <= 0) == (time >= bound)


# ---------------------------------------------------------------------- copies, files and earlier trials
def test_a_search_with_limits_can_be_cloned_and_pickled() -> None:
    """The argument is kept as it is, and a copy of a fitted search knows who is within."""
    search = fitted(AT_LEAST_HALF)
    assert clone(search).limits is not None
    assert clone(search).get_params()["limits"] == AT_LEAST_HALF
    copy = pickle.loads(pickle.dumps(search))
    assert copy.results_frame()["within_limits"].tolist() == [True, True, False]
    assert [trial.excess for trial in copy.trials_.record] == [trial.excess for trial in search.trials_.record]


def wide(limits: Any, n: int, path: Path | None, **arguments: Any) -> HyperoptSearchCV:
    """A search that asks its algorithm, whose size limit excludes the best scores."""
    space = {"x": hp.uniform(0, 1), "size": hp.uniformint(0, 50)}
    arguments = {"cv": 3, "random_state": 0, "scoring": BOTH, "refit": "accuracy", **arguments}
    search = HyperoptSearchCV(Priced(), space, limits=limits, max_evals=n, trials_save_file=path, **arguments)
    return search.fit(ROWS, TARGET)


LEARNED = {"mean_test_recall": (0.4, None), "n_bytes": 30_000}


def test_a_resumed_search_goes_on_as_one_that_was_not_interrupted(tmp_path: Path) -> None:
    """The file tells the algorithm how far outside each candidate was."""
    wide(LEARNED, 12, tmp_path / "a.db")
    resumed, whole = wide(LEARNED, 18, tmp_path / "a.db"), wide(LEARNED, 18, None)
    assert resumed.cv_results_["params"] == whole.cv_results_["params"]
    assert [t.excess for t in resumed.trials_.record] == [t.excess for t in whole.trials_.record]
    assert resumed.cv_results_["within_limits"].tolist() == whole.cv_results_["within_limits"].tolist()


def test_a_save_file_knows_its_limits(tmp_path: Path) -> None:
    """Another limit is another search."""
    wide(LEARNED, 5, tmp_path / "a.db")
    with pytest.raises(SaveFileError, match="limits"):
        wide({"mean_test_recall": (0.3, None), "n_bytes": 30_000}, 5, tmp_path / "a.db")
    with pytest.raises(SaveFileError, match="limits"):
        wide(None, 5, tmp_path / "a.db")


def test_a_warm_start_with_other_limits_is_another_search() -> None:
    """The rows of the table would be judged by two rules."""
    search = fitted(AT_LEAST_HALF, warm_start=True, max_evals=2, random_state=0)
    with pytest.raises(ValueError, match="limits"):
        search.set_params(limits={"mean_test_recall": (0.2, None)}, max_evals=3).fit(ROWS, TARGET)


def test_earlier_trials_are_judged_by_the_limits_of_the_new_search() -> None:
    """Those of a search without limits too; one without folds counts as within."""
    limits = Limits.of({"mean_test_score": (0.5, None)}, ["score"])
    fold = {"test_scores": 0.25, "fit_error": None}
    earlier = Trial(0, {}, Outcome("ok", loss=-0.25, folds=(fold,)))
    assert limits.judge_earlier(earlier).outcome == Outcome("outside", -0.25, folds=(fold,), excess=(0.25,))
    assert Limits().judge_earlier(limits.judge_earlier(earlier)) == earlier
    assert limits.judge_earlier(Trial(0, {}, Outcome("ok", loss=-0.25))).is_ok
    assert limits.judge_earlier(Trial(0, {}, Outcome("ok", loss=-0.25, folds=({},)))).is_ok
    search = wide(LEARNED, 10, None, trials=wide(None, 12, None).trials_)
    assert any(trial.is_outside for trial in search.trials_.record.prior_trials) is False  # they measured no size


def test_the_algorithm_learns_where_the_limit_lies() -> None:
    """Of its later candidates, more are within than of random ones."""
    learned = wide(LEARNED, 40, None)
    blind = wide(LEARNED, 40, None, algo="random")
    shares = [np.mean(search.cv_results_["within_limits"][20:]) for search in (learned, blind)]
    assert shares[0] > shares[1] + 0.2
    assert learned.best_score_ >= blind.best_score_
