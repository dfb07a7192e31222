"""Checks of the arguments that `fmin` and the estimator share, all before the first trial."""

from __future__ import annotations

import functools
import math
import numbers
from collections.abc import Callable
from typing import Any

from ..suggest import SuggestAlgorithm, anneal, auto, rand, tpe

__all__ = ["check_algo", "check_loss_threshold", "check_positive_integer", "check_timeout"]

ALGORITHMS: dict[str, SuggestAlgorithm] = {
    "anneal": anneal.suggest,
    "auto": auto.suggest,
    "random": rand.suggest,
    "tpe": tpe.suggest,
}


def check_positive_integer(name: str, value: Any) -> int:
    """A whole number of at least 1, for the argument called `name`.

    Raises
    ------
    TypeError
        If `value` is no whole number, or a bool.
    ValueError
        If it is below 1.
    """
    number = float(value) if isinstance(value, numbers.Real) and value is not True and value is not False else math.nan
    if not number.is_integer():
        raise TypeError(f"{name} must be a whole number of at least 1, got {value!r}")
    if number < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return int(number)


def check_timeout(timeout: Any, name: str = "timeout") -> float | None:
    """A positive number of seconds, or None.

    Raises
    ------
    TypeError
        If it is no number, or a bool.
    ValueError
        If it is NaN, or not positive.
    """
    if timeout is None:
        return None
    message = f"{name} must be a positive number of seconds, such as {name}=60, or None for no limit; got {timeout!r}"
    if isinstance(timeout, bool) or not isinstance(timeout, numbers.Real):
        raise TypeError(message)
    seconds = float(timeout)
    if math.isnan(seconds) or seconds <= 0:
        raise ValueError(message)
    return None if math.isinf(seconds) else seconds


def check_loss_threshold(threshold: Any) -> float | None:
    """A number, or None.

    Raises
    ------
    TypeError
        If it is no number, or a bool.
    """
    if threshold is None:
        return None
    if isinstance(threshold, bool) or not isinstance(threshold, numbers.Real):
        raise TypeError(
            f"loss_threshold must be a number, such as loss_threshold=0.1, or None for no such end; got {threshold!r}"
        )
    return float(threshold)


def check_algo(algo: Any) -> Callable[..., Any]:
    """An algorithm by name, or as a function; None is the default.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is neither a name nor callable, or hyperopt's own.
    """
    if algo is None:
        return auto.suggest
    if isinstance(algo, str):
        if algo not in ALGORITHMS:
            raise ValueError(f"algo={algo!r} is unknown; write one of {sorted(ALGORITHMS)}, or a suggest function")
        return ALGORITHMS[algo]
    function: Callable[..., Any] | None = algo if callable(algo) else getattr(algo, "suggest", None)
    if not callable(function):
        raise TypeError(
            f"algo must be one of {sorted(ALGORITHMS)}, a function such as tpe.suggest, or None, got {algo!r}"
        )
    _refuse_hyperopt(function)
    return function


def _refuse_hyperopt(function: Any) -> None:
    while isinstance(function, functools.partial):
        function = function.func
    module = str(getattr(function, "__module__", None))
    if module.partition(".")[0] == "hyperopt":
        name = module.rpartition(".")[2]
        raise TypeError(
            f"algo={module}.{getattr(function, '__name__', '')} works in hyperopt's own fmin alone; write "
            f"`from hpsklearn_search import {name if name in ('anneal', 'mix', 'rand') else 'tpe'}` instead"
        )
