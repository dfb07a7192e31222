"""A key that points with equal values share.

>>> point_key({"b": 2.0, "a": 1}) == point_key({"a": 1.0, "b": 2})
True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

PointKey: TypeAlias = "tuple[tuple[str, Any], ...]"


def point_key(point: Mapping[str, Any]) -> PointKey:
    """A hashable key, equal for points with equal values; neither order nor the type of numbers matters."""
    return tuple(sorted((label, _hashable(value)) for label, value in point.items()))


def _hashable(value: Any) -> Any:
    # An object with rvs may return a value that has no hash: its repr stands for it.
    return value if isinstance(value, int | float | np.number) else repr(value)
