"""One candidate on some folds, as a function that an executor ships to its workers once."""

from __future__ import annotations

import math
import os
import threading
import traceback
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError

from ...exceptions import InvalidScore
from ...space import Point
from .._compat import fit_and_score, is_multimetric_scorer, scorers_by_name
from .._parameters import ParameterSpace
from .._results import ASKED_TO_STOP, BEST_ITERATIONS, DERIVED_PARAMS
from .._task_tree import FoldContext, picklable_search
from ..early_stopping import best_iterations, derived_params
from ._plain import is_plain, run_plain_fold
from ._step_cache import StepCache

Splits: TypeAlias = Sequence[tuple[Any, Any]]
FoldTask: TypeAlias = "tuple[Point, Sequence[int], Sequence[FoldContext | None]]"
"""What travels to a worker: a candidate, numbers of folds, and the callback context of each."""


@dataclass
class FoldFunction:
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
    cache : StepCache, optional
        What a pipeline's first steps made of a fold, kept for the next candidate.
    search : object, optional
        What scikit-learn's callbacks are told is the estimator: the search; in another process, what
        stands for it.
    has_early_stopping : bool
        Whether an `EarlyStopping` may be found in a fitted candidate.
    """

    estimator: Any
    parameters: ParameterSpace
    X: Any
    y: Any
    splits: Splits
    settings: Mapping[str, Any]
    cache: StepCache | None = None
    search: Any = None
    has_early_stopping: bool = False
    config: Mapping[str, Any] = field(default_factory=get_config)
    origin: tuple[int, int] = field(default_factory=lambda: (os.getpid(), threading.get_ident()))
    warning_filters: list[Any] = field(default_factory=lambda: list(warnings.filters))

    def __post_init__(self) -> None:
        self.is_plain = is_plain(self.X, self.y, self.settings)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "search": None if self.search is None else picklable_search(self.search)}

    def __call__(self, payload: FoldTask) -> list[dict[str, Any]]:
        point, folds, contexts = payload
        params = self.parameters.params(point)
        with ExitStack() as stack:
            self._bring_context(stack)
            return [self._fold(params, fold, context) for fold, context in zip(folds, contexts, strict=True)]

    def _bring_context(self, stack: ExitStack) -> None:
        """scikit-learn's configuration, and in another process the warning filters, of the process that searches."""
        here = (os.getpid(), threading.get_ident())
        if here == self.origin:
            return
        stack.enter_context(config_context(**self.config))
        if here[0] != self.origin[0]:
            stack.enter_context(warnings.catch_warnings())
            warnings.filters = self.warning_filters

    def _reused(self, params: Mapping[str, Any], fold: int) -> dict[str, Any] | None:
        """The result from a kept prefix of the pipeline, None where the fold must run whole."""
        if self.cache is None:
            return None
        candidate = clone(self.estimator).set_params(**clone(params, safe=False))
        result = self.cache.fit_and_score(candidate, self.X, self.y, fold, self.splits[fold], self.settings)
        return None if result is None else self._noting_iterations(result, candidate)

    def _noting_iterations(self, result: dict[str, Any], candidate: Any) -> dict[str, Any]:
        """The result of a fold, with where the boosters in its fitted candidate were best."""
        if self.has_early_stopping and result["fit_error"] is None:
            result[BEST_ITERATIONS], result[DERIVED_PARAMS] = best_iterations(candidate), derived_params(candidate)
        return result

    def _fold(self, params: Mapping[str, Any], fold: int, context: FoldContext | None) -> dict[str, Any]:
        try:
            result = (self._reused(params, fold) if context is None else None) or self._whole(params, fold, context)
        except (Exception, SystemExit) as error:
            return self._failed(error)
        self._check_scores(result)
        if context is not None and context.asked_to_stop:
            result[ASKED_TO_STOP] = True
        return result

    def _whole(self, params: Mapping[str, Any], fold: int, context: FoldContext | None) -> dict[str, Any]:
        estimator, split = clone(self.estimator), self.splits[fold]
        if context is None and self.is_plain:
            plain = run_plain_fold(estimator, self.X, self.y, split, params, self.settings)
            return self._noting_iterations(plain, estimator)
        train, test = split
        listening = {} if context is None else {"caller": self.search, "callback_ctx": context}
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
