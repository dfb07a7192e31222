"""Mixtures of normal and lognormal values under hyperopt's names; the library's own algorithms do not use them.

>>> rng = np.random.default_rng(0)
>>> GMM1([0.5, 0.5], [0.0, 9.0], [0.1, 0.1], low=5, high=10, q=3, rng=rng, size=(3,)).tolist()
[9.0, 9.0, 9.0]
>>> float(GMM1_lpdf(0.0, [1.0], [0.0], [1.0]).round(3))
-0.919
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp, ndtr

from ..space._typing import FloatArray


def GMM1(
    weights: Any,
    mus: Any,
    sigmas: Any,
    low: Any = None,
    high: Any = None,
    q: Any = None,
    rng: Any = None,
    size: Any = (),
) -> FloatArray:
    """Draws from a mixture of normals, between `low` and `high` and rounded to multiples of `q`."""
    return _rounded(_draw(weights, mus, sigmas, low, high, rng, size), q)


def LGMM1(
    weights: Any,
    mus: Any,
    sigmas: Any,
    low: Any = None,
    high: Any = None,
    q: Any = None,
    rng: Any = None,
    size: Any = (),
) -> FloatArray:
    """Draws whose logarithms come from a mixture of normals, with bounds of the logarithm."""
    return _rounded(np.exp(_draw(weights, mus, sigmas, low, high, rng, size)), q)


def _draw(weights: Any, mus: Any, sigmas: Any, low: Any, high: Any, rng: Any, size: Any) -> FloatArray:
    low, high = -np.inf if low is None else float(low), np.inf if high is None else float(high)
    if low >= high:
        raise ValueError(f"low must be less than high, got {low} and {high}")
    n, mus, sigmas, weights = int(np.prod(size)), np.asarray(mus), np.asarray(sigmas), np.asarray(weights, dtype=float)
    drawn: list[float] = []
    while len(drawn) < n:  # what lies outside of the bounds is drawn again, over the mixture as a whole
        component = np.argmax(rng.multinomial(1, weights, (n,)), axis=1)
        values = rng.normal(mus[component], sigmas[component])
        drawn += values[(low <= values) & (values < high)].tolist()
    return np.reshape(drawn[:n], tuple(np.atleast_1d(np.asarray(size, dtype=int))))


def _rounded(values: FloatArray, q: Any) -> FloatArray:
    return values if q is None else np.round(values / q) * q


def GMM1_lpdf(
    samples: Any, weights: Any, mus: Any, sigmas: Any, low: Any = None, high: Any = None, q: Any = None
) -> FloatArray:
    """The logarithm of the density of `GMM1`, or of the probability if it is rounded."""
    return _log_density(np.asarray(samples, dtype=float), weights, mus, sigmas, low, high, q, log=False)


def LGMM1_lpdf(
    samples: Any, weights: Any, mus: Any, sigmas: Any, low: Any = None, high: Any = None, q: Any = None
) -> FloatArray:
    """The logarithm of the density of `LGMM1`, or of the probability if it is rounded."""
    return _log_density(np.asarray(samples, dtype=float), weights, mus, sigmas, low, high, q, log=True)


def _log_density(x: Any, weights: Any, mus: Any, sigmas: Any, low: Any, high: Any, q: Any, *, log: bool) -> FloatArray:
    mus, sigmas, weights = np.asarray(mus), np.maximum(sigmas, 1e-12), np.asarray(weights)
    low, high = -np.inf if low is None else low, np.inf if high is None else high

    def below(z: Any) -> Any:
        """The share of the mixture below `z`, before it is truncated."""
        return (weights * ndtr((np.asarray(z)[..., None] - mus) / sigmas)).sum(axis=-1)

    def as_normal(values: Any) -> Any:
        if not log:
            return values
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(values, 0.0))

    with np.errstate(divide="ignore"):
        truncation = np.log(below(high) - below(low))
        if q is not None:
            left, right = (np.clip(as_normal(x + step), low, high) for step in (-q / 2, q / 2))
            result: FloatArray = np.log(below(right) - below(left)) - truncation
            return result
        score = (as_normal(x)[..., None] - mus) / sigmas
        logs = np.log(weights) - 0.5 * score**2 - np.log(np.sqrt(2 * np.pi) * sigmas)
        result = logsumexp(logs, axis=-1) - truncation - (np.log(x) if log else 0.0)
    return np.asarray(result)


def adaptive_parzen_normal_orig(
    mus: Any, prior_weight: float, prior_mu: float, prior_sigma: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weights, means and deviations of a Parzen estimator: the prior, and a normal as wide as the gap at each point."""
    points = np.asarray(mus, dtype=float)
    order = np.argsort(points)
    sigmas = np.full(len(points), prior_sigma / 2)
    if len(points) > 1:
        ends = 2 if len(points) > 2 else 1  # hyperopt takes two gaps at the ends
        gaps = np.diff(points[order])
        widths = np.maximum(np.r_[gaps[:1], gaps], np.r_[gaps, gaps[-1:]])
        widths[0], widths[-1] = gaps[:ends].sum(), gaps[-ends:].sum()
        sigmas[order] = widths
    weights = np.r_[prior_weight, np.ones(len(points))]
    smallest = prior_sigma / np.sqrt(2 + len(points))
    deviations = np.clip(np.r_[prior_sigma, sigmas], smallest, prior_sigma)
    return weights / weights.sum(), np.r_[prior_mu, points], deviations
