"""How far the best loss is expected to fall by the next trials.

The model is the Gaussian process of `gp`. With x_0 the trial whose predicted loss is the lowest and x_1 .. x_q the
next points,

    gain = E[max(0, f(x_0) - min_i f(x_i))]                                                     (1)

is the expected improvement of a batch (Schonlau, 1997; Ginsbourger, Le Riche and Carraro, 2010; for q = 1 that of
Mockus, 1978, as in Jones, Schonlau and Welch, 1998), with the loss of x_0 as uncertain as the others: with noise,
being lower than a lucky observation is no gain. The points are chosen one after the other by their own expected
improvement, each taken to have its predicted loss (the kriging believer of the same authors). The expectation is a
mean over joint draws from the posterior. With limits, x_0 is a trial within them, and a draw counts those of the next
points that lie within, each with the probability that equation (7) of `gp` has.

>>> from hpsklearn_search import Trials, fmin, hp, rand
>>> from hpsklearn_search.space import Space
>>> trials, space = Trials(), Space({"x": hp.uniform(-1, 1), "y": hp.uniform(-1, 1)})
>>> for n in (5, 40):
...     _ = fmin(lambda p: abs(p["x"]) + p["y"] ** 2, space.root, rand.suggest, n, trials=trials, rstate=0,
...              show_progressbar=False)
...     print(f"{Outlook.of(trials.history(space)).gain:.2f}")
0.13
0.01
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve_triangular

from ..space import Space
from ..space._typing import BoolArray, FloatArray
from ..trials import History
from .gp._improvement import log_improvement
from .gp._kernel import axis_distances, covariance, distances
from .gp._limits import WithinLimits
from .gp._losses import fill_failures, relative_noise, standardise
from .gp._posterior import best_and_others, loss_weights, options_of
from .gp._process import GaussianProcess, fit_weights
from .gp._suggest import _around, _candidates, _one_thread

N_NEXT = 10
N_DRAWS = 512


@dataclass(frozen=True)
class Outlook:
    """What the model expects of the next trials, in units of the loss."""

    gain: float  # equation (1); infinite where the losses tell nothing
    error: float  # the standard error of the best loss; the model's noise where no variance is known

    @property
    def in_errors(self) -> float:
        """The gain in standard errors of the best loss."""
        return self.gain / self.error if self.error > 0 else np.inf

    @classmethod
    def of(cls, history: History, n_next: int = N_NEXT) -> Outlook:
        """The outlook after the finished trials; those that run have no part in it."""
        with _one_thread().held():
            return _outlook(history, n_next)


def _outlook(history: History, n_next: int) -> Outlook:
    finished = np.flatnonzero(~history.pending)
    is_option = options_of(history.space)
    losses, outside = history.reported[finished], history.outside[finished]
    if not len(is_option) or np.count_nonzero(~np.isnan(losses)) < 2 or np.nanmin(losses) == np.nanmax(losses):
        return Outlook(np.inf, 0.0)
    kept = best_and_others(history, finished)
    points, raw, can_be_best = history.units[finished[kept]], fill_failures(losses[kept]), ~outside[kept]
    if np.isnan(losses[~outside]).all():
        return Outlook(np.inf, 0.0)
    noisiness = relative_noise(history.variances[finished[kept]])
    share = _linear_share(raw, can_be_best)
    y = standardise(raw, share)
    scale = _scale(raw, y, share)
    if not np.isfinite(scale):
        return Outlook(np.inf, 0.0)
    if share == 0.5 and not history.earlier:  # as the process of the search itself: its weights are there already
        theta = loss_weights(history, finished)
    else:
        theta = fit_weights(distances(points, points, is_option), y, noisiness)
    process = GaussianProcess.condition_on(points, y, is_option, theta, noisiness)
    best = int(np.argmin(np.where(can_be_best, process.fitted, np.inf)))
    # Those that run have no part in it.
    within = WithinLimits(replace(history, pending=np.zeros(len(history), dtype=bool)))
    candidates = _choice(history.space, process, points[np.lexsort((y, ~can_be_best))], best, within)
    following = _next_points(candidates, process, (y, noisiness), best, n_next, within)
    gain = _batch_improvement(process, points[[best]], following, np.exp(within.log_probability(following)))
    noise = float(np.sqrt(np.exp(theta[-1]) * process.variance))
    return Outlook(scale * gain, _error_of_best(history) or scale * noise)


def _error_of_best(history: History) -> float:
    """The standard error of the best loss; 0 where its variance is not known."""
    own = np.where(history.outside, np.inf, np.nan_to_num(history.reported, nan=np.inf))
    variance = history.variances[int(np.argmin(own))]
    return float(np.sqrt(variance)) if variance > 0 else 0.0


def _linear_share(losses: FloatArray, can_be_best: BoolArray) -> float:
    """The share of the losses whose scale is linear: the better half, or more where the best has no better one."""
    best = losses[can_be_best].min()
    if np.quantile(losses, 0.5) > best:
        return 0.5
    as_good = float(np.mean(losses <= best))
    return (1.0 + as_good) / 2


def _scale(raw: FloatArray, y: FloatArray, share: float) -> float:
    """How much a difference of 1 on the process's scale is in the losses, where that scale is linear."""
    first = int(np.argmin(raw))
    end = max(np.quantile(raw, share), raw[raw > raw[first]].min())
    last = int(np.argmax(np.where(raw <= end, raw, -np.inf)))
    # Losses whose magnitudes differ by more than a float's digits have no step on the process's scale.
    return float((raw[last] - raw[first]) / (y[last] - y[first])) if y[last] > y[first] else np.inf


def _next_points(
    candidates: FloatArray,
    process: GaussianProcess,
    data: tuple[FloatArray, FloatArray],
    row_of_best: int,
    n: int,
    within: WithinLimits,
) -> FloatArray:
    """The `n` points of the largest expected improvement, one after the other; shape (n, d)."""
    (y, noisiness), best = data, float(process.fitted[row_of_best])
    chosen: list[FloatArray] = []
    points, is_option, theta = process.points, process.is_option, process.theta
    log_chance = within.log_probability(candidates)
    for _ in range(n):
        row = int(np.argmax(log_improvement(best, *process.mean_and_deviation(candidates)) + log_chance))
        chosen.append(candidates[row])
        believed = process.mean(candidates[[row]])
        points, y, noisiness = np.vstack([points, candidates[row]]), np.append(y, believed), np.append(noisiness, 1.0)
        process = GaussianProcess.condition_on(points, y, is_option, theta, noisiness)
        best = min(best, float(believed[0]))
    return np.array(chosen)


def _choice(
    space: Space, process: GaussianProcess, best_first: FloatArray, best: int, within: WithinLimits
) -> FloatArray:
    """Where the next points may lie: everywhere, around the best trials, and around the best of those."""
    rng, layout = np.random.default_rng(0), space.layout  # the same every time: a resumed search sees the same figure

    def repair(x: FloatArray) -> FloatArray:
        return layout.mask_inactive(layout.snap(x))

    candidates = repair(_candidates(space, best_first, rng))
    improvement = log_improvement(float(process.fitted[best]), *process.mean_and_deviation(candidates))
    improvement += within.log_probability(candidates)
    centres = candidates[np.argsort(-improvement, kind="stable")[:3]]
    return np.vstack([candidates, *(repair(_around(space, centres, 48, scale, rng)) for scale in (0.02, 0.07))])


def _batch_improvement(
    process: GaussianProcess, best: FloatArray, following: FloatArray, chance: FloatArray | float = 1.0
) -> float:
    """Equation (1), over joint draws at the best trial and the next points, which are within limits by `chance`."""
    mean, joint = _joint(process, np.vstack([best, following]))
    # Points that coincide make the matrix singular.
    factor = np.linalg.cholesky(joint + 1e-8 * process.variance * np.eye(len(joint)))
    draws = mean[:, None] + factor @ np.random.default_rng(0).standard_normal((len(mean), N_DRAWS))
    chances = np.broadcast_to(chance, len(following))
    is_within = np.random.default_rng(1).random((len(following), N_DRAWS)) < chances[:, None]
    lowest = np.where(is_within, draws[1:], np.inf).min(axis=0)
    return float(np.maximum(draws[0] - lowest, 0.0).mean())


def _joint(process: GaussianProcess, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Posterior mean and covariance at the points `x`."""
    weights = np.exp(process.theta[:-1])
    shared = covariance(weights, axis_distances(process.points, x, process.is_option))
    z = solve_triangular(process.factor, shared, lower=True, check_finite=False)
    prior = covariance(weights, axis_distances(x, x, process.is_option))
    return process.a @ shared, process.variance * (prior - z.T @ z)
