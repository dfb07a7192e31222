"""hyperopt's module ``hyperopt.criteria``: how promising a prediction is, where a higher value is wanted.

>>> bool(EI_gaussian(0.0, 1.0, 0.0) > EI_gaussian(0.0, 1.0, 1.0))
True
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr

__all__ = ["UCB", "EI_empirical", "EI_gaussian", "EI_gaussian_empirical", "logEI_gaussian"]


def EI_empirical(samples: Any, thresh: float) -> Any:
    """The mean of what samples exceed a threshold by."""
    return np.maximum(np.asarray(samples) - thresh, 0).mean()


def EI_gaussian_empirical(mean: Any, var: Any, thresh: float, rng: Any, N: int) -> Any:
    """`EI_gaussian` from `N` draws."""
    return EI_empirical(rng.standard_normal(N) * np.sqrt(var) + mean, thresh)


def EI_gaussian(mean: Any, var: Any, thresh: float) -> Any:
    """The expected improvement of a normal value over a threshold."""
    sigma = np.sqrt(var)
    score = (mean - thresh) / sigma
    return sigma * (score * ndtr(score) + np.exp(-(score**2) / 2) / np.sqrt(2 * np.pi))


def logEI_gaussian(mean: Any, var: Any, thresh: float) -> Any:
    """The logarithm of `EI_gaussian`, also where that is too small for a float."""
    sigma = np.sqrt(var)
    score = np.asarray((mean - thresh) / sigma, dtype=float)
    log_density = -(score**2) / 2 - np.log(2 * np.pi) / 2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        near = np.log(score * ndtr(score) + np.exp(log_density))
        # Far below the threshold the two terms cancel; what is left is phi(s) / s**2 and its series in 1 / s**2.
        t = 1.0 / np.square(np.minimum(score, -1.0))
        far = log_density + np.log(t) + np.log1p(-3 * t + 15 * t**2 - 105 * t**3)
    return np.where(score < -20, far, near) + np.log(sigma)


def UCB(mean: Any, var: Any, zscore: float) -> Any:
    """The upper confidence bound."""
    return mean + np.sqrt(var) * zscore
