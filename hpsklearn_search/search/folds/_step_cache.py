"""Prefix reuse: what a pipeline's first steps made of a fold is kept, and served to the next candidate.

A fold's train and test part, transformed by steps 1..i, is kept under (fold, classes and parameters of
those steps by value), the least recently used dropped first. A candidate starts from the longest
prefix that is there. The scores are those of the whole pipeline, always: where a step's result is no
function of that key (it draws random numbers without a fixed seed, or a parameter has no value to
compare by), nothing is kept.

>>> from sklearn.feature_selection import SelectKBest
>>> from sklearn.preprocessing import StandardScaler
>>> value_key(StandardScaler()) == value_key(StandardScaler())
True
>>> value_key(SelectKBest(k=3)) == value_key(SelectKBest(k=4))
False
"""

from __future__ import annotations

import functools
import inspect
import math
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from .._compat import is_scikit_learn_scorer, safe_indexing, safe_split, score

Key: TypeAlias = "tuple[Any, ...]"
SMALLEST_BUDGET = 64 * 2**20


class Unkeyed(Exception):
    """Something has no value to compare by, or its result is not a function of its value."""


def value_key(value: Any) -> Any:
    """A hashable key, equal for what behaves equally.

    Raises
    ------
    Unkeyed
        If there is none: an object that compares by identity, or an estimator or function that draws
        random numbers without a fixed integer seed.
    """
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.generic):
        return type(value).__name__, value
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(map(value_key, value))
    if isinstance(value, dict):
        return "dict", tuple((value_key(key), value_key(item)) for key, item in value.items())
    if isinstance(value, np.ndarray) and value.dtype != object:
        return "ndarray", value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, BaseEstimator):
        return _estimator_key(value)
    if isinstance(value, functools.partial):
        return "partial", _function_key(value.func, value.keywords), value_key(value.args), value_key(value.keywords)
    if isinstance(value, type):
        return "class", value.__module__, value.__qualname__
    if callable(value):
        return _function_key(value, {})
    raise Unkeyed(repr(value))


def _estimator_key(estimator: BaseEstimator) -> Key:
    params = estimator.get_params(deep=False)
    if "random_state" in params and not isinstance(params["random_state"], int | np.integer):
        raise Unkeyed(f"{estimator!r} has no fixed random_state")
    output = getattr(estimator, "_sklearn_output_config", None)
    cls = type(estimator)
    return "estimator", cls.__module__, cls.__qualname__, value_key(params), value_key(output)


def _function_key(function: Any, keywords: Mapping[str, Any]) -> Key:
    """A function stands for itself by its importable name, unless it would draw random numbers."""
    name = getattr(function, "__qualname__", "<")
    if "<" in name or getattr(function, "__module__", "__main__") == "__main__":
        raise Unkeyed(f"{function!r} has no importable name")
    parameters = inspect.signature(function).parameters
    if "random_state" in parameters and not isinstance(keywords.get("random_state"), int | np.integer):
        raise Unkeyed(f"{name} draws random numbers")
    return "function", function.__module__, name


class StepCache:
    """Transformed folds, least recently used first out.

    Parameters
    ----------
    budget : int
        Bytes to keep at most.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._kept: OrderedDict[Key, tuple[Any, Any, int]] = OrderedDict()
        self._bytes = 0

    def __getstate__(self) -> dict[str, Any]:
        return {"budget": self.budget, "_kept": OrderedDict(), "_bytes": 0}  # a worker starts with its own

    def get(self, key: Key) -> tuple[Any, Any] | None:
        """The train and test part under `key`."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][:2]

    def put(self, key: Key, train: Any, test: Any) -> None:
        """Keep both parts, read-only, if they fit into the budget at all."""
        size = n_bytes(train) + n_bytes(test)
        if key in self._kept or size > self.budget:
            return
        self._kept[key] = _read_only(train), _read_only(test), size
        self._bytes += size
        while self._bytes > self.budget:
            _, (_, _, dropped) = self._kept.popitem(last=False)
            self._bytes -= dropped

    # ------------------------------------------------------------------ one fold of one candidate
    def fit_and_score(
        self, pipeline: Any, X: Any, y: Any, fold: int, split: tuple[Any, Any], settings: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """The result of a fold in the shape of scikit-learn's fold routine, None if it must run whole.

        Parameters
        ----------
        pipeline : Pipeline
            A clone with the candidate's parameters set; is used up.
        X, y : data
            All of it.
        fold, split
            The number of the fold, and its train and test indices.
        settings : mapping
            The fold routine's keywords.
        """
        keys = self._keys(pipeline, settings)
        if keys is None:
            return None
        try:
            return self._run(pipeline, X, y, (fold, *keys), split, settings)
        except Exception:
            # Whatever went wrong, the whole pipeline shall say it in its own words.
            return None

    def _keys(self, pipeline: Any, settings: Mapping[str, Any]) -> list[Key] | None:
        if type(pipeline) is not Pipeline or pipeline.memory is not None or pipeline.verbose or len(pipeline.steps) < 2:
            return None
        if getattr(pipeline, "transform_input", None) or not hasattr(pipeline.steps[-1][1], "fit"):
            return None
        if settings["fit_params"] or settings["score_params"] or settings["return_train_score"]:
            return None
        if not is_scikit_learn_scorer(settings["scorer"]):
            return None  # a user's own may look at the pipeline
        try:
            return [value_key(step) for _, step in pipeline.steps[:-1]]
        except Unkeyed:
            return None

    def _run(
        self, pipeline: Any, X: Any, y: Any, key: Key, split: tuple[Any, Any], settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        fold, *steps = key
        start = time.time()
        known = len(steps)
        prefix = (fold, get_config()["transform_output"])
        while known and (*prefix, *steps[:known]) not in self._kept:
            known -= 1
        kept = self.get((*prefix, *steps[:known])) if known else None
        if kept is not None:
            X_train, X_test = kept
            y_train, y_test = (None if y is None else safe_indexing(y, indices) for indices in split)
        else:
            X_train, y_train = safe_split(pipeline, X, y, split[0])
            X_test, y_test = safe_split(pipeline, X, y, split[1], split[0])
        scoring = 0.0
        for i in range(known, len(steps)):
            X_train, X_test, seconds = _transform(pipeline.steps[i][1], X_train, y_train, X_test)
            scoring += seconds
            self.put((*prefix, *steps[: i + 1]), X_train, X_test)
        final = pipeline.steps[-1][1]
        final.fit(X_train) if y_train is None else final.fit(X_train, y_train)
        fit_time = time.time() - start - scoring
        start = time.time()
        test_scores = score(final, X_test, y_test, settings["scorer"], {}, "raise")
        _require_finite(test_scores)
        return {
            "fit_error": None,
            "test_scores": test_scores,
            "n_test_samples": len(split[1]),
            "fit_time": fit_time,
            "score_time": time.time() - start + scoring,
        }


def _transform(step: Any, X_train: Any, y_train: Any, X_test: Any) -> tuple[Any, Any, float]:
    """One step, fitted on the train part; the seconds that transforming the test part took."""
    if step is None or step == "passthrough":
        return X_train, X_test, 0.0
    if hasattr(step, "fit_transform"):
        X_train = step.fit_transform(X_train, y_train)
    else:
        X_train = step.fit(X_train, y_train).transform(X_train)
    start = time.time()
    X_test = step.transform(X_test)
    return X_train, X_test, time.time() - start


def _require_finite(scores: Any) -> None:
    for value in scores.values() if isinstance(scores, dict) else [scores]:
        if not math.isfinite(value):
            raise ValueError("a score that is not finite is left to the whole pipeline")


def n_bytes(data: Any) -> int:
    """The size of an array, a sparse matrix or a data frame."""
    if sparse.issparse(data):
        parts = (getattr(data, name, None) for name in ("data", "indices", "indptr", "row", "col"))
        return sum(int(part.nbytes) for part in parts if isinstance(part, np.ndarray))
    if hasattr(data, "nbytes"):
        return int(data.nbytes)
    if hasattr(data, "memory_usage"):
        return int(data.memory_usage(deep=True).sum())
    if hasattr(data, "estimated_size"):  # polars
        return int(data.estimated_size())
    raise TypeError(f"size of {type(data).__name__} is not known")


def _read_only(data: Any) -> Any:
    for part in (data, *(getattr(data, name, None) for name in ("data", "indices", "indptr"))):
        if isinstance(part, np.ndarray):
            part.flags.writeable = False
    return data


def make_step_cache(step_cache: Any, X: Any) -> StepCache | None:
    """The cache that the argument means, None if off.

    Raises
    ------
    ValueError
        If it is neither None, ``"auto"`` nor a positive number of bytes.
    """
    if step_cache is None or step_cache is False:
        return None
    if isinstance(step_cache, str) and step_cache == "auto":
        try:
            return StepCache(max(SMALLEST_BUDGET, 2 * n_bytes(X)))
        except TypeError:
            return StepCache(SMALLEST_BUDGET)
    if isinstance(step_cache, int | np.integer) and not isinstance(step_cache, bool) and step_cache > 0:
        return StepCache(int(step_cache))
    raise ValueError(f"step_cache must be None, 'auto' or a positive number of bytes, got {step_cache!r}")
