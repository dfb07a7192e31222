"""hyperopt's constructors, with its argument order and meaning, and two more with plain bounds.

>>> space = {"C": logrange("C", 1e-3, 1e3), "kernel": choice("kernel", ["rbf", "linear"])}
>>> space["C"]
hp.logrange('C', 0.001, 1000)
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from .exceptions import BadSearchSpace
from .space._distributions import Categorical, Integer, Normal, Uniform, is_finite
from .space._lattice import FINEST, Lattice
from .space._nodes import Choice, Parameter, check_label

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

_LARGEST_LOG = math.log(1.7e308)
_SUSPICIOUS_LOG = math.log(1e20)


def choice(label: str, options: Sequence[Any]) -> Choice:
    """One of `options`, each equally likely; an option may be a space of its own.

    Parameters
    ----------
    label : str
        Name of the parameter.
    options : sequence
        The options; at least one.

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
    check_label(label)
    return Choice(label, _options("choice", label, options))


def pchoice(label: str, p_options: Sequence[tuple[float, Any]]) -> Choice:
    """One of the options, with the given probabilities.

    Parameters
    ----------
    label : str
        Name of the parameter.
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
    check_label(label)
    pairs = _options("pchoice", label, p_options)
    if not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise BadSearchSpace(f"hp.pchoice({label!r}): write a list of (probability, option) pairs, got {pairs!r}")
    weights = tuple(p for p, _ in pairs)
    for p in weights:
        _finite("pchoice", label, "probability", p)
    if min(weights) < 0 or not math.isclose(math.fsum(weights), 1.0, abs_tol=1e-6):
        raise BadSearchSpace(
            f"hp.pchoice({label!r}): probabilities must be at least 0 and sum to 1, "
            f"got {list(weights)} (sum {math.fsum(weights):g})"
        )
    weights = tuple(map(float, weights))
    return Choice(label, [option for _, option in pairs], Categorical(len(pairs), weights))


def randint(label: str, low: int, high: int | None = None) -> Parameter:
    """An integer in [0, `low`), or in [`low`, `high`) with two bounds; the upper one is excluded.

    Parameters
    ----------
    label : str
        Name of the parameter.
    low, high : int
        Bounds, ``low < high``.

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
    check_label(label)
    start, stop = (0, low) if high is None else (low, high)
    start, stop = _whole("randint", label, "low", start), _whole("randint", label, "high", stop)
    if start >= stop:
        raise BadSearchSpace(
            f"hp.randint({label!r}): low must be < high, got low={start}, high={stop}; the upper bound is excluded"
        )
    return Parameter(label, Integer(start, stop - 1))


def uniformint(label: str, low: int, high: int) -> Parameter:
    """An integer in [`low`, `high`], both included and all equally likely.

    Parameters
    ----------
    label : str
        Name of the parameter.
    low, high : int
        Bounds, ``low < high``.

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
    check_label(label)
    low, high = _whole("uniformint", label, "low", low), _whole("uniformint", label, "high", high)
    _ordered("uniformint", label, low, high)
    return Parameter(label, Integer(low, high))


def loguniformint(label: str, low: int, high: int) -> Parameter:
    """An integer in [`low`, `high`], uniform in the logarithm; plain bounds.

    Parameters
    ----------
    label : str
        Name of the parameter.
    low, high : int
        Bounds, ``1 <= low < high``; not logarithms.

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
    check_label(label)
    low, high = _whole("loguniformint", label, "low", low), _whole("loguniformint", label, "high", high)
    _ordered("loguniformint", label, low, high)
    if low < 1:
        raise BadSearchSpace(f"hp.loguniformint({label!r}): low must be at least 1, got {low}; bounds are plain")
    return Parameter(label, Integer(low, high, log=True))


def uniform(label: str, low: float, high: float) -> Parameter:
    """A float, uniform on [`low`, `high`].

    Parameters
    ----------
    label : str
        Name of the parameter.
    low, high : float
        Bounds, ``low < high``.

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
    return _uniform("uniform", label, low, high)


def quniform(label: str, low: float, high: float, q: float) -> Parameter:
    """A uniform draw from [`low`, `high`], rounded to a multiple of `q` inside the bounds.

    Parameters
    ----------
    label : str
        Name of the parameter.
    low, high : float
        Bounds, ``low < high``.
    q : float
        Step, ``0 < q <= high - low``. Multiples are counted from 0.

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
    return _uniform("quniform", label, low, high, q=q)


def loguniform(label: str, low: float, high: float) -> Parameter:
    """A float whose logarithm is uniform; the bounds are natural logarithms.

    Parameters
    ----------
    label : str
        Name of the parameter.
    low, high : float
        Natural logarithms of the bounds, ``low < high``. For plain bounds use `logrange`. A warning is
        issued if plain bounds were probably meant.

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
    return _uniform("loguniform", label, low, high, log=True)


def qloguniform(label: str, low: float, high: float, q: float) -> Parameter:
    """A log-uniform draw, rounded to a multiple of `q` inside [exp(`low`), exp(`high`)].

    Parameters
    ----------
    label : str
        Name of the parameter.
    low, high : float
        Natural logarithms of the bounds, ``low < high``.
    q : float
        Step, ``0 < q <= exp(high) - exp(low)``.

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
    return _uniform("qloguniform", label, low, high, log=True, q=q)


def logrange(label: str, low: float, high: float) -> Parameter:
    """A float in [`low`, `high`] whose logarithm is uniform; plain bounds.

    Parameters
    ----------
    label : str
        Name of the parameter.
    low, high : float
        Bounds, ``0 < low < high``; not logarithms.

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
    check_label(label)
    low, high = _finite("logrange", label, "low", low), _finite("logrange", label, "high", high)
    _ordered("logrange", label, low, high)
    if low <= 0:
        raise BadSearchSpace(
            f"hp.logrange({label!r}): low must be > 0, got {low:g}; for logarithmic bounds write hp.loguniform"
        )
    return Parameter(label, Uniform(low, high, log=True))


def normal(label: str, mu: float, sigma: float) -> Parameter:
    """A normally distributed float.

    Parameters
    ----------
    label : str
        Name of the parameter.
    mu, sigma : float
        Mean, and standard deviation > 0.

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
    return _normal("normal", label, mu, sigma)


def qnormal(label: str, mu: float, sigma: float, q: float) -> Parameter:
    """A normally distributed float, rounded to a multiple of `q`.

    Parameters
    ----------
    label : str
        Name of the parameter.
    mu, sigma : float
        Mean, and standard deviation > 0.
    q : float
        Step, > 0.

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
    return _normal("qnormal", label, mu, sigma, q=q)


def lognormal(label: str, mu: float, sigma: float) -> Parameter:
    """A positive float whose natural logarithm is normal.

    Parameters
    ----------
    label : str
        Name of the parameter.
    mu, sigma : float
        Mean and standard deviation (> 0) of the logarithm.

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
    return _normal("lognormal", label, mu, sigma, log=True)


def qlognormal(label: str, mu: float, sigma: float, q: float) -> Parameter:
    """A lognormal float, rounded to a multiple of `q`, which may be 0.

    Parameters
    ----------
    label : str
        Name of the parameter.
    mu, sigma : float
        Mean and standard deviation (> 0) of the logarithm.
    q : float
        Step, > 0.

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
    return _normal("qlognormal", label, mu, sigma, log=True, q=q)


# ---------------------------------------------------------------------- checks, before anything is drawn
def _finite(function: str, label: str, name: str, value: Any) -> float:
    if not is_finite(value):
        raise BadSearchSpace(f"hp.{function}({label!r}): {name} must be a finite number, got {value!r}")
    return float(value)


def _whole(function: str, label: str, name: str, value: Any) -> int:
    number = _finite(function, label, name, value)
    if not number.is_integer():
        raise BadSearchSpace(f"hp.{function}({label!r}): {name} must be a whole number, got {value!r}")
    return int(value)


def _ordered(function: str, label: str, low: float, high: float) -> None:
    if low >= high:
        raise BadSearchSpace(f"hp.{function}({label!r}): low must be < high, got low={low:g}, high={high:g}")
    if not is_finite(high - low):
        raise BadSearchSpace(f"hp.{function}({label!r}): high - low must be finite, got low={low:g}, high={high:g}")


def _options(function: str, label: str, options: Any) -> list[Any]:
    if isinstance(options, str | bytes | dict) or not hasattr(options, "__iter__"):
        raise BadSearchSpace(
            f"hp.{function}({label!r}): options must be a list, got {options!r}; write hp.{function}({label!r}, [...])"
        )
    listed = list(options)
    if not listed:
        raise BadSearchSpace(f"hp.{function}({label!r}): options must not be empty")
    return listed


def _step(function: str, label: str, q: Any, width: float = math.inf) -> float:
    step = _finite(function, label, "q", q)
    if not 0 < step <= width * (1 + 1e-9):
        limit = f" and at most high - low = {width:g}" if math.isfinite(width) else ""
        raise BadSearchSpace(f"hp.{function}({label!r}): q must be > 0{limit}, got {step:g}")
    return step


def _uniform(function: str, label: str, low: Any, high: Any, *, log: bool = False, q: float | None = None) -> Parameter:
    check_label(label)
    low, high = _finite(function, label, "low", low), _finite(function, label, "high", high)
    _ordered(function, label, low, high)
    if log and (high > _LARGEST_LOG or low < -_LARGEST_LOG):
        plain = f"hp.logrange({label!r}, {low:g}, {high:g})" if low > 0 else f"hp.uniform({label!r}, {low:g}, {high:g})"
        raise BadSearchSpace(
            f"hp.{function}({label!r}): bounds are natural logarithms, and exp({high:g}) overflows; "
            f"did you mean {plain}?"
        )
    if log:
        _warn_of_plain_bounds(function, label, low, high)
        # exp(np.log(100)) is 100.00000000000004: take the plain number that was meant.
        low, high = float(f"{math.exp(low):.13g}"), float(f"{math.exp(high):.13g}")
    if q is None:
        return Parameter(label, Uniform(low, high, log=log))
    step = _step(function, label, q, high - low)
    _check_resolution(function, label, step, max(abs(low), abs(high)))
    lattice = Lattice.between(low, high, step)
    if not len(lattice):
        raise BadSearchSpace(f"hp.{function}({label!r}): there is no multiple of q={step:g} in [{low:g}, {high:g}]")
    # A bound such as 3 * 0.1 is shown as the multiple that it stands for.
    ends = zip((low, high), (lattice.first, lattice.last), strict=True)
    low, high = (lattice.value(k) if math.isclose(bound, k * step, rel_tol=1e-14) else bound for bound, k in ends)
    return Parameter(label, Uniform(low, high, log=log, q=step))


def _check_resolution(function: str, label: str, q: float, size: float) -> None:
    finest = size / FINEST
    if q < finest:
        raise BadSearchSpace(
            f"hp.{function}({label!r}): q={q:g} is lost in rounding, for values are as large as {size:g}; "
            f"write hp.{function.removeprefix('q')}, or q >= {finest:g}"
        )


def _warn_of_plain_bounds(function: str, label: str, low: float, high: float) -> None:
    """Warn of positive bounds that give huge values or a tiny range: logarithms were probably not meant."""
    if low > 0 and (high > _SUSPICIOUS_LOG or high < 1):
        warnings.warn(
            f"hp.{function}({label!r}, {low:g}, {high:g}): bounds are natural logarithms, so the values lie in "
            f"[{math.exp(low):.3g}, {math.exp(high):.3g}]; for values in [{low:g}, {high:g}] write "
            f"hp.logrange({label!r}, {low:g}, {high:g})",
            UserWarning,
            stacklevel=4,
        )


def _normal(function: str, label: str, mu: Any, sigma: Any, *, log: bool = False, q: float | None = None) -> Parameter:
    check_label(label)
    mu, sigma = _finite(function, label, "mu", mu), _finite(function, label, "sigma", sigma)
    if sigma <= 0:
        raise BadSearchSpace(f"hp.{function}({label!r}): sigma must be > 0, got {sigma:g}")
    if q is None:
        return Parameter(label, Normal(mu, sigma, log=log))
    step = _step(function, label, q)
    _check_resolution(function, label, step, math.exp(min(mu, _LARGEST_LOG)) if log else abs(mu) + sigma)
    return Parameter(label, Normal(mu, sigma, log=log, q=step))
