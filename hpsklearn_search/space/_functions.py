"""Functions that an expression may call by name: Python's, numpy's, and a few more of hyperopt's.

>>> FUNCTIONS["pos_args"](1, 2), FUNCTIONS["call_method"]("a-b", "split", "-")
((1, 2), ['a', 'b'])
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ._nodes import add, mul, switch


def pos_args(*args: Any) -> tuple[Any, ...]:
    """Its arguments, as a tuple."""
    return args


def identity(obj: Any) -> Any:
    """Its argument."""
    return obj


def call(fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
    """``fn(*args, **kwargs)``, where `fn` itself may be a choice."""
    return fn(*args, **(kwargs or {}))


def call_method(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    """``obj.methodname(*args, **kwargs)``."""
    return getattr(obj, methodname)(*args, **kwargs)


def normal(mu: float, sigma: float, rng: Any, size: Any = None) -> Any:
    """Noise, drawn from `rng` whenever a configuration is assembled; not a parameter."""
    return rng.normal(mu, sigma, size=size)


def uniform(low: float, high: float, rng: Any, size: Any = None) -> Any:
    """Noise, drawn from `rng` whenever a configuration is assembled; not a parameter."""
    return rng.uniform(low, high, size=size)


_LISTED: tuple[Callable[..., Any], ...] = (
    int, float, len, list, dict, range, max, min, getattr,
    add, mul, operator.sub, operator.truediv, operator.floordiv, operator.neg, operator.pow, operator.getitem,
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
    np.exp, np.log, np.sqrt, np.sin, np.cos, np.tan, np.sum, np.minimum, np.maximum, np.asarray,
    switch, pos_args, identity, call, call_method, normal, uniform,
)  # fmt: skip

FUNCTIONS: Mapping[str, Callable[..., Any]] = {function.__name__: function for function in _LISTED}
