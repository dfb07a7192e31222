"""Step 3: which trials are good, which are bad, and how much each counts.

>>> import numpy as np
>>> (below, above), _ = splits(np.array([0.3, np.nan, 0.1, 0.2]), (0.25, 0.5))
>>> below.tolist(), sorted(above.tolist())
([2], [0, 1, 3])
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...space._typing import FloatArray, IntArray

MOST_BELOW = 25
MOST_ABOVE = 250


def splits(losses: FloatArray, gammas: Sequence[float]) -> list[tuple[IntArray, IntArray]]:
    """One (good rows best first, other rows) pair per gamma.

    Gammas that give the same number of good rows count once.
    """
    order = np.argsort(losses, kind="stable")  # NaN last: failed and pending trials are never good
    n_ok = int(np.count_nonzero(~np.isnan(losses)))
    # dict.fromkeys: unique, in order
    cuts = dict.fromkeys(min(math.ceil(gamma * n_ok), MOST_BELOW) for gamma in gammas)
    return [(order[:cut], order[cut:]) for cut in cuts]


def rank_weights(n: int) -> FloatArray:
    """Weights of n good trials, best first, falling linearly, of mean 1; shape (n,)."""
    return np.arange(n, 0, -1.0) * (2.0 / (n + 1))


def thin(rows: IntArray, most: int) -> IntArray:
    """At most `most` of `rows`, evenly spaced in their order, so that a long history costs no more."""
    if len(rows) <= most:
        return rows
    return rows[np.arange(most) * (len(rows) - 1) // (most - 1)]
