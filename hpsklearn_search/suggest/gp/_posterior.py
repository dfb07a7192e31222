"""Step 5: a process that is fitted to the finished trials, and takes the pending ones into account."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from ...space import Space
from ...space._typing import BoolArray, FloatArray, IntArray
from ...trials import History
from ._earlier import earlier_trend
from ._kernel import distances
from ._losses import most_informative, relative_noise, standardise
from ._process import GaussianProcess, Trend, fit_weights

# Points, values on the scale of the process, and their noisiness.
Data: TypeAlias = "tuple[FloatArray, FloatArray, FloatArray]"


def loss_data(history: History, rows: IntArray, scale: Callable[[FloatArray], FloatArray] = standardise) -> Data:
    """The losses of the most informative of `rows`."""
    kept = best_and_others(history, rows)
    losses = scale(history.reported[rows][kept])
    return history.units[rows[kept]], losses, relative_noise(history.variances[rows[kept]])


def best_and_others(history: History, rows: IntArray) -> IntArray:
    """Which of `rows` the process over the losses takes; those outside a limit are never among the best."""
    return most_informative(history.losses_of(rows))


def options_of(space: Space) -> BoolArray:
    """Which axes hold unordered options, shape (d,)."""
    return np.array([dimension.distribution.kind == "categorical" for dimension in space.dimensions])


def loss_weights(history: History, finished: IntArray) -> FloatArray:
    """The weights for the losses, or for what earlier searches do not explain of them."""

    def data_of(rows: IntArray) -> Data:
        points, y, noisiness = loss_data(history, rows)
        trend = earlier_trend(history, points, y, options_of(history.space))
        return points, y if trend is None else y - trend(points), noisiness

    return fitted_weights(history, "loss", finished, data_of)


def fitted_weights(history: History, what: str, rows: IntArray, data_of: Callable[[IntArray], Data]) -> FloatArray:
    """The weights for `what`, fitted again each time that the number of `rows` has grown by a tenth."""
    # A function of the trials up to the milestone alone, so that a resumed search finds the same.
    rows = rows[: _milestone(len(rows))]
    key = ("gp", what, rows.tobytes())
    if key not in history.cache:
        for outdated in [k for k in history.cache if k[:2] == key[:2]]:
            del history.cache[outdated]
        points, y, noisiness = data_of(rows)
        history.cache[key] = fit_weights(distances(points, points, options_of(history.space)), y, noisiness)
    return history.cache[key]


def _milestone(n: int) -> int:
    """The largest number of a fixed ascending series that is at most n: 2, 3, ..., 20, 22, 24, 26, 28, 30, 33, ..."""
    milestone = 2
    while milestone + max(1, milestone // 10) <= n:
        milestone += max(1, milestone // 10)
    return milestone


def posterior(history: History, data: Data, theta: FloatArray, trend: Trend | None = None) -> GaussianProcess:
    """The process given `data` and the pending trials, which are the last of its points."""
    points, y, noisiness = data
    is_option = options_of(history.space)
    process = GaussianProcess.condition_on(points, y, is_option, theta, noisiness, trend)
    pending = history.units[history.pending]
    if not len(pending):
        return process
    # A pending trial gets its predicted mean as value (kriging believer; Ginsbourger and others, 2010). The mean
    # stays as it is, and the deviation falls nearby.
    values = np.append(y, process.mean(pending))
    noisiness = np.append(noisiness, np.ones(len(pending)))
    return GaussianProcess.condition_on(np.vstack([points, pending]), values, is_option, theta, noisiness, trend)
