"""What earlier searches let this one expect: a trend, from which the process learns the differences.

Each earlier search has a process of its own, over the normal scores of its losses, so that only their order counts.
Equation (3) of `suggest._agreement` says how much each adds.
"""

from __future__ import annotations

import numpy as np

from ...space._typing import BoolArray, FloatArray
from ...trials import History
from .._agreement import agreement, scaled_ranks
from ._kernel import distances
from ._losses import most_informative, normal_scores
from ._process import GaussianProcess, Trend, fit_weights


def earlier_trend(history: History, points: FloatArray, y: FloatArray, is_option: BoolArray) -> Trend | None:
    """The sum of equation (1), given scaled losses `y` of this search at `points`; None without earlier searches."""
    models = [_model(earlier, is_option) for earlier in history.earlier]
    if not models:
        return None
    predicted = np.array([model(points) for model in models])
    weights = agreement(predicted, y)
    if not weights.any():
        return None
    level = float((weights @ predicted).mean())  # what all trials share says nothing about where to look
    return lambda x: sum(b * model(x) for b, model in zip(weights, models, strict=True) if b > 0) - level


def earlier_weights(history: History, is_option: BoolArray) -> FloatArray:
    """Equation (3) of each earlier search, by the ranks of all finished trials."""
    own = np.flatnonzero(~history.pending)
    models = [_model(earlier, is_option) for earlier in history.earlier]
    return agreement(np.array([model(history.units[own]) for model in models]), scaled_ranks(history.losses[own]))


def _model(earlier: History, is_option: BoolArray) -> Trend:
    """The posterior mean of an earlier search, over the columns that it has."""
    if "model" not in earlier.cache:
        rows = most_informative(earlier.losses)
        columns = np.flatnonzero(~np.isnan(earlier.units).all(axis=0))
        points, y = earlier.units[np.ix_(rows, columns)], normal_scores(earlier.losses[rows])
        theta = fit_weights(distances(points, points, is_option[columns]), y, np.ones(len(y)))
        process = GaussianProcess.condition_on(points, y, is_option[columns], theta)
        earlier.cache["model"] = lambda x: process.mean(x[:, columns])
    model: Trend = earlier.cache["model"]
    return model
