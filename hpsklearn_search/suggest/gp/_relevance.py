"""Which axes the trials speak of: those without which the process explains them worse.

First, whether they speak of any. Equation (4) takes losses for normal. Where one of fifty differs from all others,
or a few are far from the rest, a process explains these by their places alone, and its likelihood grows as if an
axis mattered. How much it grows by chance is seen on permutations of the losses, in which no axis matters (a
permutation test: R. A. Fisher, "The design of experiments", 1935; it assumes no distribution). If the process
explains more than one permutation of a hundred as well as the trials, they speak of no axis. So a single loss
that differs needs about a hundred trials, and fewer than five trials speak of nothing.

Then, of which. The likelihood always has something to gain from an axis, chance being fitted. So the axes are
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
from ._kernel import ADDITIVE, covariance, matern

PERMUTATIONS = 499
LEVEL = 0.01  # the share of the permutations that may be explained as well as the trials
LENGTHS = (1.0, 0.3, 0.1)  # a fit of the weights to each permutation would take seconds
ODDS = 20.0
LOG_NOISES = np.log([1e-3, 1e-2, 0.1, 0.3, 1.0, 10.0, 100.0])  # beside that of the process


def beats_chance(distances: FloatArray, y: FloatArray) -> bool:
    """Whether the process explains the losses `y` better than nearly all of their permutations.

    The losses have mean 0 and variance 1.
    """
    rng = np.random.default_rng(0)
    losses = np.column_stack([y, rng.permuted(np.tile(y, (PERMUTATIONS, 1)), axis=1).T])
    values = np.zeros(losses.shape[1])  # equation (4) where no axis matters
    for axes in (*distances[:, None], distances):  # each alone, and all together
        for length in LENGTHS:
            kernel = covariance(np.full(len(axes), 1.0 / (len(axes) * length**2)), axes)
            values = np.minimum(values, _values(kernel, losses))
    # A permutation that moves equal losses only is the trials themselves, but for rounding.
    return bool(np.mean(values <= values[0] + 1e-6) <= LEVEL)


def _values(kernel: FloatArray, losses: FloatArray) -> FloatArray:
    """Equation (4) without its prior for each column of `losses`, at the best of the noises."""
    n = len(losses)
    # With K = U D U', C = U (D + e) U' for all noises e at once.
    eigenvalues, vectors = np.linalg.eigh(kernel)
    spectrum = np.maximum(eigenvalues, 0.0) + np.exp(LOG_NOISES)[:, None]  # (noises, n)
    variance = np.maximum((1.0 / spectrum) @ (vectors.T @ losses) ** 2 / n, 1e-12)
    return (0.5 * n * np.log(variance) + 0.5 * np.log(spectrum).sum(axis=1)[:, None]).min(axis=0)


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
