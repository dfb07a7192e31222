"""Distributions: the values of one parameter, and their place on the unit interval.

Every numeric distribution maps its values to a *unit coordinate* in [0, 1] by its own
cumulative distribution function. The prior is therefore uniform in that coordinate, and an
algorithm needs to know nothing else about the distribution. A discrete value has a *cell* of the
unit interval, as wide as its probability; the centre of the cell represents the value.

>>> d = Uniform(1e-2, 1e2, log=True)
>>> d.from_unit(0.5), round(d.to_unit(1.0), 9)
(1.0, 0.5)
>>> Uniform(0.1, 1.0, q=0.3).from_unit(0.99)
0.9
>>> [Integer(1, 4).from_unit(u) for u in (0.1, 0.3, 0.6, 0.9)]
[1, 2, 3, 4]
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from scipy.special import ndtr, ndtri

from ._lattice import Lattice
from ._short import ULPS, short
from ._typing import FloatArray, IntArray

Kind: TypeAlias = Literal["numeric", "categorical", "opaque"]

TINY = 1e-12  # keeps ppf(0) and ppf(1) of an unbounded distribution finite
NO_OPTIONS: FloatArray = np.empty(0)


@runtime_checkable
class Distribution(Protocol):
    """What a space and an algorithm need to know about one parameter.

    ``kind`` says how an algorithm reads the coordinate: ``"numeric"`` (a unit coordinate),
    ``"categorical"`` (an index, without order) or ``"opaque"`` (drawn, never modelled).
    ``n_values`` counts the distinct values, None when there are infinitely many.
    """

    @property
    def kind(self) -> Kind:
        """How an algorithm reads the coordinate."""

    @property
    def n_values(self) -> int | None:
        """How many distinct values there are; None if infinitely many."""

    @property
    def probabilities(self) -> FloatArray:
        """The prior probability of each option, shape (n,); empty unless categorical."""

    @property
    def is_integral(self) -> bool:
        """Whether every value is a whole number."""

    def from_unit(self, u: float) -> Any:
        """The value at unit coordinate `u`."""

    def to_unit(self, value: Any) -> float:
        """The unit coordinate of `value`; of a categorical value the index itself."""

    def snap(self, u: FloatArray) -> FloatArray:
        """Each coordinate moved to the centre of its cell; unchanged where continuous."""

    def cells(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Left and right end of the cell around each coordinate; equal where continuous."""

    def contains(self, value: Any) -> bool:
        """Whether `value` can be drawn."""

    def values(self) -> Iterator[Any]:
        """All values in order, if they are finitely many."""


def is_real(value: Any) -> bool:
    """A real number that is not a bool, numpy's included."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool | np.bool_)


def is_finite(value: Any) -> bool:
    """Whether `value` is a real number that is neither NaN nor too large for a double."""
    return is_real(value) and fits_float(value)


def fits_float(value: Any) -> bool:
    """Whether the real number `value` is a finite number as a float, too."""
    try:
        return math.isfinite(value)
    except OverflowError:  # Python's integers have no limit
        return False


def _error_of(size: float, x: float, log: bool) -> float:
    """The error of `x`, or of its logarithm, where numbers up to `size` were added."""
    error = 2 * ULPS * math.ulp(size)  # of a logarithm near 0, that of `x` itself is larger
    return max(error, ULPS * math.ulp(1.0)) * x if log else error


class _Specified:
    """Pickled as its fields: a cached property is not part of the specification."""

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]


class _Numeric(_Specified):
    """Coordinates and cells; the distribution supplies cdf, ppf and the ends of its support."""

    q: float | None
    probabilities: ClassVar[FloatArray] = NO_OPTIONS

    def _cdf(self, x: FloatArray) -> FloatArray:
        raise NotImplementedError

    def _ppf(self, u: FloatArray) -> FloatArray:
        raise NotImplementedError

    def _support(self) -> tuple[float, float]:
        raise NotImplementedError

    def _error(self, x: float) -> float:
        """How far rounding errors may have moved `x`, a value of a continuous distribution."""
        raise NotImplementedError

    @cached_property
    def _lattice(self) -> Lattice:
        """The values, if the distribution is quantised."""
        assert self.q is not None
        return Lattice.between(*self._support(), self.q)

    def cells(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        if self.q is None:
            return u, u
        k = self._lattice.nearest(self._ppf(np.clip(u, TINY, 1 - TINY)))
        left = np.where(k <= self._lattice.first, 0.0, self._cdf((k - 0.5) * self.q))
        right = np.where(k >= self._lattice.last, 1.0, self._cdf((k + 0.5) * self.q))
        return left, right

    def snap(self, u: FloatArray) -> FloatArray:
        if self.q is None:
            return u
        left, right = self.cells(u)
        return (left + right) / 2

    @property
    def n_values(self) -> int | None:
        if self.q is None:
            low, high = self._support()
            return 1 if low == high else None
        return len(self._lattice) if self._lattice.is_finite else None

    def from_unit(self, u: float) -> Any:
        x = self._ppf(np.float64(min(max(u, TINY), 1 - TINY)))
        if self.q is None:
            low, high = self._support()
            return min(max(short(float(x), self._error(float(x))), low), high)
        return self._lattice.round(float(x))

    def to_unit(self, value: Any) -> float:
        return float(self.snap(self._cdf(np.float64(value))))

    def nearest(self, value: float) -> Any:
        """The value that can be drawn and is nearest to `value`."""
        low, high = self._support()
        x = min(max(float(value), low), high)
        return x if self.q is None else self._lattice.round(x)

    def values(self) -> Iterator[Any]:
        return iter([self._support()[0]]) if self.q is None else self._lattice.values()

    def contains(self, value: Any) -> bool:
        if not is_finite(value):
            return False
        if self.q is None:
            low, high = self._support()
            return bool(low <= value <= high)
        return float(value) in self._lattice


@dataclass(frozen=True)
class Uniform(_Numeric):
    """Uniform on [low, high], or uniform in the logarithm; the bounds are plain numbers."""

    low: float
    high: float
    log: bool = False
    q: float | None = None
    kind: ClassVar[Kind] = "numeric"

    @cached_property
    def _scale(self) -> tuple[float, float]:
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        return low, high - low

    def _support(self) -> tuple[float, float]:
        return self.low, self.high

    def _cdf(self, x: FloatArray) -> FloatArray:
        start, width = self._scale
        if width == 0:
            return np.zeros_like(x) + 0.5
        z = x
        if self.log:
            with np.errstate(divide="ignore"):
                z = np.log(np.maximum(x, 0.0))
        return np.minimum(np.maximum((z - start) / width, 0.0), 1.0)

    def _ppf(self, u: FloatArray) -> FloatArray:
        start, width = self._scale
        z = start + u * width
        return np.exp(z) if self.log else z

    def _error(self, x: float) -> float:
        start, width = self._scale
        return _error_of(max(abs(start), abs(start + width)), x, self.log)

    @property
    def is_integral(self) -> bool:
        return self.q is not None and all(float(x).is_integer() for x in (self.q, self.low, self.high))


@dataclass(frozen=True)
class Normal(_Numeric):
    """Normal with mean `mu` and standard deviation `sigma`, or lognormal; rounded to multiples of `q`."""

    mu: float
    sigma: float
    log: bool = False
    q: float | None = None
    kind: ClassVar[Kind] = "numeric"

    def _support(self) -> tuple[float, float]:
        return (0.0 if self.log else -math.inf), math.inf

    def _cdf(self, x: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore"):
            z = np.log(np.maximum(x, 0.0)) if self.log else x
        return ndtr((z - self.mu) / self.sigma)

    def _ppf(self, u: FloatArray) -> FloatArray:
        z: FloatArray = self.mu + self.sigma * ndtri(u)
        # The far tail of a wide lognormal would overflow: exp(709) is near the largest double.
        return np.exp(np.minimum(z, 709.0)) if self.log else z

    def _error(self, x: float) -> float:
        z = math.log(x) if self.log and x > 0 else x
        return _error_of(max(abs(self.mu), self.sigma, abs(z)), x, self.log)

    @property
    def is_integral(self) -> bool:
        return self.q is not None and float(self.q).is_integer()


@dataclass(frozen=True)
class Integer(_Numeric):
    """The integers low..high, both included and equally likely; with `log`, uniform in the logarithm."""

    low: int
    high: int
    log: bool = False
    kind: ClassVar[Kind] = "numeric"
    q = 1.0
    is_integral = True

    @cached_property
    def _origin(self) -> int:
        # Coordinates are those of value - origin: above 2**53, doubles have gaps that integers do not have.
        # It is even, so that halves are rounded as those of the values would be.
        return 0 if self._has_log else self.low - self.low % 2

    @cached_property
    def _has_log(self) -> bool:
        # Over so narrow a range the logarithm is linear, and its difference would be lost in rounding.
        return self.log and self.high - self.low > 1e-6 * self.low

    @cached_property
    def _edges(self) -> tuple[float, float]:
        left, right = self.low - self._origin - 0.5, self.high - self._origin + 0.5
        return (math.log(left), math.log(right)) if self._has_log else (left, right)

    def _support(self) -> tuple[float, float]:
        return self.low - self._origin, self.high - self._origin

    def _cdf(self, x: FloatArray) -> FloatArray:
        left, right = self._edges
        z = np.log(np.maximum(x, self.low - 0.5)) if self._has_log else x
        return np.clip((z - left) / (right - left), 0.0, 1.0)

    def _ppf(self, u: FloatArray) -> FloatArray:
        left, right = self._edges
        z = left + u * (right - left)
        return np.exp(z) if self._has_log else z

    @property
    def n_values(self) -> int:
        return self.high - self.low + 1

    def from_unit(self, u: float) -> int:
        value = round(super().from_unit(u)) + self._origin
        return min(max(value, self.low), self.high)  # a double above 2**53 may lie outside of the bounds

    def to_unit(self, value: Any) -> float:
        return super().to_unit(value - self._origin)

    def nearest(self, value: float) -> int:
        """The integer that can be drawn and is nearest to `value`."""
        return min(max(round(value), self.low), self.high)

    def values(self) -> Iterator[int]:
        return iter(range(self.low, self.high + 1))

    def contains(self, value: Any) -> bool:
        return is_real(value) and self.low <= value <= self.high and value == int(value)


@dataclass(frozen=True)
class Categorical(_Specified):
    """An index into `n` options, equally likely or with `weights`; `ordered` options are ordinal."""

    n: int
    weights: tuple[float, ...] | None = None
    ordered: bool = False  # numeric for an algorithm: the unit coordinate is the rank
    is_integral = True

    @property
    def kind(self) -> Kind:
        return "numeric" if self.ordered else "categorical"

    @property
    def n_values(self) -> int:
        return int(np.count_nonzero(self.probabilities))

    @cached_property
    def probabilities(self) -> FloatArray:
        if self.weights is None:
            return np.full(self.n, 1.0 / self.n)
        weights: FloatArray = np.asarray(self.weights, dtype=float)
        return weights / math.fsum(self.weights)

    @cached_property
    def _upper(self) -> FloatArray:
        return np.cumsum(self.probabilities)

    def _index(self, u: FloatArray) -> IntArray:
        if self.weights is None:
            return np.minimum((np.asarray(u) * self.n).astype(int), self.n - 1)
        # Rounding may leave the sum slightly below 1: then take the last option that can be drawn.
        return np.minimum(np.searchsorted(self._upper, u, side="right"), np.flatnonzero(self.probabilities)[-1])

    def from_unit(self, u: float) -> int:
        return int(self._index(np.float64(u)))

    def to_unit(self, value: Any) -> float:
        if not self.ordered:
            # NaN, like an inactive one, for an option that was asked for but cannot be drawn: models must not keep it.
            return float(value) if self.probabilities[int(value)] > 0 else math.nan
        left, right = self._cell_of(np.asarray(int(value)))
        return float((left + right) / 2)

    def _cell_of(self, index: Any) -> tuple[FloatArray, FloatArray]:
        if self.weights is None:
            return index / self.n, (index + 1) / self.n
        right = self._upper[index]
        return right - self.probabilities[index], right

    def cells(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self._cell_of(self._index(u)) if self.ordered else (u, u)

    def snap(self, u: FloatArray) -> FloatArray:
        left, right = self.cells(u)
        return (left + right) / 2

    def contains(self, value: Any) -> bool:
        # A user may ask for an option of probability 0; it is never suggested.
        return is_real(value) and 0 <= value < self.n and value == int(value)

    def values(self) -> Iterator[int]:
        return (i for i, p in enumerate(self.probabilities) if p > 0)
