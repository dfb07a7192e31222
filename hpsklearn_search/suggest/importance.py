"""Which parameters mattered: PED-ANOVA on what a search has learned of the whole space.

Let a configuration be *good* if its loss is among the best share gamma of all that the space can draw.
A parameter is important on its own if its value tells whether a configuration is good. With p(x | good)
the density of its values among the good ones and p(x) that among all, the variance of
P(good | x) = gamma p(x | good) / p(x) is

    V = gamma^2 D,   D = E[(p(x | good) / p(x) - 1)^2]                                              (1)

D is the Pearson divergence of PED-ANOVA (S. Watanabe, A. Bansal, F. Hutter: "PED-ANOVA: efficiently
quantifying hyperparameter importance in arbitrary subspaces", IJCAI 2023, theorem 1). V over the variance
of the indicator, gamma (1 - gamma), is the share of it that the parameter explains alone.

If a parameter is active in a share alpha of the configurations only, it is judged among these, and its
importance is alpha times equation (1) there. Whether a branch is good or bad as a whole belongs to the
choice above it; by the law of total variance the two add up to no more than the whole.

The densities are not those of the trials themselves. A search that learns has most of its trials where losses
are good, so on *every* axis, also on those that do not matter, densities of trials show where it looked.
The densities are those of draws from the prior, whose losses a Gaussian process predicts from the trials.

A process fits chance, too. So it is asked only if it explains the losses better than their permutations, and
sees only the axes that the trials speak of (`gp/_relevance.py`); where they speak of none, all importances are 0.
Where losses are tied, what is predicted differs within the tie by chance: a tie is good as a whole, or not at all.

>>> from hpsklearn_search import Trials, fmin, hp
>>> trials, space = Trials(), {"x": hp.uniform(0, 1), "y": hp.uniform(0, 1)}
>>> _ = fmin(lambda p: abs(p["x"] - 0.3), space, max_evals=20, trials=trials, rstate=0, show_progressbar=False)
>>> parameter_importances(trials, space)["x"] > 0.9
True
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import qmc

from ..space import Distribution, Space
from ..space._typing import BoolArray, FloatArray, IntArray
from ..trials import History, Trials
from .gp._kernel import distances
from .gp._losses import fill_failures, standardise
from .gp._process import GaussianProcess, fit_weights
from .gp._relevance import beats_chance, without_irrelevant

LOG2_DRAWS = 12
MOST_TRIALS = 200
MOST_BINS = 64
DRAWS_PER_BIN = 16
# Most trials of a search that learns are near its best, so their median says nothing of the whole space.
# Of 48 test searches, 0.5 ordered two parameters wrongly in 8 and 0.75 in none; 1 (no logarithm) went wrong
# on losses with long tails.
LINEAR_SHARE = 0.75
REPETITIONS = 40  # of an interval
OUTLYING = 8.0  # of a normal sample that is more than five standard deviations
LARGEST_BLOCK = 4_000_000  # numbers in memory at once while draws are judged


def parameter_importances(
    trials: Trials, space: Any, *, quantile: float = 0.1, normalize: bool = True
) -> dict[str, float]:
    """How much each parameter alone decides whether a configuration is among the best.

    PED-ANOVA (Watanabe and others, 2023), over the whole space.

    Parameters
    ----------
    trials : Trials
        The record of a search; failed trials count as the worst.
    space : object
        The space that was searched, as it was passed to `fmin`, or parsed.
    quantile : float, default=0.1
        The share of the space that counts as good, between 0 and 1.
    normalize : bool, default=True
        Whether the importances sum to 1. If not, each is the share of the variance of "is good" that the
        parameter explains alone; the difference between their sum and 1 is due to interactions.

    Returns
    -------
    dict
        ``{label: importance}``, the largest first. All are 0 where the losses say nothing of any parameter.
        A label with a single value is left out.

    Raises
    ------
    ValueError
        If fewer than 2 trials have a loss, or `quantile` is not between 0 and 1.

    Notes
    -----
    A parameter has an importance only if the trials are much more likely with its influence than without.
    If a model explains the losses no better than losses in random order, all importances are 0. This is so with
    fewer than 5 trials, and if a single loss of 50 differs from the others.
    `importance_intervals` says how far the numbers can be relied on.

    The importance of a choice is due to differences between its branches, that of a parameter in a branch to
    differences inside the branch. An object with ``rvs`` is only drawn from, never modelled: its importance is 0.

    Examples
    --------
    >>> from hpsklearn_search import Trials, fmin, hp
    >>> trials = Trials()
    >>> space = {"x": hp.uniform(0, 1), "kind": hp.choice(["good", "bad"])}
    >>> quiet = {"rstate": 0, "show_progressbar": False}
    >>> objective = lambda point: point["x"] + (point["kind"] == "bad")
    >>> _ = fmin(objective, space, max_evals=25, trials=trials, **quiet)
    >>> importances = parameter_importances(trials, space, quantile=0.5)
    >>> list(importances)
    ['kind', 'x']
    """
    parsed, model = _parsed(trials, space, quantile)
    return _sorted(_shares(parsed, model, quantile, normalize)) if len(parsed) else {}


def importance_intervals(
    trials: Trials, space: Any, *, quantile: float = 0.1, normalize: bool = True, level: float = 0.9
) -> dict[str, tuple[float, float]]:
    """How far each importance spreads if other trials had been made.

    Each of 40 repetitions draws as many trials as there are, with replacement (the bootstrap).

    Parameters
    ----------
    trials, space, quantile, normalize
        As for `parameter_importances`.
    level : float, default=0.9
        The share of the repetitions that lie within an interval.

    Returns
    -------
    dict
        ``{label: (low, high)}`` in the order of `parameter_importances`. A parameter whose interval begins
        at 0 may have no influence.

    Raises
    ------
    ValueError
        As `parameter_importances`, and if `level` is not between 0 and 1.

    Examples
    --------
    >>> from hpsklearn_search import Trials, fmin, hp
    >>> trials = Trials()
    >>> space = {"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}
    >>> quiet = {"rstate": 0, "show_progressbar": False}
    >>> objective = lambda point: 3 * point["x"] + point["y"]
    >>> _ = fmin(objective, space, max_evals=25, trials=trials, **quiet)
    >>> low, high = importance_intervals(trials, space)["x"]
    >>> 0.5 < low < high < 1
    True
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level!r}; nine repetitions of ten are level=0.9")
    parsed, model = _parsed(trials, space, quantile)
    if not len(parsed):
        return {}
    shares = _shares(parsed, model, quantile, normalize)
    rng = np.random.default_rng(0)
    repeated = [_shares(parsed, model.resampled(rng), quantile, normalize) for _ in range(REPETITIONS)]
    spread = [(1 - level) / 2, (1 + level) / 2]
    intervals = {label: np.quantile([each[label] for each in repeated], spread).tolist() for label in _sorted(shares)}
    return {label: (low, high) for label, (low, high) in intervals.items()}


def _parsed(trials: Trials, space: Any, quantile: float) -> tuple[Space, _Model]:
    """The space, and the model of the losses on it; ValueError if there is nothing to compare."""
    if not 0 < quantile < 1:
        raise ValueError(f"quantile must be between 0 and 1, got {quantile!r}; the best tenth is quantile=0.1")
    if not hasattr(trials, "history"):
        cure = "; of a fitted search read search.importances_" if hasattr(trials, "get_params") else ""
        raise TypeError(f"parameter_importances(trials, space) takes Trials first, got {type(trials).__name__}{cure}")
    parsed = space if isinstance(space, Space) else Space(space)
    history = trials.history(parsed)
    if np.count_nonzero(history.ok) < 2:
        raise ValueError(
            f"importances need at least 2 trials with a loss, got {np.count_nonzero(history.ok)} of {len(history)}; "
            "run the search with a larger max_evals, or mend what makes its trials fail"
        )
    return parsed, _Model.fit(history)


def _sorted(shares: dict[str, float]) -> dict[str, float]:
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _shares(space: Space, model: _Model, quantile: float, normalize: bool) -> dict[str, float]:
    """The importance of each label with more than one value, in the order of the space."""
    draws = _draws(space)
    predicted = model.predict(draws)
    is_good = predicted <= _limit(predicted, model.losses, quantile)
    explained = {
        dimension.label: _explained(dimension.distribution, draws[:, axis], is_good)
        for axis, dimension in enumerate(space.dimensions)
        if dimension.distribution.n_values != 1
    }
    total = sum(explained.values()) if normalize else float(is_good.var())
    return {label: value / total if total > 0 else 0.0 for label, value in explained.items()}


def _draws(space: Space) -> FloatArray:
    """Draws from the prior as candidates, the same every time; shape (m, d)."""
    u = qmc.Sobol(max(len(space), 1), seed=np.random.default_rng(0)).random_base2(LOG2_DRAWS)[:, : len(space)]
    layout = space.layout
    return layout.mask_inactive(layout.snap(layout.fill_options(u)))


@dataclass(frozen=True)
class _Model:
    """A Gaussian process over some trials, with the axes that they speak of."""

    points: FloatArray  # (n, d)
    losses: FloatArray  # (n,): in standard units
    noisiness: FloatArray  # (n,)
    is_option: BoolArray  # (d,)
    theta: FloatArray  # (d + 1,): log w, -inf on an axis that has no influence, and log e

    @classmethod
    def fit(cls, history: History) -> _Model:
        """A model of the finished trials."""
        finished = np.flatnonzero(~history.pending)
        if len(finished) > MOST_TRIALS:  # evenly over the search: the first ones saw the most of the space
            finished = finished[np.linspace(0, len(finished) - 1, MOST_TRIALS).round().astype(np.intp)]
        is_option = np.array([dimension.distribution.kind == "categorical" for dimension in history.space.dimensions])
        points, losses = history.units[finished], fill_failures(history.losses[finished])
        # Variances over a few folds are estimates, and a process that takes them for known ones fits chance.
        noisiness = np.ones(len(finished))
        if not len(is_option) or not np.ptp(losses):
            return cls(points, np.zeros(len(points)), noisiness, is_option, np.full(len(is_option) + 1, -np.inf))
        y, apart = standardise(_without_outliers(losses), LINEAR_SHARE), distances(points, points, is_option)
        theta = np.full(len(is_option) + 1, -np.inf)
        if beats_chance(apart, y):
            theta = without_irrelevant(fit_weights(apart, y, noisiness), apart, y, noisiness)
        return cls(points, y, noisiness, is_option, theta)

    def resampled(self, rng: np.random.Generator) -> _Model:
        """The model of as many trials drawn with replacement, on the axes that these speak of still."""
        n = len(self.points)
        rows, counts = np.unique(rng.integers(n, size=n), return_counts=True)
        points, y, noisiness = self.points[rows], self.losses[rows], self.noisiness[rows] / counts
        apart = distances(points, points, self.is_option)
        theta = without_irrelevant(self.theta, apart, y, noisiness, share=len(rows) / n)
        return _Model(points, y, noisiness, self.is_option, theta)

    def predict(self, draws: FloatArray) -> FloatArray:
        """The posterior mean of each draw, in standard units; shape (m,)."""
        kept = np.flatnonzero(np.isfinite(self.theta[:-1]))
        if not len(kept):
            return np.zeros(len(draws))
        process = GaussianProcess.condition_on(self.points, self.losses, self.is_option, self.theta, self.noisiness)
        n_blocks = max(1, -(-draws.size * len(self.points) // LARGEST_BLOCK))
        return np.concatenate([process.mean(block) for block in np.array_split(draws, n_blocks)])


def _without_outliers(losses: FloatArray) -> FloatArray:
    """The losses, none of them better than the median by more than 8 times its distance to the lower quartile.

    A process explains one outlier by its place alone, and would find a parameter that decides where none does.

    >>> _without_outliers(np.array([-1e6, 1.0, 2.0, 3.0, 4.0])).tolist()
    [-6.0, 1.0, 2.0, 3.0, 4.0]
    """
    quartile, centre = np.quantile(losses, [0.25, 0.5])
    return np.maximum(losses, centre - OUTLYING * (centre - quartile)) if quartile < centre else losses


def _limit(predicted: FloatArray, losses: FloatArray, quantile: float) -> float:
    """The loss up to which a draw is good: the quantile of those predicted, or the end of the tie that it falls in.

    A quarter of the draws is in the lower tie, and good as a whole.

    >>> float(_limit(np.array([-0.1, 0.9, 1.0, 1.1]), np.array([0.0, 0.0, 1.0, 1.0]), quantile=0.1))
    0.5
    """
    rounding = 1e-9 * float(np.ptp(losses))
    limit = float(np.quantile(predicted, quantile)) + 1e-9 * float(np.ptp(predicted))
    values = np.sort(losses)
    gaps = np.flatnonzero(np.diff(values) > rounding)
    first, last = np.append(0, gaps + 1), np.append(gaps, len(values) - 1)  # of each level
    between = (values[gaps] + values[gaps + 1]) / 2
    level = int(np.searchsorted(between, limit))
    if first[level] == last[level] or not len(gaps):
        return limit
    return float(between[min(level, len(between) - 1)])  # the worst level is never good


def _explained(distribution: Distribution, x: FloatArray, is_good: BoolArray) -> float:
    """Equation (1), times the share of draws in which the parameter is active."""
    active = ~np.isnan(x)
    n = int(np.count_nonzero(active))
    if n < 2:
        return 0.0
    bins = _bins(distribution, x[active], n)
    draws = np.bincount(bins)
    good = np.bincount(bins, weights=is_good[active])[draws > 0]
    draws = draws[draws > 0]
    gamma = good.sum() / n
    # Eq. 1 as a variance: good / draws is P(good | x) in a bin, and its mean over the draws is gamma.
    between = float(draws @ (good / draws - gamma) ** 2) / n
    # Bins of few draws differ by chance. The correction is that of an analysis of variance (epsilon squared).
    chance = (len(draws) - 1) * (gamma * (1 - gamma) - between) / max(n - len(draws), 1)
    return float(max(between - chance, 0.0)) * n / len(x)  # n / len(x) is alpha


def _bins(distribution: Distribution, x: FloatArray, n: int) -> IntArray:
    """The bin of each draw: one per value where values are few, else equal parts of the unit interval."""
    most = max(2, min(MOST_BINS, n // DRAWS_PER_BIN))
    if distribution.kind == "categorical":
        return x.astype(np.intp)
    if (distribution.n_values or most + 1) <= most:
        return np.unique(x, return_inverse=True)[1].astype(np.intp)
    return np.minimum(x * most, most - 1).astype(np.intp)
