"""Step 2: from past points to a mixture: which bandwidth, which weights.

The bandwidth on a numeric axis follows Scott's rule for d active axes and n points of spread s,

    h = c s n^(-1/(d + 4))                                                                      (4)

(Scott, 1992, section 6.3.3), never below what a cell of a discrete parameter needs. The spread is the
standard deviation of the points, the prior counted as one more of them, and at most that of the prior.

>>> import numpy as np
>>> points = np.array([[0.2], [0.4], [0.9]])
>>> scott(points, spread(points, np.ones(3)), factor=1.0).round(3).tolist()
[0.232]
"""

from __future__ import annotations

import numpy as np

from ...space import Layout
from ...space._typing import FloatArray
from ._densities import Mixture

UNIFORM_SPREAD = 12**-0.5  # Standard deviation of the prior on an axis.


def spread(points: FloatArray, weights: FloatArray) -> FloatArray:
    """s of equation (4) for each column of `points`, shape (n, d) with NaN where inactive; shape (d,)."""
    active = ~np.isnan(points)
    x = np.where(active, points, 0.0)
    total = weights @ active + 1.0  # the prior counts as one more point, as it does in the mixture
    mean = (weights @ x + 0.5) / total
    square = (weights @ (x * x) + 0.25 + UNIFORM_SPREAD**2) / total
    return np.minimum(np.sqrt(np.maximum(square - mean**2, 1e-6)), UNIFORM_SPREAD)


def scott(points: FloatArray, spreads: FloatArray, factor: float) -> FloatArray:
    """Equation (4) for each column of `points` and its spread; shape (d,)."""
    n = (~np.isnan(points)).sum(axis=0)
    dimension = max(1.0, n.sum() / len(points)) if len(points) else 1.0  # active axes of a point, on average
    return factor * spreads * np.maximum(n, 1) ** (-1.0 / (dimension + 4.0))  # eq. 4


def fit_mixture(
    layout: Layout,
    points: FloatArray,
    weights: FloatArray,
    spreads: FloatArray,  # s of eq. 4 on each numeric axis
    *,
    factor: float,  # c of eq. 4
    mixing: float,  # w of eq. 2 for three points
    floor: FloatArray,  # the smallest bandwidth on each numeric axis
    prior: float,  # a of eq. 3
) -> Mixture:
    """The mixture over `points`, whose weights have the mean 1."""
    h = np.maximum(scott(points[:, layout.numeric], spreads, factor), floor)
    w = _mixing(points[:, layout.categorical], mixing) if len(layout.categorical) else np.empty(0)
    return Mixture(layout, points, weights, h, w, prior)


def _mixing(points: FloatArray, for_three: float) -> FloatArray:
    """w of equation (2) for each column of `points`; it falls as more points are known."""
    n = (~np.isnan(points)).sum(axis=0)
    return np.minimum(np.maximum(for_three * 2.0 / np.sqrt(1.0 + n), 0.02), 0.9)
