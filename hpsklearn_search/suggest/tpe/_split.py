"""Step 3: which trials are good, which are bad, and how much each counts.

>>> import numpy as np
>>> below, above = split(np.array([0.3, np.nan, 0.1, 0.2]), gamma=0.25)
>>> below.tolist(), sorted(above.tolist())
([2], [0, 1, 3])
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["rank_weights", "split", "thin"]

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]

MOST_BELOW = 25
MOST_ABOVE = 250


def split(losses: FloatArray, gamma: float) -> tuple[IntArray, IntArray]:
    """Rows of the good trials, best first, and of all others.

    Parameters
    ----------
    losses : ndarray of shape (n,)
        NaN for failed and pending trials, which are never good.
    gamma : float
        The share of the ok trials that is good; at least one, at most 25.
    """
    order = np.argsort(losses, kind="stable")  # NaN last
    n_ok = int(np.count_nonzero(~np.isnan(losses)))
    n_below = min(math.ceil(gamma * n_ok), MOST_BELOW)
    return order[:n_below], order[n_below:]


def rank_weights(n: int) -> FloatArray:
    """Weights of n good trials, best first, falling linearly, of mean 1; shape (n,)."""
    weights: FloatArray = np.arange(n, 0, -1.0) * (2.0 / (n + 1))
    return weights


def thin(rows: IntArray, most: int = MOST_ABOVE) -> IntArray:
    """At most `most` of `rows`, evenly spaced in their order, so that a long history costs no more."""
    if len(rows) <= most:
        return rows
    return rows[np.arange(most) * (len(rows) - 1) // (most - 1)]
