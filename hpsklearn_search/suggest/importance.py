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

>>> from hpsklearn_search import Trials, fmin, hp
>>> trials, space = Trials(), {"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}
>>> _ = fmin(lambda p: abs(p["x"] - 0.3), space, max_evals=20, trials=trials, rstate=0, show_progressbar=False)
>>> parameter_importances(trials, space)["x"] > 0.9
True
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import qmc

from ..space import Distribution, Space
from ..space._typing import BoolArray, FloatArray, IntArray
from ..trials import History, Trials
from .gp._kernel import distances
from .gp._losses import fill_failures, relative_noise, standardise
from .gp._process import GaussianProcess, fit_weights

LOG2_DRAWS = 12
MOST_TRIALS = 200
MOST_BINS = 64
DRAWS_PER_BIN = 16
# Most trials of a search that learns are near its best, so their median says nothing of the whole space.
# Of 48 test searches, 0.5 ordered two parameters wrongly in 8 and 0.75 in none; 1 (no logarithm) went wrong
# on losses with long tails.
LINEAR_SHARE = 0.75
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
        ``{label: importance}``, the largest first. All are 0 where no loss differs from another.

    Raises
    ------
    ValueError
        If fewer than 2 trials have a loss, or `quantile` is not between 0 and 1.

    Notes
    -----
    The importance of a choice is due to differences between its branches, that of a parameter in a branch to
    differences inside the branch. An object with ``rvs`` is only drawn from, never modelled: its importance is 0.

    Examples
    --------
    >>> from hpsklearn_search import Trials, fmin, hp
    >>> trials, space = Trials(), {"x": hp.uniform("x", 0, 1), "kind": hp.choice("kind", ["good", "bad"])}
    >>> _ = fmin(lambda p: p["x"] + (p["kind"] == "bad"), space, max_evals=25, trials=trials, rstate=0,
    ...          show_progressbar=False)
    >>> importances = parameter_importances(trials, space, quantile=0.5)
    >>> list(importances)
    ['kind', 'x']
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile must be between 0 and 1, got {quantile!r}; the best tenth is quantile=0.1")
    parsed = space if isinstance(space, Space) else Space(space)
    history = trials.history(parsed)
    if np.count_nonzero(history.ok) < 2:
        raise ValueError(
            f"importances need at least 2 trials with a loss, got {np.count_nonzero(history.ok)} of {len(history)}; "
            "run the search with a larger max_evals, or mend what makes its trials fail"
        )
    if not len(parsed):
        return {}
    draws = _draws(parsed)
    is_good = _best_share(_expected_losses(history, draws), quantile)
    explained = {
        dimension.label: _explained(dimension.distribution, draws[:, axis], is_good)
        for axis, dimension in enumerate(parsed.dimensions)
    }
    total = sum(explained.values()) if normalize else float(is_good.var())
    shares = {label: value / total if total > 0 else 0.0 for label, value in explained.items()}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _draws(space: Space) -> FloatArray:
    """Draws from the prior as candidates, the same every time; shape (m, d)."""
    u = qmc.Sobol(max(len(space), 1), seed=np.random.default_rng(0)).random_base2(LOG2_DRAWS)[:, : len(space)]
    layout = space.layout
    return layout.mask_inactive(layout.snap(layout.fill_options(u)))


def _expected_losses(history: History, draws: FloatArray) -> FloatArray:
    """The posterior mean of each draw given the trials, in standard units; shape (m,)."""
    finished = np.flatnonzero(~history.pending)
    if len(finished) > MOST_TRIALS:  # evenly over the search: the first ones saw the most of the space
        finished = finished[np.linspace(0, len(finished) - 1, MOST_TRIALS).round().astype(np.intp)]
    is_option = np.array([dimension.distribution.kind == "categorical" for dimension in history.space.dimensions])
    points, losses = history.units[finished], fill_failures(history.losses[finished])
    if not np.ptp(losses):
        return np.zeros(len(draws))
    y, noisiness = standardise(losses, LINEAR_SHARE), relative_noise(history.variances[finished])
    theta = fit_weights(distances(points, points, is_option), y, noisiness)
    process = GaussianProcess.condition_on(points, y, is_option, theta, noisiness)
    n_blocks = max(1, -(-draws.size * len(points) // LARGEST_BLOCK))
    return np.concatenate([process.mean(block) for block in np.array_split(draws, n_blocks)])


def _best_share(losses: FloatArray, quantile: float) -> BoolArray:
    """Which losses are good: no worse than the quantile, but for rounding."""
    return losses <= np.quantile(losses, quantile) + 1e-9 * np.ptp(losses)


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
