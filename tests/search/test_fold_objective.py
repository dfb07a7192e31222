"""A candidate's folds as an outcome: what settles a trial, and what asking leaves as it was."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from hpsklearn_search import HyperoptSearchCV, Racing
from hpsklearn_search.executors import Finished, Task
from hpsklearn_search.optimize import Window
from hpsklearn_search.search._parameters import ParameterSpace
from hpsklearn_search.search._racing import Race
from hpsklearn_search.search._results import ASKED_TO_STOP
from hpsklearn_search.search._score_errors import SCORE_ERRORS, fold_error
from hpsklearn_search.search.folds import FoldFunction, FoldObjective
from hpsklearn_search.trials import Failure, Record

SETTINGS = {"scorer": None, "fit_params": {}, "score_params": {}, "return_train_score": False, "error_score": np.nan,
            "verbose": 0}  # fmt: skip
X = np.arange(12.0).reshape(6, 2)
SPLITS = [(np.arange(4), np.arange(4, 6)), (np.arange(2, 6), np.arange(2)), (np.arange(3), np.arange(3, 6))]


def objective() -> FoldObjective:
    """Three folds of a tree; nothing of it is fitted here."""
    parameters = ParameterSpace({"max_depth": [1, 2]}, DecisionTreeClassifier())
    return FoldObjective(FoldFunction(DecisionTreeClassifier(), parameters, X, None, SPLITS, dict(SETTINGS)))


def fold(score: float, **others: Any) -> dict[str, Any]:
    """The result of one fold."""
    times = {"fit_time": 0.1, "score_time": 0.1, "n_test_samples": 2}
    return {"fit_error": None, "test_scores": score, **times, **others}


def parts(*folds: dict[str, Any]) -> dict[int, Finished]:
    """Each fold as a task that has finished, in order."""
    payload = ({"max_depth": 0}, [0], [None])
    return {number: Finished(Task(0, number, payload), value=[result]) for number, result in enumerate(folds)}


def test_a_trial_waits_for_all_its_folds() -> None:
    """Two of three folds amount to nothing yet; three are minus their mean."""
    trial = Record().add({"max_depth": 0})
    assert objective().outcome(trial, parts(fold(0.5), fold(0.7))) is None
    outcome = objective().outcome(trial, parts(fold(0.5), fold(0.7), fold(0.9)))
    assert outcome is not None
    assert math.isclose(outcome.loss or 0.0, -0.7)


def test_asking_changes_nothing_that_it_reads() -> None:
    """The results of the folds are the same before and after, so that a second question has the same answer."""
    trial, finished = Record().add({"max_depth": 0}), parts(fold(0.5, **{ASKED_TO_STOP: True}), fold(0.7), fold(0.9))
    before = copy.deepcopy([part.value for part in finished.values()])
    first, second = (objective().outcome(trial, finished) for _ in range(2))
    assert [part.value for part in finished.values()] == before
    assert first == second


def test_a_wish_to_stop_is_noted_and_not_kept() -> None:
    """The objective knows of it, and the outcome, which a save file keeps, does not."""
    asked = objective()
    outcome = asked.outcome(Record().add({"max_depth": 0}), parts(fold(0.5, **{ASKED_TO_STOP: True}), fold(1), fold(1)))
    assert asked.asked_to_stop
    assert outcome is not None
    assert all(ASKED_TO_STOP not in result for result in outcome.folds)


def test_a_crashed_fold_fails_the_trial_when_all_are_in() -> None:
    """Its failure is the trial's, and the folds that ran stay in the outcome."""
    finished = parts(fold(0.5), fold(0.7), fold(0.9))
    finished[1] = Finished(finished[1].task, failure=Failure("crashed", "TrialCrashed", "killed by signal 9", ""))
    outcome = objective().outcome(Record().add({"max_depth": 0}), finished)
    assert outcome is not None
    assert outcome.status == "crashed"
    assert len(outcome.folds) == 3


def test_an_error_of_one_metric_is_not_that_of_another() -> None:
    """Also where the metric that failed has the name of a single one."""
    scores = {"score": float("nan"), "acc": 0.5}
    result = fold(0.0, **{"test_scores": scores, SCORE_ERRORS: {"score": "ZeroDivisionError: division by zero"}})
    assert fold_error(result, "acc") is None
    assert fold_error(result, "score") == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("late", [None, "timeout", "crashed"])
def test_what_a_later_fold_does_changes_no_pruned_trial(late: str | None) -> None:
    """A fold that ran at the same time as the deciding one may fail or not: the outcome is the same."""
    raced = objective()
    raced.race = Race(Racing("ceiling", bound=1.0), Window(None), lambda point: None, np.nan)
    raced.race.add(7, [0.9, 0.9, 0.9])
    finished = parts(fold(0.1), fold(0.1))
    if late is not None:
        finished[1] = Finished(finished[1].task, failure=Failure(late, "TrialFailed", "too late", ""))
    outcome = raced.outcome(Record().add({"max_depth": 0}), finished)
    assert outcome is not None
    assert outcome.status == "pruned"
    assert len(outcome.folds) == 1


def test_a_fold_that_crashed_prunes_nothing() -> None:
    """Whatever number stands for its score: it has none, and its trial has failed."""
    raced = objective()
    raced.function.settings["error_score"] = 0.0  # type: ignore[index]
    raced.race = Race(Racing("ceiling", bound=1.0), Window(None), lambda point: None, 0.0)
    raced.race.add(7, [0.9, 0.9, 0.9])
    finished = parts(fold(0.0), fold(0.9), fold(0.9))
    finished[0] = Finished(finished[0].task, failure=Failure("crashed", "TrialCrashed", "killed by signal 9", ""))
    outcome = raced.outcome(Record().add({"max_depth": 0}), finished)
    assert outcome is not None
    assert outcome.status == "crashed"


@pytest.mark.parametrize("scoring", ["accuracy", None, lambda estimator, X, y: {"acc": 0.5}])
def test_a_metric_that_is_not_there_is_never_another_one(scoring: Any) -> None:
    """A misspelt ``objective_metric`` is an error, whatever `scoring` is."""
    search = HyperoptSearchCV(
        DecisionTreeClassifier(), {"max_depth": [1, 2]}, max_evals=2, cv=2, scoring=scoring, refit=False,
        objective_metric="ac",
    )  # fmt: skip
    with pytest.raises(ValueError, match="objective_metric='ac'"):
        search.fit(X, np.arange(6) % 2)
