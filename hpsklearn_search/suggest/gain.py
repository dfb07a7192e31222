"""How far the best loss is expected to fall by the next trials.

The model is the Gaussian process of `gp`. With x_0 the trial whose predicted loss is the lowest and x_1 .. x_q the
next points,

    gain = E[max(0, f(x_0) - min_i f(x_i))]                                                     (1)

is the expected improvement of a batch (Schonlau, 1997; Ginsbourger, Le Riche and Carraro, 2010; for q = 1 that of
Mockus, 1978, as in Jones, Schonlau and Welch, 1998), with the loss of x_0 as uncertain as the others: with noise,
being lower than a lucky observation is no gain. The points are chosen one after the other by their own expected
improvement, each taken to have its predicted loss (the kriging believer of the same authors). The expectation is a
mean over joint draws from the posterior.

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

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from ..space import Space
from ..space._typing import FloatArray
from ..trials import History
from .gp._improvement import log_improvement
from .gp._kernel import axis_distances, covariance, distances
from .gp._losses import fill_failures, most_informative, relative_noise, standardise
from .gp._process import GaussianProcess, fit_weights
from .gp._suggest import _around, _candidates, _fitted_weights, _one_thread

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
    is_option = np.array([dimension.distribution.kind == "categorical" for dimension in history.space.dimensions])
    losses = history.losses[finished]
    if not len(is_option) or np.count_nonzero(~np.isnan(losses)) < 2 or np.nanmin(losses) == np.nanmax(losses):
        return Outlook(np.inf, 0.0)
    kept = most_informative(losses)
    points, raw = history.units[finished[kept]], fill_failures(losses[kept])
    noisiness = relative_noise(history.variances[finished[kept]])
    share = _linear_share(raw)
    y = standardise(raw, share)
    scale = _scale(raw, y, share)
    if not np.isfinite(scale):
        return Outlook(np.inf, 0.0)
    if share == 0.5 and not history.earlier:  # as the process of the search itself: its weights are there already
        theta = _fitted_weights(history, finished, is_option)
    else:
        theta = fit_weights(distances(points, points, is_option), y, noisiness)
    process = GaussianProcess.condition_on(points, y, is_option, theta, noisiness)
    following = _next_points(history.space, process, points[np.argsort(y, kind="stable")], y, noisiness, n_next)
    gain = _batch_improvement(process, points[[int(np.argmin(process.fitted))]], following)
    noise = float(np.sqrt(np.exp(theta[-1]) * process.variance))
    return Outlook(scale * gain, _error_of_best(history) or scale * noise)


def _error_of_best(history: History) -> float:
    """The standard error of the best loss; 0 where its variance is not known."""
    variance = history.variances[int(np.nanargmin(history.losses))]
    return float(np.sqrt(variance)) if variance > 0 else 0.0


def _linear_share(losses: FloatArray) -> float:
    """The share of the losses whose scale is linear: the better half, or more where all of that half are equal."""
    if np.quantile(losses, 0.5) > losses.min():
        return 0.5
    tied = float(np.mean(losses == losses.min()))
    return (1.0 + tied) / 2


def _scale(raw: FloatArray, y: FloatArray, share: float) -> float:
    """How much a difference of 1 on the process's scale is in the losses, where that scale is linear."""
    first = int(np.argmin(raw))
    end = max(np.quantile(raw, share), raw[raw > raw[first]].min())
    last = int(np.argmax(np.where(raw <= end, raw, -np.inf)))
    # Losses whose magnitudes differ by more than a float's digits have no step on the process's scale.
    return float((raw[last] - raw[first]) / (y[last] - y[first])) if y[last] > y[first] else np.inf


def _next_points(
    space: Space, process: GaussianProcess, best_first: FloatArray, y: FloatArray, noisiness: FloatArray, n: int
) -> FloatArray:
    """The `n` points of the largest expected improvement, one after the other; shape (n, d)."""
    candidates, best = _choice(space, process, best_first), float(process.fitted.min())
    chosen: list[FloatArray] = []
    points, is_option, theta = process.points, process.is_option, process.theta
    for _ in range(n):
        row = int(np.argmax(log_improvement(best, *process.mean_and_deviation(candidates))))
        chosen.append(candidates[row])
        believed = process.mean(candidates[[row]])
        points, y, noisiness = np.vstack([points, candidates[row]]), np.append(y, believed), np.append(noisiness, 1.0)
        process = GaussianProcess.condition_on(points, y, is_option, theta, noisiness)
        best = min(best, float(believed[0]))
    return np.array(chosen)


def _choice(space: Space, process: GaussianProcess, best_first: FloatArray) -> FloatArray:
    """Where the next points may lie: everywhere, around the best trials, and around the best of those."""
    rng, layout = np.random.default_rng(0), space.layout  # the same every time: a resumed search sees the same figure

    def repair(x: FloatArray) -> FloatArray:
        return layout.mask_inactive(layout.snap(x))

    candidates = repair(_candidates(space, best_first, rng))
    improvement = log_improvement(float(process.fitted.min()), *process.mean_and_deviation(candidates))
    centres = candidates[np.argsort(-improvement, kind="stable")[:3]]
    return np.vstack([candidates, *(repair(_around(space, centres, 48, scale, rng)) for scale in (0.02, 0.07))])


def _batch_improvement(process: GaussianProcess, best: FloatArray, following: FloatArray) -> float:
    """Equation (1), over joint draws at the best trial and the next points."""
    mean, joint = _joint(process, np.vstack([best, following]))
    # Points that coincide make the matrix singular.
    factor = np.linalg.cholesky(joint + 1e-8 * process.variance * np.eye(len(joint)))
    draws = mean[:, None] + factor @ np.random.default_rng(0).standard_normal((len(mean), N_DRAWS))
    return float(np.maximum(draws[0] - draws[1:].min(axis=0), 0.0).mean())


def _joint(process: GaussianProcess, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Posterior mean and covariance at the points `x`."""
    weights = np.exp(process.theta[:-1])
    shared = covariance(weights, axis_distances(process.points, x, process.is_option))
    z = solve_triangular(process.factor, shared, lower=True, check_finite=False)
    prior = covariance(weights, axis_distances(x, x, process.is_option))
    return process.a @ shared, process.variance * (prior - z.T @ z)
