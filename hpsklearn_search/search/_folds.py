"""Cross-validation as an objective of the loop: a trial is a candidate, its parts are folds.

The loss of a candidate is minus its mean test score; this is the one place where the sign flips.
"""

from __future__ import annotations

import math
import os
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError

from ..exceptions import InvalidScore
from ..executors import Finished
from ..space import Point
from ..trials import STATUS_CANCELLED, STATUS_FAIL, STATUS_OK, STATUS_STOPPED, Failure, Outcome, Trial
from ._compat import fit_and_score, is_multimetric_scorer, num_samples, scorers_by_name
from ._early_stopping import best_iterations
from ._first_folds import FirstFolds
from ._parameters import ParameterSpace
from ._plain_fold import is_plain, run_plain_fold
from ._prefix import PrefixCache
from ._racing import Race
from ._results import BEST_ITERATIONS
from ._scores import mean_score, variance_of_mean
from ._task_tree import Leaf, stand_in

__all__ = ["FoldObjective", "FoldWork", "Splits", "draw_folds"]

Splits: TypeAlias = Sequence[tuple[Any, Any]]
FoldTask: TypeAlias = "tuple[Point, Sequence[int], Sequence[Leaf | None]]"
"""What travels to a worker: a candidate, numbers of folds, and the callback context of each."""

ASKED_TO_STOP = "asked_to_stop"

NOT_FINITE = "non-finite score"
"""The kind of failure of a candidate whose fits ended well."""

TRAVEL_TOGETHER = 2e-3
"""Seconds; folds that take less on average go to a worker as one task, since sending each costs about 0.1 ms.

A higher limit gains nothing that can be measured, and with a seed, where few candidates are open at once, each
of them would keep only one worker busy.
"""


@dataclass
class FoldWork:
    """What an executor runs: one candidate on some folds, on data that it holds.

    Attributes
    ----------
    estimator : estimator
        Cloned before every fit.
    parameters : ParameterSpace
        Turns a point into parameters.
    X, y : data
        Whatever the estimator takes.
    splits : sequence of (train, test)
        The folds, drawn once.
    settings : mapping
        Further keywords of scikit-learn's fold routine: scorer, error_score, fit_params, ...
    cache : PrefixCache, optional
        What a pipeline's first steps made of a fold, kept for the next candidate.
    caller : object, optional
        What scikit-learn's callbacks are told is the estimator: the search; in another process, what
        stands for it.
    stops_early : bool
        Whether an `EarlyStopping` may be found in a fitted candidate.
    """

    estimator: Any
    parameters: ParameterSpace
    X: Any
    y: Any
    splits: Splits
    settings: Mapping[str, Any]
    cache: PrefixCache | None = None
    caller: Any = None
    stops_early: bool = False
    config: Mapping[str, Any] = field(default_factory=get_config)
    home: tuple[int, int] = field(default_factory=lambda: (os.getpid(), threading.get_ident()))
    filters: list[Any] = field(default_factory=lambda: list(warnings.filters))

    def __post_init__(self) -> None:
        self.is_plain = is_plain(self.X, self.y, self.settings)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "caller": None if self.caller is None else stand_in(self.caller)}

    def __call__(self, payload: FoldTask) -> list[dict[str, Any]]:
        point, folds, leaves = payload
        params = self.parameters.params(point)
        with ExitStack() as stack:
            self._bring_context(stack)
            return [self._fold(params, fold, leaf) for fold, leaf in zip(folds, leaves, strict=True)]

    def fitted(self, params: Mapping[str, Any], fold: int) -> Any:
        """The estimator with `params`, fitted on the training part of `fold`."""
        options = {**self.settings, "error_score": "raise", "verbose": 0, "return_train_score": False}
        train, test = self.splits[fold]
        result = fit_and_score(
            clone(self.estimator), self.X, self.y, train=train, test=test, parameters=params, return_estimator=True,
            **options,
        )  # fmt: skip
        return result["estimator"]

    def _bring_context(self, stack: ExitStack) -> None:
        """scikit-learn's configuration, and in another process the warning filters, of the caller."""
        here = (os.getpid(), threading.get_ident())
        if here == self.home:
            return
        stack.enter_context(config_context(**self.config))
        if here[0] != self.home[0]:
            stack.enter_context(warnings.catch_warnings())
            warnings.filters = self.filters

    def _reused(self, params: Mapping[str, Any], fold: int) -> dict[str, Any] | None:
        """The result from a kept prefix of the pipeline, None where the fold must run whole."""
        if self.cache is None:
            return None
        candidate = clone(self.estimator).set_params(**clone(params, safe=False))
        result = self.cache.fit_and_score(candidate, self.X, self.y, fold, self.splits[fold], self.settings)
        return None if result is None else self._noting_iterations(result, candidate)

    def _noting_iterations(self, result: dict[str, Any], candidate: Any) -> dict[str, Any]:
        """The result of a fold, with where the boosters in its fitted candidate were best."""
        if self.stops_early and result["fit_error"] is None:
            result[BEST_ITERATIONS] = best_iterations(candidate)
        return result

    def _fold(self, params: Mapping[str, Any], fold: int, leaf: Leaf | None) -> dict[str, Any]:
        try:
            result = (self._reused(params, fold) if leaf is None else None) or self._whole(params, fold, leaf)
        except (Exception, SystemExit) as error:
            return self._failed(error)
        self._check_scores(result)
        if leaf is not None and leaf.asked_to_stop:
            result[ASKED_TO_STOP] = True
        return result

    def _whole(self, params: Mapping[str, Any], fold: int, leaf: Leaf | None) -> dict[str, Any]:
        estimator, split = clone(self.estimator), self.splits[fold]
        if leaf is None and self.is_plain:
            plain = run_plain_fold(estimator, self.X, self.y, split, params, self.settings)
            return self._noting_iterations(plain, estimator)
        train, test = split
        listening = {} if leaf is None else {"caller": self.caller, "callback_ctx": leaf}
        result: dict[str, Any] = fit_and_score(
            estimator,
            self.X,
            self.y,
            train=train,
            test=test,
            parameters=params,
            split_progress=(fold, len(self.splits)),
            return_n_test_samples=True,
            return_times=True,
            **self.settings,
            **listening,
        )
        return self._noting_iterations(result, estimator)

    def _failed(self, error: BaseException) -> dict[str, Any]:
        """What did not even get to be scored: raised if asked for, else a failed fold."""
        if "scoring must return a number" in str(error):
            raise InvalidScore(str(error)) from error
        if self.settings["error_score"] == "raise" or isinstance(error, UnsetMetadataPassedError):
            raise error
        return failed_fold(self.settings, traceback.format_exc())

    def _check_scores(self, result: Mapping[str, Any]) -> None:
        scores = result["test_scores"]
        for name, score in scores.items() if isinstance(scores, dict) else [("score", scores)]:
            if isinstance(score, complex | np.complexfloating):
                raise InvalidScore(
                    f"scoring: {name!r} must return a real number, got {score!r} of type {type(score).__name__}"
                )


def failed_fold(settings: Mapping[str, Any], error: str) -> dict[str, Any]:
    """The result of a fold whose fit did not end, in the shape of scikit-learn's fold routine."""
    value = math.nan if settings["error_score"] == "raise" else settings["error_score"]
    scorer = settings["scorer"]
    scores: Any = dict.fromkeys(scorers_by_name(scorer), value) if is_multimetric_scorer(scorer) else value
    result = {"fit_error": error, "test_scores": scores, "n_test_samples": 0, "fit_time": 0.0, "score_time": 0.0}
    return {**result, "train_scores": scores} if settings["return_train_score"] else result


def _check_within(splits: Splits, n_samples: int) -> None:
    """Raise unless every fold selects among `n_samples` samples.

    Raises
    ------
    IndexError
        With numpy's words, and the number of the fold.
    """
    for number, fold in enumerate(splits):
        for part in map(np.asarray, fold):
            if part.dtype.kind not in "iu" or not part.size:
                continue  # masks, or what only the data itself can judge
            outside = part[(part >= n_samples) | (part < -n_samples)]
            if outside.size:
                raise IndexError(
                    f"index {outside[0]} is out of bounds for axis 0 with size {n_samples}, in fold {number} of cv"
                )


class FoldObjective:
    """Evaluates candidates by cross-validation.

    Parameters
    ----------
    work : FoldWork
        What an executor runs.
    metric : str or None
        Which of several metrics the algorithm minimises (negated); None for the first.
    race : Race, optional
        Who stops candidates that cannot win.
    leaf_of : callable, optional
        The callback context of the fold task with a given number, None where nobody listens.

    Attributes
    ----------
    asked_to_stop : bool
        Whether a callback asked, in any fold so far, to end the search.
    """

    def __init__(
        self,
        work: FoldWork,
        metric: str | None = None,
        race: Race | None = None,
        leaf_of: Callable[[int], Leaf | None] = lambda number: None,
    ) -> None:
        self.work = work
        self.metric = metric
        self.race = race
        self.leaf_of = leaf_of
        self.asked_to_stop = False
        self._seconds = 0.0
        self._folds_run = 0

    def remember(self, trial: Trial) -> None:
        """Learn from a trial that an earlier run finished."""
        if self.race is None or trial.outcome is None or not trial.outcome.folds:
            return
        scores = [self.objective_score(fold) for fold in trial.outcome.folds]
        if self.order is not None:
            self.order.note(trial.number, scores[0])
            self.order.settle(trial.number)
        if trial.is_ok:
            self.race.add(trial.number, scores)

    @property
    def order(self) -> FirstFolds | None:
        """Who says which part comes next, where that is not the one that waits longest."""
        return None if self.race is None else self.race.rung

    # ------------------------------------------------------------------ the loop's questions
    def tasks(self, trial: Trial, *, whole: bool = False) -> list[FoldTask]:
        """A task for each fold, or one for all where folds take next to no time, or sending a task much."""
        n = len(self.work.splits)
        leaves = [self.leaf_of(trial.number * n + fold) for fold in range(n)]
        are_short = self._folds_run > 0 and self._seconds / self._folds_run < TRAVEL_TOGETHER
        if (are_short or whole) and self.race is None:
            return [(trial.point, range(n), leaves)]
        return [(trial.point, [fold], [leaves[fold]]) for fold in range(n)]

    def is_decided(self, trial: Trial, parts: Mapping[int, Finished]) -> bool:
        """When all folds are in, the race is lost on the first of them, or one of them ends the search."""
        if any(part.failure is not None and self._ends_search(part.failure) for part in parts.values()):
            return True
        folds = self._leading(parts)
        if self.order is not None and folds:
            self.order.note(trial.number, self.objective_score(folds[0]))
        return len(folds) == len(self.work.splits) or self._stop_after(trial, folds) is not None

    def outcome(self, trial: Trial, parts: Mapping[int, Finished]) -> Outcome:
        """The loss: minus the mean of the objective metric over the folds."""
        failure = next((part.failure for part in parts.values() if part.failure is not None), None)
        folds = tuple(self._leading(parts))
        if self.order is not None:
            self.order.settle(trial.number)
        if failure is not None:
            return Outcome(failure.status, folds=folds, failure=failure)
        for result in folds:
            self._seconds += result["fit_time"] + result["score_time"]
        self._folds_run += len(folds)
        stop = self._stop_after(trial, folds)
        if stop is not None:
            # Folds that ran beside the deciding one are left out: which did is a matter of timing.
            return self._stopped(trial, folds[:stop])
        return self._complete(trial, folds)

    def _stopped(self, trial: Trial, folds: tuple[dict[str, Any], ...]) -> Outcome:
        assert self.race is not None
        expected = self.race.expected_score(trial.number, list(map(self.objective_score, folds)))
        return Outcome(STATUS_STOPPED, loss=-expected, folds=folds)

    def _complete(self, trial: Trial, folds: tuple[dict[str, Any], ...]) -> Outcome:
        error = next((result["fit_error"] for result in folds if result["fit_error"] is not None), None)
        scores = [self.objective_score(result) for result in folds]
        mean = mean_score(scores)
        if not math.isfinite(mean) or all(result["fit_error"] is not None for result in folds):
            text = error or f"{NOT_FINITE}: {mean}"
            last = text.strip().splitlines()[-1]
            kind, _, message = last.partition(": ")
            return Outcome(STATUS_FAIL, folds=folds, failure=Failure(STATUS_FAIL, kind, message, text))
        if self.race is not None and all(map(math.isfinite, scores)):
            self.race.add(trial.number, scores)
        return Outcome(STATUS_OK, loss=-mean, variance=variance_of_mean(scores, mean), folds=folds)

    def check(self, trial: Trial) -> None:
        """Raise what ``error_score="raise"`` asks for, and scores that are no numbers."""
        failure = trial.outcome.failure if trial.outcome is not None else None
        if failure is None or not self._ends_search(failure):
            return
        if failure.exception is not None:
            raise failure.exception
        kind = InvalidScore if failure.kind == InvalidScore.__name__ else RuntimeError
        raise kind(f"candidate {trial.number} failed: {failure}\n{failure.traceback}")

    def _ends_search(self, failure: Failure) -> bool:
        """Whether the failure is no candidate's own matter."""
        if failure.exception is not None or failure.kind == InvalidScore.__name__:
            return True
        nothing_was_raised = failure.status == STATUS_CANCELLED or failure.kind == NOT_FINITE
        return self.work.settings["error_score"] == "raise" and not nothing_was_raised

    # ------------------------------------------------------------------ scores
    def objective_score(self, result: Mapping[str, Any]) -> float:
        """The score of one fold that the algorithm maximises."""
        scores = result["test_scores"]
        return float(scores[self.metric_name(result)] if isinstance(scores, dict) else scores)

    def metric_name(self, result: Mapping[str, Any]) -> str:
        """The name of the objective metric in the columns of the table."""
        scores = result["test_scores"]
        if not isinstance(scores, dict):
            return "score"
        return self.metric if self.metric is not None and self.metric in scores else str(next(iter(scores)))

    def _leading(self, parts: Mapping[int, Finished]) -> list[dict[str, Any]]:
        """Results of the folds from the first on, up to the first that is not in."""
        folds: list[dict[str, Any]] = []
        for part in range(len(parts)):
            if part not in parts:
                break
            folds.extend(self._results(parts[part]))
        return folds

    def _stop_after(self, trial: Trial, folds: Sequence[Mapping[str, Any]]) -> int | None:
        if self.race is None:
            return None
        return self.race.stop_after(trial.number, [self.objective_score(result) for result in folds])

    def _results(self, part: Finished) -> list[dict[str, Any]]:
        if part.failure is None:
            for result in part.value:
                self.asked_to_stop |= result.pop(ASKED_TO_STOP, False)
            return list(part.value)
        error = part.failure.traceback or str(part.failure)
        return [failed_fold(self.work.settings, error) for _ in part.task.payload[1]]


def draw_folds(cv: Any, X: Any, y: Any, split_params: Mapping[str, Any], n_splits: int) -> list[tuple[Any, Any]]:
    """The folds, of which there must be as many as the splitter said."""
    splits = list(cv.split(X, y, **split_params))
    if len(splits) != n_splits:
        raise ValueError(
            f"cv.split and cv.get_n_splits return inconsistent results. Expected {n_splits} splits, got {len(splits)}"
        )
    if not splits:
        raise ValueError("No fits were performed. Was the CV iterator empty? Were there no candidates?")
    _check_within(splits, num_samples(X))
    return splits
