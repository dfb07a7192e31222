"""Racing over folds: a candidate that cannot win is pruned, and its other folds never run.

A third rule acts within a fold: see `early_stopping/_curve.py` and `_curve_limits.py`. What follows is about folds.

Two rules are asked after every fold, in the order of the folds:

- *ceiling*: even if every later fold reached the highest score of the metric, the mean would stay below
  the incumbent's. The rule is exact for a given list of candidates: the best score is that of the full search.
  An algorithm that learns hears less of a pruned candidate, and may then suggest others.
- *predictive*: with d the mean difference to the incumbent over the first j of k folds, and s the
  standard deviation of such differences within a candidate, prune when

      d + z s (k - j)/k sqrt(1/j + 1/(k - j)) < 0                                             (1)

  The final mean difference is (j d + (k - j) d')/k, with d' the mean over the later folds. If folds are
  exchangeable, d' - d has mean 0 and standard deviation s sqrt(1/j + 1/(k - j)).

>>> incumbent = [0.9, 0.8, 0.9, 0.8, 0.9]
>>> Racing(rule="ceiling").prunes([0.5, 0.5], incumbent, spread=None, bound=1.0)
True
>>> Racing(rule="ceiling").prunes([0.9, 0.7], incumbent, spread=None, bound=1.0)
False
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from .._keywords import ExplainsKeywords
from .._texts import public_repr
from ..optimize import Window
from ..space import Point, fits_float
from ..space._typing import FloatArray, IntArray
from ..trials import Trial
from ._curve_limits import CurveLimits
from ._scores import mean_score
from .early_stopping import BEST, BEST_CASE, Limit

# Both numbers were chosen on 96 recorded searches, see docs/speed.md.
N_POOLED = 8  # From this many complete candidates on, the spread is that of the better half.
NEAR_COPY = 0.1  # A near-copy differs from the incumbent by less than this share of the typical difference.
SMALL_SAMPLE_FACTOR = 4 / 3  # Applied to the largest spread of fewer, which say little about how others vary.


@dataclass(frozen=True)
class Racing(ExplainsKeywords):
    """When a candidate is pruned: given up before its last fold.

    Parameters
    ----------
    rule : {"auto", "ceiling", "predictive"}, default="auto"
        For a given list of candidates (a grid, ``algo="random"``), ``"ceiling"`` never changes the best score.
        ``"predictive"`` saves more fits, and changes it rarely. ``"auto"`` prunes when either rule does, and also
        stops an `EarlyStopping` booster within a fold when its curve cannot reach the best candidate's. An
        algorithm that learns goes on otherwise after a pruned candidate, for better or worse alike.
    z : float, default=3.0
        The safety margin of the predictive rule, in standard deviations. A smaller one prunes more candidates.
    min_finished : int, default=3
        The predictive rule prunes only after this many candidates have run all folds.
    bound : float, default=None
        The highest score that the metric can have. None takes it from scikit-learn's scorers (1 for accuracy,
        0 for a negated error); a metric of your own has none, and the ceiling rule then prunes nothing. A score
        above a bound given here ends the search with an error, because better candidates may have been pruned.

    Examples
    --------
    >>> Racing(z=4).z
    4
    """

    _meant = {
        **dict.fromkeys(("kind", "method", "mode"), "rule"),
        **dict.fromkeys(("alpha", "margin", "threshold"), "z"),
        **dict.fromkeys(("warmup", "n_startup_trials", "min_trials"), "min_finished"),
    }

    rule: Literal["auto", "ceiling", "predictive"] = "auto"
    z: float = 3.0
    min_finished: int = 3
    bound: float | None = None

    def __post_init__(self) -> None:
        if self.rule not in ("auto", "ceiling", "predictive"):
            raise ValueError(f"Racing(rule={public_repr(self.rule)}): rule must be 'auto', 'ceiling' or 'predictive'")
        if self.rule == "predictive" and self.bound is not None:
            raise ValueError("Racing(rule='predictive') does not use bound; leave it out, or write rule='auto'")
        if not _is_number(self.z) or not self.z > 0:
            raise ValueError(f"Racing(z={public_repr(self.z)}): z must be a positive number; 3 is the default")
        if not _is_integer(self.min_finished) or self.min_finished < 2:
            raise ValueError(
                f"Racing(min_finished={public_repr(self.min_finished)}): min_finished must be an integer, at least 2"
            )
        if self.bound is not None and not _is_number(self.bound):
            raise ValueError(
                f"Racing(bound={public_repr(self.bound)}): bound must be a finite number, such as 1.0, or None"
            )

    def prunes(
        self, scores: Sequence[float], incumbent: Sequence[float], spread: float | None, bound: float | None
    ) -> bool:
        """Whether a candidate with `scores` on its first folds is pruned.

        `incumbent` holds the best complete candidate's scores on all folds. `spread` is s of equation (1), and
        `bound` the highest score of the metric; None where they are not known.
        """
        j, k = len(scores), len(incumbent)
        if not 0 < j < k or not all(map(math.isfinite, scores)):
            return False
        if self.rule != "predictive" and bound is not None:
            best_case = (sum(scores) + (k - j) * bound) / k
            # A tie may not be pruned because of rounding, which grows with the scores.
            rounding = 1e-12 * max(map(abs, [*scores, *incumbent, bound]))
            if best_case < mean_score(incumbent) - rounding:
                return True
        if self.rule == "ceiling" or spread is None:
            return False
        differences = [a - b for a, b in zip(scores, incumbent, strict=False)]
        if j >= 3:  # a candidate that varies more than the others is judged by its own spread
            spread = max(spread, float(np.std(differences, ddof=1)))
        margin = self.z * spread * (k - j) / k * math.sqrt(1 / j + 1 / (k - j))
        return mean_score(differences) + margin < 0  # eq. (1)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and fits_float(value)


def _is_integer(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Integral)


class FoldTable:
    """Fold scores of the complete candidates, and the spread of their differences."""

    def __init__(self) -> None:
        self._numbers = np.empty(16, dtype=np.int64)
        self._scores = np.empty((16, 0))
        self._n = 0
        self._sorted: tuple[Any, FloatArray, IntArray] = None, self._scores, self._numbers

    def add(self, number: int, scores: Sequence[float]) -> None:
        """Enter a candidate with a finite score on every fold."""
        if self._n == 0:
            self._scores = np.empty((len(self._numbers), len(scores)))
        elif self._n == len(self._numbers):
            self._numbers = np.concatenate([self._numbers, np.empty_like(self._numbers)])
            self._scores = np.concatenate([self._scores, np.empty_like(self._scores)])
        self._numbers[self._n] = number
        self._scores[self._n] = scores
        self._n += 1

    def _sorted_scores(self, n_known: int | None) -> tuple[FloatArray, IntArray]:
        """Scores of the candidates below number `n_known` (None: all), shape (n, k), and their order, best first."""
        if self._sorted[0] != (n_known, self._n):  # kept, because it is asked for after every fold
            numbers = self._numbers[: self._n]
            rows = np.argsort(numbers)
            scores = self._scores[rows if n_known is None else rows[numbers[rows] < n_known]]
            self._sorted = (n_known, self._n), scores, np.argsort(-scores.sum(axis=1), kind="stable")
        return self._sorted[1:]

    def incumbent(self, n_known: int | None) -> list[float] | None:
        """Fold scores of the candidate with the best mean, the earliest of equals."""
        scores, order = self._sorted_scores(n_known)
        if not len(scores):
            return None
        best: list[float] = scores[order[0]].tolist()
        return best

    def spread(self, n_known: int | None, min_finished: int) -> float | None:
        """s of equation (1); None with fewer than `min_finished` candidates.

        With fewer than N_POOLED candidates it is 4/3 of the largest spread, else it is from the better half of
        those that are no near-copies of the incumbent; both without the incumbent.
        """
        scores, order = self._sorted_scores(n_known)
        if len(scores) < min_finished:
            return None
        if len(scores) < N_POOLED:
            variances = (scores[order[1:]] - scores[order[0]]).var(axis=1, ddof=1)
            return SMALL_SAMPLE_FACTOR * math.sqrt(float(variances.max()))
        differences = scores[order[1:]] - scores[order[0]]
        # Near-copies of the incumbent, which a search near its best point suggests, say nothing of other candidates.
        distances = (differences**2).mean(axis=1)
        differences = differences[distances >= NEAR_COPY**2 * distances.mean()]
        variances = differences[: max(1, len(differences) // 2)].var(axis=1, ddof=1)
        # The upper quartile does not see those that are a little farther away.
        return math.sqrt(max(float(variances.mean()), float(np.quantile(variances, 0.75))))


class Race:
    """The rules in one search: whom they prune, given the candidates that a trial may know."""

    def __init__(
        self,
        racing: Racing,
        window: Window,
        bound_by_candidate: Callable[[Point], float | None] = lambda point: None,
        error_score: Any = math.nan,
        curves: CurveLimits | None = None,
    ) -> None:
        self.racing = racing
        self.window = window
        self.bound_by_candidate = bound_by_candidate
        self.error_score = error_score
        self.curves = curves  # None where no fit is stopped
        self.table = FoldTable()

    def add(self, number: int, scores: Sequence[float], curves: Sequence[Mapping[str, Any] | None] = ()) -> None:
        """Enter a candidate with a finite score on every fold, and what the folds tell of their curves."""
        self.table.add(number, scores)
        if self.curves is not None:
            self.curves.add(number, mean_score(scores), curves)

    def curve_limits(self, number: int, n_splits: int) -> Sequence[Limit | None]:
        """The limit for the curve of each fold of a trial; None where curves are not followed."""
        return [None] * n_splits if self.curves is None else self.curves.of(self.window.known_to(number), n_splits)

    def bound(self, point: Point) -> float | None:
        """The highest score that the candidate at `point` can have on a fold, None if it is not known."""
        if self.racing.rule == "predictive":
            return None
        metric_bound = self.racing.bound if self.racing.bound is not None else self.bound_by_candidate(point)
        if metric_bound is None or not _is_number(self.error_score):
            return metric_bound
        return max(metric_bound, float(self.error_score))  # a fold that fails has the error score

    def check_bound(self, trial: Trial, scores: Sequence[float]) -> None:
        """Raise ValueError if a score is above the bound: then a better candidate may have been pruned."""
        bound = self.bound(trial.point)
        highest = max(filter(math.isfinite, scores), default=-math.inf)
        if bound is None or highest <= bound + 1e-9 * max(1.0, abs(bound)):  # rounding lifts some metrics a little
            return
        text = f"candidate {trial.number} has the score {highest} on a fold, above the highest possible score {bound}"
        if self.racing.bound is not None:
            raise ValueError(
                f"Racing(bound={self.racing.bound!r}): {text}; leave bound out, or set the metric's maximum"
            )
        raise ValueError(f"racing={self.racing.rule!r}: {text}; set racing='predictive' or racing=None")

    def pruned_after(self, trial: Trial, scores: Sequence[float]) -> int | None:
        """After how many of its first folds `trial` is pruned, given their `scores`; None if it is not."""
        n_known = self.window.known_to(trial.number)
        incumbent = self.table.incumbent(n_known)
        if incumbent is None:
            return None
        spread, bound = self.table.spread(n_known, self.racing.min_finished), self.bound(trial.point)
        lengths = range(1, min(len(scores), len(incumbent) - 1) + 1)
        return next((j for j in lengths if self.racing.prunes(scores[:j], incumbent, spread, bound)), None)

    def expected_score(self, number: int, scores: Sequence[float]) -> float:
        """The mean that a pruned trial is expected to reach: the incumbent's plus the mean difference to it."""
        incumbent = self.table.incumbent(self.window.known_to(number))
        assert incumbent is not None, "only a trial with an incumbent is pruned"
        return mean_score(incumbent) + mean_score([a - b for a, b in zip(scores, incumbent, strict=False)])

    def expected_fold_score(self, number: int, scores: Sequence[float], curve: Mapping[str, Any]) -> float:
        """The score that a trial whose last fold was stopped is expected to reach on that fold.

        Of the way from its score to the incumbent's, it goes the same share as from its loss to the incumbent's.
        """
        n_known, fold = self.window.known_to(number), len(scores) - 1
        incumbent = self.table.incumbent(n_known)
        assert incumbent is not None and self.curves is not None, "only a trial with an incumbent is stopped"
        # The best case is above the limit, and the limit above the incumbent's loss, so the share is between 0 and 1.
        share: float = (curve[BEST] - curve[BEST_CASE]) / (curve[BEST] - float(self.curves.best_losses(n_known)[fold]))
        return scores[fold] + share * max(0.0, incumbent[fold] - scores[fold])


def as_racing(
    racing: Any, *, n_splits: int, refit: Any, return_train_score: bool, objective_metric: Any, has_objective: bool
) -> Racing | None:
    """The rules that the argument `racing` means, None if off; an error where they cannot work."""
    if racing is None or racing is False:
        return None
    if isinstance(racing, str):
        racing = Racing(rule=racing)  # type: ignore[arg-type]
    if not isinstance(racing, Racing):
        raise TypeError(
            f"racing must be None, 'auto', 'ceiling', 'predictive' or Racing(...), got {public_repr(racing)}"
        )
    if callable(refit):
        raise ValueError("racing cannot be used with a callable refit, which may pick any candidate; set racing=None")
    if isinstance(refit, str) and objective_metric not in (None, refit):
        raise ValueError(
            f"racing prunes by objective_metric={objective_metric!r}, and could prune the best candidate for "
            f"refit={refit!r}; set both to the same metric, or racing=None"
        )
    if return_train_score:
        raise ValueError("racing leaves folds out, so return_train_score=True has no meaning; set racing=None")
    if n_splits < 3:
        raise ValueError(f"racing needs at least 3 folds to save anything, got {n_splits}; set racing=None")
    if not has_objective:
        raise ValueError("racing with several metrics needs to know which one counts: give objective_metric=...")
    return racing
