"""Step 7: fit, propose candidates, take the one with the largest expected improvement within the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

from ..._threads import ThreadCap
from ...space import Point, Space
from ...space._typing import BoolArray, FloatArray
from ...trials import History
from .._agreement import startup_with
from .._propose import propose
from .._protocol import HasHistory, answers_in_kind
from .._startup import startup_jobs
from .._under_explored import Option, under_explored_option, under_explored_value
from ._earlier import earlier_trend, earlier_weights
from ._improvement import log_improvement
from ._limits import WithinLimits
from ._losses import normal_scores, standardise
from ._posterior import best_and_others, loss_data, loss_weights, options_of, posterior
from ._process import GaussianProcess

# Fewer than the Parzen estimator needs: a process predicts well from few trials, and knows where it is unsure.
STARTUP_JOBS = 8
# How often, in a space with branches, the process sees ranks instead of losses: branches differ in scale.
SHARE_OF_RANKS = 0.5
# Weight of the auxiliary model's score compared with the logarithm of the expected improvement.
WEIGHT_OF_AUXILIARY = 0.5


class AuxiliaryModel(Protocol):
    """A second model, with candidates and scores of its own."""

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """`n` candidates, every column filled."""

    def score(self, x: FloatArray) -> FloatArray:
        """The logarithm of how much likelier to be good than to be bad each candidate is."""


@answers_in_kind
def suggest(
    new_ids: Sequence[int],
    domain: Space,
    trials: HasHistory,
    seed: int,
    n_startup_jobs: int | None = None,
    *,
    avoid_repeats: bool = True,
    auxiliary_model: Callable[[History], AuxiliaryModel] | None = None,
) -> list[Point]:
    """Suggest points by a Gaussian process and the logarithm of its expected improvement.

    Parameters
    ----------
    new_ids, domain, trials, seed
        As for `rand.suggest`.
    n_startup_jobs : int, default=None
        How many trials come from a Latin hypercube first; by default 8, and 18 in a conditional space.
    avoid_repeats : bool, default=True
        Whether to skip points that were suggested before, as long as others are left.
    auxiliary_model : callable, default=None
        Fits a second model to the history. Its candidates are added to those of the process, and its score
        is added to the logarithm of the expected improvement.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.

    Examples
    --------
    >>> from hpsklearn_search import fmin, hp
    >>> from hpsklearn_search.suggest import gp
    >>> space = hp.uniform("x", -5, 5)
    >>> quiet = {"rstate": 0, "show_progressbar": False}
    >>> best = fmin(lambda x: (x - 2) ** 2, space, gp.suggest, 25, **quiet)
    >>> abs(best["x"] - 2) < 0.01
    True
    """

    def rank(history: History, rng: np.random.Generator) -> FloatArray:
        with _one_thread().held():
            return _best_first(history, rng, None if auxiliary_model is None else auxiliary_model(history))

    history = trials.history(domain)
    n_startup = startup_jobs(domain, STARTUP_JOBS) if n_startup_jobs is None else n_startup_jobs
    if history.earlier:
        n_startup = startup_with(earlier_weights(history, options_of(domain)), n_startup)
    return propose(
        history, len(new_ids), rank, np.random.default_rng(seed),
        n_startup=n_startup, min_losses=2, avoid_repeats=avoid_repeats,
    )  # fmt: skip


@cache
def _one_thread() -> ThreadCap:
    # Matrices this small gain nothing from threads, which spin on the cores that fits are running on.
    return ThreadCap(1)


def _best_first(history: History, rng: np.random.Generator, auxiliary: AuxiliaryModel | None) -> FloatArray:
    """Candidates by falling expected improvement, shape (m, d)."""
    layout = history.space.layout
    belief = _Belief.of(history, by_rank=history.space.is_conditional and rng.random() < SHARE_OF_RANKS)
    incumbents = belief.incumbents
    branch = under_explored_option(history, rng)
    option = branch or under_explored_value(history, rng)

    def acquisition(x: FloatArray) -> FloatArray:
        gain = belief.log_gain(branch, x)
        return gain if auxiliary is None else gain + WEIGHT_OF_AUXILIARY * auxiliary.score(x)

    def repair(x: FloatArray) -> FloatArray:
        if option is not None:
            x[:, option[0]] = option[1]
        return layout.mask_inactive(layout.snap(x))

    candidates = _candidates(history.space, incumbents[_rows_of(branch, incumbents)], rng)
    candidates = repair(candidates if auxiliary is None else np.vstack([candidates, auxiliary.sample(64, rng)]))
    values = acquisition(candidates)
    local_refinement = repair(_around(history.space, candidates[[np.argmax(values)]], 48, 0.02, rng))
    values = np.append(values, acquisition(local_refinement))
    return np.vstack([candidates, local_refinement])[np.argsort(-values, kind="stable")]


def _rows_of(branch: Option | None, points: FloatArray) -> BoolArray:
    """Which points to improve on and to look around: those of the branch, all where it has none."""
    rows = np.full(len(points), True) if branch is None else points[:, branch[0]] == branch[1]
    return rows if rows.any() else ~rows


# ---------------------------------------------------------------------- the model
@dataclass(frozen=True)
class _Belief:
    """What is believed of losses and limits, given the trials."""

    process: GaussianProcess
    can_be_best: BoolArray  # of its points, which may be the best: all but those outside a limit
    incumbents: FloatArray  # the points of finished trials, best first
    limits: WithinLimits

    @classmethod
    def of(cls, history: History, *, by_rank: bool) -> _Belief:
        finished = np.flatnonzero(~history.pending)
        theta = loss_weights(history, finished)
        kept = best_and_others(history, finished)
        scaled = loss_data(history, finished, normal_scores if by_rank else standardise)
        trend = earlier_trend(history, scaled[0], scaled[1], options_of(history.space))
        process = posterior(history, scaled, theta, trend)
        has_limits = bool(history.excess.size)
        # A pending trial may turn out to be outside.
        can_be_best = np.append(
            ~history.outside[finished[kept]], np.full(len(process.points) - len(kept), not has_limits)
        )
        order = np.argsort(history.losses_of(finished)[kept] if has_limits else scaled[1], kind="stable")
        return cls(process, can_be_best, scaled[0][order], WithinLimits(history))

    def log_gain(self, branch: Option | None, x: FloatArray) -> FloatArray:
        """Equation (7) at `x`, where the best trial is that of the branch."""
        is_within = self.limits.log_probability(x)
        rows = _rows_of(branch, self.process.points) & self.can_be_best
        if not rows.any():
            return is_within
        best = float(self.process.fitted[rows].min())
        return log_improvement(best, *self.process.mean_and_deviation(x)) + is_within


# ---------------------------------------------------------------------- candidates
def _candidates(space: Space, best_first: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Where to look: everywhere, and around the best points at several distances; shape (m, d)."""
    everywhere = space.layout.fill_options(rng.random((96, len(space))))
    near = [_around(space, best_first[:3], 32, scale, rng) for scale in (0.2, 0.07, 0.02)]
    return np.vstack([everywhere, *near])


def _around(space: Space, centres: FloatArray, n: int, scale: float, rng: np.random.Generator) -> FloatArray:
    """`n` points around `centres`, each axis that moves with a truncated normal step."""
    x = space.layout.fill_options(rng.random((n, len(space))))
    centre = centres[rng.integers(len(centres), size=n)]
    d = x.shape[1]
    # Many parameters of a model act independently: half of the points move on one or two axes only.
    few = rng.random(n) < 0.5
    moves = rng.random((n, d)) < np.where(few, 1.0 / d, max(2.0 / d, 0.35))[:, None]
    moves[np.arange(n), rng.integers(d, size=n)] |= few
    for axis, dimension in enumerate(space.dimensions):
        m = centre[:, axis]
        moves_here = moves[:, axis]
        if dimension.distribution.kind == "numeric":
            low, high = ndtr(-m / scale), ndtr((1 - m) / scale)
            moved = np.clip(m + scale * ndtri(low + x[:, axis] * (high - low)), 0.0, 1.0)
        else:  # another option is a larger step than another number, so it is taken less often
            moves_here = moves_here & (few | (rng.random(n) < 0.3))
            moved = x[:, axis]
        # What is inactive at the centre has no place there: it is drawn from the prior.
        x[:, axis] = np.where(np.isnan(m), x[:, axis], np.where(moves_here, moved, m))
    return x
