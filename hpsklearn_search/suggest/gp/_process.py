"""Step 2: a Gaussian process over past trials, its weights fitted to them.

With C = K + e N the covariance of the standardised losses y up to their variance v, the weights w of
the kernel's equation (1) and the noise e minimise

    (n/2) log v + (1/2) log |C| - log p(w, e),   v = y' C^-1 y / n                              (4)

which is the negative log likelihood with v profiled out (Rasmussen and Williams, 2006, section 5.4.1),
under normal priors on log w and log e; N is diagonal, 1 where nothing is known of
how noisy a trial is. Its gradient by a parameter t is

    (1/2) tr(C^-1 dC/dt) - (1/2v) a' (dC/dt) a,   a = C^-1 y                                    (5)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from ..._typing import BoolArray, FloatArray, IntArray
from ._kernel import ADDITIVE, axis_distances, covariance, matern, matern_slope

PRIOR_LENGTH = 0.3
PRIOR_SPREAD = 1.6  # standard deviation of log w
PRIOR_NOISE, NOISE_SPREAD = np.log(1e-3), 2.0
BOUNDS_WEIGHT = (np.log(1e-4), np.log(1e4))
BOUNDS_NOISE = (np.log(1e-6), np.log(1.0))


def fit_weights(apart: FloatArray, y: FloatArray, noisiness: FloatArray, max_iterations: int = 25) -> FloatArray:
    """The parameters that minimise equation (4): log w of each axis, then log e; shape (d + 1,).

    Parameters
    ----------
    apart : ndarray of shape (d, n, n)
        Distances between the points.
    y : ndarray of shape (n,)
        Standardised losses.
    noisiness : ndarray of shape (n,)
        How much noisier than others each loss is: the noise of trial j is e times this.
    max_iterations : int, default=25
        Of L-BFGS-B, from the prior's mean: the result is a function of the data alone.
    """
    d, n, _ = apart.shape
    below = np.tril_indices(n, -1)
    pairs = apart[:, below[0], below[1]]
    centre = np.append(np.full(d, -2 * np.log(PRIOR_LENGTH) - 0.5 * np.log(d)), PRIOR_NOISE)
    spread = np.append(np.full(d, PRIOR_SPREAD), NOISE_SPREAD)

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = _likelihood(theta, pairs, below, y, noisiness)
        off = (theta - centre) / spread
        return value + 0.5 * float(off @ off), gradient + off / spread

    bounds = [*[BOUNDS_WEIGHT] * d, BOUNDS_NOISE]
    options = {"maxiter": max_iterations}
    return minimize(objective, centre, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x


def _likelihood(
    theta: FloatArray, pairs: FloatArray, below: tuple[IntArray, IntArray], y: FloatArray, noisiness: FloatArray
) -> tuple[float, FloatArray]:
    """Equation (4) without the prior, and equation (5); every pair of points is looked at once."""
    d, n = len(theta) - 1, len(y)
    w, noise = np.exp(theta[:-1]), float(np.exp(theta[-1]))
    r_squared = w @ pairs
    each = np.reciprocal(1.0 + (d * w)[:, None] * pairs)
    matrix = np.zeros((n, n))
    matrix[below] = (1.0 - ADDITIVE) * matern(r_squared) + (ADDITIVE / d) * each.sum(axis=0)
    matrix.flat[:: n + 1] = 1.0 + noise * noisiness
    factor, fails = dpotrf(matrix, lower=1)
    if fails:
        return 1e10, np.zeros_like(theta)
    inverse, _ = dpotri(factor, lower=1)
    a = cho_solve((factor, True), y, check_finite=False)
    variance = max(float(y @ a) / n, 1e-12)
    value = 0.5 * n * np.log(variance) + np.log(factor.diagonal()).sum()
    # Off the diagonal every entry stands twice, which cancels the half of equation (5).
    off_diagonal = inverse[below] - a[below[0]] * a[below[1]] / variance
    by_weight = (1.0 - ADDITIVE) * w * (pairs @ (off_diagonal * matern_slope(r_squared)))
    by_weight -= (ADDITIVE / d) * ((each * (1.0 - each)) @ off_diagonal)
    by_noise = 0.5 * noise * float(noisiness @ (inverse.diagonal() - a * a / variance))
    return float(value), np.append(by_weight, by_noise)


def _factor(matrix: FloatArray) -> FloatArray:
    """The lower Cholesky factor; where points all but coincide, with as little more noise as it takes."""
    for jitter in (0.0, 1e-6, 1e-4, 1e-2):
        matrix.flat[:: len(matrix) + 1] += jitter
        try:
            factor: FloatArray = cholesky(matrix, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            continue
        return factor
    raise np.linalg.LinAlgError("the covariance of past trials is not positive definite")


@dataclass(frozen=True)
class Process:
    """The posterior given past trials.

    Attributes
    ----------
    points : ndarray of shape (n, d)
        Where the losses are known.
    is_option : ndarray of bool, shape (d,)
        Which axes hold unordered options.
    theta : ndarray of shape (d + 1,)
        log w and log e.
    factor : ndarray of shape (n, n)
        Lower Cholesky factor of C.
    a : ndarray of shape (n,)
        C^-1 y.
    fitted : ndarray of shape (n,)
        Posterior mean at `points`, K a.
    variance : float
        v of equation (4).
    """

    points: FloatArray
    is_option: BoolArray
    theta: FloatArray
    factor: FloatArray
    a: FloatArray
    fitted: FloatArray
    variance: float

    @classmethod
    def given(
        cls,
        points: FloatArray,
        y: FloatArray,
        is_option: BoolArray,
        theta: FloatArray,
        noisiness: FloatArray | float = 1.0,
    ) -> Process:
        """The posterior given losses `y` at `points`."""
        matrix = covariance(np.exp(theta[:-1]), axis_distances(points, points, is_option))
        matrix.flat[:: len(y) + 1] += np.exp(theta[-1]) * noisiness + 1e-8
        factor = _factor(matrix)
        a = cho_solve((factor, True), y, check_finite=False)
        fitted = y - (matrix.diagonal() - 1.0) * a  # C less what was added to the diagonal of K, which is 1
        return cls(points, is_option, theta, factor, a, fitted, max(float(y @ a) / len(y), 1e-12))

    def _covariance(self, x: FloatArray) -> FloatArray:
        return covariance(np.exp(self.theta[:-1]), axis_distances(self.points, x, self.is_option))

    def mean(self, x: FloatArray) -> FloatArray:
        """Posterior mean at `x`, shape (m, d); shape (m,)."""
        return self.a @ self._covariance(x)

    def mean_and_deviation(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and standard deviation, without noise, at `x`."""
        shared = self._covariance(x)
        z = solve_triangular(self.factor, shared, lower=True, check_finite=False)
        left = np.maximum(1.0 - np.einsum("ij,ij->j", z, z), 1e-12)
        return self.a @ shared, np.sqrt(self.variance * left)
