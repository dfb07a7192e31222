"""Step 1: how alike two points are.

The squared distance is a weighted sum over the axes of the space,

    r^2(x, y) = sum_i w_i d_i(x, y),   w_i = 1 / l_i^2                                          (1)

where d_i is (x_i - y_i)^2 on a numeric axis in unit coordinates; 0 or 1 on an axis of unordered
options; 0 where both points are inactive and 1/4 where one of them is. The covariance is
Matern's with smoothness 5/2 (Rasmussen and Williams, 2006, equation 4.17),

    k(r) = (1 + sqrt(5) r + 5 r^2 / 3) exp(-sqrt(5) r)                                          (2)

    dk / d(r^2) = -(5/6) (1 + sqrt(5) r) exp(-sqrt(5) r)                                        (3)

>>> import numpy as np
>>> x = np.array([[0.0], [1.0]])
>>> distances(x, x, np.array([False]))[0].tolist()
[[0.0, 1.0], [1.0, 0.0]]
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["distances", "matern", "matern_slope"]

FloatArray: TypeAlias = NDArray[np.float64]
ONE_INACTIVE = 0.25


def distances(x: FloatArray, y: FloatArray, is_option: NDArray[np.bool_]) -> FloatArray:
    """d_i of equation (1) for every axis and pair, shape (d, n, m).

    Parameters
    ----------
    x, y : ndarray of shape (n, d) and (m, d)
        Unit coordinates; NaN where inactive; indices on axes of options.
    is_option : ndarray of bool, shape (d,)
        Which axes hold unordered options.
    """
    difference = x.T[:, :, None] - y.T[:, None, :]
    squared: FloatArray = np.square(difference, out=difference)
    if is_option.any():
        squared[is_option] = np.minimum(squared[is_option], 1.0)
    gone = np.isnan(squared)
    if gone.any():
        both = np.isnan(x.T)[:, :, None] & np.isnan(y.T)[:, None, :]
        squared[gone] = np.where(both[gone], 0.0, ONE_INACTIVE)
    return squared


def matern(r_squared: FloatArray) -> FloatArray:
    """Equation (2) of r^2."""
    s = np.sqrt(5.0 * r_squared)
    covariance: FloatArray = (1.0 + s + s * s / 3.0) * np.exp(-s)
    return covariance


def matern_slope(r_squared: FloatArray) -> FloatArray:
    """Equation (3) of r^2."""
    s = np.sqrt(5.0 * r_squared)
    slope: FloatArray = (-5.0 / 6.0) * (1.0 + s) * np.exp(-s)
    return slope
