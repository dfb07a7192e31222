"""hyperopt's constructors, with its argument order and meaning, and two more with plain bounds.

In a dict the key names the parameter. A label, as the first argument, gives it another name.

>>> {"C": logrange(1e-3, 1e3), "kernel": choice(["rbf", "linear"])}
{'C': hp.logrange(0.001, 1000), 'kernel': hp.choice(['rbf', 'linear'])}
>>> logrange("C", 1e-3, 1e3)
hp.logrange('C', 0.001, 1000)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, overload

from ._keywords import DISTRIBUTIONS_ELSEWHERE
from ._texts import public_repr
from .exceptions import BadSearchSpace

# A name without an underscore would be a name of hp: skopt has an Integer that is written in a space.
from .space import _distributions as _of
from .space import _families
from .space._arguments import (
    Call,
    check_order,
    finite,
    listed,
    optional_label,
    whole,
)
from .space._nodes import Choice, Parameter

__all__ = [
    "choice",
    "lognormal",
    "logrange",
    "loguniform",
    "loguniformint",
    "normal",
    "pchoice",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
    "uniformint",
]


@overload
def choice(label: str, options: Sequence[Any]) -> Choice: ...


@overload
def choice(options: Sequence[Any], *, label: str | None = None) -> Choice: ...


@optional_label
def choice(label: str | None, options: Sequence[Any]) -> Choice:
    """One of `options`, each equally likely; an option may be a space of its own.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    options : sequence
        The options, of which there is at least one: ``["rbf", "linear"]``.

    Returns
    -------
    Choice
        Its raw value is the index of the option.

    Raises
    ------
    BadSearchSpace
        If there is no option.

    Examples
    --------
    >>> choice("kernel", ["rbf", "linear"])
    hp.choice('kernel', ['rbf', 'linear'])
    """
    call = Call("choice", label)
    return Choice(label, listed(call, options))


@overload
def pchoice(label: str, p_options: Sequence[tuple[float, Any]]) -> Choice: ...


@overload
def pchoice(p_options: Sequence[tuple[float, Any]], *, label: str | None = None) -> Choice: ...


@optional_label
def pchoice(label: str | None, p_options: Sequence[tuple[float, Any]]) -> Choice:
    """One of the options, with the given probabilities.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    p_options : sequence of (probability, option)
        The probabilities must not be negative, and their sum must be 1.

    Returns
    -------
    Choice
        Its raw value is the index of the option.

    Raises
    ------
    BadSearchSpace
        If there is no option, or a probability is negative, or their sum is not 1.

    Examples
    --------
    >>> pchoice("kernel", [(0.8, "rbf"), (0.2, "linear")]).distribution.weights
    (0.8, 0.2)
    """
    call = Call("pchoice", label)
    pairs = listed(call, p_options)
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise BadSearchSpace(f"{call}: write a list of (probability, option) pairs, got {public_repr(pairs, label)}")
    weights = tuple(p for p, _ in pairs)
    for p in weights:
        finite(call, "probability", p)
    if min(weights) < 0 or not math.isclose(math.fsum(weights), 1.0, abs_tol=1e-6):
        raise BadSearchSpace(
            f"{call}: probabilities must be at least 0 and sum to 1, got {list(weights)} (sum {math.fsum(weights):g})"
        )
    weights = tuple(map(float, weights))
    return Choice(label, [option for _, option in pairs], _of.Categorical(len(pairs), weights))


@overload
def randint(label: str, low: int, high: int | None = None) -> Parameter: ...


@overload
def randint(low: int, high: int | None = None, *, label: str | None = None) -> Parameter: ...


@optional_label
def randint(label: str | None, low: int, high: int | None = None) -> Parameter:
    """An integer in [0, `low`), or in [`low`, `high`) with two bounds; the upper one is excluded.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    low, high : int, high default=None
        The bounds; `high` is excluded. With one bound, ``randint(5)``, it is `high`, and `low` is 0.

    Returns
    -------
    Parameter
        Its value is an ``int``.

    Raises
    ------
    BadSearchSpace
        If a bound is not an integer, or no integer lies between them.

    Examples
    --------
    >>> randint("n", 5).distribution, randint("n", 5, 8).distribution
    (Integer(low=0, high=4, log=False), Integer(low=5, high=7, log=False))
    """
    call = Call("randint", label)
    start, stop = (0, low) if high is None else (low, high)
    start, stop = whole(call, "low", start), whole(call, "high", stop)
    if start >= stop:
        raise call.error("low must be < high, got low={}, high={}; the upper bound is excluded", start, stop)
    return Parameter(label, _of.Integer(start, stop - 1))


@overload
def uniformint(label: str, low: int, high: int) -> Parameter: ...


@overload
def uniformint(low: int, high: int, *, label: str | None = None) -> Parameter: ...


@optional_label
def uniformint(label: str | None, low: int, high: int) -> Parameter:
    """An integer in [`low`, `high`], both included and all equally likely.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    low, high : int
        The bounds; `low` must be smaller than `high`.

    Returns
    -------
    Parameter
        Its value is an ``int``.

    Raises
    ------
    BadSearchSpace
        If a bound is not an integer, or ``low >= high``.

    Examples
    --------
    >>> uniformint("depth", 2, 9).distribution
    Integer(low=2, high=9, log=False)
    """
    call = Call("uniformint", label)
    low, high = whole(call, "low", low), whole(call, "high", high)
    check_order(call, low, high)
    return Parameter(label, _of.Integer(low, high))


@overload
def loguniformint(label: str, low: int, high: int) -> Parameter: ...


@overload
def loguniformint(low: int, high: int, *, label: str | None = None) -> Parameter: ...


@optional_label
def loguniformint(label: str | None, low: int, high: int) -> Parameter:
    """An integer in [`low`, `high`], uniform in the logarithm; plain bounds.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    low, high : int
        The bounds, and not their logarithms. They must satisfy ``1 <= low < high``.

    Returns
    -------
    Parameter
        Its value is an ``int``.

    Raises
    ------
    BadSearchSpace
        If a bound is not an integer, below 1, or ``low >= high``.

    Examples
    --------
    >>> loguniformint("leaves", 8, 256).distribution
    Integer(low=8, high=256, log=True)
    """
    call = Call("loguniformint", label)
    low, high = whole(call, "low", low), whole(call, "high", high)
    check_order(call, low, high)
    if low < 1:
        raise call.error("low must be at least 1, got {}; bounds are plain", low)
    return Parameter(label, _of.Integer(low, high, log=True))


@overload
def uniform(label: str, low: float, high: float) -> Parameter: ...


@overload
def uniform(low: float, high: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def uniform(label: str | None, low: float, high: float) -> Parameter:
    """A float, uniform on [`low`, `high`].

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    low, high : float
        The bounds; `low` must be smaller than `high`.

    Returns
    -------
    Parameter
        Its value is a ``float``.

    Raises
    ------
    BadSearchSpace
        If a bound is not finite, or ``low >= high``.

    Examples
    --------
    >>> uniform("subsample", 0.5, 1.0).distribution.low
    0.5
    """
    return _families.uniform(Call("uniform", label), low, high)


@overload
def quniform(label: str, low: float, high: float, q: float) -> Parameter: ...


@overload
def quniform(low: float, high: float, q: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def quniform(label: str | None, low: float, high: float, q: float) -> Parameter:
    """A uniform draw from [`low`, `high`], rounded to a multiple of `q` inside the bounds.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    low, high : float
        The bounds; `low` must be smaller than `high`.
    q : float
        The step, with ``0 < q <= high - low``. The values are multiples of it, counted from 0.

    Returns
    -------
    Parameter
        Its value is a ``float``; in `HyperoptSearchCV` an ``int`` if all arguments are whole.

    Raises
    ------
    BadSearchSpace
        If a bound is not finite, ``low >= high``, or `q` does not fit.

    Examples
    --------
    >>> list(quniform("x", 0, 1, 0.25).distribution.values())
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return _families.uniform(Call("quniform", label), low, high, q=q)


@overload
def loguniform(label: str, low: float, high: float) -> Parameter: ...


@overload
def loguniform(low: float, high: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def loguniform(label: str | None, low: float, high: float) -> Parameter:
    """A float whose logarithm is uniform; the bounds are natural logarithms.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    low, high : float
        The natural logarithms of the bounds; `low` must be smaller than `high`. For plain bounds use
        `logrange`. There is a warning if plain bounds were probably meant.

    Returns
    -------
    Parameter
        Its value is a ``float`` in [exp(low), exp(high)].

    Raises
    ------
    BadSearchSpace
        If a bound is not finite, ``low >= high``, or ``exp(high)`` overflows.

    Examples
    --------
    >>> loguniform("C", 0.0, 1.0).distribution.low
    1.0
    """
    return _families.uniform(Call("loguniform", label), low, high, log=True)


@overload
def qloguniform(label: str, low: float, high: float, q: float) -> Parameter: ...


@overload
def qloguniform(low: float, high: float, q: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def qloguniform(label: str | None, low: float, high: float, q: float) -> Parameter:
    """A log-uniform draw, rounded to a multiple of `q` inside [exp(`low`), exp(`high`)].

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    low, high : float
        The natural logarithms of the bounds; `low` must be smaller than `high`.
    q : float
        The step, with ``0 < q <= exp(high) - exp(low)``. The values are multiples of it.

    Returns
    -------
    Parameter
        Its value is a ``float``; in `HyperoptSearchCV` an ``int`` if `q` and the plain bounds are whole.

    Raises
    ------
    BadSearchSpace
        If a bound is not finite, ``low >= high``, ``exp(high)`` overflows, or `q` does not fit.

    Examples
    --------
    >>> list(qloguniform("n", 0.0, 1.7, 2).distribution.values())
    [2.0, 4.0]
    """
    return _families.uniform(Call("qloguniform", label), low, high, log=True, q=q)


@overload
def logrange(label: str, low: float, high: float) -> Parameter: ...


@overload
def logrange(low: float, high: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def logrange(label: str | None, low: float, high: float) -> Parameter:
    """A float in [`low`, `high`] whose logarithm is uniform; plain bounds.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    low, high : float
        The bounds, and not their logarithms. They must satisfy ``0 < low < high``.

    Returns
    -------
    Parameter
        Its value is a ``float``.

    Raises
    ------
    BadSearchSpace
        If a bound is not finite or not positive, or ``low >= high``.

    Examples
    --------
    >>> logrange("lr", 1e-4, 1e-1).distribution.high
    0.1
    """
    call = Call("logrange", label)
    low, high = finite(call, "low", low), finite(call, "high", high)
    check_order(call, low, high)
    if low <= 0:
        raise call.error("low must be > 0, got {}; for logarithmic bounds write hp.loguniform", low)
    return Parameter(label, _of.Uniform(low, high, log=True))


@overload
def normal(label: str, mu: float, sigma: float) -> Parameter: ...


@overload
def normal(mu: float, sigma: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def normal(label: str | None, mu: float, sigma: float) -> Parameter:
    """A normally distributed float.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    mu, sigma : float
        The mean and the standard deviation; `sigma` must be positive.

    Returns
    -------
    Parameter
        Its value is a ``float``, unbounded.

    Raises
    ------
    BadSearchSpace
        If an argument is not finite, or ``sigma <= 0``.

    Examples
    --------
    >>> normal("x", 0, 2).distribution.from_unit(0.5)
    0.0
    """
    return _families.normal(Call("normal", label), mu, sigma)


@overload
def qnormal(label: str, mu: float, sigma: float, q: float) -> Parameter: ...


@overload
def qnormal(mu: float, sigma: float, q: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def qnormal(label: str | None, mu: float, sigma: float, q: float) -> Parameter:
    """A normally distributed float, rounded to a multiple of `q`.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    mu, sigma : float
        The mean and the standard deviation; `sigma` must be positive.
    q : float
        The step between two values, which must be positive.

    Returns
    -------
    Parameter
        Its value is a ``float``, unbounded; in `HyperoptSearchCV` an ``int`` if `q` is whole.

    Raises
    ------
    BadSearchSpace
        If an argument is not finite, ``sigma <= 0`` or ``q <= 0``.

    Examples
    --------
    >>> qnormal("x", 10, 2, 5).distribution.from_unit(0.5)
    10.0
    """
    return _families.normal(Call("qnormal", label), mu, sigma, q=q)


@overload
def lognormal(label: str, mu: float, sigma: float) -> Parameter: ...


@overload
def lognormal(mu: float, sigma: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def lognormal(label: str | None, mu: float, sigma: float) -> Parameter:
    """A positive float whose natural logarithm is normal.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    mu, sigma : float
        The mean and the standard deviation of the natural logarithm; `sigma` must be positive.

    Returns
    -------
    Parameter
        Its value is a ``float`` > 0.

    Raises
    ------
    BadSearchSpace
        If an argument is not finite, or ``sigma <= 0``.

    Examples
    --------
    >>> lognormal("x", 0, 1).distribution.from_unit(0.5)
    1.0
    """
    return _families.normal(Call("lognormal", label), mu, sigma, log=True)


@overload
def qlognormal(label: str, mu: float, sigma: float, q: float) -> Parameter: ...


@overload
def qlognormal(mu: float, sigma: float, q: float, *, label: str | None = None) -> Parameter: ...


@optional_label
def qlognormal(label: str | None, mu: float, sigma: float, q: float) -> Parameter:
    """A lognormal float, rounded to a multiple of `q`, which may be 0.

    Parameters
    ----------
    label : str, default=None
        The name of the parameter. By default it is the key in the space: ``{"C": hp.uniform(0, 1)}``.
    mu, sigma : float
        The mean and the standard deviation of the natural logarithm; `sigma` must be positive.
    q : float
        The step between two values, which must be positive.

    Returns
    -------
    Parameter
        Its value is a ``float``; in `HyperoptSearchCV` an ``int`` if `q` is whole.

    Raises
    ------
    BadSearchSpace
        If an argument is not finite, ``sigma <= 0`` or ``q <= 0``.

    Examples
    --------
    >>> qlognormal("x", 2, 1, 3).distribution.from_unit(0.5)
    6.0
    """
    return _families.normal(Call("qlognormal", label), mu, sigma, log=True, q=q)


if not TYPE_CHECKING:  # a type checker shall go on to refuse unknown names

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):  # the import system asks for __path__ again and again
            raise AttributeError(name)
        line = DISTRIBUTIONS_ELSEWHERE.get(name.lower())
        near = [] if line else get_close_matches(name.lower(), __all__, n=1, cutoff=0.8)
        cure = f"; write {line}" if line else f"; did you mean hp.{near[0]}?" if near else ""
        raise AttributeError(f"module 'hpsklearn_search.hp' has no attribute {name!r}{cure}")
