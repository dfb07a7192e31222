"""The first points: the middle, and around it a Latin hypercube that is filled one trial at a time.

Each axis is cut into as many strata as there are start-up trials; a new trial takes, on every axis,
a stratum that no earlier trial has taken. Where no trial has been on an axis, it takes the middle: who
chose a range meant it to lie around what is good. It depends on the earlier points only, not on a plan
that somebody would have to remember.

>>> import numpy as np
>>> free_strata(np.array([0.1, 0.6]), 4).tolist()
[1, 3]
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..space import Distribution, Point, Space
from ..trials import History

FloatArray: TypeAlias = NDArray[np.float64]

MORE_WITH_BRANCHES = 10
"""With fewer, a search follows the branch whose first draws were lucky."""


def startup_jobs(space: Space, jobs: int) -> int:
    """How many trials come from the hypercube if nothing is said: `jobs`, and ten more where the space has branches."""
    return jobs + MORE_WITH_BRANCHES if space.is_conditional else jobs


def startup_points(history: History, n_startup: int, n: int, rng: np.random.Generator) -> list[Point]:
    """The next points of a Latin hypercube.

    Parameters
    ----------
    history : History
        The points so far, pending ones included.
    n_startup : int
        How many points the hypercube has.
    n : int
        How many points are wanted; only the first of them is in the middle of an axis.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of dict
        ``{label: raw value}``, `n` times.
    """
    return [_startup_point(history, n_startup, rng, is_first=not i) for i in range(n)]


def _startup_point(history: History, n_startup: int, rng: np.random.Generator, *, is_first: bool) -> Point:
    u = rng.random(len(history.space))
    for axis, dimension in enumerate(history.space.dimensions):
        column = history.units[:, axis]
        taken = column[~np.isnan(column)]
        if dimension.distribution.kind == "categorical":
            u[axis] = _rarest(dimension.distribution, taken, u[axis], rng)
        elif dimension.distribution.kind == "numeric":
            free = free_strata(taken, n_startup)
            within = (free[int(u[axis] * len(free))] + rng.random()) / n_startup
            u[axis] = 0.5 if is_first and not len(taken) else within
    return history.space.point(u)


def free_strata(taken: FloatArray, n: int) -> NDArray[np.intp]:
    """Which of `n` equal parts of the unit interval hold the fewest of the coordinates `taken`."""
    counts = np.bincount(np.minimum((taken * n).astype(np.intp), n - 1), minlength=n)
    return np.flatnonzero(counts == counts.min())


def _rarest(distribution: Distribution, taken: FloatArray, u: float, rng: np.random.Generator) -> float:
    """A coordinate that falls on an option that was drawn less often than its probability demands."""
    n = distribution.n_values or 1
    if n > len(taken) + 1000:
        return u  # a draw is new anyway
    probabilities: FloatArray = distribution.probabilities
    counts = np.bincount(taken.astype(np.intp), minlength=n)
    wanted = (counts + rng.random(n)) / np.where(probabilities > 0, probabilities, np.nan)
    option = int(np.nanargmin(wanted))
    return float(probabilities[:option].sum() + probabilities[option] / 2)
