"""The multiples of q between two bounds: the one place that knows which numbers these are.

Bounds are computed, and a computed bound is seldom an exact multiple of q. One that differs from a multiple by
rounding errors only is that multiple:

>>> lattice = Lattice.between(0.1, 3 * 0.1, 0.1)
>>> list(lattice.values()), 0.3 in lattice, 3 * 0.1 in lattice, 0.25 in lattice
([0.1, 0.2, 0.3], True, True, False)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from ._typing import FloatArray

FINEST = 2.0**50
"""Multiples of q beyond this one are closer to each other than doubles can tell."""


def multiple_of(x: float, q: float) -> int | None:
    """k, if `x` is k * q up to rounding errors."""
    k = round(x / q)
    # Near zero the tolerance is smaller: a bound of 1e-10 is there to keep 0 out.
    tolerance = max(q * (1e-9 if k else 1e-12), math.ulp(x))
    return k if abs(x - k * q) <= tolerance else None


@dataclass(frozen=True)
class Lattice:
    """The numbers k * q for the whole numbers k from `first` to `last`, which may be infinite."""

    q: float
    first: float
    last: float

    @classmethod
    def between(cls, low: float, high: float, q: float) -> Lattice:
        """The multiples of `q` in [low, high]."""
        first = low if math.isinf(low) else multiple_of(low, q)
        last = high if math.isinf(high) else multiple_of(high, q)
        return cls(q, math.ceil(low / q) if first is None else first, math.floor(high / q) if last is None else last)

    def __len__(self) -> int:
        return max(int(self.last - self.first) + 1, 0)

    @property
    def is_finite(self) -> bool:
        """Whether there are finitely many multiples."""
        return math.isfinite(self.last - self.first)

    def nearest(self, x: FloatArray) -> FloatArray:
        """k of the multiple that is nearest to `x`."""
        with np.errstate(over="ignore"):  # the far tail of a wide lognormal
            return np.clip(np.round(x / self.q), self.first, self.last)

    def round(self, x: float) -> float:
        """The multiple that is nearest to `x`; `x` itself, where doubles cannot tell multiples apart."""
        return x if abs(x) > FINEST * self.q else self.value(float(self.nearest(np.float64(x))))

    def value(self, k: float) -> float:
        """k * q, without the digits that a multiple of q does not have."""
        return round(k * self.q, digits(self.q)) + 0.0  # + 0.0 turns -0.0 into 0.0

    def values(self) -> Iterator[float]:
        """All multiples, in ascending order."""
        return map(self.value, range(int(self.first), int(self.last) + 1))

    def __contains__(self, x: float) -> bool:
        if abs(x) > FINEST * self.q:
            return self.first * self.q <= x <= self.last * self.q
        k = multiple_of(x, self.q)
        return k is not None and self.first <= k <= self.last


def digits(q: float) -> int:
    """Decimal places that a multiple of `q` can have."""
    exponent = Decimal(repr(float(q))).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
