"""Step 3: losses on the scale that the process sees, and how noisy each is compared with the others.

>>> import numpy as np
>>> standardise(np.array([1.0, 2.0, 3.0, np.nan])).round(2).tolist()
[-1.52, -0.27, 0.9, 0.9]
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from ...space._typing import FloatArray, IntArray

HUGE = 1e300
# Of more past trials the process takes the most informative, so that the time of a suggestion stays bounded.
MOST_POINTS = 125


def most_informative(values: FloatArray) -> IntArray:
    """At most 125 rows in their order: those of the lowest values for one half, the others evenly over the search."""
    if len(values) <= MOST_POINTS:
        return np.arange(len(values))
    order = np.argsort(values, kind="stable")
    best, others = order[: MOST_POINTS // 2], np.sort(order[MOST_POINTS // 2 :])
    evenly = np.linspace(0, len(others) - 1, MOST_POINTS - len(best)).round().astype(np.intp)
    return np.sort(np.append(best, others[evenly]))


def fill_failures(losses: FloatArray) -> FloatArray:
    """NaN becomes the worst loss; if all losses are equal, a worse one."""
    if np.isnan(losses).all():
        return np.zeros_like(losses)
    if np.nanmax(np.abs(losses)) > HUGE:
        losses = losses / 4  # so that all differences, and the loss of a failure, are finite
    worst = np.nanmax(losses)
    is_alike = worst == np.nanmin(losses)
    return np.where(np.isnan(losses), worst + is_alike * max(1.0, 1e-9 * abs(worst)), losses)


def standardise(losses: FloatArray, share: float = 0.5) -> FloatArray:
    """Losses with mean 0 and variance 1, logarithmic where they are worse than the quantile `share`.

    With q that quantile, z = (y - min y) / (q - min y), and 1 + log z in place of z where z > 1. The result is
    (z - mean z) / deviation of z.
    """
    y = fill_failures(losses)
    best = y.min()
    scale = max(np.quantile(y, share) - best, 1e-12 * max(1.0, abs(best)))
    with np.errstate(over="ignore"):
        z = np.minimum((y - best) / scale, HUGE)
    # How bad a bad loss is says little about where the best one is, and would stretch the scale for the good ones.
    z = np.where(z > 1.0, 1.0 + np.log(np.maximum(z, 1.0)), z)
    return _with_variance_one(z)


def normal_scores(losses: FloatArray) -> FloatArray:
    """Normal quantiles at the ranks of the losses, with mean 0 and variance 1."""
    y = fill_failures(losses)
    z = ndtri((rankdata(y) - 0.5) / len(y))  # Hazen's plotting position (r - 1/2)/n; equal losses share their mean rank
    return _with_variance_one(z)


def relative_noise(variances: FloatArray) -> FloatArray:
    """Each variance over the median positive variance, clipped to [0.1, 10]; 1 where it is not known."""
    # The process fits the absolute noise: the spread of scores over folds overstates it, since a hard fold
    # is hard for every candidate.
    positive = variances[variances > 0]
    if not len(positive):
        return np.ones(len(variances))
    with np.errstate(over="ignore", invalid="ignore"):  # a ratio may overflow, and infinities have none
        ratio = np.clip(variances / np.median(positive), 0.1, 10.0)
    return np.where(np.isnan(ratio), 1.0, ratio)


def _with_variance_one(z: FloatArray) -> FloatArray:
    """The same less their mean, over their deviation; zeros where all are alike."""
    return (z - z.mean()) / max(float(z.std()), 1e-9)
