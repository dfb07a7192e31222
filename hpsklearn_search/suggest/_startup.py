"""The first points: the middle, and around it a Latin hypercube that is filled one trial at a time.

Each axis is divided into as many strata as there are start-up trials; a new trial takes, on every axis,
a stratum that no earlier trial has taken. If no trial has been on an axis yet, the new one takes the middle,
because users choose a range around the values that they expect to be good. The hypercube depends on the
earlier points only, so no plan has to be stored.

>>> import numpy as np
>>> free_strata(np.array([0.1, 0.6]), 4).tolist()
[1, 3]
"""

from __future__ import annotations

import numpy as np

from ..space import Point, Space, option_centre
from ..space._typing import FloatArray, IntArray
from ..trials import History
from ._under_explored import least_tried_first

MORE_WITH_BRANCHES = 10  # With fewer, a search follows the branch whose first draws were lucky.


def startup_jobs(space: Space, jobs: int) -> int:
    """The default number of first points: `jobs`, and ten more where the space has branches."""
    return jobs + MORE_WITH_BRANCHES if space.is_conditional else jobs


def startup_points(history: History, n_startup: int, n: int, rng: np.random.Generator) -> list[Point]:
    """The next `n` points of a Latin hypercube of `n_startup`; the history includes pending trials."""
    # Several points at once know nothing of each other: only the first of them takes the middle of a new axis.
    return [_startup_point(history, n_startup, rng, takes_middle=not i) for i in range(n)]


def _startup_point(history: History, n_startup: int, rng: np.random.Generator, *, takes_middle: bool) -> Point:
    layout = history.space.layout
    u = rng.random(len(history.space))
    priors = dict(zip(layout.categorical.tolist(), layout.priors, strict=True))
    numeric = set(layout.numeric.tolist())
    for axis in range(len(u)):
        column = history.units[:, axis]
        taken = column[~np.isnan(column)]
        if axis in priors:
            u[axis] = _rarest_option(priors[axis], taken, u[axis], rng)
        elif axis in numeric:
            free = free_strata(taken, n_startup)
            within_stratum = (free[int(u[axis] * len(free))] + rng.random()) / n_startup
            u[axis] = 0.5 if takes_middle and not len(taken) else within_stratum
    return history.space.point(u)


def free_strata(taken: FloatArray, n: int) -> IntArray:
    """Which of `n` equal parts of the unit interval hold the fewest of the coordinates `taken`."""
    counts = np.bincount(np.minimum((taken * n).astype(np.intp), n - 1), minlength=n)
    return np.flatnonzero(counts == counts.min())


def _rarest_option(prior: FloatArray, taken: FloatArray, u: float, rng: np.random.Generator) -> float:
    """A coordinate that falls on an option that was drawn less often than its probability demands."""
    if len(prior) > len(taken) + 1000:
        return u  # among so many options a draw is new anyway, and counting them all costs time
    return option_centre(prior, least_tried_first(taken, prior, rng)[0])
