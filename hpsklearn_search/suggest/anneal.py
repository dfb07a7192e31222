"""Annealing: draw near one of the best points so far, from a neighbourhood that shrinks as trials accumulate.

The point to stay near is the k-th best, with k from a geometric distribution. A numeric parameter that n trials
have had is drawn from an interval around its value at that point that holds the fraction

    1 / (1 + s n)                                                                               (1)

of the prior. With a normal prior it moves by a normal step of that fraction of the prior's deviation. An option
is drawn from the prior with probability (1), and kept otherwise. The algorithm is simple and quick, but local
minima catch it easily.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from ..space import Dimension, Distribution, Normal, Point, Space
from ..trials import History
from ._protocol import HasHistory, answers_in_kind


@answers_in_kind
def suggest(
    new_ids: Sequence[int],
    domain: Space,
    trials: HasHistory,
    seed: int,
    avg_best_idx: float = 2.0,
    shrink_coef: float = 0.1,
) -> list[Point]:
    """Suggest points by annealing.

    Parameters
    ----------
    new_ids, domain, trials, seed
        As for `rand.suggest`.
    avg_best_idx : float, default=2.0
        The mean rank of the point to stay near, at least 1; 1 is the best point.
    shrink_coef : float, default=0.1
        s of equation (1), at least 0: how fast the neighbourhood shrinks.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Examples
    --------
    >>> from functools import partial
    >>> from hpsklearn_search import anneal, fmin, hp
    >>> algo = partial(anneal.suggest, shrink_coef=0.2)
    >>> space = hp.uniform("x", -5, 5)
    >>> quiet = {"rstate": 0, "show_progressbar": False}
    >>> best = fmin(lambda x: (x - 2) ** 2, space, algo, 60, **quiet)
    >>> abs(best["x"] - 2) < 0.05
    True
    """
    if not avg_best_idx >= 1 or not shrink_coef >= 0:
        raise ValueError(
            f"anneal.suggest needs avg_best_idx >= 1 and shrink_coef >= 0, got {avg_best_idx!r} and {shrink_coef!r}"
        )
    rng = np.random.default_rng(seed)
    history = trials.history(domain)
    return [_Proposal(history, rng, avg_best_idx, shrink_coef).point() for _ in new_ids]


class _Proposal:
    """One suggestion, and the trials that it stays near."""

    def __init__(self, history: History, rng: np.random.Generator, avg_best_idx: float, shrink_coef: float) -> None:
        self.history = history
        self.rng = rng
        self.avg_best_idx = avg_best_idx
        self.shrink_coef = shrink_coef
        self.best_first = np.flatnonzero(history.ok)[np.argsort(history.losses[history.ok], kind="stable")]
        self.centres: list[int] = []

    def point(self) -> Point:
        """The point, parents before children."""
        point: Point = {}
        for axis, dimension in enumerate(self.history.space.dimensions):
            if dimension.is_active(point):
                point[dimension.label] = self._value(axis, dimension)
        return point

    def _value(self, axis: int, dimension: Dimension) -> Any:
        """A value near the one that a good trial has on this axis, a draw from the prior if none has any."""
        distribution = dimension.distribution
        row = self._centre(axis)
        if row is None:
            return distribution.from_unit(self.rng.random())
        n = np.count_nonzero(~np.isnan(self.history.units[:, axis]))
        share = 1.0 / (1.0 + self.shrink_coef * n)  # eq. 1
        centre = float(self.history.units[row, axis])
        if distribution.kind == "categorical":
            return int(centre) if self.rng.random() >= share else distribution.from_unit(self.rng.random())
        return distribution.from_unit(self._nearby(centre, share, distribution))

    def _centre(self, axis: int) -> int | None:
        """The trial to stay near on this axis, None if no good one has it."""
        column = self.history.units[:, axis]
        # The trial of an earlier axis, where possible: the values of one trial are good together.
        for row in self.centres:
            if not np.isnan(column[row]):
                return row
        candidates = self.best_first[~np.isnan(column[self.best_first])]
        if not len(candidates):
            return None
        rank = min(int(self.rng.geometric(1.0 / self.avg_best_idx)), len(candidates)) - 1
        self.centres.append(int(candidates[rank]))
        return self.centres[-1]

    def _nearby(self, centre: float, share: float, distribution: Distribution) -> float:
        """A coordinate near `centre`, and inside the unit interval."""
        left, right = distribution.cells(np.array([centre]))
        cell = float(right[0] - left[0])  # both neighbours stay within reach, or the search would stand still
        if isinstance(distribution, Normal):  # a step in units of its standard deviation
            return float(ndtr(ndtri(centre) + max(share, cell) * self.rng.normal()))
        width = min(max(share, 2.0 * cell), 1.0)
        start = min(max(centre - width / 2, 0.0), 1.0 - width)
        return start + width * float(self.rng.random())
