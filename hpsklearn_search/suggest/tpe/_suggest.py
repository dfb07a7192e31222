"""Step 4: draw candidates from the good density, and take the one where the ratio of good to bad is largest.

With l the mixture over the good trials and g that over the bad ones, the candidate that maximises
l(x)/g(x) maximises the expected improvement (Bergstra and others, 2011, section 4.1). The share of the
trials that is called good decides what is improved on: a small share looks at where the best ones are, a
large one at where losses are good at all.

The bandwidth of g follows equation (4) with the spread

    s = sqrt(s_l s_g)                                                                           (5)

the geometric mean of those of the good and of the bad points. On an axis where the good trials agree, a
small step matters, so a bad trial says something about its close neighbours only; where they differ, about
a wider range.

Neither a small nor a large share is right throughout a search, so the mean over the shares gamma in G, a
small and a large one, is maximised,

    a(x) = 1/|G| sum_gamma log l_gamma(x)/g_gamma(x)                                            (6)

and equally many candidates are drawn from each l_gamma. With a_k of the trials of the earlier search k alone, and its
weight b_k of `suggest._agreement`, at most 1, the order of candidates is that of

    a(x) + sum_k b_k a_k(x)                                                                     (7)

a product of densities whose exponents fall with the trials of this search, like those of Hvarfner and others (2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...space import Point, Space
from ...space._typing import FloatArray, IntArray
from ...trials import History
from .._agreement import agreement, scaled_ranks, startup_with
from .._propose import propose
from .._protocol import HasHistory, answers_in_kind
from .._startup import startup_jobs
from .._under_explored import restricted_to, under_explored_option
from ._densities import Mixture, Mixtures
from ._parzen import fit_mixture, spread
from ._split import MOST_ABOVE, rank_weights, splits, thin

STARTUP_JOBS = 10
GAMMAS = (0.05, 0.25)
GOOD_BANDWIDTH = 0.6
# The bad density is sharper than the good one: it must fall off between past trials, or the search stalls.
BAD_BANDWIDTH = 0.4
MIN_BANDWIDTH = 0.01


@answers_in_kind
def suggest(
    new_ids: Sequence[int],
    domain: Space,
    trials: HasHistory,
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
    new_ids, domain, trials, seed
        As for `rand.suggest`.
    prior_weight : float, default=1.0
        Weight of the prior as one component of each density.
    n_startup_jobs : int, default=None
        How many trials come from a Latin hypercube first; by default 10, and 20 in a conditional space.
    n_EI_candidates : int, default=64
        How many candidates are drawn and scored.
    gamma : float or sequence of float, default=(0.05, 0.25)
        The share of ok trials that counts as good, at most 25 of them (in hyperopt: a factor of a square root).
        With several shares, each has its own pair of densities, and the logarithms of their ratios are averaged.
    verbose : bool, default=True
        Kept for hyperopt's signature; nothing is printed.
    avoid_repeats : bool, default=True
        Whether to skip points that were suggested before, as long as others are left. Switch it off to
        measure good points again where losses are noisy.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.

    Examples
    --------
    >>> from functools import partial
    >>> from hpsklearn_search import fmin, hp, tpe
    >>> algo = partial(tpe.suggest, n_startup_jobs=5, gamma=0.2)
    >>> space = hp.uniform("x", -5, 5)
    >>> quiet = {"rstate": 0, "show_progressbar": False}
    >>> best = fmin(lambda x: (x - 2) ** 2, space, algo, 40, **quiet)
    >>> abs(best["x"] - 2) < 0.05
    True
    """
    gammas = np.atleast_1d(gamma).tolist()

    def rank(history: History, rng: np.random.Generator) -> FloatArray:
        return _best_first(history, rng, prior_weight, n_EI_candidates, gammas)

    history = trials.history(domain)
    n_startup = startup_jobs(domain, STARTUP_JOBS) if n_startup_jobs is None else n_startup_jobs
    if history.earlier:
        weights = [b for b, _ in _weighted(history, prior_weight, gammas)]
        n_startup = startup_with(np.array(weights), n_startup)
    return propose(
        history, len(new_ids), rank, np.random.default_rng(seed),
        n_startup=n_startup, min_losses=1, avoid_repeats=avoid_repeats,
    )  # fmt: skip


def _best_first(
    history: History, rng: np.random.Generator, prior: float, n: int, gammas: Sequence[float]
) -> FloatArray:
    """Candidates in the coordinates of a history, best first; shape (n, d)."""
    layout, branch = history.space.layout, under_explored_option(history, rng)
    ratio = DensityRatio.fit(history if branch is None else restricted_to(history, branch), prior, gammas)
    x = layout.snap(ratio.sample(n, rng))
    if branch is not None:
        x[:, branch[0]] = branch[1]
    x = layout.mask_inactive(x)
    return x[np.argsort(-ratio.score(x), kind="stable")]


@dataclass(frozen=True)
class DensityRatio:
    """The good density over the bad one: what candidates are drawn from and ranked by."""

    good: tuple[Mixture, ...]  # l for each share of good trials
    bad: tuple[Mixture, ...]  # g for each share
    earlier: tuple[tuple[float, DensityRatio], ...] = ()  # those of earlier searches, and how much each counts

    @classmethod
    def fit(cls, history: History, prior: float = 1.0, gammas: Sequence[float] = GAMMAS) -> DensityRatio:
        """All densities given the trials so far."""
        own = cls.of_trials(history, prior, gammas)
        return replace(own, earlier=_weighted(history, prior, gammas)) if history.earlier else own

    @classmethod
    def of_trials(cls, history: History, prior: float, gammas: Sequence[float]) -> DensityRatio:
        """The densities of the trials of this search alone."""
        rows = splits(history.losses, gammas)
        most = MOST_ABOVE // len(rows)  # in all, so that several shares cost no more than one where trials are many
        pairs = [good_and_bad_densities(history, below, thin(above, most), prior) for below, above in rows]
        good, bad = zip(*pairs, strict=True)
        return cls(good, bad)

    @cached_property
    def _mixtures(self) -> Mixtures:
        return Mixtures(self.good + self.bad)

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """`n` candidates from the good densities in turn, shape (n, d), every axis filled."""
        mixtures = [*self.good, *(mixture for b, ratio in self.earlier if b > 0 for mixture in ratio.good)]
        k = len(mixtures)
        return np.vstack([mixture.sample((n + i) // k, rng) for i, mixture in enumerate(mixtures)])

    def score(self, x: FloatArray) -> FloatArray:
        """Equation (6) of candidates, shape (n, d) with NaN where inactive; with earlier searches equation (7)."""
        logs, k = self._mixtures.log_densities(x), len(self.good)
        own: FloatArray = (logs[:, :k] - logs[:, k:]).mean(axis=1)  # eq. 6
        return own + sum(b * ratio.score(x) for b, ratio in self.earlier)  # eq. 7


def _weighted(history: History, prior: float, gammas: Sequence[float]) -> tuple[tuple[float, DensityRatio], ...]:
    """The density ratios of earlier searches, with their weights in equation (7)."""
    ratios, predicted = [], []
    own = np.flatnonzero(~history.pending)
    for earlier in history.earlier:
        key = ("tpe", prior, tuple(gammas))
        if key not in earlier.cache:
            ratio = DensityRatio.of_trials(earlier, prior, gammas)
            earlier.cache[key] = ratio, max(float(ratio.score(earlier.units).std()), 1e-9)
        ratio, deviation = earlier.cache[key]
        ratios.append(ratio)
        predicted.append(-ratio.score(history.units[own]) / deviation)
    weights = agreement(np.array(predicted), scaled_ranks(history.losses[own]))
    return tuple(zip(np.minimum(weights, 1.0).tolist(), ratios, strict=True))


def good_and_bad_densities(history: History, below: IntArray, above: IntArray, prior: float) -> tuple[Mixture, Mixture]:
    """l over the rows `below` and g over the rows `above`."""
    layout = history.space.layout
    good_points, bad_points = history.units[below], history.units[above]
    good_weights, bad_weights = rank_weights(len(below)), np.ones(len(bad_points))
    good_spreads = spread(good_points[:, layout.numeric], good_weights)
    bad_spreads = np.sqrt(good_spreads * spread(bad_points[:, layout.numeric], bad_weights))  # eq. 5
    floor = np.maximum(MIN_BANDWIDTH, 0.5 / layout.sizes)  # half a cell: neighbouring values stay likely
    good = fit_mixture(
        layout, good_points, good_weights, good_spreads,
        factor=GOOD_BANDWIDTH, mixing=0.35, floor=floor, prior=prior,
    )  # fmt: skip
    bad = fit_mixture(
        layout, bad_points, bad_weights, bad_spreads,
        factor=BAD_BANDWIDTH, mixing=0.15, floor=floor / 2, prior=prior,
    )  # fmt: skip
    return good, bad
