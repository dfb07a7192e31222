"""Step 4: draw candidates from the good density, and take the one where good is likeliest against bad.

With l the mixture over the good trials and g that over the bad ones, the candidate that maximises
l(x)/g(x) maximises the expected improvement (Bergstra and others, 2011, section 4.1). The improvement on
what, is said by the share of the trials that is called good: a small share looks at where the best ones
are, a large one at where it is good at all. Neither is right throughout, so what is maximised is the mean
over a small and a large share,

    a(x) = 1/|G| sum_gamma log l_gamma(x)/g_gamma(x)                                             (6)

and the candidates are drawn from each l_gamma alike. The bandwidth of g follows equation (4) with the spread

    s = sqrt(s_l s_g)                                                                           (5)

the geometric mean of those of the good and of the bad points. On an axis where the good trials agree, a
small step matters, and a bad trial speaks only for what is near it; where they differ, it speaks for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..._typing import FloatArray, IntArray
from ...space import Point, Space
from ...trials import History
from .._axes import is_among, layout, masked, snapped, to_point
from .._protocol import Seen
from .._startup import startup_jobs, startup_points
from .._under_explored import taking, under_explored_option
from .._unseen import is_used_up
from ._densities import Axes, Mixture, Mixtures
from ._parzen import parzen, spread
from ._split import MOST_ABOVE, rank_weights, splits, thin

STARTUP_JOBS = 10
GAMMAS = (0.05, 0.25)
GOOD_BANDWIDTH = 0.6
BAD_BANDWIDTH = 0.4
"""The bad density is sharper than the good one: it must fall off between past trials, or the search stalls."""


def suggest(
    new_ids: Sequence[int],
    domain: Space,
    trials: Seen,
    seed: int,
    prior_weight: float = 1.0,
    n_startup_jobs: int | None = None,
    n_EI_candidates: int = 64,
    gamma: float | Sequence[float] = GAMMAS,
    verbose: bool = True,
    *,
    avoid_repeats: bool = True,
) -> list[Point]:
    """Suggest points by the tree-structured Parzen estimator.

    Parameters
    ----------
    new_ids : sequence of int
        Numbers of the trials to suggest.
    domain : Space
        The parsed space.
    trials : Trials
        The trials so far.
    seed : int
        Source of all randomness.
    prior_weight : float, default=1.0
        Weight of the prior as one component of each density.
    n_startup_jobs : int, default=None
        How many trials come from a Latin hypercube first; by default 10, and 20 in a conditional space.
    n_EI_candidates : int, default=64
        How many candidates are drawn and scored.
    gamma : float or sequence of float, default=(0.05, 0.25)
        The share of ok trials that counts as good, at most 25 of them (hyperopt: a factor of a square root).
        Of several shares, each makes its own pair of densities, and the mean of their ratios' logarithms counts.
    verbose : bool, default=True
        Kept for hyperopt's signature; nothing is printed.
    avoid_repeats : bool, default=True
        Whether a point that was suggested before is passed over, as long as there may be others; switch
        off to average noise.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.

    Examples
    --------
    >>> from functools import partial
    >>> from hpsklearn_search import fmin, hp, tpe
    >>> algo = partial(tpe.suggest, n_startup_jobs=5, gamma=0.2)
    >>> best = fmin(lambda x: x**2, hp.uniform("x", -5, 5), algo, max_evals=40, rstate=0, show_progressbar=False)
    >>> abs(best["x"]) < 0.5
    True
    """
    rng = np.random.default_rng(seed)
    history = trials.history(domain)
    n_startup = startup_jobs(domain, STARTUP_JOBS) if n_startup_jobs is None else n_startup_jobs
    if len(history) < n_startup or not history.ok.any() or not len(domain):
        return startup_points(history, max(n_startup, 1), len(new_ids), rng)
    avoid_repeats = avoid_repeats and not is_used_up(domain, len(history))
    found: list[Point] = []
    gammas = np.atleast_1d(gamma).tolist()
    for row in _best_first(history, rng, prior_weight, n_EI_candidates, gammas):
        if len(found) == len(new_ids):
            break
        if not avoid_repeats or not is_among(history.units, row):
            found.append(to_point(domain, row))
    return found + [domain.draw(rng) for _ in range(len(new_ids) - len(found))]


@dataclass(frozen=True)
class Ratio:
    """The good density over the bad one: what candidates are drawn from and ranked by.

    Attributes
    ----------
    good, bad : tuple of Mixture
        l and g for each share of good trials.
    """

    good: tuple[Mixture, ...]
    bad: tuple[Mixture, ...]

    @classmethod
    def of(cls, history: History, prior: float = 1.0, gammas: Sequence[float] = GAMMAS) -> Ratio:
        """All densities given the trials so far."""
        axes, floor = _axes(history.space)
        rows = splits(history.losses, gammas)
        most = MOST_ABOVE // len(rows)  # in all, so that several shares cost no more than one where trials are many
        pairs = [_pair(history, below, thin(above, most), axes, floor, prior) for below, above in rows]
        good, bad = zip(*pairs, strict=True)
        return cls(good, bad)

    @cached_property
    def _all(self) -> Mixtures:
        return Mixtures(self.good + self.bad)

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """`n` candidates from the good densities in turn, shape (n, d), every axis filled."""
        k = len(self.good)
        return np.vstack([mixture.sample((n + i) // k, rng) for i, mixture in enumerate(self.good)])

    def score(self, x: FloatArray) -> FloatArray:
        """Equation (6) of candidates, shape (n, d) with NaN where inactive."""
        logs, k = self._all.log_densities(x), len(self.good)
        return (logs[:, :k] - logs[:, k:]).mean(axis=1)


def _pair(
    history: History, below: IntArray, above: IntArray, axes: Axes, floor: FloatArray, prior: float
) -> tuple[Mixture, Mixture]:
    """The densities of the rows `below` and `above`."""
    good_points, bad_points = history.units[below], history.units[above]
    good_weights, bad_weights = rank_weights(len(below)), np.ones(len(bad_points))
    good_spreads = spread(good_points[:, axes.numeric], good_weights)
    bad_spreads = np.sqrt(good_spreads * spread(bad_points[:, axes.numeric], bad_weights))  # eq. 5
    good = parzen(
        axes, good_points, good_weights, good_spreads,
        factor=GOOD_BANDWIDTH, mixing=0.35, floor=floor, prior=prior,
    )  # fmt: skip
    bad = parzen(
        axes, bad_points, bad_weights, bad_spreads,
        factor=BAD_BANDWIDTH, mixing=0.15, floor=floor / 2, prior=prior,
    )  # fmt: skip
    return good, bad


def _best_first(
    history: History, rng: np.random.Generator, prior: float, n: int, gammas: Sequence[float]
) -> FloatArray:
    """Candidates in the coordinates of a history, best first; shape (n, d)."""
    branch = under_explored_option(history, rng)
    ratio = Ratio.of(history if branch is None else taking(history, branch), prior, gammas)
    x = snapped(history.space, ratio.sample(n, rng))
    if branch is not None:
        x[:, branch[0]] = branch[1]
    x = masked(history.space, x)
    return x[np.argsort(-ratio.score(x), kind="stable")]


def _axes(space: Space) -> tuple[Axes, FloatArray]:
    """The columns, and the smallest bandwidth on each numeric one."""
    columns = layout(space)
    return Axes(columns.numeric, columns.categorical, columns.priors), np.maximum(0.01, 0.5 / columns.sizes)
