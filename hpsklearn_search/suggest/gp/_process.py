"""Step 2: a Gaussian process over past trials, its weights fitted to them.

The standardised losses y are normal with covariance v C, C = K + e N. K is the matrix of the
kernel. The weights w of the kernel's equation (1) and the noise e minimise

    (n/2) log v + (1/2) log |C| - log p(w, e),   v = y' C^-1 y / n                              (4)

which is the negative log likelihood with v profiled out (Rasmussen and Williams, 2006, section 5.4.1),
under normal priors on log w and log e. N is diagonal, and its entries are the noisiness of the trials:
how much noisier than others each loss is, 1 where that is not known. The gradient by a parameter t is

    (1/2) tr(C^-1 dC/dt) - (1/2v) a' (dC/dt) a,   a = C^-1 y                                    (5)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from ...space._typing import BoolArray, FloatArray, IntArray
from ._kernel import ADDITIVE, axis_distances, covariance, matern, matern_slope

PRIOR_LENGTH = 0.3  # E[log w] = -2 log PRIOR_LENGTH - (1/2) log d
PRIOR_SPREAD = 1.6  # standard deviation of log w
PRIOR_NOISE, NOISE_SPREAD = np.log(1e-3), 2.0
BOUNDS_WEIGHT = (np.log(1e-4), np.log(1e4))
BOUNDS_NOISE = (np.log(1e-6), np.log(1.0))
MAX_ITERATIONS = 25

Trend: TypeAlias = Callable[[FloatArray], FloatArray]


def fit_weights(distances: FloatArray, y: FloatArray, noisiness: FloatArray) -> FloatArray:
    """The parameters that minimise equation (4), log w of each axis, then log e; shape (d + 1,)."""
    d, n, _ = distances.shape
    lower = np.tril_indices(n, -1)
    pairs = distances[:, lower[0], lower[1]]
    centre = np.append(np.full(d, -2 * np.log(PRIOR_LENGTH) - 0.5 * np.log(d)), PRIOR_NOISE)
    spread = np.append(np.full(d, PRIOR_SPREAD), NOISE_SPREAD)

    def objective(theta: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = _likelihood(theta, pairs, lower, y, noisiness)
        deviation = (theta - centre) / spread
        return value + 0.5 * float(deviation @ deviation), gradient + deviation / spread  # - log p(w, e) of eq. 4

    bounds = [*[BOUNDS_WEIGHT] * d, BOUNDS_NOISE]
    # From the prior's mean, not from the last fit: the result is a function of the data alone.
    options = {"maxiter": MAX_ITERATIONS}
    return minimize(objective, centre, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x


def _likelihood(
    theta: FloatArray, pairs: FloatArray, lower: tuple[IntArray, IntArray], y: FloatArray, noisiness: FloatArray
) -> tuple[float, FloatArray]:
    """The negative log likelihood, which is equation (4) without the prior, and its gradient, equation (5).

    `pairs` holds each pair of points once, shape (d, pairs).
    """
    d, n = len(theta) - 1, len(y)
    w, noise = np.exp(theta[:-1]), float(np.exp(theta[-1]))
    r_squared = w @ pairs
    per_axis = np.reciprocal(1.0 + (d * w)[:, None] * pairs)
    matrix = np.zeros((n, n))  # C, of which LAPACK reads the lower triangle only
    matrix[lower] = (1.0 - ADDITIVE) * matern(r_squared) + (ADDITIVE / d) * per_axis.sum(axis=0)  # eq. 3a
    matrix.flat[:: n + 1] = 1.0 + noise * noisiness
    factor, fails = dpotrf(matrix, lower=1)
    if fails:  # not positive definite: worse than anything, so that the line search turns back
        return 1e10, np.zeros_like(theta)
    inverse, _ = dpotri(factor, lower=1)
    a = cho_solve((factor, True), y, check_finite=False)
    variance = max(float(y @ a) / n, 1e-12)  # v of eq. 4
    value = 0.5 * n * np.log(variance) + np.log(factor.diagonal()).sum()  # eq. 4; log |C| / 2 from the factor
    # Eq. 5. Off the diagonal every entry stands twice, which cancels its factor 1/2.
    off_diagonal = inverse[lower] - a[lower[0]] * a[lower[1]] / variance
    by_weight = (1.0 - ADDITIVE) * w * (pairs @ (off_diagonal * matern_slope(r_squared)))  # by eq. 3
    by_weight -= (ADDITIVE / d) * ((per_axis * (1.0 - per_axis)) @ off_diagonal)  # u dc/du of c = 1/(1 + u) is c^2 - c
    by_noise = 0.5 * noise * float(noisiness @ (inverse.diagonal() - a * a / variance))
    return float(value), np.append(by_weight, by_noise)


def _factor(matrix: FloatArray) -> FloatArray:
    """Lower Cholesky factor; adds the jitter that it needs to `matrix` in place."""
    # Points that nearly coincide make the matrix singular: add as little more noise as it takes.
    for jitter in (0.0, 1e-6, 1e-4, 1e-2):
        matrix.flat[:: len(matrix) + 1] += jitter
        try:
            return cholesky(matrix, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            continue
    raise np.linalg.LinAlgError("the covariance of past trials is not positive definite")


@dataclass(frozen=True)
class GaussianProcess:
    """The posterior given past trials."""

    points: FloatArray  # (n, d)
    is_option: BoolArray  # (d,): which axes hold unordered options
    theta: FloatArray  # (d + 1,): log w and log e
    factor: FloatArray  # (n, n): lower Cholesky factor of C
    a: FloatArray  # (n,): C^-1 y
    fitted: FloatArray  # (n,): posterior mean at `points`, K a
    variance: float  # v of eq. 4
    trend: Trend | None = None  # what the losses are expected to be without these trials; None: 0 everywhere

    @classmethod
    def condition_on(
        cls,
        points: FloatArray,
        y: FloatArray,
        is_option: BoolArray,
        theta: FloatArray,
        noisiness: FloatArray | float = 1.0,
        trend: Trend | None = None,
    ) -> GaussianProcess:
        """The posterior given losses `y` at `points`."""
        expected = 0.0 if trend is None else trend(points)
        y = y - expected
        matrix = covariance(np.exp(theta[:-1]), axis_distances(points, points, is_option))
        matrix.flat[:: len(y) + 1] += np.exp(theta[-1]) * noisiness + 1e-8
        factor = _factor(matrix)
        a = cho_solve((factor, True), y, check_finite=False)
        # K a = y - (C - K) a. The diagonal of K is 1, and that of `matrix` has the jitter of `_factor` too.
        fitted = expected + y - (matrix.diagonal() - 1.0) * a
        return cls(points, is_option, theta, factor, a, fitted, max(float(y @ a) / len(y), 1e-12), trend)

    def mean(self, x: FloatArray) -> FloatArray:
        """Posterior mean at `x` of shape (m, d); shape (m,)."""
        return self._expected(x) + self.a @ self._covariance(x)

    def mean_and_deviation(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Posterior mean and standard deviation, without noise, at `x`."""
        shared = self._covariance(x)
        z = solve_triangular(self.factor, shared, lower=True, check_finite=False)
        remaining = np.maximum(1.0 - np.einsum("ij,ij->j", z, z), 1e-12)
        return self._expected(x) + self.a @ shared, np.sqrt(self.variance * remaining)

    def _expected(self, x: FloatArray) -> FloatArray | float:
        return 0.0 if self.trend is None else self.trend(x)

    def _covariance(self, x: FloatArray) -> FloatArray:
        return covariance(np.exp(self.theta[:-1]), axis_distances(self.points, x, self.is_option))
