"""Step 1: how alike two points are.

The squared distance is a weighted sum over the axes of the space,

    r^2(x, y) = sum_i w_i d_i(x, y),   w_i = 1 / l_i^2                                          (1)

where d_i is (x_i - y_i)^2 on a numeric axis in unit coordinates; 0 or 1 on an axis of unordered
options; 0 where both points are inactive and 1/4 where one of them is. The covariance is
Matern's with smoothness 5/2 (Rasmussen and Williams, 2006, equation 4.17),

    k(r) = (1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r)                                          (2)

    dk / d(r^2) = -(5/6) (1 + sqrt(5) r) exp(-sqrt(5) r)                                        (3)

Many parameters of a model act independently of each other, so half of the covariance is a sum over the axes (the
additive processes of Duvenaud and others, 2011, here of first order) of the rational quadratic kernel,
which needs no exponential:

    c(x, y) = k(r) / 2 + 1/(2 d) sum_i 1 / (1 + d w_i d_i(x, y))                                (3a)

>>> import numpy as np
>>> x = np.array([[0.0], [1.0]])
>>> distances(x, x, np.array([False]))[0].tolist()
[[0.0, 1.0], [1.0, 0.0]]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ...space._typing import BoolArray, FloatArray

ONE_INACTIVE = 0.25
ADDITIVE = 0.5  # The share of the additive part of equation (3a).


def distances(x: FloatArray, y: FloatArray, is_option: BoolArray) -> FloatArray:
    """d_i of equation (1) for every axis and pair of rows of `x` and `y`, shape (d, n, m)."""
    return np.array(list(axis_distances(x, y, is_option))).reshape(x.shape[1], len(x), len(y))


def axis_distances(x: FloatArray, y: FloatArray, is_option: BoolArray) -> Iterator[FloatArray]:
    """The same for one axis after the other, shape (n, m) each."""
    # A matrix at a time stays in the processor's cache; for the same reason it is changed in place.
    for a, b, option in zip(x.T, y.T, is_option, strict=True):
        distance: FloatArray = a[:, None] - b
        np.minimum(np.abs(distance), 1.0, out=distance) if option else np.multiply(distance, distance, out=distance)
        a_inactive, b_inactive = np.isnan(a), np.isnan(b)
        if a_inactive.any() or b_inactive.any():
            either, both = a_inactive[:, None] | b_inactive, a_inactive[:, None] & b_inactive
            np.copyto(distance, np.where(both, 0.0, ONE_INACTIVE), where=either)
        yield distance


def covariance(weights: FloatArray, distances: Iterable[FloatArray]) -> FloatArray:
    """Equation (3a), from the weights and the distances of each axis."""
    r_squared, per_axis = np.asarray(0.0), np.asarray(0.0)
    for axis, (weight, distance) in enumerate(zip(weights, distances, strict=True)):
        weighted = weight * distance
        if not axis:  # the first arrays are added to in place: these are the largest there are
            r_squared, per_axis = np.zeros_like(weighted), np.zeros_like(weighted)
        r_squared += weighted  # eq. 1
        weighted *= len(weights)
        weighted += 1.0
        per_axis += np.reciprocal(weighted, out=weighted)  # the sum of eq. 3a
    result = matern(r_squared)
    result *= 1.0 - ADDITIVE
    per_axis *= ADDITIVE / len(weights)
    result += per_axis
    return result


def matern(r_squared: FloatArray) -> FloatArray:
    """Equation (2) of r^2."""
    s = np.sqrt(5.0 * r_squared)
    polynomial = s * s
    polynomial /= 3.0
    polynomial += 1.0 + s
    polynomial *= np.exp(-s)
    return polynomial


def matern_slope(r_squared: FloatArray) -> FloatArray:
    """Equation (3) of r^2."""
    s = np.sqrt(5.0 * r_squared)
    return (-5.0 / 6.0) * (1.0 + s) * np.exp(-s)
