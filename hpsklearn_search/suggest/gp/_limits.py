"""Step 6: how likely a point is to lie within the limits, by a process over the excess of each.

With m and s the posterior mean and deviation of the excess of limit i at x, the limit is kept with the probability
Phi(-m / s). What is maximised is the logarithm of the expected improvement times all these probabilities,

    a(x) = log EI(x) + sum_i log Phi(-m_i(x) / s_i(x))                                          (7)

(Gardner and others, Bayesian Optimization with Inequality Constraints, 2014, section 3). As long as no trial is within
the limits, there is nothing to improve on, and the sum alone is maximised (Gelbart, Snoek and Adams, 2014).

>>> import numpy as np
>>> on_scale_of_process(np.array([-1.0, 0.0, 1.0, 1e6])).round(2).tolist()
[-0.12, 0.0, 0.12, 2.3]
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

from ...space._typing import FloatArray, IntArray
from ...trials import History
from ._losses import most_informative
from ._posterior import Data, fitted_weights, posterior
from ._process import GaussianProcess


class WithinLimits:
    """The logarithm of the probability of lying within all limits, given the trials."""

    def __init__(self, history: History) -> None:
        self.processes = [process for i in range(history.excess.shape[1]) for process in _process(history, i)]

    def log_probability(self, x: FloatArray) -> FloatArray:
        """The sum in equation (7) at `x` of shape (m, d); zeros without limits."""
        total = np.zeros(len(x))
        for process, edge in self.processes:
            mean, deviation = process.mean_and_deviation(x)
            total += log_ndtr((edge - mean) / deviation)
        return total


def _process(history: History, i: int) -> list[tuple[GaussianProcess, float]]:
    """The process over the excess of limit `i`, and where the limit lies on its scale; none of too few trials."""
    known = np.flatnonzero(np.isfinite(history.excess[:, i]))
    if len(known) < 2:
        return []

    def data_of(rows: IntArray) -> Data:
        y = on_scale_of_process(history.excess[rows, i])
        return history.units[rows], y - y.mean(), np.ones(len(rows))

    theta = fitted_weights(history, f"limit {i}", known, data_of)
    kept = known[most_informative(np.abs(history.excess[known, i]))]  # those near the limit say most about where it is
    edge = -float(on_scale_of_process(history.excess[kept, i]).mean())
    return [(posterior(history, data_of(kept), theta), edge)]


def on_scale_of_process(excess: FloatArray) -> FloatArray:
    """Excesses with 0 where it was, in units of their spread, logarithmic where they are large."""
    # How far outside a point is says little about where the limit lies; near to it, differences count.
    # The bilog transform of Eriksson and Poloczek (Scalable Constrained Bayesian Optimization, 2021).
    unit = float(np.median(np.abs(excess))) or float(np.abs(excess).max()) or 1.0
    z = np.sign(excess) * np.log1p(np.abs(excess) / unit)
    return z / max(float(z.std()), 1e-9)
