"""Values and figures in the words of a finding.

>>> expected(Outlook(gain=0.0021, error=0.01))
'From ten more candidates, a model expects a gain of 0.0021, which is 0.21 standard errors of the best score.'
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._texts import public_repr
from ..suggest import Outlook


def brief(value: Any) -> str:
    """A number in four digits; whatever else as it is."""
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def named(params: Mapping[str, Any], parameter: str) -> str:
    """The value of a parameter for a text: an estimator by its class, and no secret."""
    value = params.get(parameter)
    return type(value).__name__ if hasattr(value, "get_params") else public_repr(value, parameter)


def expected(outlook: Outlook) -> str:
    """A sentence on what the model expects; empty where it knows nothing."""
    if not math.isfinite(outlook.in_errors):
        return ""
    size = f"{outlook.gain:.2g}, which is {outlook.in_errors:.2g} standard errors of the best score"
    return f"From ten more candidates, a model expects a gain of {size}."
