"""Which axes the trials speak of: those without which the process explains them worse.

The likelihood of equation (4) always has something to gain from an axis, chance being fitted. So the axes are
taken out one after the other, the one of the least weight first, each time with the noise e that then fits
best. An axis stays out unless the trials are 20 d times as likely with it; 20 is strong evidence on the scale
of Kass and Raftery ("Bayes factors", 1995), and d pays for the choice among d axes.

>>> import numpy as np
>>> from ._kernel import distances
>>> x = np.random.default_rng(0).random((20, 2))
>>> theta, apart = np.zeros(3), distances(x, x, np.array([False, False]))
>>> without_irrelevant(theta, apart, (x[:, 0] - x[:, 0].mean()) / x[:, 0].std(), np.ones(20))[:2].tolist()
[0.0, -inf]
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_solve
from scipy.linalg.lapack import dpotrf

from ...space._typing import FloatArray
from ._kernel import ADDITIVE, matern

ODDS = 20.0
LOG_NOISES = np.log([1e-3, 1e-2, 0.1, 0.3, 1.0, 10.0, 100.0])  # beside that of the process


def without_irrelevant(
    theta: FloatArray, distances: FloatArray, y: FloatArray, noisiness: FloatArray, share: float = 1.0
) -> FloatArray:
    """`theta` with a log w of -inf on each axis that the trials do not speak of, and log e fitted to what is left.

    `share` is that of the trials which are given; evidence grows in proportion to them.
    """
    d, n, _ = distances.shape
    rows, columns = np.tril_indices(n, -1)
    w = np.exp(theta[:-1])
    r_squared, per_axis = np.zeros(len(rows)), np.full(len(rows), float(d))
    for axis in np.flatnonzero(w):
        distance = distances[axis, rows, columns]
        r_squared += w[axis] * distance  # eq. 1
        per_axis -= _lost(d * w[axis] * distance)
    noises, result = np.append(theta[-1], LOG_NOISES), theta.copy()
    value, result[-1] = _best(r_squared, per_axis / d, noises, y, noisiness)
    for axis in sorted(np.flatnonzero(w), key=lambda axis: w[axis]):
        distance = distances[axis, rows, columns]
        r_without = np.maximum(r_squared - w[axis] * distance, 0.0)
        per_without = per_axis + _lost(d * w[axis] * distance)
        value_without, noise = _best(r_without, per_without / d, noises, y, noisiness)
        if value_without < value + share * np.log(ODDS * d):
            r_squared, per_axis, value = r_without, per_without, value_without
            result[axis], result[-1] = -np.inf, noise
    return result if np.isinf(result[:-1]).any() else theta


def _lost(u: FloatArray) -> FloatArray:
    """What an axis takes off the sum of equation (3a), 1 - 1/(1 + u)."""
    return u / (1.0 + u)


def _best(
    r_squared: FloatArray, per_axis: FloatArray, noises: FloatArray, y: FloatArray, noisiness: FloatArray
) -> tuple[float, float]:
    """The smallest negative log likelihood among the `noises`, and the one that has it."""
    n = len(y)
    kernel = np.zeros((n, n))
    kernel[np.tril_indices(n, -1)] = (1.0 - ADDITIVE) * matern(r_squared) + ADDITIVE * per_axis  # eq. 3a
    values = [_value(kernel, 1.0 + np.exp(noise) * noisiness, y) for noise in noises]
    best = int(np.argmin(values))
    return values[best], float(noises[best])


def _value(kernel: FloatArray, diagonal: FloatArray, y: FloatArray) -> float:
    """Equation (4) without its prior; `kernel` holds what is below the diagonal."""
    matrix = kernel.copy()
    matrix.flat[:: len(y) + 1] = diagonal
    factor, fails = dpotrf(matrix, lower=1)
    if fails:
        return np.inf
    variance = max(float(y @ cho_solve((factor, True), y, check_finite=False)) / len(y), 1e-12)
    return 0.5 * len(y) * float(np.log(variance)) + float(np.log(factor.diagonal()).sum())
