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


# ---------------------------------------------------------------------- noise
def uniform(low: Any, high: Any, rng: Any = None, size: Any = None) -> Any:
    """Noise, drawn from `rng` whenever a configuration is assembled; not a parameter."""
    return rng.uniform(low, high, size=size)


def loguniform(low: Any, high: Any, rng: Any = None, size: Any = None) -> Any:
    """``exp(uniform(low, high))``."""
    return np.exp(rng.uniform(low, high, size=size))


def quniform(low: Any, high: Any, q: Any, rng: Any = None, size: Any = None) -> Any:
    """``round(uniform(low, high) / q) * q``."""
    return np.round(rng.uniform(low, high, size=size) / q) * q


def qloguniform(low: Any, high: Any, q: Any, rng: Any = None, size: Any = None) -> Any:
    """``round(exp(uniform(low, high)) / q) * q``."""
    return np.round(np.exp(rng.uniform(low, high, size=size)) / q) * q


def normal(mu: Any, sigma: Any, rng: Any = None, size: Any = None) -> Any:
    """Noise, drawn from `rng` whenever a configuration is assembled; not a parameter."""
    return rng.normal(mu, sigma, size=size)


def qnormal(mu: Any, sigma: Any, q: Any, rng: Any = None, size: Any = None) -> Any:
    """``round(normal(mu, sigma) / q) * q``."""
    return np.round(rng.normal(mu, sigma, size=size) / q) * q


def lognormal(mu: Any, sigma: Any, rng: Any = None, size: Any = None) -> Any:
    """``exp(normal(mu, sigma))``."""
    return np.exp(rng.normal(mu, sigma, size=size))


def qlognormal(mu: Any, sigma: Any, q: Any, rng: Any = None, size: Any = None) -> Any:
    """``round(exp(normal(mu, sigma)) / q) * q``."""
    return np.round(np.exp(rng.normal(mu, sigma, size=size)) / q) * q


def randint(low: Any, high: Any = None, rng: Any = None, size: Any = None) -> Any:
    """An integer below `low`, or from `low` to below `high`."""
    draw = rng.integers if hasattr(rng, "integers") else rng.randint  # a RandomState of old
    return draw(low, high, size=size)


def categorical(p: Any, rng: Any = None, size: Any = None) -> Any:
    """The position of one of the probabilities `p`."""
    return rng.choice(len(p), p=p, size=size)


# The functions that draw, with the place of `rng` among their arguments.
NOISE: Mapping[str, int] = {
    **dict.fromkeys(("uniform", "loguniform", "normal", "lognormal", "randint"), 2),
    **dict.fromkeys(("quniform", "qloguniform", "qnormal", "qlognormal"), 3),
    "categorical": 1,
}


# ---------------------------------------------------------------------- a few of hyperopt's own
def call_method_pure(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    """``obj.methodname(*args, **kwargs)``."""
    return getattr(obj, methodname)(*args, **kwargs)


def repeat(n_times: int, obj: Any) -> list[Any]:
    """A list with `obj` so many times."""
    return [obj] * n_times


def str_join(s: str, seq: Any) -> str:
    """``s.join(seq)``."""
    return s.join(seq)


def bincount(x: Any, offset: int = 0, weights: Any = None, minlength: int = 0) -> Any:
    """``numpy.bincount`` of ``x - offset``."""
    return np.bincount(np.asarray(x, dtype=int) - offset, weights, minlength)


def Raise(etype: Any, *args: Any, **kwargs: Any) -> Any:
    """Raise an exception when it is evaluated."""
    raise etype(*args, **kwargs)


_LISTED: tuple[Callable[..., Any], ...] = (
    int, float, len, list, dict, range, max, min, getattr,
    add, mul, operator.sub, operator.truediv, operator.floordiv, operator.neg, operator.pow, operator.getitem,
    operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge,
    np.exp, np.log, np.sqrt, np.sin, np.cos, np.tan, np.sum, np.minimum, np.maximum, np.asarray,
    switch, pos_args, identity, call, call_method, call_method_pure, repeat, str_join, bincount, Raise,
    uniform, loguniform, quniform, qloguniform, normal, qnormal, lognormal, qlognormal, randint, categorical,
)  # fmt: skip

FUNCTIONS: Mapping[str, Callable[..., Any]] = {function.__name__: function for function in _LISTED}
