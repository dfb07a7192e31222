"""Distributions of other libraries: those of `scipy.stats`, and any object with ``rvs``.

>>> from scipy.stats import gamma, rv_discrete
>>> distribution = from_scipy(gamma(2.0))
>>> round(distribution.from_unit(distribution.to_unit(3.0)), 6)
3.0
>>> list(from_scipy(rv_discrete(values=([2, 8, 32], [0.5, 0.0, 0.5])).freeze()).values())
[2, 32]
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ._distributions import NO_OPTIONS, TINY, Categorical, Kind, is_finite
from ._short import short
from ._typing import FloatArray

MOST_VALUES = 100_000
"""A discrete distribution over more integers is treated as one over infinitely many."""


def from_scipy(frozen: Any) -> ScipyDistribution:
    """A frozen `scipy.stats` distribution with a unit coordinate."""
    if hasattr(frozen.dist, "pdf"):
        return ScipyDistribution(frozen)
    low, high = frozen.support()
    is_finite_list = hasattr(frozen.dist, "xk") or high - low < MOST_VALUES
    return ListedScipyDistribution(frozen) if is_finite_list else DiscreteScipyDistribution(frozen)


class ScipyDistribution:
    """A frozen `scipy.stats` distribution, read through its cdf and ppf."""

    kind: ClassVar[Kind] = "numeric"
    is_integral = False  # the values have the types of scipy's draws already
    probabilities: ClassVar[FloatArray] = NO_OPTIONS

    def __init__(self, frozen: Any) -> None:
        self.frozen = frozen

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScipyDistribution) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.call})"

    @property
    def call(self) -> str:
        """The function of `scipy.stats` with its arguments; what has no name is known by its values."""
        dist, arguments = self.frozen.dist, [*map(repr, self.frozen.args)]
        arguments += [f"{name}={value!r}" for name, value in self.frozen.kwds.items()]
        if hasattr(dist, "xk"):
            arguments = [f"values={(dist.xk.tolist(), dist.pk.tolist())}", *arguments]
            return f"rv_discrete({', '.join(arguments)})"
        if hasattr(dist, "_histogram"):
            arguments = [repr(tuple(part.tolist() for part in dist._histogram)), *arguments]
            return f"rv_histogram({', '.join(arguments)})"
        return f"{dist.name}({', '.join(arguments)})"

    @property
    def n_values(self) -> int | None:
        return None

    def from_unit(self, u: float) -> Any:
        low, high = self.frozen.support()
        value = short(float(self.frozen.ppf(min(max(u, TINY), 1 - TINY))))
        return min(max(value, float(low)), float(high))

    def to_unit(self, value: Any) -> float:
        return float(np.clip(self.frozen.cdf(value), 0.0, 1.0))

    def cells(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        return u, u

    def snap(self, u: FloatArray) -> FloatArray:
        left, right = self.cells(u)
        return (left + right) / 2

    def contains(self, value: Any) -> bool:
        low, high = self.frozen.support()
        return is_finite(value) and bool(low <= value <= high)

    def values(self) -> Iterator[Any]:
        raise TypeError(f"{self!r} has no finite list of values")


class DiscreteScipyDistribution(ScipyDistribution):
    """One over infinitely many integers, each plus ``loc``."""

    @cached_property
    def _unshifted(self) -> tuple[Any, Any]:
        """The same distribution with ``loc=0``, and loc: a fraction added to an integer may be rounded."""
        shapes, loc, _ = self.frozen.dist._parse_args(*self.frozen.args, **self.frozen.kwds)
        return self.frozen.dist(*shapes), int(loc) if float(loc).is_integer() else float(loc)

    def from_unit(self, u: float) -> Any:
        unshifted, loc = self._unshifted
        return int(unshifted.ppf(min(max(u, TINY), 1 - TINY))) + loc

    def to_unit(self, value: Any) -> float:
        unshifted, loc = self._unshifted
        return float(self.snap(np.clip(unshifted.cdf(np.round(value - loc)), 0.0, 1.0)))

    def cells(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        unshifted, _ = self._unshifted
        # ppf(cdf(k)) is k only up to rounding: look slightly below the right end of the cell.
        k = unshifted.ppf(np.clip(np.asarray(u) - TINY, TINY, 1 - TINY))
        return unshifted.cdf(k - 1), unshifted.cdf(k)

    def contains(self, value: Any) -> bool:
        if not is_finite(value):
            return False
        unshifted, loc = self._unshifted
        k = round(value - loc)
        return math.isclose(k + loc, value, rel_tol=1e-9) and bool(unshifted.pmf(k) > 0)


class ListedScipyDistribution(DiscreteScipyDistribution):
    """One over finitely many values: those whose probability is not zero, and no others."""

    @cached_property
    def _table(self) -> tuple[list[Any], Categorical]:
        """The values with their own types, in ascending order, and the distribution of their positions."""
        unshifted, loc = self._unshifted
        dist = unshifted.dist
        if hasattr(dist, "xk"):
            k, p = dist.xk, dist.pk
        else:
            low, high = unshifted.support()
            k = np.arange(int(low), int(high) + 1)
            p = unshifted.pmf(k)
        values = [value + loc for value in k[p > 0].tolist()]
        return values, Categorical(len(values), tuple(p[p > 0].tolist()), ordered=True)

    def _position(self, value: Any) -> int:
        return int(np.argmin(np.abs(np.asarray(self._table[0]) - value)))

    @property
    def n_values(self) -> int:
        return len(self._table[0])

    def from_unit(self, u: float) -> Any:
        values, positions = self._table
        return values[positions.from_unit(u)]

    def to_unit(self, value: Any) -> float:
        return self._table[1].to_unit(self._position(value))

    def cells(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self._table[1].cells(u)

    def contains(self, value: Any) -> bool:
        return is_finite(value) and math.isclose(self._table[0][self._position(value)], value, rel_tol=1e-9)

    def values(self) -> Iterator[Any]:
        return iter(self._table[0])


class RvsDistribution:
    """Any object with ``rvs(random_state=...)``: it is drawn from and never modelled."""

    kind: ClassVar[Kind] = "opaque"
    n_values = None
    is_integral = False
    probabilities: ClassVar[FloatArray] = NO_OPTIONS

    def __init__(self, source: Any) -> None:
        self.source = source

    def __repr__(self) -> str:
        return f"RvsDistribution({self.source!r})"

    def from_unit(self, u: float) -> Any:
        # The coordinate u seeds the draw, so that trial t depends on its seed alone.
        value = self.source.rvs(random_state=np.random.RandomState(int(u * 2**32) % 2**32))
        return value.item() if isinstance(value, np.generic) else value

    def to_unit(self, value: Any) -> float:
        return math.nan

    def cells(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        return u, u

    def snap(self, u: FloatArray) -> FloatArray:
        return u

    def contains(self, value: Any) -> bool:
        return True

    def values(self) -> Iterator[Any]:
        raise TypeError(f"{self!r} has no finite list of values")
