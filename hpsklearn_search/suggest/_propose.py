"""What algorithms with a model share: first points without it, then its best candidates, none that was tried before."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np

from ..space import Point
from ..space._typing import FloatArray
from ..trials import History
from ._startup import startup_points
from ._unseen import is_used_up


def propose(
    history: History,
    n: int,
    rank: Callable[[History, np.random.Generator], FloatArray],
    rng: np.random.Generator,
    *,
    n_startup: int,
    min_losses: int,
    avoid_repeats: bool,
) -> list[Point]:
    """`n` points: of the start-up phase, then the first candidates of `rank`, which sorts them best first.

    With `avoid_repeats`, candidates that were tried before are skipped, as long as the space has others.
    """
    space, n_trials = history.space, len(history)
    # In a choice of families, known points stand beside the first points, which must show each family to the model.
    n_first = n_trials - np.count_nonzero(history.known) if space.is_conditional else n_trials
    if n_first < n_startup or np.count_nonzero(history.ok) < min_losses or not len(space):
        return startup_points(history, max(n_startup, 1), n, rng)
    # In a finite space with every point tried, the search measures the best ones again.
    avoid_repeats = avoid_repeats and not is_used_up(space, n_trials)
    fresh = (row for row in rank(history, rng) if not (avoid_repeats and _is_among(history.units, row)))
    points = [space.point(space.layout.to_units(row)) for row in islice(fresh, n)]
    return points + [space.draw(rng) for _ in range(n - len(points))]


def _is_among(points: FloatArray, row: FloatArray) -> bool:
    """Whether a candidate equals one of `points`, inactive columns included."""
    same = (points == row) | (np.isnan(points) & np.isnan(row))
    return bool(same.all(axis=1).any())
