"""Annealing: draw near one of the best points so far, from a neighbourhood that shrinks as trials accumulate.

The point to stay near is the k-th best, k geometric. Around its value a parameter is drawn from the
part 1/(1 + s n) of the prior, where n trials have had the parameter; an option is kept, and with that
probability drawn from the prior. Simple, quick, and easily caught in a valley.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from ..space import Dimension, Distribution, Normal, Point, Space
from ..trials import History
from ._protocol import Seen

__all__ = ["suggest"]


def suggest(
    new_ids: Sequence[int],
    domain: Space,
    trials: Seen,
    seed: int,
    avg_best_idx: float = 2.0,
    shrink_coef: float = 0.1,
) -> list[Point]:
    """Suggest points by annealing.

    Parameters
    ----------
    new_ids : sequence of int
        Numbers of the trials to suggest.
    domain : Space
        The parsed space.
    trials : Trials
        The trials so far; failed and pending ones are not drawn near to.
    seed : int
        Source of all randomness.
    avg_best_idx : float, default=2.0
        The mean rank of the point to stay near, at least 1; 1 is the best point.
    shrink_coef : float, default=0.1
        s above, at least 0: how fast the neighbourhood shrinks.

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
    >>> best = fmin(lambda x: x**2, hp.uniform("x", -5, 5), algo, max_evals=60, rstate=0, show_progressbar=False)
    >>> abs(best["x"]) < 0.5
    True
    """
    if not avg_best_idx >= 1 or not shrink_coef >= 0:
        raise ValueError(
            f"anneal.suggest needs avg_best_idx >= 1 and shrink_coef >= 0, got {avg_best_idx!r} and {shrink_coef!r}"
        )
    rng = np.random.default_rng(seed)
    history = trials.history(domain)
    return [_Walk(history, rng, avg_best_idx, shrink_coef).point() for _ in new_ids]


class _Walk:
    """One suggestion: the trials that it stays near, the first for as many parameters as it has."""

    def __init__(self, history: History, rng: np.random.Generator, avg_best_idx: float, shrink_coef: float) -> None:
        self.history = history
        self.rng = rng
        self.avg_best_idx = avg_best_idx
        self.shrink_coef = shrink_coef
        self.best_first = np.flatnonzero(history.ok)[np.argsort(history.losses[history.ok], kind="stable")]
        self.near: list[int] = []

    def point(self) -> Point:
        """The point, parents before children."""
        point: Point = {}
        for axis, dimension in enumerate(self.history.space.dimensions):
            if dimension.is_active(point):
                point[dimension.label] = self.value(axis, dimension)
        return point

    def value(self, axis: int, dimension: Dimension) -> Any:
        """A value near the one that a good trial has on this axis, a draw from the prior if none has any."""
        row = self.row(axis)
        if row is None:
            return dimension.distribution.from_unit(self.rng.random())
        count = np.count_nonzero(~np.isnan(self.history.units[:, axis]))
        share = 1.0 / (1.0 + self.shrink_coef * count)
        at = float(self.history.units[row, axis])
        if dimension.distribution.kind == "categorical":
            return int(at) if self.rng.random() >= share else dimension.distribution.from_unit(self.rng.random())
        return dimension.distribution.from_unit(self.nearby(at, share, dimension.distribution))

    def row(self, axis: int) -> int | None:
        """The trial to stay near: one that was chosen before if it has this parameter, else one of the best that do."""
        column = self.history.units[:, axis]
        for row in self.near:
            if not np.isnan(column[row]):
                return row
        having = self.best_first[~np.isnan(column[self.best_first])]
        if not len(having):
            return None
        rank = min(int(self.rng.geometric(1.0 / self.avg_best_idx)), len(having)) - 1
        self.near.append(int(having[rank]))
        return self.near[-1]

    def nearby(self, at: float, share: float, law: Distribution) -> float:
        """A coordinate near `at`, and inside the unit interval.

        For a normal law one with `share` times its standard deviation; else from a window of width
        `share`. Where there are cells, both neighbours are within reach, or the search would stand still.
        """
        left, right = law.cells(np.array([at]))
        cell = float(right[0] - left[0])
        if isinstance(law, Normal):
            return float(ndtr(ndtri(at) + max(share, cell) * self.rng.normal()))
        width = min(max(share, 2.0 * cell), 1.0)
        start = min(max(at - width / 2, 0.0), 1.0 - width)
        return start + width * float(self.rng.random())
