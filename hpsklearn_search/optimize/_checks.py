"""Checks of the arguments that `fmin` and the estimator share, all before the first trial."""

from __future__ import annotations

import numbers
from typing import Any

from .._texts import public_repr
from ..space import fits_float


def check_positive_integer(name: str, value: Any) -> int:
    """A whole number of at least 1, for the argument called `name`."""
    # 50.0 is taken, as hyperopt does; True is a slip.
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not is_number or not (isinstance(value, numbers.Integral) or float(value).is_integer()):
        raise TypeError(f"{name} must be a whole number of at least 1, got {public_repr(value)}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {public_repr(value)}")
    return int(value)


def check_timeout(timeout: Any, name: str = "timeout") -> float | None:
    """A positive number of seconds, or None."""
    if timeout is None:
        return None
    message = (
        f"{name} must be a positive number of seconds, such as {name}=60, or None for no limit; "
        f"got {public_repr(timeout)}"
    )
    if isinstance(timeout, bool) or not isinstance(timeout, numbers.Real):
        raise TypeError(message)
    seconds: Any = timeout
    if not seconds > 0:  # NaN is not either
        raise ValueError(message)
    return float(seconds) if fits_float(seconds) else None


def check_threshold(threshold: Any, name: str = "loss_threshold") -> float | None:
    """A number, or None."""
    if threshold is None:
        return None
    is_too_large = isinstance(threshold, int) and not fits_float(threshold)
    if isinstance(threshold, bool) or not isinstance(threshold, numbers.Real) or is_too_large:
        raise TypeError(
            f"{name} must be a number, such as {name}=0.1, or None for no such end; got {public_repr(threshold)}"
        )
    return float(threshold)
