"""Limits on outcomes: which candidates may win, and how far outside the others are.

A limit with two ends is two limits with one end each. The excess of one is how far a candidate is beyond it, at
most 0 within: the difference to the bound, and for times and sizes the logarithm of the ratio.

>>> fold = {"fit_error": None, "test_scores": 0.8, "fit_time": 0.5, "score_time": 0.02}
>>> limits = Limits.of({"mean_score_time": 0.01, "mean_test_score": (0.7, None)}, ["score"])
>>> [round(excess, 2) for excess in limits.excess([fold, fold])]
[0.69, -0.1]
>>> limits.in_words()
{'mean_score_time': 'at most 0.01', 'mean_test_score': 'at least 0.7'}
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from numbers import Real
from typing import Any

import numpy as np

from .._texts import public_repr
from ..exceptions import InvalidScore
from ..space import brief, fits_float
from ..trials import STATUS_OK, STATUS_OUTSIDE, STATUS_PRUNED, WITH_LOSS, Outcome, Trial
from ._score_errors import fold_error

N_BYTES = "n_bytes"
"""The pickled size of a fold's model, in its result and as a column of the table."""

WITHIN_LIMITS = "within_limits"
"""The column of the table that says which candidates may win."""

_SCORE = re.compile(r"(mean|std)_(test|train)_(.+)")
_TIMES = {"mean_fit_time": "fit_time", "mean_score_time": "score_time"}
LEAST_SHARE = 1e-12

Folds = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Limit:
    """One end of a limit."""

    column: str
    bound: float
    is_upper: bool

    def excess(self, folds: Folds) -> float:
        """How far beyond the bound; infinite where the value is not known."""
        value = column_value(self.column, folds)
        if math.isnan(value):
            return math.inf
        if not is_positive(self.column):
            return value - self.bound if self.is_upper else self.bound - value
        value = max(value, LEAST_SHARE * abs(self.bound))  # a time of 0 has no logarithm
        low, high = (self.bound, value) if self.is_upper else (value, self.bound)
        return math.log1p((high - low) / low)  # log(high / low), without an error in its sign

    def __str__(self) -> str:
        return f"at {'most' if self.is_upper else 'least'} {shown(self.bound)}"


@dataclass(frozen=True)
class Limits:
    """All limits of a search; none without ends."""

    ends: tuple[Limit, ...] = ()

    @classmethod
    def of(cls, limits: Any, metrics: Sequence[str] | None, *, has_train_scores: bool = False) -> Limits:
        """What the argument `limits` means; an error where it is wrong. `metrics` are None if only a fit tells them."""
        if limits is None:
            return cls()
        if not isinstance(limits, Mapping) or not limits:
            what = "is empty, so it limits nothing" if isinstance(limits, Mapping) else "is no dict"
            raise ValueError(f"limits={brief(limits)} {what}; {_EXAMPLE}, or limits=None")
        for column in limits:
            _check_column(column, metrics, has_train_scores=has_train_scores)
        return cls(tuple(end for column, bounds in limits.items() for end in _ends(column, bounds)))

    def __bool__(self) -> bool:
        return bool(self.ends)

    @property
    def columns(self) -> list[str]:
        """The columns that are limited."""
        return list(dict.fromkeys(end.column for end in self.ends))

    def excess(self, folds: Folds) -> tuple[float, ...]:
        """How far a candidate with these folds is beyond each end."""
        return tuple(end.excess(folds) for end in self.ends)

    def judge(self, outcome: Outcome) -> Outcome:
        """The outcome with its excess, and with the status that it has by these limits."""
        if outcome.status not in WITH_LOSS:
            return outcome
        excess = self.excess(outcome.folds) if outcome.folds else ()
        status = STATUS_OUTSIDE if any(x > 0 for x in excess) else STATUS_OK
        return replace(outcome, status=STATUS_PRUNED if outcome.status == STATUS_PRUNED else status, excess=excess)

    def judge_earlier(self, trial: Trial) -> Trial:
        """A trial of another search by these limits; within them where its folds do not tell."""
        if trial.outcome is None or not (self or trial.outcome.excess):
            return trial
        try:
            outcome = self.judge(trial.outcome)
        except (InvalidScore, LookupError, TypeError):  # it has other metrics, or did not measure sizes
            outcome = Limits().judge(trial.outcome)
        return replace(trial, outcome=outcome)

    def in_words(self) -> dict[str, str]:
        """The limit of each column."""
        return {name: " and ".join(str(end) for end in self.ends if end.column == name) for name in self.columns}

    def pairs(self) -> dict[str, tuple[float | None, float | None]]:
        """The lowest and the highest value of each column; None where it is open."""
        ends = {(end.column, end.is_upper): end.bound for end in self.ends}
        return {name: (ends.get((name, False)), ends.get((name, True))) for name in self.columns}


def shown(bound: float) -> str:
    """A bound as one writes it, exactly."""
    return repr(bound).removesuffix(".0")


def is_positive(column: str) -> bool:
    """Whether the values of a column are times or sizes."""
    return column in _TIMES or column == N_BYTES


def column_value(column: str, folds: Folds) -> float:
    """The value that a candidate with these folds has in a column of the table; NaN where a score failed."""
    if is_positive(column):
        return float(np.mean([fold[_TIMES.get(column, column)] for fold in folds]))
    kind, part, metric = _parts(column)
    scores = [_score(fold, part, metric) for fold in folds]
    with np.errstate(invalid="ignore", over="ignore"):
        return float(np.mean(scores) if kind == "mean" else np.std(scores))


def _score(fold: Mapping[str, Any], part: str, metric: str) -> float:
    scores = fold[f"{part}_scores"]
    scores = scores if isinstance(scores, dict) else {"score": scores}
    if metric not in scores:
        raise InvalidScore(f"limits: scoring does not return {metric!r}, it returns {list(scores)}")
    return math.nan if fold_error(fold, metric) else float(scores[metric])


def _parts(column: str) -> tuple[str, str, str]:
    match = _SCORE.fullmatch(column)
    assert match is not None, "columns are checked before the first fit"
    return match[1], match[2], match[3]


NO_LIMITS = Limits()


# ---------------------------------------------------------------------- checks
_EXAMPLE = 'write limits={"mean_score_time": 0.01, "mean_test_score": (0.9, None)}'


def _check_column(column: Any, metrics: Sequence[str] | None, *, has_train_scores: bool) -> None:
    if not isinstance(column, str):
        raise TypeError(f"limits: a key is the name of a column of cv_results_, got {brief(column)}; {_EXAMPLE}")
    match = _SCORE.fullmatch(column)
    if match is not None and match[2] == "train" and not has_train_scores:
        raise ValueError(f"limits: {column!r} needs the scores on the train parts; write return_train_score=True")
    names = ["score"] if metrics is None else metrics
    sides = ["test", "train"] if has_train_scores else ["test"]
    columns = [*_TIMES, N_BYTES, *(f"{kind}_{side}_{name}" for side in sides for name in names for kind in _KINDS)]
    if column in columns or (metrics is None and match is not None):
        return
    nearest = get_close_matches(column, columns, n=1, cutoff=0.0)[0]
    raise ValueError(
        f"limits: there is no column {public_repr(column)} to limit, did you mean {nearest!r}? There are {columns}"
    )


_KINDS = ("mean", "std")


def _ends(column: str, bounds: Any) -> list[Limit]:
    """One or two ends; an error where the bounds are no limit."""
    if isinstance(bounds, tuple | list) and len(bounds) == 2:
        low, high = bounds
    else:
        low, high = None, bounds
        _check_bound(column, bounds, bounds)
        _warn_of_upper_bound(column, bounds)
    for bound in (low, high):
        if bound is not None:
            _check_bound(column, bound, bounds)
    if low is not None and low <= 0 and is_positive(column):
        low = None  # as every time and every size is above it
    if low is None and high is None:
        raise ValueError(f"limits: {column!r}: {bounds!r} limits nothing; leave it out, or give a bound")
    if low is not None and high is not None and low > high:
        raise ValueError(
            f"limits: {column!r}: the lower bound {low!r} is above the upper bound {high!r}; "
            f"write {column!r}: ({high!r}, {low!r})"
        )
    if high is not None and high <= 0 and (is_positive(column) or column.startswith("std_")):
        raise ValueError(f"limits: {column!r}: no candidate is at most {high!r}; write a bound above 0")
    ends = [(low, False), (high, True)]
    return [Limit(column, float(bound), is_upper) for bound, is_upper in ends if bound is not None]


def _check_bound(column: str, bound: Any, given: Any) -> None:
    if isinstance(bound, bool | np.bool_) or not isinstance(bound, Real) or not fits_float(bound):
        raise ValueError(
            f"limits: {column!r} must have an upper bound such as 0.01, or a pair (low, high) with None for an open "
            f"end, got {brief(given)}"
        )


def _warn_of_upper_bound(column: str, bound: Any) -> None:
    if column.startswith(("mean_test_", "mean_train_")):
        warnings.warn(
            f"limits: {column!r}: {bound!r} is an upper bound, so candidates with higher scores cannot win. For at "
            f"least {bound!r} write {column!r}: ({bound!r}, None); for at most {bound!r} write (None, {bound!r})",
            UserWarning,
            stacklevel=2,
        )
