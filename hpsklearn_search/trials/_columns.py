"""The record as arrays, which algorithms read; an update costs O(parameters) per trial.

>>> from hpsklearn_search import hp
>>> from hpsklearn_search.space import Space
>>> columns = Columns(Space(hp.uniform("x", 0, 4)))
>>> columns.append({"x": 1.0}); columns.append({"x": 3.0})
>>> columns.tell(0, loss=0.5, variance=None)
>>> seen = columns.history()
>>> seen.units.ravel().tolist(), seen.losses.tolist(), seen.pending.tolist()
([0.25, 0.75], [0.5, nan], [False, True])
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ..space import PointKey, Space, point_key
from ..space._typing import BoolArray, FloatArray, IntArray
from ._earlier import EarlierTrials
from ._trial import Trial


@dataclass(frozen=True)
class History:
    """What an algorithm may look at: n trials in order of suggestion, d dimensions of the space."""

    space: Space  # its dimensions name the columns
    units: FloatArray  # (n, d), unit coordinates: NaN if inactive or opaque, the index of an unordered choice
    reported: FloatArray  # (n,), losses as reported: finite for ok trials, NaN for failed and pending ones
    variances: FloatArray  # (n,), of the losses as estimates, NaN if not known
    pending: BoolArray  # (n,), trials without an outcome, or with one that the window hides
    known: BoolArray  # (n,), trials at points that are known from elsewhere, which no algorithm suggested
    cache: dict[Any, Any]  # shared by all histories of a record, for derived state of an algorithm
    earlier: tuple[History, ...] = ()  # searches of other data or another metric: their losses have other scales
    # (n, number of limits), how far outside each limit: at most 0 within, NaN if not known; (0, 0) without limits
    excess: FloatArray = field(default_factory=lambda: np.empty((0, 0)))

    def __len__(self) -> int:
        return len(self.reported)

    @classmethod
    def of_finished(cls, space: Space, units: FloatArray, losses: FloatArray) -> History:
        """A search that has ended: all its trials, with NaN as the loss of a failed one."""
        no = np.zeros(len(losses), dtype=bool)
        return cls(space, units, losses, np.full(len(losses), math.nan), no, no, {})

    @cached_property
    def losses(self) -> FloatArray:
        """The losses with those of trials outside a limit above all others, shape (n,)."""
        return self.losses_of(np.arange(len(self)))

    def losses_of(self, rows: IntArray) -> FloatArray:
        """The losses of `rows`, ascending, on a scale that no other row has a part in.

        Trials outside a limit have higher losses than all others, the nearest to the limits the lowest of them.
        """
        losses = self.reported[rows]
        return _outside_last(losses, self.excess[rows]) if self.outside.any() else losses

    @cached_property
    def outside(self) -> BoolArray:
        """Which trials lie outside a limit, shape (n,)."""
        if not self.excess.size:
            return np.zeros(len(self), dtype=bool)
        outside: BoolArray = np.any(self.excess > 0, axis=1)
        return outside

    @property
    def ok(self) -> BoolArray:
        """Which trials have a usable loss, shape (n,)."""
        return ~np.isnan(self.reported)

    @property
    def failed(self) -> BoolArray:
        """Which trials finished without a usable loss, shape (n,)."""
        return np.isnan(self.reported) & ~self.pending


def _outside_last(losses: FloatArray, excess: FloatArray) -> FloatArray:
    """The same, with those outside a limit above all others, by the sum of their excesses."""
    known = np.where(np.isfinite(excess), excess, 0.0)
    # What cannot be compared with a limit is farther outside than all others.
    beyond = np.where(np.isposinf(excess), 2.0 * max(known.max(initial=0.0), 0.5), np.maximum(known, 0.0))
    total = (beyond / np.maximum(beyond.max(axis=0, initial=0.0), 1e-300)).sum(axis=1)  # limits differ in scale
    inside = losses[(total == 0) & ~np.isnan(losses)]
    worst, best = (inside.max(), inside.min()) if len(inside) else (0.0, 0.0)
    with np.errstate(over="ignore"):
        step = max(worst - best, 1e-9 * abs(worst)) or 1.0
        moved = np.minimum(worst + step * (1.0 + total), np.finfo(float).max)
    return np.where((total > 0) & ~np.isnan(losses), moved, losses)


class Columns:
    """Growing arrays over all trials of one space; `prior_trials` come first, and have no row number."""

    def __init__(
        self,
        space: Space,
        prior_trials: Sequence[Trial] = (),
        *,
        known_points: Collection[PointKey] = (),
        earlier: Sequence[EarlierTrials] = (),
    ) -> None:
        self.space = space
        self._known_points = known_points
        usable = (each for each in earlier if each.can_teach)
        self._earlier = tuple(History.of_finished(space, each.units, each.losses) for each in usable)
        self.cache: dict[Any, Any] = {}
        self._n = 0
        self._units = np.empty((16, len(space)))
        self._losses = np.empty(16)
        self._variances = np.empty(16)
        self._pending = np.empty(16, dtype=bool)
        self._known = np.empty(16, dtype=bool)
        self._excess = np.empty((16, 0))  # one column for each limit, from the first outcome on
        self._n_prior = 0
        for number, trial in enumerate(prior_trials):
            self.append(trial.point)
            variance = None if trial.outcome is None else trial.outcome.variance
            self.tell(number, trial.model_loss, variance, trial.excess)
        self._n_prior = len(prior_trials)

    def __len__(self) -> int:
        return self._n - self._n_prior

    def append(self, point: Mapping[str, Any]) -> None:
        """Add a pending trial."""
        if self._n == len(self._losses):  # doubling makes the cost of a trial constant on average
            for name in ("_units", "_losses", "_variances", "_pending", "_known", "_excess"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.empty_like(old)]))
        i = self._n
        self._units[i] = self.space.encode(point)
        self._losses[i] = self._variances[i] = self._excess[i] = math.nan
        self._pending[i] = True
        self._known[i] = bool(self._known_points) and point_key(point) in self._known_points
        self._n += 1

    def tell(self, row: int, loss: float | None, variance: float | None, excess: Sequence[float] = ()) -> None:
        """Enter the outcome of the trial in `row`; a loss of None is a failure."""
        row += self._n_prior
        self._losses[row] = math.nan if loss is None else loss
        self._variances[row] = math.nan if variance is None else variance
        self._pending[row] = False
        if len(excess):
            if len(excess) != self._excess.shape[1]:
                self._excess = np.full((len(self._losses), len(excess)), math.nan)
            self._excess[row] = excess

    def history(self, n_known: int | None = None) -> History:
        """All trials, with the outcomes of the first `n_known` ones only (default: all)."""
        n, n_known = self._n, None if n_known is None else n_known + self._n_prior
        losses, variances, pending = self._losses[:n], self._variances[:n], self._pending[:n]
        excess = self._excess[:n]
        if n_known is not None and n_known < n:
            # A copy: the arrays are shared with the record, which knows these outcomes already.
            losses, variances, pending = losses.copy(), variances.copy(), pending.copy()
            excess = excess.copy()
            losses[n_known:] = variances[n_known:] = excess[n_known:] = math.nan
            pending[n_known:] = True
        known = self._known[:n]
        of_trials = (self._units[:n], losses, variances, pending, known)
        return History(self.space, *of_trials, self.cache, self._earlier, excess)
