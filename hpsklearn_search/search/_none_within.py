"""What is said where no candidate is within the limits: which were missed, by how much, and what would be right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._texts import public_repr
from ..trials import Trial
from ._limits import WITHIN_LIMITS, Limit, column_value, is_positive, shown
from ._parameters import ParameterSpace
from ._secrets import shown_params


def why_none_within(search: Any) -> str | None:
    """The sentence for a search with limits that no candidate kept; None where one did, or all fits failed."""
    rows: Sequence[Trial] = search._rows()
    if WITHIN_LIMITS not in search.cv_results_ or not any(trial.is_outside for trial in rows):
        return None
    if any(trial.is_ok for trial in rows):
        return None
    ends = search._limits.ends
    outside = [row for row, trial in enumerate(rows) if trial.is_outside]
    excess = np.maximum([rows[row].excess for row in outside], 0.0)
    nearest = outside[_nearest(excess)]
    misses = zip(ends, (excess > 0).sum(axis=0).tolist(), strict=True)
    counts = [f"{n} {'misses' if n == 1 else 'miss'} {end.column} ({end})" for end, n in misses if n]
    folds = rows[nearest].outcome.folds  # type: ignore[union-attr]
    missed = [end for end, beyond in zip(ends, rows[nearest].excess, strict=True) if beyond > 0]
    values = {end.column: column_value(end.column, folds) for end in missed}
    found = "; ".join(f"{end.column} is {values[end.column]:.4g}, {_by_how_much(end, values)}" for end in missed)
    params = public_repr(shown_params(ParameterSpace.of(search), rows[nearest].point))
    return (
        f"limits: none of the {len(rows)} candidates is within all limits: {', '.join(counts)}. The nearest is "
        f"candidate {nearest}, {params}: {found}. cv_results_ and "
        f"trials_ hold all candidates. {_accept(ends, values)}earch on with a larger max_evals"
    )


def _accept(ends: Sequence[Limit], values: dict[str, float]) -> str:
    if any(map(math.isnan, values.values())):  # no limit would accept a candidate without that value
        return "S"
    return f"Write limits={_wider(ends, values)} and fit again to accept this one, or s"


def _nearest(excess: Any) -> int:
    """The row that is least outside, each limit on the scale of its largest finite excess."""
    finite = np.where(np.isfinite(excess), excess, np.nan)
    scale = np.fmax.reduce(finite, axis=0)
    scaled = np.where(np.isnan(finite), 1e6, finite) / np.where(scale > 0, scale, 1.0)
    return int(np.argmin(scaled.sum(axis=1)))


def _by_how_much(end: Limit, values: dict[str, float]) -> str:
    value = values[end.column]
    if math.isnan(value):
        return "which cannot be compared with a limit"
    side = "above" if end.is_upper else "below"
    if not is_positive(end.column) or value == 0:
        return f"{abs(value - end.bound):.3g} {side}"
    ratio = value / end.bound if end.is_upper else end.bound / value
    if ratio < 3:  # 36 % above reads better than 1.36 times the limit
        return f"{100 * (ratio - 1):.3g} % {side}"
    return f"{value / end.bound:.3g} times the limit"


def _wider(ends: Sequence[Limit], values: dict[str, float]) -> str:
    """The argument `limits` that the candidate with these values would keep."""
    pairs: dict[str, list[float | None]] = {}
    for end in ends:
        value = values.get(end.column, math.nan)
        is_missed = not math.isnan(value) and (value > end.bound if end.is_upper else value < end.bound)
        pairs.setdefault(end.column, [None, None])[end.is_upper] = (
            _outward(value, is_upper=end.is_upper) if is_missed else end.bound
        )
    return f"{{{', '.join(f'{column!r}: {_written(column, *pair)}' for column, pair in pairs.items())}}}"


def _written(column: str, low: float | None, high: float | None) -> str:
    if low is None and high is not None and is_positive(column):
        return shown(high)
    low_text, high_text = ("None" if bound is None else shown(bound) for bound in (low, high))
    return f"({low_text}, {high_text})"


def _outward(value: float, *, is_upper: bool) -> float:
    """A value of three digits that is not on the inner side of `value`."""
    if value == 0 or not math.isfinite(value):
        return value
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    rounded = (math.ceil if is_upper else math.floor)(value / unit) * unit
    short = float(f"{rounded:.3g}")
    return short if (short >= value if is_upper else short <= value) else value
