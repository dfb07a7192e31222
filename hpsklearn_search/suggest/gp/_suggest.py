"""Step 5: fit, propose candidates, take the one with the largest expected improvement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri

from ..._threads import ThreadCap
from ...space import Point, Space
from ...space._typing import BoolArray, FloatArray, IntArray
from ...trials import History
from .._agreement import startup_with
from .._propose import propose
from .._protocol import HasHistory, answers_in_kind
from .._startup import startup_jobs
from .._under_explored import Option, under_explored_option, under_explored_value
from ._earlier import earlier_trend, earlier_weights
from ._improvement import log_improvement
from ._kernel import distances
from ._losses import most_informative, normal_scores, relative_noise, standardise
from ._process import GaussianProcess, fit_weights

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
        n_startup = startup_with(earlier_weights(history, _is_option(domain)), n_startup)
    return propose(
        history, len(new_ids), rank, np.random.default_rng(seed),
        n_startup=n_startup, min_losses=2, avoid_repeats=avoid_repeats,
    )  # fmt: skip


def _is_option(space: Space) -> BoolArray:
    """Which axes hold unordered options, shape (d,)."""
    return np.array([dimension.distribution.kind == "categorical" for dimension in space.dimensions])


@cache
def _one_thread() -> ThreadCap:
    # Matrices this small gain nothing from threads, which spin on the cores that fits are running on.
    return ThreadCap(1)


def _best_first(history: History, rng: np.random.Generator, auxiliary: AuxiliaryModel | None) -> FloatArray:
    """Candidates by falling expected improvement, shape (m, d)."""
    layout = history.space.layout
    process, incumbents = _posterior(history, by_rank=history.space.is_conditional and rng.random() < SHARE_OF_RANKS)
    branch = under_explored_option(history, rng)
    option = branch or under_explored_value(history, rng)
    best = float(process.fitted[_rows_of(branch, process.points)].min())

    def acquisition(x: FloatArray) -> FloatArray:
        improvement = log_improvement(best, *process.mean_and_deviation(x))
        return improvement if auxiliary is None else improvement + WEIGHT_OF_AUXILIARY * auxiliary.score(x)

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
def _posterior(history: History, *, by_rank: bool) -> tuple[GaussianProcess, FloatArray]:
    """The process given the trials, and all its points of finished trials, best first."""
    finished = np.flatnonzero(~history.pending)
    is_option = _is_option(history.space)
    theta = _fitted_weights(history, finished, is_option)
    points, y, noisiness = _data(history, finished, normal_scores if by_rank else standardise)
    trend = earlier_trend(history, points, y, is_option)
    process = GaussianProcess.condition_on(points, y, is_option, theta, noisiness, trend)
    pending = history.units[history.pending]
    if len(pending):
        # A pending trial gets its predicted mean as loss (kriging believer; Ginsbourger and others, 2010). The mean
        # stays as it is, and the deviation falls nearby.
        losses = np.append(y, process.mean(pending))
        noisiness = np.append(noisiness, np.ones(len(pending)))
        points_with_pending = np.vstack([points, pending])
        process = GaussianProcess.condition_on(points_with_pending, losses, is_option, theta, noisiness, trend)
    return process, points[np.argsort(y, kind="stable")]


def _data(
    history: History, rows: IntArray, scale: Callable[[FloatArray], FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points, scaled losses and noisiness of `rows`, or of the most informative of them."""
    losses = history.losses[rows]
    kept = most_informative(losses)
    return history.units[rows[kept]], scale(losses[kept]), relative_noise(history.variances[rows[kept]])


def _fitted_weights(history: History, finished: IntArray, is_option: BoolArray) -> FloatArray:
    """The weights, fitted again each time that the number of trials has grown by a tenth."""
    # A function of the trials up to the milestone alone, so that a resumed search finds the same.
    rows = finished[: _milestone(len(finished))]
    key = ("gp", rows.tobytes())
    if key not in history.cache:
        for outdated in [k for k in history.cache if k[0] == "gp"]:
            del history.cache[outdated]
        points, y, noisiness = _data(history, rows, standardise)
        trend = earlier_trend(history, points, y, is_option)
        y = y if trend is None else y - trend(points)
        history.cache[key] = fit_weights(distances(points, points, is_option), y, noisiness)
    return history.cache[key]


def _milestone(n: int) -> int:
    """The largest number of a fixed ascending series that is at most n: 2, 3, ..., 20, 22, 24, 26, 28, 30, 33, ..."""
    milestone = 2
    while milestone + max(1, milestone // 10) <= n:
        milestone += max(1, milestone // 10)
    return milestone


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
