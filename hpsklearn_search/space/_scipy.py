"""Distributions of other libraries: those of `scipy.stats`, and any object with ``rvs``.

>>> from scipy.stats import gamma
>>> distribution = ScipyDistribution(gamma(2.0))
>>> round(distribution.from_unit(distribution.to_unit(3.0)), 6)
3.0
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from .._typing import FloatArray
from ._distributions import NO_OPTIONS, TINY, Kind, is_real


class ScipyDistribution:
    """A frozen `scipy.stats` distribution, read through its cdf and ppf."""

    kind: ClassVar[Kind] = "numeric"
    is_integral = False  # from_unit makes an int of scipy's discrete draws
    probabilities: ClassVar[FloatArray] = NO_OPTIONS

    def __init__(self, distribution: Any) -> None:
        self.distribution = distribution
        self.discrete = not hasattr(distribution.dist, "pdf")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ScipyDistribution) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key[0])

    def __repr__(self) -> str:
        name, args, kwds = self._key
        shown = ", ".join([*map(repr, args), *(f"{k}={v!r}" for k, v in kwds.items())])
        return f"ScipyDistribution({name}({shown}))"

    @property
    def _key(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        return self.distribution.dist.name, self.distribution.args, self.distribution.kwds

    @property
    def n_values(self) -> int | None:
        if not self.discrete:
            return None
        low, high = self.distribution.support()
        return int(high - low) + 1 if math.isfinite(high - low) else None

    def from_unit(self, u: float) -> Any:
        x = self.distribution.ppf(min(max(u, TINY), 1 - TINY))
        return int(x) if self.discrete else float(x)

    def to_unit(self, value: Any) -> float:
        return float(self.snap(np.clip(self.distribution.cdf(value), 0.0, 1.0)))

    def cells(self, u: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not self.discrete:
            return u, u
        # ppf(cdf(k)) is k only up to rounding: look slightly below the right end of the cell.
        k = self.distribution.ppf(np.clip(np.asarray(u) - TINY, TINY, 1 - TINY))
        return self.distribution.cdf(k - 1), self.distribution.cdf(k)

    def snap(self, u: FloatArray) -> FloatArray:
        left, right = self.cells(u)
        return (left + right) / 2

    def contains(self, value: Any) -> bool:
        low, high = self.distribution.support()
        return is_real(value) and bool(low <= value <= high) and (not self.discrete or float(value).is_integer())

    def values(self) -> Iterator[int]:
        low, high = self.distribution.support()
        yield from range(int(low), int(high) + 1)


class RvsDistribution:
    """Any object with ``rvs(random_state=...)``: it is drawn from and never modelled."""

    kind: ClassVar[Kind] = "opaque"
    n_values = None
    is_integral = False
    probabilities: ClassVar[FloatArray] = NO_OPTIONS

    def __init__(self, distribution: Any) -> None:
        self.distribution = distribution

    def __repr__(self) -> str:
        return f"RvsDistribution({self.distribution!r})"

    def from_unit(self, u: float) -> Any:
        # The coordinate u seeds the draw, so that trial t depends on its seed alone.
        value = self.distribution.rvs(random_state=np.random.RandomState(int(u * 2**32) % 2**32))
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
