"""Results of folds that a save file holds, checked before a table or a refit uses them.

>>> fold = {"fit_error": None, "test_scores": 0.5, "n_test_samples": 9, "fit_time": 0.1, "score_time": 0.1}
>>> check_folds([fold], [], with_train=False)
>>> check_folds([{**fold, "test_scores": "0.5"}], [], with_train=False)
Traceback (most recent call last):
hpsklearn_search.exceptions.InvalidTrial: fold 0: test_scores cannot be '0.5'
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ...exceptions import InvalidTrial
from .._limits import N_BYTES
from .._results import BEST_ITERATIONS, CURVE, DERIVED_PARAMS, RUN
from .._score_errors import SCORE_ERRORS
from ..early_stopping import BEST, BEST_CASE, DERIVED, NAME

MOST_ITERATIONS = 2**31 - 1  # the boosters count in 32 bits
DERIVED_NAMES = tuple(f"estimator__{name}" for name in DERIVED)  # how a parameter ends that a booster derives


def check_folds(
    folds: Sequence[Mapping[str, Any]], metrics: Collection[str] | None, with_train: bool, with_size: bool = False
) -> None:
    """Raise InvalidTrial unless `folds` have the types and ranges of a fold routine's results.

    `metrics` are the names of several scores, and empty if there is one; None: a callable decides.
    """
    checks: dict[str, Callable[[Any], bool]] = {
        "fit_error": lambda value: value is None or isinstance(value, str),
        "test_scores": lambda value: _are_scores(value, metrics),
        "n_test_samples": lambda value: type(value) is int and 0 <= value < 2**63,
        "fit_time": _is_time,
        "score_time": _is_time,
    }
    if with_train:
        checks["train_scores"] = checks["test_scores"]
    optional: dict[str, Callable[[Any], bool]] = {
        SCORE_ERRORS: lambda value: _is_dict_of(value, lambda error: isinstance(error, str)),
        BEST_ITERATIONS: lambda value: _is_dict_of(value, lambda n: type(n) is int and 0 <= n <= MOST_ITERATIONS),
        CURVE: _is_curve,
        DERIVED_PARAMS: _are_derived,
        RUN: _is_run,
    }
    if with_size:
        optional[N_BYTES] = lambda value: type(value) is int and 0 <= value < 2**63
    for number, fold in enumerate(folds):
        unknown = sorted(set(fold) - set(checks) - set(optional))
        if unknown:
            raise InvalidTrial(f"fold {number}: {unknown[0][:100]!r} is not a part of a result")
        if with_size and fold.get("fit_error", "") is None and N_BYTES not in fold:
            raise InvalidTrial(f"fold {number}: there is no {N_BYTES}")
        for name, is_right in {**checks, **{key: optional[key] for key in fold if key in optional}}.items():
            if name not in fold:
                raise InvalidTrial(f"fold {number}: there is no {name}")
            if not is_right(fold[name]):
                raise InvalidTrial(f"fold {number}: {name} cannot be {repr(fold[name])[:100]}")


def _is_dict_of(value: Any, is_right: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and all(map(is_right, value.values()))


def _is_number(value: Any) -> bool:
    # A failed fold has `error_score`, which may be an integer.
    return type(value) is float or (type(value) is int and abs(value) < 2**63)


def _is_time(value: Any) -> bool:
    return _is_number(value) and math.isfinite(value)


def _are_scores(value: Any, metrics: Collection[str] | None) -> bool:
    if metrics:
        return _is_dict_of(value, _is_number) and set(value) == set(metrics)
    return _is_number(value) or (metrics is None and _is_dict_of(value, _is_number) and bool(value))


def _is_run(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"worker", "began"}
        and isinstance(value["worker"], str)
        and _is_time(value["began"])
    )


def _is_curve(value: Any) -> bool:
    names = {NAME, BEST, BEST_CASE}
    is_right = _is_dict_of(value, lambda part: isinstance(part, str) or _is_time(part)) and {NAME, BEST} <= set(value)
    return is_right and set(value) <= names and all(isinstance(value[name], str) == (name == NAME) for name in value)


def _are_derived(value: Any) -> bool:
    # A refit sets them, so no other parameter may stand here.
    return _is_dict_of(value, _is_time) and all(name.endswith(DERIVED_NAMES) for name in value)
