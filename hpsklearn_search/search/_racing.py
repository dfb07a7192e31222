"""Racing over folds: a candidate that cannot win is pruned, and its other folds never run.

Two rules are asked after every fold, in the order of the folds:

- *ceiling*: even if every later fold reached the highest score of the metric, the mean would stay below
  the incumbent's. The rule is exact: the winner and its score are those of the full search.
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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .._typing import FloatArray, IntArray
from ..optimize import Window
from ._scores import mean_score

# Both numbers were chosen on 96 recorded searches, see docs/speed.md.
N_POOLED = 8  # complete candidates from which on the spread is pooled
SMALL_SAMPLE_FACTOR = 4 / 3  # applied to the spread of fewer, which say little about how others vary


@dataclass(frozen=True)
class Racing:
    """When a candidate is pruned: given up before its last fold.

    Parameters
    ----------
    rule : {"auto", "ceiling", "predictive"}, default="auto"
        ``"ceiling"`` never changes the winner. ``"predictive"`` saves more fits, and changes the winner
        rarely. ``"auto"`` prunes when either rule does.
    z : float, default=3.0
        Safety margin of the predictive rule, in standard deviations.
    min_finished : int, default=3
        The predictive rule prunes only after this many candidates have run all folds.
    bound : float, default=None
        The highest score that the metric can have. None takes it from the scorer where it is known (1 for
        accuracy, 0 for a negated error).

    Examples
    --------
    >>> Racing(z=4).z
    4
    """

    rule: Literal["auto", "ceiling", "predictive"] = "auto"
    z: float = 3.0
    min_finished: int = 3
    bound: float | None = None

    def __post_init__(self) -> None:
        if self.rule not in ("auto", "ceiling", "predictive"):
            raise ValueError(f"Racing(rule={self.rule!r}): rule must be 'auto', 'ceiling' or 'predictive'")
        if not self.z > 0:
            raise ValueError(f"Racing(z={self.z!r}): z must be positive; 3 is the default")
        if self.min_finished < 2:
            raise ValueError(f"Racing(min_finished={self.min_finished!r}): at least 2 candidates have to finish")

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
            if best_case < mean_score(incumbent) - 1e-12:  # a tie may not be pruned because of rounding
                return True
        if self.rule == "ceiling" or spread is None:
            return False
        differences = [a - b for a, b in zip(scores, incumbent, strict=False)]
        if j >= 3:  # a candidate that varies more than the others is judged by its own spread
            spread = max(spread, float(np.std(differences, ddof=1)))
        margin = self.z * spread * (k - j) / k * math.sqrt(1 / j + 1 / (k - j))
        return mean_score(differences) + margin < 0  # eq. (1)


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
        """s of equation (1), from the better half without the incumbent; None if too few are complete."""
        scores, order = self._sorted_scores(n_known)
        if len(scores) < min_finished:
            return None
        if len(scores) < N_POOLED:
            variances = (scores[order[1:]] - scores[order[0]]).var(axis=1, ddof=1)
            return SMALL_SAMPLE_FACTOR * math.sqrt(float(variances.max()))
        better_half = order[1 : (len(order) + 1) // 2]
        variances = (scores[better_half] - scores[order[0]]).var(axis=1, ddof=1)
        # Near-copies of the incumbent would make the mean too small; the upper quartile does not see them.
        return math.sqrt(max(float(variances.mean()), float(np.quantile(variances, 0.75))))


class Race:
    """The rules in one search: whom they prune, given the candidates that a trial may know."""

    def __init__(self, racing: Racing, bound: float | None, window: Window) -> None:
        self.racing = racing
        self.bound = racing.bound if racing.bound is not None else bound
        self.window = window
        self.table = FoldTable()

    def add(self, number: int, scores: Sequence[float]) -> None:
        """Enter a candidate with a finite score on every fold."""
        self.table.add(number, scores)

    def pruned_after(self, number: int, scores: Sequence[float]) -> int | None:
        """After how many of its first folds trial `number` is pruned, given their `scores`; None if it is not."""
        n_known = self.window.known_to(number)
        incumbent = self.table.incumbent(n_known)
        if incumbent is None:
            return None
        spread = self.table.spread(n_known, self.racing.min_finished)
        lengths = range(1, min(len(scores), len(incumbent) - 1) + 1)
        return next((j for j in lengths if self.racing.prunes(scores[:j], incumbent, spread, self.bound)), None)

    def expected_score(self, number: int, scores: Sequence[float]) -> float:
        """The mean that a pruned trial is expected to reach: the incumbent's plus the mean difference to it."""
        incumbent = self.table.incumbent(self.window.known_to(number))
        assert incumbent is not None, "only a trial with an incumbent is pruned"
        return mean_score(incumbent) + mean_score([a - b for a, b in zip(scores, incumbent, strict=False)])


def as_racing(
    racing: Any, *, n_splits: int, refit: Any, return_train_score: bool, has_objective: bool
) -> Racing | None:
    """The rules that the argument `racing` means, None if off; an error where they cannot work."""
    if racing is None or racing is False:
        return None
    if isinstance(racing, str):
        racing = Racing(rule=racing)  # type: ignore[arg-type]
    if not isinstance(racing, Racing):
        raise TypeError(f"racing must be None, 'auto', 'ceiling', 'predictive' or Racing(...), got {racing!r}")
    if callable(refit):
        raise ValueError("racing cannot be used with a callable refit, which may pick any candidate; set racing=None")
    if return_train_score:
        raise ValueError("racing leaves folds out, so return_train_score=True has no meaning; set racing=None")
    if n_splits < 3:
        raise ValueError(f"racing needs at least 3 folds to save anything, got {n_splits}; set racing=None")
    if not has_objective:
        raise ValueError("racing with several metrics needs to know which one counts: give objective_metric=...")
    return racing
