"""Step 1: a mixture of product kernels over all parameters at once.

A kernel k sits on a past point. On a numeric axis it is a normal density around the point's unit
coordinate m, cut off at 0 and 1; all kernels share one bandwidth h per axis:

    K(x; m, h) = phi((x - m)/h) / (h [Phi((1 - m)/h) - Phi(-m/h)])                              (1)

On an axis with wide cells (a value owns a cell from a to b), the kernel is integrated over the cell, as it is
when it is drawn from: a bandwidth may be smaller than a cell, and then the density at its centre says little.
The factor is the mass over that of the prior,

    K([a, b]; m, h) = (1/(b - a)) integral from a to b of K(x; m, h) dx                        (1a)

On an axis of unordered options it keeps the option with probability 1 - w, and otherwise draws from the prior:

    K(x; m, w) = (1 - w) [x = m] + w p(x)                                                       (2)

(Aitchison and Aitken, 1976, with the prior in place of the uniform). On an axis where the kernel's
point, or the candidate, is inactive, the factor is the prior's density, which is 1 for (1). Conditional
parameters need nothing else. The mixture is

    q(x) = [a pi(x) + sum_k w_k prod_i K_i(x_i; m_ki)] / (a + sum_k w_k)                         (3)

with the prior pi as one more component of weight a. Several mixtures are evaluated at once: the logarithm
of (1) is linear in (-x^2/2, x, 1), with coefficients (1/h^2, m/h^2, constant) that depend on the kernel only,
so one matrix product computes those of all kernels.

>>> import numpy as np
>>> from hpsklearn_search import hp
>>> from hpsklearn_search.space import Space
>>> layout = Space(hp.uniform("x", 0, 1)).layout
>>> mixture = Mixture(layout, np.array([[0.5]]), np.array([1.0]), np.array([0.1]), np.array([]), prior_weight=1.0)
>>> x = np.linspace(0, 1, 2001)[:, None]
>>> np.exp(Mixtures((mixture,)).log_densities(x)).mean(axis=0).round(2).tolist()
[1.0]
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from ...space import Layout, draw_options
from ...space._typing import BoolArray, FloatArray, IntArray

_ROOT_2PI = np.sqrt(2 * np.pi)
NARROW = 0.1  # A cell of a tenth of a bandwidth: there the two differ by 0.05 % at most.
LOWEST = -1e6  # A logarithm whose exponential is 0 even after the highest peak is taken off, but which has a product.
_HIGHEST = 600.0  # The exponential of a larger logarithm may be too large for a float, so that it must be scaled.


@dataclass(frozen=True)
class Mixture:
    """Equation (3)."""

    layout: Layout
    points: FloatArray  # (n, d): m; NaN where inactive
    weights: FloatArray  # (n,): w_k of eq. 3
    bandwidths: FloatArray  # (n_numeric,): h of eq. 1
    mixing: FloatArray  # (n_categorical,): w of eq. 2
    prior_weight: float  # a of eq. 3

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """`n` points from equation (3), shape (n, d), every axis filled, also those that turn out inactive."""
        weights = np.append(self.weights, self.prior_weight)
        # One more row of NaN for the prior: it is drawn from wherever a kernel is inactive.
        rows = np.vstack([self.points, np.full((1, self.points.shape[1]), np.nan)])
        upper = np.cumsum(weights)
        kernels = rows[np.minimum(np.searchsorted(upper, rng.random(n) * upper[-1], side="right"), len(rows) - 1)]
        x: FloatArray = rng.random(kernels.shape)
        numeric = self.layout.numeric
        if len(numeric):
            x[:, numeric] = self._around(kernels[:, numeric], x[:, numeric])
        for axis, prior, w in zip(self.layout.categorical, self.layout.priors, self.mixing, strict=True):
            keep = ~np.isnan(kernels[:, axis]) & (rng.random(n) >= w)  # eq. 2
            x[:, axis] = np.where(keep, kernels[:, axis], draw_options(prior, x[:, axis]))
        return x

    def _around(self, m: FloatArray, u: FloatArray) -> FloatArray:
        """Draws from equation (1) by its inverse; uniform where m is NaN."""
        low, high = ndtr(-m / self.bandwidths), ndtr((1 - m) / self.bandwidths)
        x = m + self.bandwidths * ndtri(low + u * (high - low))  # the bracket of eq. 1 is high - low
        return np.where(np.isnan(m), u, np.clip(x, 0.0, 1.0))


@dataclass(frozen=True)
class Mixtures:
    """One or more mixtures over the same axes, for their densities at the same points."""

    mixtures: tuple[Mixture, ...]

    @cached_property
    def _layout(self) -> Layout:
        return self.mixtures[0].layout

    @cached_property
    def _owners(self) -> IntArray:
        """Which mixture each kernel belongs to, shape (n,)."""
        return np.repeat(np.arange(len(self.mixtures)), [len(mixture.points) for mixture in self.mixtures])

    @cached_property
    def _points(self) -> FloatArray:
        return np.concatenate([mixture.points for mixture in self.mixtures])

    @cached_property
    def _weights(self) -> FloatArray:
        """Of each kernel in each mixture, shape (n, k)."""
        weights = np.zeros((len(self._owners), len(self.mixtures)))
        weights[np.arange(len(weights)), self._owners] = np.concatenate([m.weights for m in self.mixtures])
        return weights

    @cached_property
    def _prior_weights(self) -> FloatArray:
        return np.array([mixture.prior_weight for mixture in self.mixtures])

    @cached_property
    def _bandwidths(self) -> FloatArray:
        """h of each mixture, shape (k, n_numeric)."""
        return np.array([mixture.bandwidths for mixture in self.mixtures])

    @cached_property
    def _is_smooth(self) -> BoolArray:
        """Whether a numeric axis is continuous, or has cells so narrow that equation (1) is as good as (1a)."""
        return self._layout.widest <= NARROW * self._bandwidths.min(axis=0)

    @cached_property
    def _smooth(self) -> IntArray:
        return np.flatnonzero(self._is_smooth)

    @cached_property
    def _coarse(self) -> IntArray:
        return np.flatnonzero(~self._is_smooth)

    @cached_property
    def _coefficients(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of (-x^2/2, x, 1) in the logarithm of equation (1), shape (n, n_smooth) each; 0 where inactive."""
        smooth = self._smooth
        m = self._points[:, self._layout.numeric[smooth]]
        h = self._bandwidths[:, smooth][self._owners]
        inactive = np.isnan(m)
        m[inactive] = 0.5
        mass = ndtr((1 - m) / h) - ndtr(-m / h)  # the bracket of eq. 1
        precision = 1.0 / (h * h)
        linear = m * precision
        constant = -0.5 * m * linear - np.log(_ROOT_2PI * h * mass)
        for coefficient in (precision, linear, constant):
            coefficient[inactive] = 0.0
        return precision, linear, constant

    def log_densities(self, x: FloatArray) -> FloatArray:
        """Log of equation (3) over the prior's density at `x`, shape (m, d), NaN where inactive; shape (m, k)."""
        # Over the prior's density, because the axes of a candidate differ with its options: like this every
        # candidate has the same measure, and differences between mixtures are those of eq. 3.
        logs = self._log_smooth(x)
        if len(self._coarse):
            logs += self._log_cells(x)
        if len(self._layout.categorical):
            logs += self._log_options(x)
        peaks = np.zeros((len(x), len(self.mixtures)))
        if logs.max(initial=0.0) > _HIGHEST:  # log-sum-exp; not needed, and not paid for, in most spaces
            for k in range(len(self.mixtures)):
                peaks[:, k] = logs[:, self._owners == k].max(axis=1, initial=0.0)
            logs -= peaks[:, self._owners]
        totals = np.exp(logs, out=logs) @ self._weights + self._prior_weights * np.exp(-peaks)  # numerator of eq. 3
        return np.log(totals) + peaks - np.log(self._weights.sum(axis=0) + self._prior_weights)

    def _log_smooth(self, x: FloatArray) -> FloatArray:
        """Log of equation (1), summed over the axes that are active in kernel and candidate; shape (m, n)."""
        precision, linear, constant = self._coefficients
        z = x[:, self._layout.numeric[self._smooth]]
        inactive = np.isnan(z)
        z[inactive] = 0.0
        active = (~inactive).astype(float)
        if not inactive.any():  # then the constants can be summed beforehand
            active, constant = np.ones((len(x), 1)), constant.sum(axis=1, keepdims=True)
        return np.hstack((-0.5 * z * z, z, active)) @ np.hstack((precision, linear, constant)).T

    def _log_cells(self, x: FloatArray) -> FloatArray:
        """Log of equation (1a), summed likewise; shape (m, n)."""
        # Candidates share few values, so each value is computed once; then a product with 0 and 1 takes the sums.
        tables, are_values = [], []
        for position in self._coarse:
            column = x[:, self._layout.numeric[position]]
            centres, rows = np.unique(column, return_inverse=True)
            tables.append(self._table(centres, position))
            are_values.append((rows.ravel()[:, None] == np.arange(len(centres))).astype(float))
        return np.hstack(are_values) @ np.vstack(tables)

    def _table(self, centres: FloatArray, position: int) -> FloatArray:
        """Log of equation (1a) for the cells around `centres` on one axis; shape (cells, n)."""
        column = self._layout.numeric[position]
        left, right = self._layout.distributions[column].cells(np.where(np.isnan(centres), 0.5, centres))
        m = self._points[:, column]
        # Kernels of one mixture at one value are alike.
        _, first, place = np.unique(m + 2 * self._owners, return_index=True, return_inverse=True)
        h = self._bandwidths[self._owners[first], position]
        logs = _log_mass(centres[:, None], (right - left)[:, None], m[first], h)
        logs[np.isnan(logs)] = 0.0  # inactive in the kernel or in the candidate
        return np.maximum(logs, LOWEST)[:, place.ravel()]

    def _log_options(self, x: FloatArray) -> FloatArray:
        """Log of equation (2) over the prior's probability, summed likewise; shape (m, n)."""
        owners = self._owners
        mixing = np.array([mixture.mixing for mixture in self.mixtures])
        logs = np.zeros((len(x), len(owners)))
        for axis, prior, w in zip(self._layout.categorical, self._layout.priors, mixing.T, strict=True):
            candidate, kernel = x[:, axis], self._points[:, axis]
            is_active = ~np.isnan(candidate)
            p = np.ones(len(x))
            p[is_active] = np.maximum(prior, 1e-300)[candidate[is_active].astype(np.intp)]  # 1/p must not overflow
            both_active = is_active[:, None] & ~np.isnan(kernel)
            # Eq. 2 over p(x): w where the options differ, w + (1 - w)/p where they agree.
            agree = np.log(w + (1 - w) / p[:, None])[:, owners]
            logs += np.where(both_active, np.where(candidate[:, None] == kernel, agree, np.log(w)[owners]), 0.0)
        return logs


def _log_mass(centre: FloatArray, width: FloatArray, m: FloatArray, h: FloatArray) -> FloatArray:
    """Log of equation (1a) for cells in rows and kernels in columns; -inf where the mass is too small for a float."""
    # By the symmetry of the kernel, all cells are below m: near 1, differences of Phi would be lost.
    half, distance = 0.5 * width / h, np.abs(centre - m) / h
    inside = ndtr((1 - m) / h) - ndtr(-m / h)  # the bracket of eq. 1
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: FloatArray = np.log((ndtr(half - distance) - ndtr(-half - distance)) / (2 * half))
    # A cell in a far tail of the prior may be too narrow to be a difference; then eq. 1 at its centre is exact.
    np.copyto(logs, -0.5 * distance * distance - np.log(_ROOT_2PI), where=half < 1e-6)
    logs -= np.log(h * inside)
    return logs
