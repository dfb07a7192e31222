"""The two families of distributions of a number that `hp` makes, after a check of their arguments.

>>> uniform(Call("quniform", "x"), 0, 1, q=0.25)
hp.quniform('x', 0, 1, 0.25)
"""

from __future__ import annotations

import math
from typing import Any

from ._arguments import LARGEST_LOG, Call, check_order, check_resolution, finite, plain_bounds, step
from ._distributions import Normal, Uniform
from ._lattice import Lattice
from ._nodes import Parameter


def uniform(call: Call, low: Any, high: Any, *, log: bool = False, q: float | None = None) -> Parameter:
    """A number between two bounds, which are logarithms with `log`; a multiple of `q` if there is one."""
    low, high = finite(call, "low", low), finite(call, "high", high)
    check_order(call, low, high)
    if log:
        low, high = plain_bounds(call, low, high)
    if q is None:
        return Parameter(call.label, Uniform(low, high, log=log))
    q = step(call, q, high - low)
    check_resolution(call, q, max(abs(low), abs(high)))
    lattice = Lattice.between(low, high, q)
    if not len(lattice):
        raise call.error("there is no multiple of q={} in [{}, {}]", q, low, high)
    # A bound such as 3 * 0.1 is shown as the multiple that it stands for.
    ends = zip((low, high), (lattice.first, lattice.last), strict=True)
    low, high = (lattice.value(k) if math.isclose(bound, k * q, rel_tol=1e-14) else bound for bound, k in ends)
    return Parameter(call.label, Uniform(low, high, log=log, q=q))


def normal(call: Call, mu: Any, sigma: Any, *, log: bool = False, q: float | None = None) -> Parameter:
    """A number of a normal distribution, or of a lognormal one with `log`; a multiple of `q` if there is one."""
    mu, sigma = finite(call, "mu", mu), finite(call, "sigma", sigma)
    if sigma <= 0:
        raise call.error("sigma must be > 0, got {}", sigma)
    if q is None:
        return Parameter(call.label, Normal(mu, sigma, log=log))
    q = step(call, q)
    check_resolution(call, q, math.exp(min(mu, LARGEST_LOG)) if log else abs(mu) + sigma)
    return Parameter(call.label, Normal(mu, sigma, log=log, q=q))
