"""Which validation loss the curve of a booster must reach on a fold, given the candidates that ran all folds.

It is the loss b that the best candidate has on that fold, and a margin:

    limit = b + z s                                                                                         (1)

with s the root mean square, over the better half of the candidates and over the folds, of the difference of a
loss to the best candidate's. Where few rows are held out, losses of good candidates are far apart, and s is large.

>>> limits = CurveLimits({"rmse"}, min_finished=2)
>>> limits.of(None, 2)  # nothing is known yet
[Limit(name='', loss=inf), Limit(name='', loss=inf)]
>>> limits.add(0, 0.9, [{"name": "a rmse", "best": 0.50}, {"name": "b rmse", "best": 0.40}])
>>> limits.add(1, 0.8, [{"name": "a rmse", "best": 0.54}, {"name": "b rmse", "best": 0.42}])
>>> [round(limit.loss, 3) for limit in limits.of(None, 2)]  # s is 0.0316
[0.626, 0.526]
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np

from ..space._typing import FloatArray
from .early_stopping import BEST, NAME, Limit

Z = 4.0  # chosen on recorded curves, see docs/benchmarks.md
MIN_FINISHED = 5


class CurveLimits:
    """The losses of the complete candidates, and what follows from them for the next one."""

    def __init__(self, metrics: Container[str] = frozenset(), z: float = Z, min_finished: int = MIN_FINISHED) -> None:
        self.metrics = metrics  # those that stand for the score of the search
        self.z = z
        self.min_finished = min_finished
        self._rows: dict[int, tuple[float, tuple[str, ...], FloatArray]] = {}

    def add(self, number: int, score: float, curves: Sequence[Mapping[str, Any] | None]) -> None:
        """Enter a candidate that ran all folds, unless a fold has no curve of one of the metrics."""
        told = [curve for curve in curves if curve is not None and curve[NAME].rpartition(" ")[2] in self.metrics]
        if len(told) == len(curves):
            losses = np.array([curve[BEST] for curve in told], dtype=float)
            self._rows[number] = score, tuple(curve[NAME] for curve in told), losses

    def best_losses(self, n_known: int | None) -> FloatArray:
        """The losses of the best candidate on all folds; the same candidates are known as in `of`."""
        return self._best_first(n_known)[0][2]

    def _best_first(self, n_known: int | None) -> list[tuple[float, tuple[str, ...], FloatArray]]:
        known = [row for number, row in sorted(self._rows.items()) if n_known is None or number < n_known]
        return sorted(known, key=lambda row: -row[0])

    def of(self, n_known: int | None, n_splits: int) -> list[Limit]:
        """The limit on each fold for a trial that knows the candidates below number `n_known` (None: all)."""
        known = self._best_first(n_known)
        if not known:
            return [Limit()] * n_splits
        names, best = known[0][1:]
        losses = [row[2] for row in known if row[1] == names]  # others are not on the same scale
        if len(losses) < self.min_finished:
            return [Limit()] * n_splits
        margin = self.z * _spread(np.array(losses))
        return [Limit(name, float(loss + margin)) for name, loss in zip(names, best, strict=True)]


def _spread(losses: FloatArray) -> float:
    """s of equation (1); the losses of the candidates are in rows, those of the best one first."""
    better_half = losses[1 : max(2, (len(losses) + 1) // 2)]
    return float(np.sqrt(((better_half - losses[0]) ** 2).mean()))
