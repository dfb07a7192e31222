"""Step 1: a mixture of product kernels over all parameters at once.

A kernel k sits on a past point. On a numeric axis it is a normal density around the point's unit
coordinate m, cut off at 0 and 1; all kernels share one bandwidth h per axis:

    K(x; m, h) = phi((x - m)/h) / (h [Phi((1 - m)/h) - Phi(-m/h)])                              (1)

On an axis of unordered options it keeps the option with probability 1 - w and else draws from the prior:

    K(x; m, w) = (1 - w) [x = m] + w p(x)                                                       (2)

(Aitchison and Aitken, 1976, with the prior in place of the uniform). On an axis where the kernel's
point, or the candidate, is inactive, the factor is the prior's density, which is 1 for (1); a
conditional tree needs nothing else. The mixture is

    q(x) = [a pi(x) + sum_k w_k prod_i K_i(x_i; m_ki)] / (a + sum_k w_k)                         (3)

with the prior pi as one more component of weight a.

>>> import numpy as np
>>> axes = Axes(np.array([0]), np.array([], dtype=int), ())
>>> mixture = Mixture(axes, np.array([[0.5]]), np.array([1.0]), np.array([0.1]), np.array([]), prior_weight=1.0)
>>> x = np.linspace(0, 1, 2001)[:, None]
>>> round(float(np.exp(mixture.log_density(x)).mean()), 2)
1.0
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

__all__ = ["Axes", "Mixture"]

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]

_ROOT_2PI = np.sqrt(2 * np.pi)
_HIGHEST = 600.0
"""The exponential of a larger logarithm may be too large for a float, so that it must be scaled."""


@dataclass(frozen=True)
class Axes:
    """Which columns are numeric, which hold options, and the prior probabilities of the latter."""

    numeric: IntArray
    categorical: IntArray
    priors: tuple[FloatArray, ...]


@dataclass(frozen=True)
class Mixture:
    """Equation (3).

    Attributes
    ----------
    axes : Axes
        The kinds of the columns.
    points : ndarray of shape (n, d)
        Where the kernels sit; NaN where inactive.
    weights : ndarray of shape (n,)
        Their weights.
    bandwidths : ndarray of shape (n_numeric,)
        h of equation (1).
    mixing : ndarray of shape (n_categorical,)
        w of equation (2).
    prior_weight : float
        a of equation (3).
    """

    axes: Axes
    points: FloatArray
    weights: FloatArray
    bandwidths: FloatArray
    mixing: FloatArray
    prior_weight: float

    @cached_property
    def _kernels(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of equation (1), per kernel and axis: whether active, m/h, and the part without x."""
        m, h = self.points[:, self.axes.numeric], self.bandwidths
        inactive = np.isnan(m)
        m[inactive] = 0.5
        mass = ndtr((1 - m) / h) - ndtr(-m / h)
        scaled = m / h
        constant = -0.5 * scaled**2 - np.log(_ROOT_2PI * h * mass)
        scaled[inactive] = constant[inactive] = 0.0
        return (~inactive).astype(float), scaled, constant

    def log_density(self, x: FloatArray) -> FloatArray:
        """Logarithm of equation (3) over the prior's density at `x`, shape (m, d) with NaN where inactive.

        The same measure for every mixture over one space, so that differences are those of (3).
        """
        logs = self._log_numeric(x)
        if len(self.axes.categorical):
            logs += self._log_options(x)
        peak = np.zeros(len(x))
        if logs.max(initial=0.0) > _HIGHEST:
            peak = np.maximum(logs.max(axis=1), 0.0)
            logs -= peak[:, None]
        total = np.exp(logs, out=logs) @ self.weights + self.prior_weight * np.exp(-peak)
        result: FloatArray = np.log(total) + peak - np.log(self.weights.sum() + self.prior_weight)
        return result

    def _log_numeric(self, x: FloatArray) -> FloatArray:
        """(-x^2/2h^2, x/h, 1) times (1, m/h, constant), summed over the axes that both have, as one matrix product."""
        active, scaled, constant = self._kernels
        z = x[:, self.axes.numeric] / self.bandwidths
        outside = np.isnan(z)
        z[outside] = 0.0
        square, inside = -0.5 * z * z, (~outside).astype(float)
        if active.all() and inside.all():  # the first and the last can be summed beforehand
            square, inside = square.sum(axis=1, keepdims=True), inside[:, :1]
            active, constant = active[:, :1], constant.sum(axis=1, keepdims=True)
        logs: FloatArray = np.hstack((square, z, inside)) @ np.hstack((active, scaled, constant)).T
        return logs

    def _log_options(self, x: FloatArray) -> FloatArray:
        logs = np.zeros((len(x), len(self.points)))
        for axis, prior, w in zip(self.axes.categorical, self.axes.priors, self.mixing, strict=True):
            here, there = x[:, axis], self.points[:, axis]
            drawn = ~np.isnan(here)
            p = np.ones(len(x))
            p[drawn] = prior[here[drawn].astype(np.intp)]
            both = drawn[:, None] & ~np.isnan(there)
            # Over the prior's probability: w where the options differ, w + (1 - w)/p where they agree.
            same = np.log(w + (1 - w) / p)[:, None]
            logs += np.where(both, np.where(here[:, None] == there, same, np.log(w)), 0.0)
        return logs

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """`n` points from equation (3), shape (n, d), every axis filled, also those that turn out inactive."""
        weights = np.append(self.weights, self.prior_weight)
        # One more row of NaN: the prior, which is drawn from where a kernel is inactive, too.
        rows = np.vstack([self.points, np.full((1, self.points.shape[1]), np.nan)])
        upper = np.cumsum(weights)
        chosen = rows[np.minimum(np.searchsorted(upper, rng.random(n) * upper[-1], side="right"), len(rows) - 1)]
        x: FloatArray = rng.random(chosen.shape)
        if len(self.axes.numeric):
            x[:, self.axes.numeric] = self._around(chosen[:, self.axes.numeric], x[:, self.axes.numeric])
        for axis, prior, w in zip(self.axes.categorical, self.axes.priors, self.mixing, strict=True):
            draws = np.minimum(np.searchsorted(np.cumsum(prior), x[:, axis], side="right"), len(prior) - 1)
            keep = ~np.isnan(chosen[:, axis]) & (rng.random(n) >= w)
            x[:, axis] = np.where(keep, chosen[:, axis], draws)
        return x

    def _around(self, m: FloatArray, u: FloatArray) -> FloatArray:
        """Draws from equation (1) by its inverse; uniform where m is NaN."""
        low, high = ndtr(-m / self.bandwidths), ndtr((1 - m) / self.bandwidths)
        x = m + self.bandwidths * ndtri(low + u * (high - low))
        result: FloatArray = np.where(np.isnan(m), u, np.clip(x, 0.0, 1.0))
        return result
