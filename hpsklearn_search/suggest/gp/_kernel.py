"""Step 1: how alike two points are.

The squared distance is a weighted sum over the axes of the space,

    r^2(x, y) = sum_i w_i d_i(x, y),   w_i = 1 / l_i^2                                          (1)

where d_i is (x_i - y_i)^2 on a numeric axis in unit coordinates; 0 or 1 on an axis of unordered
options; 0 where both points are inactive and 1/4 where one of them is. The covariance is
Matern's with smoothness 5/2 (Rasmussen and Williams, 2006, equation 4.17),

    k(r) = (1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r)                                          (2)

    dk / d(r^2) = -(5/6) (1 + sqrt(5) r) exp(-sqrt(5) r)                                        (3)

Many parameters of a model act by themselves, so half of the covariance is a sum over the axes (the
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

from ..._typing import BoolArray, FloatArray

ONE_INACTIVE = 0.25
ADDITIVE = 0.5
"""The share of the additive part of equation (3a)."""


def distances(x: FloatArray, y: FloatArray, is_option: BoolArray) -> FloatArray:
    """d_i of equation (1) for every axis and pair, shape (d, n, m).

    Parameters
    ----------
    x, y : ndarray of shape (n, d) and (m, d)
        Unit coordinates; NaN where inactive; indices on axes of options.
    is_option : ndarray of bool, shape (d,)
        Which axes hold unordered options.
    """
    return np.array(list(axis_distances(x, y, is_option))).reshape(x.shape[1], len(x), len(y))


def axis_distances(x: FloatArray, y: FloatArray, is_option: BoolArray) -> Iterator[FloatArray]:
    """The same one axis after the other, shape (n, m) each: small enough to stay in the processor's cache."""
    for a, b, option in zip(x.T, y.T, is_option, strict=True):
        apart: FloatArray = a[:, None] - b
        np.minimum(np.abs(apart), 1.0, out=apart) if option else np.multiply(apart, apart, out=apart)
        lacks, misses = np.isnan(a), np.isnan(b)
        if lacks.any() or misses.any():
            np.copyto(apart, np.where(lacks[:, None] & misses, 0.0, ONE_INACTIVE), where=lacks[:, None] | misses)
        yield apart


def covariance(weights: FloatArray, apart: Iterable[FloatArray]) -> FloatArray:
    """Equation (3a), from the weights and the distances of each axis."""
    together, each = np.asarray(0.0), np.asarray(0.0)
    for axis, (weight, distance) in enumerate(zip(weights, apart, strict=True)):
        weighted = weight * distance
        if not axis:  # the first arrays are added to in place: these are the largest there are
            together, each = np.zeros_like(weighted), np.zeros_like(weighted)
        together += weighted
        weighted *= len(weights)
        weighted += 1.0
        each += np.reciprocal(weighted, out=weighted)
    result = matern(together)
    result *= 1.0 - ADDITIVE
    each *= ADDITIVE / len(weights)
    result += each
    return result


def matern(r_squared: FloatArray) -> FloatArray:
    """Equation (2) of r^2."""
    s = np.sqrt(5.0 * r_squared)
    squared = s * s
    squared /= 3.0
    covariance: FloatArray = 1.0 + s
    covariance += squared
    covariance *= np.exp(-s)
    return covariance


def matern_slope(r_squared: FloatArray) -> FloatArray:
    """Equation (3) of r^2."""
    s = np.sqrt(5.0 * r_squared)
    return (-5.0 / 6.0) * (1.0 + s) * np.exp(-s)
