"""How much this search agrees with earlier ones, and so how much their models count.

With m_k(x) the loss that the model of the earlier search k predicts, the losses of this search are

    y(x) = a + sum_k b_k m_k(x) + f(x)                                                          (1)

as in the autoregressive model of Kennedy and O'Hagan (2000, equation 1). The b_k have independent normal priors with
the mean b_0/K and the variance s^2/L, and f counts as noise of variance s^2 here. Over the n finished trials of this
search, with the means of y and of each m_k taken off, the posterior mean and covariance of b are

    b = A^-1 (M'y + L b_0/K),   V = s^2 A^-1,   A = M'M + L I                                   (2)

with s^2 = (|y - M b|^2 + L (1 - b_0^2))/(n + L). A model counts as much as is probable at least, and less as the
search gets trials of its own:

    max(0, b_k - sqrt(V_kk)/2) H/(H + n)                                                        (3)

>>> import numpy as np
>>> predicted = np.array([[-1.0, 0.5, 0.0, 1.0, -0.5]])
>>> (agreement(predicted, predicted[0]) > 0.5).item(), (agreement(predicted, -predicted[0]) > 0).item()
(True, False)
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from ..space._typing import FloatArray

TRUST = 0.7  # b_0
TRIALS_OF_TRUST = 3.0  # L
CAUTION = 0.5  # the factor of the deviation in equation (3)
HALF_LIFE = 100  # H
ENOUGH = 0.3  # the sum of the weights from which on earlier searches stand for half of the first points


def agreement(predicted: FloatArray, losses: FloatArray) -> FloatArray:
    """Equation (3) of each model, shape (K,), from `predicted` of shape (K, n) and scaled losses, shape (n,)."""
    k, n = predicted.shape
    m = predicted.T - predicted.mean(axis=1) if n else predicted.T
    y = losses - losses.mean() if n else losses
    inverse = np.linalg.inv(m.T @ m + TRIALS_OF_TRUST * np.eye(k))
    b = inverse @ (m.T @ y + TRIALS_OF_TRUST * TRUST / k)  # eq. 2
    variance = (np.sum((y - m @ b) ** 2) + TRIALS_OF_TRUST * (1 - TRUST**2)) / (n + TRIALS_OF_TRUST)
    bound = b - CAUTION * np.sqrt(variance * inverse.diagonal())
    return np.maximum(bound, 0.0) * HALF_LIFE / (HALF_LIFE + n)  # eq. 3


def startup_with(weights: FloatArray, n_startup: int) -> int:
    """How many first points a search needs whose earlier ones have these weights: half, if they agree with it."""
    return (n_startup + 1) // 2 if weights.sum() >= ENOUGH else n_startup


def scaled_ranks(losses: FloatArray) -> FloatArray:
    """Normal scores of the ranks of the losses, of variance 1, shape (n,); a failure, NaN, ranks last."""
    if not len(losses):
        return losses
    z: FloatArray = ndtri((rankdata(np.where(np.isnan(losses), np.inf, losses)) - 0.5) / len(losses))
    return z / max(float(z.std()), 1e-9)
