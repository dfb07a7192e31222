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
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.stats import rankdata

from ..space import PointKey, Space, point_key
from ..space._typing import BoolArray, FloatArray, IntArray
from ._trial import Trial


@dataclass(frozen=True)
class History:
    """What an algorithm may look at: n trials in order of suggestion, d dimensions of the space."""

    space: Space  # its dimensions name the columns
    units: FloatArray  # (n, d), unit coordinates: NaN if inactive or opaque, the index of an unordered choice
    reported: FloatArray  # (n,), losses as reported: finite for ok trials, NaN for failed and pending ones
    variances: FloatArray  # (n,), of the losses as estimates, NaN if not known
    pending: BoolArray  # (n,), trials without an outcome, or with one that the window hides
    known: BoolArray  # (n,), trials at the estimator's own values or at learned ones, which no algorithm suggested
    cache: dict[Any, Any]  # shared by all histories of a record, for derived state of an algorithm
    n_foreign: int = 0  # how many trials, the first ones, are of other data or another metric

    def __len__(self) -> int:
        return len(self.reported)

    @cached_property
    def losses(self) -> FloatArray:
        """The losses on one scale, shape (n,)."""
        return self.losses_of(np.arange(len(self)))

    def losses_of(self, rows: IntArray) -> FloatArray:
        """The losses of `rows`, ascending, on one scale that no other row has a part in."""
        return _on_one_scale(self.reported[rows], int(np.count_nonzero(rows < self.n_foreign)))

    @property
    def ok(self) -> BoolArray:
        """Which trials have a usable loss, shape (n,)."""
        return ~np.isnan(self.reported)

    @property
    def failed(self) -> BoolArray:
        """Which trials finished without a usable loss, shape (n,)."""
        return np.isnan(self.reported) & ~self.pending


def _on_one_scale(losses: FloatArray, n_foreign: int) -> FloatArray:
    """The same, with each of the first `n_foreign` moved to the quantile of the others that its rank gives."""
    foreign, own = losses[:n_foreign], losses[n_foreign:]
    foreign_ok, own_ok = foreign[~np.isnan(foreign)], own[~np.isnan(own)]
    if not len(foreign_ok) or not len(own_ok):
        return losses
    moved: FloatArray = losses.copy()
    if len(own_ok) == 1:  # one loss has no spread, so the others keep theirs, around it
        moved[:n_foreign] += own_ok[0] - np.median(foreign_ok)
        return moved
    share = (rankdata(foreign_ok) - 0.5) / len(foreign_ok)  # Hazen's plotting position (r - 1/2)/n
    moved[:n_foreign][~np.isnan(foreign)] = np.quantile(own_ok, share)
    return moved


class Columns:
    """Growing arrays over all trials of one space; `prior_trials` come first, and have no row number."""

    def __init__(
        self,
        space: Space,
        prior_trials: Sequence[Trial] = (),
        *,
        is_prior_foreign: bool = False,
        known_points: Collection[PointKey] = (),
    ) -> None:
        self.space = space
        self._known_points = known_points
        self._n_foreign = len(prior_trials) if is_prior_foreign else 0
        self.cache: dict[Any, Any] = {}
        self._n = 0
        self._units = np.empty((16, len(space)))
        self._losses = np.empty(16)
        self._variances = np.empty(16)
        self._pending = np.empty(16, dtype=bool)
        self._known = np.empty(16, dtype=bool)
        self._n_prior = 0
        for number, trial in enumerate(prior_trials):
            self.append(trial.point)
            # The variance of a loss on another scale says nothing about the others.
            variance = None if trial.outcome is None or is_prior_foreign else trial.outcome.variance
            self.tell(number, trial.model_loss, variance)
        self._n_prior = len(prior_trials)

    def __len__(self) -> int:
        return self._n - self._n_prior

    def append(self, point: Mapping[str, Any]) -> None:
        """Add a pending trial."""
        if self._n == len(self._losses):  # doubling makes the cost of a trial constant on average
            for name in ("_units", "_losses", "_variances", "_pending", "_known"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.empty_like(old)]))
        i = self._n
        self._units[i] = self.space.encode(point)
        self._losses[i] = self._variances[i] = math.nan
        self._pending[i] = True
        self._known[i] = bool(self._known_points) and point_key(point) in self._known_points
        self._n += 1

    def tell(self, row: int, loss: float | None, variance: float | None) -> None:
        """Enter the outcome of the trial in `row`; a loss of None is a failure."""
        row += self._n_prior
        self._losses[row] = math.nan if loss is None else loss
        self._variances[row] = math.nan if variance is None else variance
        self._pending[row] = False

    def history(self, n_known: int | None = None) -> History:
        """All trials, with the outcomes of the first `n_known` ones only (default: all)."""
        n, n_known = self._n, None if n_known is None else n_known + self._n_prior
        losses, variances, pending = self._losses[:n], self._variances[:n], self._pending[:n]
        if n_known is not None and n_known < n:
            # A copy: the arrays are shared with the record, which knows these outcomes already.
            losses, variances, pending = losses.copy(), variances.copy(), pending.copy()
            losses[n_known:] = variances[n_known:] = math.nan
            pending[n_known:] = True
        known = self._known[:n]
        return History(self.space, self._units[:n], losses, variances, pending, known, self.cache, self._n_foreign)
