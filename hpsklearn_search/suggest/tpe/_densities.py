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

with the prior pi as one more component of weight a. Several mixtures are evaluated at once: the logarithm
of (1) is linear in (-x^2/2, x, 1), with coefficients (1/h^2, m/h^2, constant) that belong to the kernel, so
one matrix product has those of all kernels.

>>> import numpy as np
>>> axes = Axes(np.array([0]), np.array([], dtype=int), ())
>>> mixture = Mixture(axes, np.array([[0.5]]), np.array([1.0]), np.array([0.1]), np.array([]), prior_weight=1.0)
>>> x = np.linspace(0, 1, 2001)[:, None]
>>> np.exp(Mixtures((mixture,)).log_densities(x)).mean(axis=0).round(2).tolist()
[1.0]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from ..._typing import FloatArray, IntArray

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
        return np.where(np.isnan(m), u, np.clip(x, 0.0, 1.0))


@dataclass(frozen=True)
class Mixtures:
    """Mixtures over the same axes, for their densities at the same points.

    Attributes
    ----------
    each : tuple of Mixture
        At least one.
    """

    each: tuple[Mixture, ...]

    @cached_property
    def _of(self) -> IntArray:
        """Which mixture each kernel belongs to, shape (n,)."""
        return np.repeat(np.arange(len(self.each)), [len(mixture.points) for mixture in self.each])

    @cached_property
    def _points(self) -> FloatArray:
        return np.concatenate([mixture.points for mixture in self.each])

    @cached_property
    def _weights(self) -> FloatArray:
        """Of each kernel in each mixture, shape (n, k)."""
        weights = np.zeros((len(self._of), len(self.each)))
        weights[np.arange(len(weights)), self._of] = np.concatenate([mixture.weights for mixture in self.each])
        return weights

    @cached_property
    def _priors(self) -> FloatArray:
        return np.array([mixture.prior_weight for mixture in self.each])

    @cached_property
    def _coefficients(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of (-x^2/2, x, 1) in the logarithm of equation (1), per kernel and axis; 0 where inactive."""
        m = self._points[:, self.each[0].axes.numeric]
        h = np.array([mixture.bandwidths for mixture in self.each])[self._of]
        inactive = np.isnan(m)
        m[inactive] = 0.5
        mass = ndtr((1 - m) / h) - ndtr(-m / h)
        precision = 1.0 / (h * h)
        linear = m * precision
        constant = -0.5 * m * linear - np.log(_ROOT_2PI * h * mass)
        for coefficient in (precision, linear, constant):
            coefficient[inactive] = 0.0
        return precision, linear, constant

    def log_densities(self, x: FloatArray) -> FloatArray:
        """Logarithms of equation (3) over the prior's density at `x`, shape (m, d) with NaN where inactive.

        The same measure for every mixture over one space, so that differences are those of (3).

        Returns
        -------
        ndarray of shape (m, k)
            Of each of the k mixtures.
        """
        logs = self._log_numeric(x)
        if len(self.each[0].axes.categorical):
            logs += self._log_options(x)
        peaks = np.zeros((len(x), len(self.each)))
        if logs.max(initial=0.0) > _HIGHEST:
            for k in range(len(self.each)):
                peaks[:, k] = logs[:, self._of == k].max(axis=1, initial=0.0)
            logs -= peaks[:, self._of]
        totals = np.exp(logs, out=logs) @ self._weights + self._priors * np.exp(-peaks)
        return np.log(totals) + peaks - np.log(self._weights.sum(axis=0) + self._priors)

    def _log_numeric(self, x: FloatArray) -> FloatArray:
        """Logarithms of equation (1), summed over the axes that kernel and candidate both have; shape (m, n)."""
        precision, linear, constant = self._coefficients
        z = x[:, self.each[0].axes.numeric]
        outside = np.isnan(z)
        z[outside] = 0.0
        inside = (~outside).astype(float)
        if not outside.any():  # then the constants can be summed beforehand
            inside, constant = np.ones((len(x), 1)), constant.sum(axis=1, keepdims=True)
        return np.hstack((-0.5 * z * z, z, inside)) @ np.hstack((precision, linear, constant)).T

    def _log_options(self, x: FloatArray) -> FloatArray:
        """Logarithms of equation (2) over the prior's probability, summed likewise; shape (m, n)."""
        axes, of = self.each[0].axes, self._of
        mixing = np.array([mixture.mixing for mixture in self.each])
        logs = np.zeros((len(x), len(of)))
        for axis, prior, w in zip(axes.categorical, axes.priors, mixing.T, strict=True):
            here, there = x[:, axis], self._points[:, axis]
            drawn = ~np.isnan(here)
            p = np.ones(len(x))
            p[drawn] = prior[here[drawn].astype(np.intp)]
            both = drawn[:, None] & ~np.isnan(there)
            # Over the prior's probability: w where the options differ, w + (1 - w)/p where they agree.
            same = np.log(w + (1 - w) / p[:, None])[:, of]
            logs += np.where(both, np.where(here[:, None] == there, same, np.log(w)[of]), 0.0)
        return logs
