"""Mean of a candidate's fold scores, and its variance, for any numbers.

>>> mean_score([0.5, 0.7]), mean_score([float("inf"), float("-inf")])
(0.6, nan)
>>> variance_of_mean([0.5, 0.75], mean=0.625)
0.015625
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean


def mean_score(scores: Sequence[float]) -> float:
    """The mean; NaN where infinities of both signs meet, or the sum is beyond a float's range."""
    try:
        return fmean(scores)
    except (OverflowError, ValueError):
        return math.nan


def variance_of_mean(scores: Sequence[float], mean: float) -> float | None:
    """The estimated variance of the mean; None for a single score, or beyond a float's range."""
    if len(scores) < 2:
        return None
    # statistics.variance computes in fractions, which takes a tenth of a millisecond and raises on overflow.
    variance = sum((score - mean) * (score - mean) for score in scores) / (len(scores) - 1) / len(scores)
    return variance if math.isfinite(variance) else None
