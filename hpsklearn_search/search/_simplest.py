"""A ``refit`` that takes the simplest of the candidates that are as good as the best; what "as good" means differs.

>>> class WithinATenth(Simplest):
...     function = "within_a_tenth"
...     def is_as_good(self, scores, means, best, facts):
...         return means >= means[best] - 0.1
>>> results = {"mean_test_score": [0.90, 0.92, 0.50], "split0_test_score": [0.90, 0.92, 0.50], "param_C": [3, 9, 1]}
>>> WithinATenth("C")(results)
0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np

from .._secrets_in_texts import without_secrets
from .._texts import public_repr
from ..space import brief
from ..space._typing import BoolArray, FloatArray
from ._evidence import fold_scores
from ._limits import WITHIN_LIMITS


@dataclass(frozen=True)
class FoldFacts:
    """What the record and the folds tell that the table does not."""

    has_failed: BoolArray  # (n,)
    test_per_train: float
    n_test: float  # rows of a test part
    width: float  # the score of no error minus that of no success, if scores count rows; else 0


@dataclass(frozen=True)
class Simplest:
    """A ``refit`` callable. The simplest candidate has the smallest key, or the smallest of several in order."""

    simplest: str | tuple[str, ...] | Callable[[dict[str, Any]], Any]
    metric: str = "score"
    larger_is_simpler: bool = False

    function: ClassVar[str]  # what makes it
    takes_columns: ClassVar[bool] = False  # whether a key may be a column of the table, such as "mean_fit_time"

    def is_as_good(self, scores: FloatArray, means: FloatArray, best: int, facts: FoldFacts) -> BoolArray:
        """Which candidates are as good as `best`, from their scores (n, k) and means (n,), NaN for failed ones."""
        raise NotImplementedError

    @property
    def keys(self) -> tuple[str, ...]:
        """The names to order by; none where a function does it."""
        if callable(self.simplest):
            return ()
        return (self.simplest,) if isinstance(self.simplest, str) else self.simplest

    def written(self, **changes: Any) -> str:
        """The call that makes it, some arguments changed."""
        changed = replace(self, **changes)
        first = getattr(changed.simplest, "__name__", None) or repr(
            list(changed.simplest) if isinstance(changed.simplest, tuple) else changed.simplest
        )
        options = [(field.name, getattr(changed, field.name), field.default) for field in fields(self)[1:]]
        arguments = [first, *(f"{name}={value!r}" for name, value, default in options if value != default)]
        return without_secrets(f"{self.function}({', '.join(arguments)})")

    def with_key(self, old: str, new: str) -> str:
        """The call with one name changed."""
        keys = tuple(new if key == old else key for key in self.keys)
        return self.written(simplest=keys[0] if isinstance(self.simplest, str) else keys)

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """The row of the candidate to refit; ValueError if there is none."""
        means = np.asarray(self._column(cv_results, f"mean_test_{self.metric}"), dtype=float)
        n_splits = fold_scores(cv_results, self.metric).shape[1]
        # A table does not know the sizes of its folds: those of k equal parts.
        outranked = _outranked(means, cv_results.get(f"rank_test_{self.metric}"))
        return self.choose(cv_results, FoldFacts(outranked, 1 / max(n_splits - 1, 1), np.inf, 1.0))

    def choose(self, cv_results: Mapping[str, Any], facts: FoldFacts) -> int:
        """The same, where failures and the sizes of the folds are known."""
        means = np.asarray(self._column(cv_results, f"mean_test_{self.metric}"), dtype=float)
        is_within = np.asarray(cv_results.get(WITHIN_LIMITS, np.ones(len(means), dtype=bool)))
        means = np.where(np.isfinite(means) & ~facts.has_failed & is_within, means, np.nan)
        if np.isnan(means).all():
            where = "" if is_within.all() else " within the limits"
            raise ValueError(f"{self.function}: no candidate{where} has a finite mean_test_{self.metric}")
        # A candidate of a branch without the parameter cannot be compared, so it is never the simplest.
        order = self._order(cv_results)
        best = int(np.nanargmax(means))
        scores = np.where(facts.has_failed[:, None], np.nan, fold_scores(cv_results, self.metric))
        is_as_good = self.is_as_good(scores, means, best, facts) & ~np.isnan(means)
        rows = np.flatnonzero(is_as_good & np.isfinite(order).all(axis=1))
        if not len(rows):
            return best
        columns = [-means[rows], *(-order[rows] if self.larger_is_simpler else order[rows]).T[::-1]]
        return int(rows[np.lexsort(columns)[0]])

    # ------------------------------------------------------------------ what orders the candidates
    def _order(self, cv_results: Mapping[str, Any]) -> FloatArray:
        """The numbers of each candidate to compare in turn, shape (n, number of keys); NaN where it has none."""
        if callable(self.simplest):
            return np.array([[self.number_of(params)] for params in self._column(cv_results, "params")])
        return np.column_stack([self._numbers(cv_results, key) for key in self.keys])

    def _numbers(self, cv_results: Mapping[str, Any], key: str) -> FloatArray:
        is_column = self.takes_columns and f"param_{key}" not in cv_results and key in cv_results
        values = np.ma.asarray(self._column(cv_results, key if is_column else f"param_{key}"))
        return np.array([np.nan if v is np.ma.masked or v is None else self._number(key, v) for v in values])

    def number_of(self, params: dict[str, Any]) -> float:
        """What the function makes of the parameters of a candidate."""
        value = self.simplest(params) if callable(self.simplest) else None
        try:
            return np.nan if value is None else float(value)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(
                f"{self.written()}: the function must return a number, or None for a candidate that cannot be "
                f"compared; got {brief(value)}"
            ) from None

    def _number(self, key: str, value: Any) -> float:
        try:
            if not isinstance(value, str):
                return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
        raise self.not_a_number(key, value)

    def not_a_number(self, key: str, value: Any) -> ValueError:
        """The error for a parameter that cannot be ordered by its values."""
        shown = public_repr(str(value), key) if isinstance(value, str) else brief(value)
        return ValueError(
            f"{self.written()}: {key} can be {shown}, which is not a number; name a "
            f'parameter whose values are numbers, as in refit={self.function}("max_depth")'
        )

    def _column(self, cv_results: Mapping[str, Any], name: str) -> Any:
        if name not in cv_results:
            similar = sorted(key for key in cv_results if key.startswith(name.partition("_")[0]))
            raise ValueError(f"{self.function}: cv_results_ has no column {name!r}; it has {similar}")
        return cv_results[name]


def _outranked(means: FloatArray, ranks: Any) -> BoolArray:
    """Which rows have the last rank although the mean of another row is lower: they failed."""
    # A table alone does not say more: a number for error_score may be higher than the mean of another.
    if ranks is None or np.ptp(ranks) == 0:
        return np.zeros(len(means), dtype=bool)
    is_last = np.asarray(ranks) == np.max(ranks)
    with np.errstate(invalid="ignore"):
        outranked: BoolArray = is_last & (means > np.nanmin(means[~is_last]))
    return outranked
