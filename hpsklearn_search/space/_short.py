"""Short numbers: a value without the digits that rounding errors put at its end.

A number is replaced only by one that is as close as the errors of its own computation: no distribution changes.

>>> short(0.1 + 0.2), short(1.0000000000000004, error=1e-15), short(0.123456789012345)
(0.3, 1.0, 0.123456789012345)
>>> short(5.551115123125783e-17, error=1e-15)  # of 0.3 - 0.1 - 0.2, next to numbers as large as 1
0.0
"""

from __future__ import annotations

import math

ULPS = 4  # errors of this many units in the last place are rounding errors
TINIEST = 1e-290  # smaller doubles have too few digits for a unit in the last place to be an error


def short(x: float, error: float = 0.0) -> float:
    """The number with few digits that `x` is up to `error`, or up to rounding errors of its own size; else `x`."""
    closer = _nearest(x, error)
    return _nearest(closer, ULPS * math.ulp(closer)) if abs(closer) > TINIEST else closer


def _nearest(x: float, error: float) -> float:
    if not error or not math.isfinite(x + error):
        return x
    # One in a thousand numbers, at most two, are so close to a number with this many places.
    rounded = round(x, -math.ceil(math.log10(1000 * error)))
    return rounded if abs(rounded - x) <= error else x
