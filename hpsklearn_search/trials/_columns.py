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
from typing import Any

import numpy as np

from ..space import PointKey, Space, point_key
from ..space._typing import BoolArray, FloatArray
from ._earlier import EarlierTrials
from ._trial import Trial


@dataclass(frozen=True)
class History:
    """What an algorithm may look at: n trials in order of suggestion, d dimensions of the space."""

    space: Space  # its dimensions name the columns
    units: FloatArray  # (n, d), unit coordinates: NaN if inactive or opaque, the index of an unordered choice
    losses: FloatArray  # (n,), finite for ok trials, NaN for failed and pending ones
    variances: FloatArray  # (n,), of the losses as estimates, NaN if not known
    pending: BoolArray  # (n,), trials without an outcome, or with one that the window hides
    known: BoolArray  # (n,), trials at points that are known from elsewhere, which no algorithm suggested
    cache: dict[Any, Any]  # shared by all histories of a record, for derived state of an algorithm
    earlier: tuple[History, ...] = ()  # searches of other data or another metric: their losses have other scales

    def __len__(self) -> int:
        return len(self.losses)

    @classmethod
    def of_finished(cls, space: Space, units: FloatArray, losses: FloatArray) -> History:
        """A search that has ended: all its trials, with NaN as the loss of a failed one."""
        no = np.zeros(len(losses), dtype=bool)
        return cls(space, units, losses, np.full(len(losses), math.nan), no, no, {})

    @property
    def ok(self) -> BoolArray:
        """Which trials have a usable loss, shape (n,)."""
        return ~np.isnan(self.losses)

    @property
    def failed(self) -> BoolArray:
        """Which trials finished without a usable loss, shape (n,)."""
        return np.isnan(self.losses) & ~self.pending


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
        self._n_prior = 0
        for number, trial in enumerate(prior_trials):
            self.append(trial.point)
            self.tell(number, trial.model_loss, None if trial.outcome is None else trial.outcome.variance)
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
        return History(self.space, self._units[:n], losses, variances, pending, known, self.cache, self._earlier)
