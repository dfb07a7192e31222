"""One candidate on some folds, as a function that an executor sends to its workers once."""

from __future__ import annotations

import math
import os
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.exceptions import UnsetMetadataPassedError

from ..._secrets_in_texts import without_secrets
from ...exceptions import InvalidScore
from ...executors import TaskTimeout
from ...space import Point
from ...trials import Failure
from .._compat import fit_and_score, is_multimetric_scorer, is_pairwise, scorers_by_name
from .._limits import N_BYTES
from .._parameters import ParameterSpace
from .._results import ASKED_TO_STOP, BEST_ITERATIONS, CURVE, DERIVED_PARAMS, RUN
from .._score_errors import SCORE_ERRORS, score_errors
from .._task_tree import FoldContext, picklable_search
from ..early_stopping import Limit, best_iterations, curve_of, derived_params, following
from ._plain import is_plain, run_plain_fold
from ._size import pickled_size
from ._step_cache import StepCache

Splits: TypeAlias = Sequence[tuple[Any, Any]]
# What is sent to a worker: a candidate, numbers of folds, and of each its callback context and the limit of its curve.
FoldTask: TypeAlias = "tuple[Point, Sequence[int], Sequence[FoldContext | None], Sequence[Limit | None]]"


@dataclass
class FoldFunction:
    """What an executor runs: one candidate on some folds, on data that it holds."""

    estimator: Any
    parameters: ParameterSpace
    X: Any
    y: Any
    splits: Splits
    settings: Mapping[str, Any]  # further keywords of scikit-learn's fold routine: scorer, error_score, fit_params, ...
    cache: StepCache | None = None
    search: Any = None  # the estimator that scikit-learn's callbacks see; in another process a substitute for it
    measures_size: bool = False  # whether a limit asks for the pickled size of each fold's model
    has_early_stopping: bool = False  # whether a fitted candidate may contain an `EarlyStopping`
    config: Mapping[str, Any] = field(default_factory=get_config)
    origin: tuple[int, int] = field(default_factory=lambda: (os.getpid(), threading.get_ident()))
    warning_filters: list[Any] = field(default_factory=lambda: list(warnings.filters))

    def __post_init__(self) -> None:
        self.is_plain = is_plain(self.X, self.y, self.settings)
        shape: tuple[Any, ...] = getattr(self.X, "shape", ())
        self.is_square_table = hasattr(self.X, "to_numpy") and len(shape) == 2 and shape[0] == shape[1]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "search": None if self.search is None else picklable_search(self.search)}

    def __call__(self, payload: FoldTask) -> list[dict[str, Any]]:
        point, folds, contexts, limits = payload
        params = self.parameters.params(point)
        with ExitStack() as stack:
            self._enter_context(stack)
            return [
                {RUN: {"worker": f"{os.getpid()}.{threading.get_ident()}", "began": time.time()}}
                | self._fold(params, fold, context, limit)
                for fold, context, limit in zip(folds, contexts, limits, strict=True)
            ]

    def _enter_context(self, stack: ExitStack) -> None:
        """scikit-learn's configuration, and in another process the warning filters, of the process that searches."""
        here = (os.getpid(), threading.get_ident())
        if here == self.origin:
            return
        stack.enter_context(config_context(**self.config))
        if here[0] != self.origin[0]:
            stack.enter_context(warnings.catch_warnings())
            warnings.filters = list(self.warning_filters)  # a fit may change them

    def _fold(
        self, params: Mapping[str, Any], fold: int, context: FoldContext | None, limit: Limit | None
    ) -> dict[str, Any]:
        estimator = clone(self.estimator)
        try:
            with score_errors() as errors, following(estimator, limit):
                result = self._fit_and_score(estimator, params, fold, context)
            if self.has_early_stopping and result["fit_error"] is None:
                result.update(_early_stopping_results(estimator))
            if self.measures_size and result["fit_error"] is None:
                result[N_BYTES] = pickled_size(estimator)
            for key in ("test_scores", "train_scores"):
                if key in result:
                    result[key] = _as_floats(result[key])
        except (KeyboardInterrupt, TaskTimeout):
            raise
        except BaseException as error:  # SystemExit too: a fit must not end the user's program
            return self._failed(error)
        if result["fit_error"] is not None:
            result["fit_error"] = without_secrets(result["fit_error"])
        if errors:
            result[SCORE_ERRORS] = {metric: without_secrets(text) for metric, text in errors.items()}
        if context is not None and context.asked_to_stop:
            result[ASKED_TO_STOP] = True
        return result

    def _fit_and_score(
        self, estimator: Any, params: Mapping[str, Any], fold: int, context: FoldContext | None
    ) -> dict[str, Any]:
        if context is None:
            # A step that changes the train part in place would change train scores, which the cache cannot repeat.
            if self.cache is not None and not self.settings["return_train_score"]:
                self.cache.attach(estimator, fold)
            if self.is_plain:
                return run_plain_fold(estimator, self.X, self.y, self.splits[fold], params, self.settings)
        X = self.X
        if self.is_square_table and is_pairwise(clone(estimator).set_params(**clone(params, safe=False))):
            X = X.to_numpy()  # a kernel, which scikit-learn can cut by rows and columns only as an array
        train, test = self.splits[fold]
        callback_options = {} if context is None else {"caller": self.search, "callback_ctx": context}
        result: dict[str, Any] = fit_and_score(
            estimator,
            X,
            self.y,
            train=train,
            test=test,
            parameters=params,
            split_progress=(fold, len(self.splits)),
            return_n_test_samples=True,
            return_times=True,
            **self.settings,
            **callback_options,
        )
        return result

    def _failed(self, error: BaseException) -> dict[str, Any]:
        """Raise the error of a fold that was not scored if the search must end, else make a failed fold of it."""
        if "scoring must return a number" in str(error):
            raise InvalidScore(str(error)) from error
        if self.settings["error_score"] == "raise" or isinstance(error, InvalidScore | UnsetMetadataPassedError):
            if isinstance(error, Exception):
                raise error
            raise RuntimeError(f"the fit raised {type(error).__name__}: {error}") from error
        return failed_fold(self.settings, Failure.of(error).traceback)


def _early_stopping_results(estimator: Any) -> dict[str, Any]:
    """What the boosters of a fitted candidate tell."""
    results = {BEST_ITERATIONS: best_iterations(estimator), DERIVED_PARAMS: derived_params(estimator)}
    curve = curve_of(estimator)
    return results if curve is None else {**results, CURVE: curve}


def _as_floats(scores: Any) -> Any:
    """The scores of one fold as plain floats; InvalidScore for complex ones."""
    # A scorer may return a number type that a save file cannot store.
    if isinstance(scores, dict):
        return {name: _as_float(name, score) for name, score in scores.items()}
    return _as_float("score", scores)


def _as_float(name: str, score: Any) -> float:
    if isinstance(score, complex | np.complexfloating):
        raise InvalidScore(f"scoring: {name!r} must return a real number, got {score!r} of type {type(score).__name__}")
    return float(score)


def failed_fold(settings: Mapping[str, Any], error: str) -> dict[str, Any]:
    """The result of a fold whose fit did not end, in the shape of scikit-learn's fold routine."""
    value = math.nan if settings["error_score"] == "raise" else settings["error_score"]
    scorer = settings["scorer"]
    scores: Any = dict.fromkeys(scorers_by_name(scorer), value) if is_multimetric_scorer(scorer) else value
    result = {"fit_error": error, "test_scores": scores, "n_test_samples": 0, "fit_time": 0.0, "score_time": 0.0}
    return {**result, "train_scores": scores} if settings["return_train_score"] else result
