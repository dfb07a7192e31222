"""Checks of the arguments that `fmin` and the estimator share, all before the first trial."""

from __future__ import annotations

import math
import numbers
from typing import Any


def check_positive_integer(name: str, value: Any) -> int:
    """A whole number of at least 1, for the argument called `name`."""
    # 50.0 is taken, as hyperopt does; True is a slip.
    number = float(value) if isinstance(value, numbers.Real) and value is not True and value is not False else math.nan
    if not number.is_integer():
        raise TypeError(f"{name} must be a whole number of at least 1, got {value!r}")
    if number < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return int(number)


def check_timeout(timeout: Any, name: str = "timeout") -> float | None:
    """A positive number of seconds, or None."""
    if timeout is None:
        return None
    message = f"{name} must be a positive number of seconds, such as {name}=60, or None for no limit; got {timeout!r}"
    if isinstance(timeout, bool) or not isinstance(timeout, numbers.Real):
        raise TypeError(message)
    seconds = float(timeout)
    if math.isnan(seconds) or seconds <= 0:
        raise ValueError(message)
    return None if math.isinf(seconds) else seconds


def check_threshold(threshold: Any, name: str = "loss_threshold") -> float | None:
    """A number, or None."""
    if threshold is None:
        return None
    if isinstance(threshold, bool) or not isinstance(threshold, numbers.Real):
        raise TypeError(f"{name} must be a number, such as {name}=0.1, or None for no such end; got {threshold!r}")
    return float(threshold)
