"""Step 4: fit, propose candidates, take the one with the largest expected improvement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from ..._threads import ThreadCap
from ..._typing import BoolArray, FloatArray, IntArray
from ...space import Point, Space
from ...trials import History
from .._axes import from_prior, is_among, masked, snapped, to_point
from .._protocol import Seen
from .._startup import startup_jobs, startup_points
from .._under_explored import neglected_value, under_explored_option
from .._unseen import is_used_up
from ._improvement import log_improvement
from ._kernel import distances
from ._process import Process, fit_weights

STARTUP_JOBS = 8
"""Fewer than the Parzen estimator needs: the process guesses well from a handful, and says where it is unsure."""
MOST_POINTS = 125
"""Of more past trials the process takes the most telling, so that a suggestion does not become dear."""
SHARE_OF_RANKS = 0.5
"""How often, in a space with branches, the process sees ranks instead of losses: branches have scales of their own."""
TRUST = 0.5
"""Weight of a guide's opinion beside the logarithm of the expected improvement."""


class Guide(Protocol):
    """Another model's opinion: where it would look, and how much it likes a candidate."""

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """`n` candidates in the coordinates of a history, every axis filled."""

    def score(self, x: FloatArray) -> FloatArray:
        """The logarithm of how much likelier than others each candidate is to be good."""


def suggest(
    new_ids: Sequence[int],
    domain: Space,
    trials: Seen,
    seed: int,
    n_startup_jobs: int | None = None,
    *,
    avoid_repeats: bool = True,
    guide: Callable[[History], Guide] | None = None,
) -> list[Point]:
    """Suggest points by a Gaussian process and the logarithm of its expected improvement.

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
    n_startup_jobs : int, default=None
        How many trials come from a Latin hypercube first; by default 8, and 18 in a conditional space.
    avoid_repeats : bool, default=True
        Whether a point that was suggested before is passed over, as long as there may be others.
    guide : callable, default=None
        Makes of a history another model, whose candidates join the process's, and whose score is added to
        the logarithm of the improvement.

    Returns
    -------
    list of dict
        ``{label: raw value}`` for each id.

    Examples
    --------
    >>> from hpsklearn_search import fmin, hp
    >>> from hpsklearn_search.suggest import gp
    >>> best = fmin(lambda x: x**2, hp.uniform("x", -5, 5), gp.suggest, 25, rstate=0, show_progressbar=False)
    >>> abs(best["x"]) < 0.1
    True
    """
    rng = np.random.default_rng(seed)
    history = trials.history(domain)
    n_startup = startup_jobs(domain, STARTUP_JOBS) if n_startup_jobs is None else n_startup_jobs
    if len(history) < n_startup or np.count_nonzero(history.ok) < 2 or not len(domain):
        return startup_points(history, max(n_startup, 1), len(new_ids), rng)
    with _one_thread().held():
        ranked = _best_first(history, rng, None if guide is None else guide(history))
    avoid_repeats = avoid_repeats and not is_used_up(domain, len(history))
    fresh = (row for row in ranked if not avoid_repeats or not is_among(history.units, row))
    found = [to_point(domain, row) for _, row in zip(new_ids, fresh, strict=False)]
    return found + [domain.draw(rng) for _ in range(len(new_ids) - len(found))]


@cache
def _one_thread() -> ThreadCap:
    # Matrices this small gain nothing from threads, which spin on the cores that fits are running on.
    return ThreadCap(1)


def _best_first(history: History, rng: np.random.Generator, guide: Guide | None) -> FloatArray:
    """Candidates by falling expected improvement, shape (m, d)."""
    domain = history.space
    process, incumbent = _posterior(history, by_rank=domain.is_conditional and rng.random() < SHARE_OF_RANKS)
    means = process.fitted
    branch = under_explored_option(history, rng)
    if branch is not None:  # its own best trials are what is to be improved on, and where to look
        own = means[process.points[:, branch[0]] == branch[1]]
        means = own if len(own) else means
        there = incumbent[incumbent[:, branch[0]] == branch[1]]
        incumbent = there if len(there) else incumbent
    best = float(means.min())
    forced = branch or neglected_value(history, rng)

    def worth(x: FloatArray) -> FloatArray:
        improvement = log_improvement(best, *process.mean_and_deviation(x))
        return improvement if guide is None else improvement + TRUST * guide.score(x)

    def possible(x: FloatArray) -> FloatArray:
        if forced is not None:
            x[:, forced[0]] = forced[1]
        return masked(domain, snapped(domain, x))

    candidates = _candidates(domain, incumbent, rng)
    candidates = possible(candidates if guide is None else np.vstack([candidates, guide.sample(64, rng)]))
    worths = worth(candidates)
    closer = possible(_around(domain, candidates[[np.argmax(worths)]], 48, 0.02, rng))
    return np.vstack([candidates, closer])[np.argsort(-np.append(worths, worth(closer)), kind="stable")]


# ---------------------------------------------------------------------- the model
def _posterior(history: History, *, by_rank: bool) -> tuple[Process, FloatArray]:
    """The process given the trials that may be known, and the best of their points, best first."""
    known = np.flatnonzero(~history.pending)
    is_option = np.array([dimension.distribution.kind == "categorical" for dimension in history.space.dimensions])
    theta = _theta(history, known, is_option)
    points, y, noisiness = _data(history, known, normal_scores if by_rank else standardised)
    process = Process.given(points, y, is_option, theta, noisiness)
    pending = history.units[history.pending]
    if len(pending):
        # Believe the process where it has no answer yet: that keeps others away, and no further.
        believed = np.append(y, process.mean(pending))
        noisiness = np.append(noisiness, np.ones(len(pending)))
        process = Process.given(np.vstack([points, pending]), believed, is_option, theta, noisiness)
    return process, points[np.argsort(y, kind="stable")]


def _data(
    history: History, rows: IntArray, scaled: Callable[[FloatArray], FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points, losses on the scale that the process sees, and noisiness of `rows`, or of the most telling of them."""
    rows = rows[_most_telling(history.losses[rows])]
    return history.units[rows], scaled(history.losses[rows]), relative_noise(history.variances[rows])


def relative_noise(variances: FloatArray) -> FloatArray:
    """Each variance over the typical one; 1 where it is not known.

    How large the noise is at all, the process finds out by itself: the spread of scores over folds, say,
    overstates it, since folds that are hard are so for every candidate.
    """
    known = variances[variances > 0]
    if not len(known):
        return np.ones(len(variances))
    ratio = np.clip(variances / np.median(known), 0.1, 10.0)
    return np.where(np.isnan(ratio), 1.0, ratio)


def _most_telling(losses: FloatArray) -> IntArray:
    """At most 125 rows: the best half of that, and the others evenly over the search, in the order given."""
    if len(losses) <= MOST_POINTS:
        return np.arange(len(losses))
    order = np.argsort(losses, kind="stable")
    best, others = order[: MOST_POINTS // 2], np.sort(order[MOST_POINTS // 2 :])
    kept = np.linspace(0, len(others) - 1, MOST_POINTS - len(best)).round().astype(np.intp)
    return np.sort(np.append(best, others[kept]))


def without_gaps(losses: FloatArray) -> FloatArray:
    """Failed trials as the worst, and as worse than the others where those are all alike."""
    if np.isnan(losses).all():
        return np.zeros_like(losses)
    worst = np.nanmax(losses)
    return np.where(np.isnan(losses), worst if worst > np.nanmin(losses) else worst + 1.0, losses)


def standardised(losses: FloatArray, share: float = 0.5) -> FloatArray:
    """Losses with mean 0 and variance 1, failed ones as the worst, a long upper tail drawn in.

    What is worse than the quantile `share`, by default the median, by more than that is worse than the
    best matters little for where the best is: beyond that point the scale is logarithmic.
    """
    y = without_gaps(losses)
    best = y.min()
    scale = max(np.quantile(y, share) - best, 1e-12 * max(1.0, abs(best)))
    z = (y - best) / scale
    z = np.where(z > 1.0, 1.0 + np.log(np.maximum(z, 1.0)), z)
    return _with_variance_one(z)


def normal_scores(losses: FloatArray) -> FloatArray:
    """Of each loss, the quantile of the standard normal distribution at its rank, with mean 0 and variance 1.

    (r - 1/2)/n for rank r of n (Hazen's plotting position), ranks of equal losses averaged.
    """
    y = without_gaps(losses)
    z = ndtri((rankdata(y) - 0.5) / len(y))
    return _with_variance_one(z)


def _with_variance_one(z: FloatArray) -> FloatArray:
    """The same less their mean, over their deviation; zeros where all are alike."""
    return (z - z.mean()) / max(float(z.std()), 1e-9)


def _theta(history: History, known: IntArray, is_option: BoolArray) -> FloatArray:
    """The fitted weights; fitted anew each time the trials have grown by a tenth, on the trials until then.

    They are a function of those trials alone, so a resumed search finds the same.
    """
    first = known[: _milestone(len(known))]
    key = ("gp", first.tobytes())
    if key not in history.cache:
        for old in [k for k in history.cache if k[0] == "gp"]:
            del history.cache[old]
        points, y, noisiness = _data(history, first, standardised)
        history.cache[key] = fit_weights(distances(points, points, is_option), y, noisiness)
    return history.cache[key]


def _milestone(n: int) -> int:
    """The largest number of a fixed ascending series that is at most n: 2, 3, ..., 20, 22, 24, 26, 28, 31, ..."""
    milestone = 2
    while True:
        following = milestone + max(1, milestone // 10)
        if following > n:
            return milestone
        milestone = following


# ---------------------------------------------------------------------- candidates
def _candidates(space: Space, best_first: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Where to look: everywhere, and around the best points at several distances; shape (m, d)."""
    d = len(space)
    everywhere = from_prior(space, rng.random((96, d)))
    near = [_around(space, best_first[:3], 32, scale, rng) for scale in (0.2, 0.07, 0.02)]
    return np.vstack([everywhere, *near]) if d else everywhere


def _around(space: Space, centres: FloatArray, n: int, scale: float, rng: np.random.Generator) -> FloatArray:
    """`n` points about `centres`, each axis that moves with a truncated normal step.

    Half of them move on one or two axes only, since many parameters of a model act by themselves;
    the others on a third of the axes, and an option is changed less often than a number is moved.
    """
    x = from_prior(space, rng.random((n, len(space))))
    centre = centres[rng.integers(len(centres), size=n)]
    d = x.shape[1]
    few = rng.random(n) < 0.5
    moves = rng.random((n, d)) < np.where(few, 1.0 / d, max(2.0 / d, 0.35))[:, None]
    moves[np.arange(n), rng.integers(d, size=n)] |= few
    for axis, dimension in enumerate(space.dimensions):
        m = centre[:, axis]
        here = moves[:, axis]
        if dimension.distribution.kind == "numeric":
            low, high = ndtr(-m / scale), ndtr((1 - m) / scale)
            moved = np.clip(m + scale * ndtri(low + x[:, axis] * (high - low)), 0.0, 1.0)
        else:
            here = here & (few | (rng.random(n) < 0.3))
            moved = x[:, axis]
        # What is inactive at the centre has no place there: it is drawn from the prior.
        x[:, axis] = np.where(np.isnan(m), x[:, axis], np.where(here, moved, m))
    return x
